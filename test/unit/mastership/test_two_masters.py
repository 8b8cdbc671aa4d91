"""However the network is cut while a node takes over, there are never two masters that change the configuration."""

import itertools
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganeti.mastership.tenure import TENURE_S
from test.unit.mastership.world import World

SIZES = (2, 3, 4, 5)


def sides(size: int) -> list[frozenset[str]]:
    """Return all two-way splits, as the side with node 0."""
    others = [str(number) for number in range(1, size)]
    return [
        frozenset({"0", *chosen}) for count in range(size - 1) for chosen in itertools.combinations(others, count)
    ]


def most_steps(size: int) -> int:
    return len(list(World(size).failover("1"))) + 1


@pytest.mark.parametrize("size", SIZES)
def test_a_cut_at_any_step_of_a_take_over_never_makes_two_masters(size: int) -> None:
    for side, cut_at in itertools.product(sides(size), range(most_steps(size))):
        for heal_at in (None, *range(cut_at + 1, most_steps(size))):
            world = World(size)
            for step, _ in enumerate(world.failover("1")):
                if step == cut_at:
                    world.side = side
                if step == heal_at:
                    world.side = None
                world.check()
                world.pass_time(1)
            world.side = world.side if heal_at is None else None
            world.pass_time(3 * TENURE_S)


@pytest.mark.parametrize("size", SIZES)
def test_the_side_of_a_minority_has_no_master_after_a_while(size: int) -> None:
    for side in sides(size):
        world = World(size)
        world.side = side
        world.pass_time(2 * TENURE_S)
        is_minority = 2 * len(side) < size
        assert world.acting() == ([] if is_minority else ["0"])


@pytest.mark.parametrize("size", SIZES)
def test_only_a_majority_can_take_over(size: int) -> None:
    for side in sides(size):
        world = World(size)
        world.side = side
        candidate = next(node for node in world.nodes if node not in side)
        for _ in world.failover(candidate):
            world.check()
        world.pass_time(2 * TENURE_S)
        can = 2 * (size - len(side)) > size
        assert (candidate in world.acting()) == can


@pytest.mark.parametrize("size", SIZES)
def test_after_the_cut_is_repaired_all_nodes_name_the_one_master(size: int) -> None:
    for side in sides(size):
        world = World(size)
        world.side = side
        candidate = next(node for node in world.nodes if node not in side)
        for _ in world.failover(candidate):
            pass
        world.side = None
        world.pass_time(2 * TENURE_S)
        (master,) = world.acting()
        assert set(world.votes.values()) == {master}
        assert list(world.running) == [master]


def test_of_two_nodes_that_take_over_at_the_same_time_the_first_one_gets_the_votes() -> None:
    # One of them has asked, and goes on when the other one has become the master; they cannot reach each other.
    world = World(5)
    late = world.failover("4")
    assert [next(late) for _ in range(3)][-1] == "change the own vote"
    world.side = frozenset({"4"})
    for _ in world.failover("1"):
        world.check()
    assert world.acting() == ["1"]
    world.side = frozenset({"1"})
    for _ in late:
        world.check()
    world.side = None
    world.pass_time(2 * TENURE_S)
    assert world.acting() == ["1"]
    assert set(world.votes.values()) == {"1"}


def test_votes_that_arrive_late_never_make_two_masters() -> None:
    # The old master corrects two nodes, and what it sends them arrives when the third one has the role.
    world = World(5)
    world.side = frozenset({"0", "2", "3", "4"})
    attempt = world.failover("1")
    world.side = None
    for step in attempt:
        if step == "stop the old master":
            world.side = frozenset({"0"})
        if step == "tell":
            world.side = None
            world.is_slow = True
            world.round("0")
            world.side = frozenset({"0"})
        for message in list(world.under_way):
            if message.source == "1":
                world.deliver(message)
        world.check()
    assert world.acting() == ["1"]
    world.side = None
    for message in list(world.under_way):
        world.deliver(message)
    world.pass_time(2 * TENURE_S)
    assert world.acting() == ["1"]


EVENTS = st.one_of(
    st.tuples(st.just("slow"), st.booleans()),
    st.tuples(st.just("deliver"), st.integers(0, 9)),
    st.tuples(st.just("cut"), st.sets(st.integers(0, 4))),
    st.tuples(st.just("heal"), st.none()),
    st.tuples(st.just("step"), st.integers(0, 4)),
    st.tuples(st.just("start"), st.integers(0, 4)),
    st.tuples(st.just("wait"), st.sampled_from([1, 5, 9, 25])),
)


@settings(max_examples=int(os.environ.get("GANETI_TEST_HISTORIES", "300")))
@given(st.sampled_from(SIZES), st.lists(EVENTS, max_size=60))
def test_no_order_of_cuts_and_attempts_makes_two_masters(size: int, events: list[tuple[str, object]]) -> None:
    world = World(size)
    attempts = {}
    for kind, value in events:
        if kind == "cut":
            assert isinstance(value, set)
            world.side = frozenset(str(number) for number in value)
        elif kind == "heal":
            world.side = None
        elif kind == "slow":
            world.is_slow = bool(value)
        elif kind == "deliver":
            assert isinstance(value, int)
            if world.under_way:
                world.deliver(world.under_way[value % len(world.under_way)])
        elif kind == "wait":
            assert isinstance(value, int)
            world.pass_time(value)
        else:
            assert isinstance(value, int)
            node = str(value % size)
            if kind == "step":
                # One attempt of a node at a time, given up nowhere; another begins when it has ended.
                attempts.setdefault(node, world.failover(node))
                if next(attempts[node], None) is None:
                    del attempts[node]
            elif node not in world.running and node not in attempts:
                world.start_daemon(node)
        world.check()
