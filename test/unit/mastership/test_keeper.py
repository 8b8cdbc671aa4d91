"""The keeper of the tenure: what it asks, allows and causes."""

from collections.abc import Mapping

import pytest

from ganeti.mastership import keeper as keeper_module
from ganeti.mastership.keeper import Electorate, TenureKeeper
from ganeti.mastership.tenure import TELLING_TIMEOUT_S, TENURE_S


class Nodes:
    """Three nodes whose answers tests set."""

    def __init__(self) -> None:
        self.answers: dict[str, str | None] = {"u2": "n1", "u3": "n1"}
        self.own: str | None = "n1"
        self.asked: list[frozenset[str]] = []
        self.corrected: list[frozenset[str]] = []
        self.back: list[frozenset[str]] = []
        self.reasons: list[str] = []
        self.offline: frozenset[str] = frozenset()

    def electorate(self) -> Electorate:
        return Electorate(frozenset({"u1", "u2", "u3"}) - self.offline, self.offline)

    def own_vote(self) -> str | None:
        return self.own

    def ask(self, nodes: frozenset[str]) -> Mapping[str, str | None]:
        self.asked.append(nodes)
        return {node: self.answers[node] for node in nodes}

    def correct(self, nodes: frozenset[str]) -> None:
        self.corrected.append(nodes)

    def returned(self, nodes: frozenset[str]) -> None:
        self.back.append(nodes)

    def deposed(self, reason: str) -> None:
        self.reasons.append(reason)


class Clock:
    """A clock that stands still until it is told."""

    now = 500.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(keeper_module, "clock", lambda: made.now)
    return made


def test_a_majority_is_asked_and_allows(clock: Clock) -> None:
    nodes = Nodes()
    keeper = TenureKeeper("u1", "n1", nodes)
    assert keeper.problem() is not None
    keeper.ask_now()
    assert keeper.problem() is None
    assert nodes.asked == [frozenset({"u2", "u3"})]
    clock.now += TENURE_S
    assert "Fewer than half" in str(keeper.problem())


def test_the_own_file_forbids_at_once(clock: Clock) -> None:
    nodes = Nodes()
    keeper = TenureKeeper("u1", "n1", nodes)
    keeper.ask_now()
    nodes.own = "n2"
    assert "n2 has taken over" in str(keeper.problem())
    keeper.ask_now()
    assert nodes.reasons == ["this node's own files say that n2 is the master"]


def test_a_majority_for_another_node_ends_the_daemon(clock: Clock) -> None:
    nodes = Nodes()
    nodes.answers = {"u2": "n2", "u3": "n2"}
    TenureKeeper("u1", "n1", nodes).ask_now()
    assert nodes.reasons == ["more than half of the nodes name another master"]


def test_nodes_that_missed_the_take_over_are_corrected_by_a_master_with_a_majority(clock: Clock) -> None:
    nodes = Nodes()
    nodes.answers["u3"] = "n9"
    keeper = TenureKeeper("u1", "n1", nodes)
    keeper.ask_now()
    assert nodes.corrected == [frozenset({"u3"})]
    assert keeper.supports("u2")
    assert not keeper.supports("u3")


def test_a_lost_round_corrects_nobody_near_the_end_of_the_tenure(clock: Clock) -> None:
    nodes = Nodes()
    keeper = TenureKeeper("u1", "n1", nodes)
    keeper.ask_now()
    nodes.answers = {"u2": None, "u3": "n9"}
    clock.now += TENURE_S - TELLING_TIMEOUT_S
    keeper.ask_now()
    assert keeper.problem() is None
    assert not keeper.may_correct()
    assert nodes.corrected == []


def test_nodes_that_answer_again_are_brought_up_to_date(clock: Clock) -> None:
    nodes = Nodes()
    keeper = TenureKeeper("u1", "n1", nodes)
    for answer in ("n1", None, None, "n1", "n1"):
        nodes.answers["u3"] = answer
        keeper.ask_now()
    assert nodes.back == [frozenset({"u3"})]


def test_a_node_that_goes_offline_is_asked_once_more(clock: Clock) -> None:
    nodes = Nodes()
    keeper = TenureKeeper("u1", "n1", nodes)
    keeper.ask_now()
    nodes.offline = frozenset({"u3"})
    keeper.ask_now()
    keeper.ask_now()
    assert nodes.asked[1:] == [frozenset({"u2", "u3"}), frozenset({"u2"})]


def test_who_waits_is_let_through_by_the_next_round(clock: Clock) -> None:
    nodes = Nodes()
    keeper = TenureKeeper("u1", "n1", nodes)
    keeper.start()
    clock.now += TENURE_S + 1
    try:
        assert keeper.wait_problem(10.0) is None
    finally:
        keeper.close()
