"""Elections: who may be master."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganeti.mastership.voting import Verdict, Votes, decide, wins_election


@pytest.mark.parametrize(
    ("votes", "verdict"),
    [
        (Votes(1, 1, 0), Verdict.WON),
        (Votes(2, 1, 1), Verdict.UNDECIDED),
        (Votes(2, 1, 0), Verdict.LOST),
        (Votes(3, 2, 1), Verdict.WON),
        (Votes(3, 1, 1), Verdict.UNDECIDED),
        (Votes(4, 2, 0), Verdict.LOST),
        (Votes(5, 0, 2), Verdict.LOST),
    ],
)
def test_more_than_half_of_all_nodes_must_agree(votes: Votes, verdict: Verdict) -> None:
    assert decide(votes) is verdict


@given(st.lists(st.sampled_from(["a", "b", None]), min_size=1, max_size=9))
def test_two_nodes_never_both_win(answers: list[str | None]) -> None:
    def won(name: str) -> bool:
        return decide(Votes(len(answers), answers.count(name), answers.count(None))) is Verdict.WON

    assert not (won("a") and won("b"))


def test_silent_nodes_are_asked_again() -> None:
    rounds = iter([["me", None, None], ["me", None, None], ["me", "me", None]])
    pauses: list[float] = []
    assert wins_election(lambda: next(rounds), "me", pause=pauses.append)
    assert pauses == [10, 10]


def test_patience_ends() -> None:
    pauses: list[float] = []
    assert not wins_election(lambda: ["me", None], "me", pause=pauses.append)
    assert len(pauses) == 6


def test_clear_defeat_is_not_asked_again() -> None:
    assert not wins_election(lambda: ["me", "other", "other"], "me", pause=lambda _: pytest.fail("waited"))
