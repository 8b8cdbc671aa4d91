"""The right of a running master to act: how it is kept, lost and regained."""

import pytest

from ganeti.mastership.tenure import TENURE_S, Round, Tenure

ALL = frozenset({"a", "b", "c", "d", "e"})


def asked(started: float, voters: frozenset[str] = ALL, **answers: str | None) -> Round:
    return Round(started, voters, {"a": "me", **answers})


def test_a_won_round_counts_from_its_start() -> None:
    tenure = Tenure("me").after(asked(100.0, b="me", c="me"))
    assert tenure.is_held(100.0 + TENURE_S - 0.1)
    assert not tenure.is_held(100.0 + TENURE_S)


def test_a_lost_round_takes_nothing_back_and_gives_nothing() -> None:
    tenure = Tenure("me").after(asked(100.0, b="me", c="me")).after(asked(110.0))
    assert tenure.until == 100.0 + TENURE_S


def test_half_is_enough_until_a_node_names_another_master() -> None:
    four = ALL - {"e"}
    assert Tenure("me").after(asked(0.0, four, b="me")).until == TENURE_S
    assert Tenure("me").after(asked(0.0, four, b="me", c="other")).until == 0.0
    assert Tenure("me").after(asked(0.0, four, b="me", c="other", d="me")).until == TENURE_S


def test_a_master_that_is_cut_off_cannot_make_itself_a_majority() -> None:
    tenure = Tenure("me").after(asked(0.0, b="me", c="me", d="me", e="me"))
    # b, c, d and e are cut off now, and marked offline on the master.
    assert tenure.after(asked(10.0, frozenset({"a"}))).until == TENURE_S


def test_voters_leave_while_a_majority_agrees() -> None:
    tenure = Tenure("me").after(asked(0.0, b="me", c="me", d="me", e="me"))
    fewer = tenure.after(asked(5.0, frozenset({"a", "b"}), b="me", c="me"))
    assert fewer.voters == {"a", "b"}
    assert fewer.after(asked(9.0, frozenset({"a", "b"}))).until == 9.0 + TENURE_S


def test_removed_nodes_are_not_missed() -> None:
    tenure = Tenure("me").after(asked(0.0, b="me", c="me", d="me", e="me"))
    gone = ALL - {"a"}
    assert tenure.after(Round(5.0, frozenset({"a"}), {"a": "me"}, removed=gone)).until == 5.0 + TENURE_S


def test_without_voting_the_nodes_count_only_when_most_of_them_agree_again() -> None:
    tenure = Tenure("me", is_enforced=False)
    alone = tenure.after(asked(0.0))
    assert alone.is_held(1e9)
    assert not alone.is_deposed(asked(0.0, b="other", c="other", d="other"))
    agreed = alone.after(asked(0.0, b="me", c="me"))
    assert not agreed.is_held(TENURE_S + 1)


@pytest.mark.parametrize(("others", "is_deposed"), [(2, False), (3, True)])
def test_more_than_half_for_another_ends_the_role(others: int, is_deposed: bool) -> None:
    answers = dict(zip("bcde", ["other"] * others + [None] * 4, strict=False))
    assert Tenure("me").is_deposed(asked(0.0, ALL, **answers)) == is_deposed


def test_who_agrees_and_who_does_not_is_remembered() -> None:
    tenure = Tenure("me").after(asked(0.0, b="me", c="other", d=None))
    assert (tenure.supporters, tenure.dissenters) == ({"a", "b"}, {"c"})
    later = tenure.after(asked(5.0, b=None, c="me"))
    assert (later.supporters, later.dissenters) == ({"a", "b", "c"}, frozenset())
