"""Which reply to a confd request counts."""

import pytest

from ganeti.confd.replies import BestReply, Verdict, replies_needed
from ganeti.confd.wire import Reply


def _reply(serial: int, answer: object = "x", status: int = 0) -> Reply:
    return Reply(status=status, answer=answer, serial=serial)


@pytest.mark.parametrize(("asked", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 4), (7, 4), (10, 6)])
def test_replies_needed(asked: int, needed: int) -> None:
    assert replies_needed(asked) == needed


def test_newer_reply_with_other_content_is_news() -> None:
    best = BestReply()
    assert best.offer(_reply(4, "old")) is Verdict.NEWS
    assert best.offer(_reply(5, "new")) is Verdict.NEWS
    assert best.reply == _reply(5, "new")


def test_newer_reply_with_the_same_content_is_kept_quietly() -> None:
    best = BestReply()
    best.offer(_reply(4))
    assert best.offer(_reply(5)) is Verdict.KNOWN
    assert best.offer(_reply(4, "stale")) is Verdict.KNOWN
    assert best.reply == _reply(5)


def test_stale_candidate_and_error_do_not_replace_a_good_reply() -> None:
    best = BestReply()
    best.offer(_reply(4, "good"))
    assert best.offer(_reply(3, "stale")) is Verdict.KNOWN
    assert best.offer(_reply(0, "no configuration", status=1)) is Verdict.KNOWN
    assert best.reply == _reply(4, "good")
    assert best.is_consistent


def test_two_contents_of_the_same_age_are_a_conflict() -> None:
    best = BestReply()
    best.offer(_reply(4, "one"))
    assert best.offer(_reply(4, "one")) is Verdict.KNOWN
    assert best.is_consistent
    assert best.offer(_reply(4, "two")) is Verdict.CONFLICT
    assert not best.is_consistent
    assert best.reply == _reply(4, "one")
