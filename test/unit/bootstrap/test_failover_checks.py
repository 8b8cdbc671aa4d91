"""Who may take over the role of the master."""

import pytest

from ganeti import constants as c
from ganeti.bootstrap import failover
from ganeti.bootstrap.failover_checks import (
    Surroundings,
    check_elected,
    check_majority,
    check_newest,
    check_role,
    counted,
    is_majority,
    resumed,
)
from ganeti.errors import OpExecError, OpPrereqError
from test.unit.factories import make_config, node_uuid


def known(**changes: object) -> Surroundings:
    values: dict[str, object] = {
        "own_name": "n2",
        "master": "n1",
        "candidates": ("n1", "n2", "n3"),
        "addresses": {f"n{i}": f"192.0.2.{i}" for i in range(1, 5)},
        "online": frozenset({"n1", "n2", "n3"}),
    }
    return Surroundings(**{**values, **changes})  # type: ignore[arg-type]


def test_the_master_need_not_take_over() -> None:
    with pytest.raises(OpPrereqError, match="already") as caught:
        check_role(known(master="n2"))
    assert caught.value.args[1] == c.ECODE_INVAL


def test_an_attempt_that_was_interrupted_goes_on() -> None:
    interrupted = known(master="n2")
    again = resumed(interrupted, "n1")
    check_role(again)
    assert again.master == "n1"
    # The node that it told before counts as what it said before.
    check_elected(again, counted(again, {"n1": "n1", "n2": "n2", "n3": "n2"}))
    with pytest.raises(OpPrereqError, match="n4"):
        check_elected(again, counted(again, {"n1": "n4", "n2": "n2", "n3": "n4", "n4": "n4"}))
    assert resumed(interrupted, None) is interrupted
    assert resumed(known(), "n1") == known()
    # A node that has been removed since cannot have the role.
    assert resumed(interrupted, "n9") is interrupted


@pytest.mark.parametrize(
    ("told", "is_enough"), [({"n2"}, False), ({"n1", "n3"}, False), ({"n2", "n3"}, True), ({"n2", "n4"}, False)]
)
def test_most_nodes_have_to_be_told_and_this_one_with_them(told: set[str], is_enough: bool) -> None:
    assert is_majority(told, ["n1", "n2", "n3"], "n2") == is_enough


def test_only_candidates_may_and_the_others_are_named() -> None:
    with pytest.raises(OpPrereqError, match=r"n1.*n3") as caught:
        check_role(known(candidates=("n1", "n3")))
    assert caught.value.args[1] == c.ECODE_STATE


def test_offline_nodes_vote_only_when_asked_for() -> None:
    assert known().voters(ignores_offline=True) == ["n1", "n2", "n3"]
    assert known().voters(ignores_offline=False) == ["n1", "n2", "n3", "n4"]


def test_nodes_that_do_not_answer_are_named() -> None:
    check_majority({"n1": None, "n2": "n1", "n3": "n1"})
    with pytest.raises(OpExecError, match="do not answer: n1, n3"):
        check_majority({"n1": None, "n2": "n1", "n3": None})
    with pytest.raises(OpExecError, match="do not answer: n1"):
        check_majority({"n1": None, "n2": "n1"})


@pytest.mark.parametrize("answers", [["n3", "n3", "n1"], ["n3", "n1"], [None, None]])
def test_a_node_that_is_alone_with_its_opinion_may_not(answers: list[str | None]) -> None:
    with pytest.raises(OpPrereqError, match="not to be trusted"):
        check_elected(known(), dict(zip(("n1", "n2", "n3"), answers, strict=False)))


def test_silent_nodes_do_not_count_in_the_election() -> None:
    check_elected(known(), {"n1": None, "n2": "n1", "n3": "n1"})


def test_an_older_copy_may_not() -> None:
    check_newest(7, {"n1": 7, "n3": None})
    with pytest.raises(OpPrereqError, match="n3 has a newer one"):
        check_newest(7, {"n1": 7, "n3": 8})


def test_taking_over_changes_the_master_and_nothing_else() -> None:
    config = make_config(nodes=2)
    names = [config.nodes[node_uuid(i)].name for i in (1, 2)]
    after = failover.taken_over(config, names[1], names[0], 99.0)
    assert after.cluster.master_node == node_uuid(2)
    assert (after.serial_no, after.cluster.serial_no) == (config.serial_no + 1, config.cluster.serial_no + 1)
    assert after.nodes is config.nodes
    with pytest.raises(OpPrereqError, match="not in the configuration"):
        failover.taken_over(config, "stranger", names[0], 99.0)


def test_waiting_asks_less_and_less_often() -> None:
    pauses: list[float] = []
    assert failover.wait_for(lambda: len(pauses) == 4, 60.0, pauses.append)
    assert pauses == pytest.approx([0.05, 0.075, 0.1125, 0.16875])
