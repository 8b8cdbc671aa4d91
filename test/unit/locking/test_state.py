"""The state machine of locks against a brute-force model, and single rules."""

import itertools
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganeti import constants as c
from ganeti.errors import ProgrammerError
from ganeti.locking.modes import INCOMPATIBLE, Mode
from ganeti.locking.state import ALL_SET, LockRequest, LockTable, Names, Owned

NAMES = ("a", "b", "c")


def table_with(*owners: str) -> LockTable:
    """Return a table in which all owners hold the cluster lock shared."""
    table = LockTable()
    for owner in owners:
        assert table.request(LockRequest(owner, c.LEVEL_CLUSTER, [c.BGL], shared=True))
    return table


def ask(
    table: LockTable, owner: str, names: Names, *, shared: bool = False, priority: int = 0, minimum: int | None = None
) -> bool:
    """Request node locks."""
    return table.request(LockRequest(owner, c.LEVEL_NODE, names, shared, priority, minimum=minimum))


def test_exclusive_waits_for_shared_owners() -> None:
    table = table_with("1", "2", "3")
    assert ask(table, "1", ["a"], shared=True)
    assert ask(table, "2", ["a", "b"], shared=True)
    assert not ask(table, "3", ["a"])
    assert table.release("1", c.LEVEL_NODE) == []
    assert table.release("2", c.LEVEL_NODE) == ["3"]


def test_compatible_request_does_not_overtake_a_waiting_one() -> None:
    table = table_with("1", "2", "3")
    assert ask(table, "1", ["a"], shared=True)
    assert not ask(table, "2", ["a"])
    assert not ask(table, "3", ["a"], shared=True)


def test_shared_request_joins_the_first_group_of_its_priority() -> None:
    table = table_with("1", "2", "3", "4", "5")
    assert ask(table, "1", ["a"])
    assert not ask(table, "2", ["a"], shared=True)
    assert not ask(table, "3", ["a"])
    assert not ask(table, "4", ["a"], shared=True)
    assert not ask(table, "5", ["a"], shared=True, priority=1)
    assert table.release("1", c.LEVEL_NODE) == ["2", "4"]


def test_groups_of_several_priorities_are_granted_together() -> None:
    table = table_with("1", "2", "3")
    assert ask(table, "1", ["a"])
    assert not ask(table, "2", ["a"], shared=True, priority=-10)
    assert not ask(table, "3", ["a"], shared=True)
    assert table.release("1", c.LEVEL_NODE) == ["2", "3"]


def test_urgent_request_goes_first() -> None:
    table = table_with("1", "2", "3")
    assert ask(table, "1", ["a"])
    assert not ask(table, "2", ["a"])
    assert not ask(table, "3", ["a"], priority=-1)
    assert table.release("1", c.LEVEL_NODE) == ["3"]


def test_changed_priority_changes_the_order() -> None:
    table = table_with("1", "2", "3")
    assert ask(table, "1", ["a"])
    assert not ask(table, "2", ["a"])
    assert not ask(table, "3", ["a"])
    assert table.change_priority("3", -1) == []
    assert table.release("1", c.LEVEL_NODE) == ["3"]


def test_lowered_priority_lets_others_in() -> None:
    table = table_with("1", "2", "3")
    assert ask(table, "1", ["a"], shared=True)
    assert not ask(table, "2", ["a"])
    assert not ask(table, "3", ["a"], shared=True)
    assert table.change_priority("2", 5) == ["3"]


def test_waiting_holds_nothing_and_granting_is_all_or_nothing() -> None:
    table = table_with("1", "2", "3")
    assert ask(table, "1", ["b"])
    assert not ask(table, "2", ["a", "b"])
    assert not table.owned("2", c.LEVEL_NODE)
    assert table.withdraw("2") == []
    assert ask(table, "3", ["a"])


def test_withdrawn_request_lets_those_behind_it_in() -> None:
    table = table_with("1", "2", "3")
    assert ask(table, "1", ["a"], shared=True)
    assert not ask(table, "2", ["a", "b"])
    assert not ask(table, "3", ["a", "b"], shared=True)
    assert table.withdraw("2") == ["3"]


def test_whole_set_excludes_every_name_even_new_ones() -> None:
    table = table_with("1", "2", "3")
    assert ask(table, "1", ALL_SET, shared=True)
    assert ask(table, "2", ["a"], shared=True)
    assert not ask(table, "3", ["new"])
    assert table.owned("1", c.LEVEL_NODE).whole
    assert table.release("1", c.LEVEL_NODE) == ["3"]


def test_keeping_a_part_of_the_set_frees_the_rest() -> None:
    table = table_with("1", "2", "3")
    assert ask(table, "1", ALL_SET)
    assert not ask(table, "2", ["a"])
    assert not ask(table, "3", ["b"])
    assert table.keep("1", c.LEVEL_NODE, ["a"]) == ["3"]
    assert dict(table.owned("1", c.LEVEL_NODE).names) == {"a": False}
    assert table.keep("1", c.LEVEL_NODE, []) == ["2"]


def test_downgrade_lets_shared_requests_pass_exclusive_ones() -> None:
    table = table_with("1", "2", "3")
    assert ask(table, "1", ["a"])
    assert not ask(table, "2", ["a"])
    assert not ask(table, "3", ["a"], shared=True)
    assert table.downgrade("1", c.LEVEL_NODE) == ["3"]
    assert dict(table.owned("1", c.LEVEL_NODE).names) == {"a": True}


def test_downgraded_set_lets_readers_of_names_in() -> None:
    table = table_with("1", "2", "3")
    assert ask(table, "1", ALL_SET)
    assert not ask(table, "2", ["a"], shared=True)
    assert not ask(table, "3", ["b"])
    assert table.downgrade("1", c.LEVEL_NODE) == ["2"]


def test_opportunist_takes_what_is_free() -> None:
    table = table_with("1", "2")
    assert ask(table, "1", ["a"])
    assert ask(table, "2", ["a", "b", "c"], minimum=2)
    assert set(table.owned("2", c.LEVEL_NODE).names) == {"b", "c"}


def test_opportunist_waits_for_its_minimum_without_holding_up_others() -> None:
    table = table_with("1", "2", "3")
    assert ask(table, "1", ["a", "b"])
    assert not ask(table, "2", ["a", "b"], minimum=1)
    assert not ask(table, "3", ["a"])
    assert table.release("1", c.LEVEL_NODE) == ["3", "2"]
    assert set(table.owned("2", c.LEVEL_NODE).names) == {"b"}


def test_added_names_are_exclusive_beside_shared_ones() -> None:
    table = table_with("1", "2")
    assert table.request(LockRequest("1", c.LEVEL_NODE, ["a"], shared=True, add=["new"]))
    assert dict(table.owned("1", c.LEVEL_NODE).names) == {"a": True, "new": False}
    assert not ask(table, "2", ["new"], shared=True)


def test_order_of_levels_is_enforced() -> None:
    table = table_with("1")
    with pytest.raises(ProgrammerError):
        ask(table, "2", ["a"])
    ask(table, "1", ["a"])
    with pytest.raises(ProgrammerError):
        table.request(LockRequest("1", c.LEVEL_INSTANCE, ["x"], shared=True))
    with pytest.raises(ProgrammerError):
        ask(table, "1", ["b"])


def test_monitor_shows_owners_and_queue() -> None:
    table = table_with("1", "2", "3")
    ask(table, "1", ["a"])
    ask(table, "2", ["a"], shared=True)
    ask(table, "3", ALL_SET, shared=True)
    infos = {info.name: info for info in table.snapshot()}
    assert infos["node/a"].mode == "exclusive"
    assert infos["node/a"].owners == ("1",)
    assert infos["node/a"].pending == (("shared", ("2",)),)
    assert infos["node/[lockset]"].mode is None
    assert infos["node/[lockset]"].pending == (("shared", ("3",)),)
    assert infos["cluster/BGL"].mode == "shared"
    assert set(infos["cluster/BGL"].owners) == {"1", "2", "3"}


def test_monitor_shows_opportunists_where_they_hope() -> None:
    table = table_with("1", "2", "3")
    ask(table, "1", ["a", "b"])
    ask(table, "2", ["a", "b", "c"], shared=True, minimum=3)
    ask(table, "3", ["a"])
    infos = {info.name: info for info in table.snapshot()}
    assert infos["node/a"].pending == (("exclusive", ("3",)), ("shared", ("2",)))
    assert infos["node/b"].pending == infos["node/c"].pending == (("shared", ("2",)),)
    assert (infos["node/c"].mode, infos["node/c"].owners) == (None, ())
    assert "node/[lockset]" not in infos


def test_unused_locks_leave_nothing_behind() -> None:
    table = table_with("1", "2")
    ask(table, "1", ["a"])
    ask(table, "2", ["a"])
    for owner in ("1", "2"):
        for level in reversed(table.levels(owner)):
            table.release(owner, level)
    assert table.snapshot() == []
    assert table._locks == {}


@dataclass
class Model:
    """The rules in their plainest form: everything is looked at again after every event."""

    held: dict[str, dict[str, Mode]] = field(default_factory=dict)
    waiting: list[tuple[tuple[int, int], str, dict[str, Mode]]] = field(default_factory=list)
    #: Opportunistic requests: place, owner, mode, names, minimum.
    hoping: list[tuple[tuple[int, int], str, bool, list[str], int]] = field(default_factory=list)

    def conflict(self, wants: Mapping[str, Mode], other: Mapping[str, Mode]) -> bool:
        return any(name in other and other[name] in INCOMPATIBLE[mode] for name, mode in wants.items())

    def may_have(self, owner: str, wants: Mapping[str, Mode]) -> bool:
        return not any(self.conflict(wants, theirs) for other, theirs in self.held.items() if other != owner)

    def must_have(self) -> set[str]:
        """Owners that may not be left waiting: they conflict with no owner and with no request before theirs."""
        ready = set()
        for rank, owner, wants in self.waiting:
            before = [theirs for other_rank, _, theirs in self.waiting if other_rank < rank]
            if self.may_have(owner, wants) and not any(self.conflict(wants, theirs) for theirs in before):
                ready.add(owner)
        return ready | {entry[1] for entry in self.hoping if self.may_be_content(*entry)}

    def may_be_content(self, rank: tuple[int, int], owner: str, shared: bool, names: list[str], minimum: int) -> bool:
        """Tell whether enough of the names are free for an opportunistic request."""
        before = [theirs for other_rank, _, theirs in self.waiting if other_rank < rank]

        def is_free(wanted: list[str]) -> bool:
            wants = LockRequest(owner, c.LEVEL_NODE, wanted, shared).wants()
            return self.may_have(owner, wants) and not any(self.conflict(wants, theirs) for theirs in before)

        return len([name for name in names if is_free([name])]) >= max(minimum, 1)


def excludes(one: Owned, other: Owned) -> bool:
    """Tell in terms of owned sets and names whether two owners must not hold these at the same time."""
    if other.whole and not one.whole:
        one, other = other, one
    if one.whole:
        is_all_shared = other.whole_shared if other.whole else all(other.names.values())
        return bool(other) and not (one.whole_shared and is_all_shared)
    return any(not (one.names[name] and other.names[name]) for name in one.names.keys() & other.names.keys())


OWNERS = ("1", "2", "3", "4", "5")
#: What happens, whose doing it is, to which locks; an index into each comes from a few bits of a drawn byte.
KINDS = ("ask", "ask", "hope", "release", "keep", "downgrade", "withdraw", "priority")
SUBSETS = [frozenset(name for bit, name in enumerate(NAMES) if mask >> bit & 1) for mask in range(1, 8)]
NAME_SETS: list[Names] = [ALL_SET, *SUBSETS]

#: Histories that one run goes through. More of them find what is rarer: GANETI_TEST_HISTORIES=1000000.
HISTORIES = int(os.environ.get("GANETI_TEST_HISTORIES", "10000"))

Event = tuple[str, str, Names, bool, int]


def events_of(data: bytes) -> Iterator[Event]:
    """Yield a history of events, one for two bytes.

    Drawing bytes is several times faster than drawing lists of tuples, and they shrink as well: zero is the plainest
    event.
    """
    for first, second in zip(data[::2], data[1::2], strict=False):
        names = NAME_SETS[second & 7]
        yield OWNERS[first % 5], KINDS[first >> 5], names, bool(second & 8), (second >> 4) % 3 - 1


class Comparison:
    """Feeds the same events to the table and to the model and checks both after each."""

    def __init__(self) -> None:
        self.table = table_with(*OWNERS)
        self.model = Model()
        self.arrivals = 0

    def step(self, owner: str, event: str, names: Names, shared: bool, priority: int) -> None:
        handlers: dict[str, Callable[[], list[str]]] = {
            "ask": lambda: self.ask(owner, names, shared, priority),
            "hope": lambda: self.hope(owner, names, shared, priority),
            "release": lambda: self.release(owner),
            "keep": lambda: self.keep(owner, [] if names is ALL_SET else names),
            "downgrade": lambda: self.downgrade(owner),
            "withdraw": lambda: self.withdraw(owner),
            "priority": lambda: self.priority(owner, priority),
        }
        granted = handlers[event]()
        self.model.waiting = [entry for entry in self.model.waiting if entry[1] not in granted]
        for _, who, _, wanted, minimum in self.model.hoping:
            if who in granted:
                got = self.table.owned(who, c.LEVEL_NODE).names.keys()
                assert got <= set(wanted) and len(got) >= minimum
        self.model.hoping = [entry for entry in self.model.hoping if entry[1] not in granted]
        self.model.held = {
            who: dict(levels[c.LEVEL_NODE]) for who, levels in self.table._held.items() if c.LEVEL_NODE in levels
        }
        self.check(granted)

    def ask(self, owner: str, names: Names, shared: bool, priority: int) -> list[str]:
        if self.table.owned(owner, c.LEVEL_NODE) or self.table.is_waiting(owner):
            return []
        request = LockRequest(owner, c.LEVEL_NODE, names, shared, priority)
        self.arrivals += 1
        self.model.waiting.append(((priority, self.arrivals), owner, request.wants()))
        return [owner] if self.table.request(request) else []

    def hope(self, owner: str, names: Names, shared: bool, minimum: int) -> list[str]:
        if self.table.owned(owner, c.LEVEL_NODE) or self.table.is_waiting(owner):
            return []
        wanted = sorted(NAMES if names is ALL_SET else names)
        self.arrivals += 1
        self.model.hoping.append(((0, self.arrivals), owner, shared, wanted, max(minimum, 1)))
        request = LockRequest(owner, c.LEVEL_NODE, wanted, shared, minimum=max(minimum, 1))
        return [owner] if self.table.request(request) else []

    def release(self, owner: str) -> list[str]:
        granted = self.table.release(owner, c.LEVEL_NODE)
        assert not self.table.owned(owner, c.LEVEL_NODE)
        return granted

    def keep(self, owner: str, names: Collection[str]) -> list[str]:
        before = self.table.owned(owner, c.LEVEL_NODE)
        granted = self.table.keep(owner, c.LEVEL_NODE, names)
        kept = dict.fromkeys(names, before.whole_shared) if before.whole else dict(before.names)
        expected = Owned(names={name: shared for name, shared in kept.items() if name in names})
        assert owner in granted or self.table.owned(owner, c.LEVEL_NODE) == expected
        return granted

    def downgrade(self, owner: str) -> list[str]:
        before = self.table.owned(owner, c.LEVEL_NODE)
        granted = self.table.downgrade(owner, c.LEVEL_NODE)
        after = self.table.owned(owner, c.LEVEL_NODE)
        assert owner in granted or (after.whole, after.names.keys()) == (before.whole, before.names.keys())
        assert owner in granted or (all(after.names.values()) and after.whole_shared == after.whole)
        return granted

    def withdraw(self, owner: str) -> list[str]:
        granted = self.table.withdraw(owner)
        self.model.waiting = [entry for entry in self.model.waiting if entry[1] != owner]
        self.model.hoping = [entry for entry in self.model.hoping if entry[1] != owner]
        return granted

    def priority(self, owner: str, priority: int) -> list[str]:
        self.model.waiting = [
            ((priority, rank[1]) if who == owner else rank, who, wants) for rank, who, wants in self.model.waiting
        ]
        self.model.hoping = [
            ((priority, rank[1]) if who == owner else rank, who, *rest) for rank, who, *rest in self.model.hoping
        ]
        return self.table.change_priority(owner, priority)

    def check(self, granted: list[str]) -> None:
        for owner, wants in self.model.held.items():
            assert self.model.may_have(owner, wants), "two owners exclude each other"
        owned = [self.table.owned(owner, c.LEVEL_NODE) for owner in OWNERS]
        assert not any(excludes(one, other) for one, other in itertools.combinations(owned, 2))
        for owner in granted:
            assert self.model.held.get(owner), "granted without owning"
        waiting = {entry[1] for entry in (*self.model.waiting, *self.model.hoping)}
        assert waiting == {owner for owner in OWNERS if self.table.is_waiting(owner)}
        assert not self.model.must_have(), "somebody was not woken up"
        if (self.model.waiting or self.model.hoping) and not self.model.held:
            raise AssertionError("all locks are free and somebody waits")


@settings(max_examples=HISTORIES)
@given(st.binary(min_size=20, max_size=80))
def test_agrees_with_the_model(data: bytes) -> None:
    comparison = Comparison()
    for event in events_of(data):
        comparison.step(*event)
    while comparison.model.held:
        comparison.step(next(iter(comparison.model.held)), "release", ALL_SET, False, 0)
    assert not comparison.model.waiting, "requests are left though everything was released"
    assert not comparison.model.hoping, "opportunists are left though everything was released"


@settings(max_examples=max(100, HISTORIES // 10))
@given(st.lists(st.tuples(st.sampled_from(OWNERS), st.frozensets(st.sampled_from(NAMES)), st.booleans()), max_size=15))
def test_every_owner_gets_through_all_levels(plans: list[tuple[str, frozenset[str], bool]]) -> None:
    """Owners that walk through the levels in order and release at the end never block each other for good."""
    table = table_with(*OWNERS)
    todo = {
        owner: [(level, names, shared) for level, (who, names, shared) in enumerate(plans[:5], 1) if who <= owner]
        for owner in OWNERS
    }
    for _ in range(1000):
        if not any(todo.values()):
            break
        for owner in OWNERS:
            if table.is_waiting(owner) or not todo[owner]:
                continue
            level, names, shared = todo[owner].pop(0)
            table.request(LockRequest(owner, level, names, shared))
        for owner in OWNERS:
            if not todo[owner] and not table.is_waiting(owner):
                for level in reversed([lvl for lvl in table.levels(owner) if lvl != c.LEVEL_CLUSTER]):
                    table.release(owner, level)
    assert not any(todo.values())
    assert not any(table.is_waiting(owner) for owner in OWNERS)


#: Levels that an operation of the test below takes, after the cluster lock.
WALKED = (c.LEVEL_INSTANCE, c.LEVEL_NODE, c.LEVEL_NODE_RES)
#: In this many rounds, in each of which every owner may do one thing, a request is granted; the longest wait in 20,000
#: histories was 8.
SOON = 16


@dataclass
class Operation:
    """What one owner does again and again: take the cluster lock and then locks of each level, and give all back."""

    steps: list[tuple[int, Names, bool]]
    next_step: int = 0
    waiting_since: int = 0

    @classmethod
    def of(cls, data: bytes) -> "Operation":
        exclusive_alone = data[0] >= 240
        steps: list[tuple[int, Names, bool]] = [(c.LEVEL_CLUSTER, [c.BGL], not exclusive_alone)]
        for level, byte in zip(WALKED, data[1:], strict=True):
            if byte & 16 and not exclusive_alone:
                steps.append((level, NAME_SETS[byte & 7], bool(byte & 8)))
        return cls(steps)


@settings(max_examples=HISTORIES)
@given(st.binary(min_size=16, max_size=16))
def test_under_a_fair_schedule_every_request_is_granted_soon(data: bytes) -> None:
    """Nobody starves or is in a deadlock while others of the same priority come back again and again."""
    owners = OWNERS[:4]
    table = LockTable()
    operations = {owner: Operation.of(data[4 * i : 4 * i + 4]) for i, owner in enumerate(owners)}
    for now in range(2 * SOON):
        for owner in owners:
            operation = operations[owner]
            if table.is_waiting(owner):
                assert now - operation.waiting_since < SOON, f"{owner} starves at {operation.steps}"
                continue
            if operation.next_step == len(operation.steps):
                operation.next_step = 0
                for level in reversed(table.levels(owner)):
                    table.release(owner, level)
            else:
                level, names, shared = operation.steps[operation.next_step]
                operation.next_step += 1
                operation.waiting_since = now
                table.request(LockRequest(owner, level, names, shared))
