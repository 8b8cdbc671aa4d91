"""Which of several servers' replies to one request counts; no I/O here.

Servers know different versions of the configuration for a moment, and a node that is no candidate any more knows an old
one for good. The serial number tells which reply is newer.
"""

import enum
from typing import Any

from ganeti.confd.wire import Reply


class Verdict(enum.Enum):
    """What a reply means for who asked."""

    #: Newer than what was known, with other content (also: the first one).
    NEWS = "news"
    #: Says what is known already, or is older.
    KNOWN = "known"
    #: As new as what is known, but other content: somebody is wrong.
    CONFLICT = "conflict"


def replies_needed(asked: int) -> int:
    """Return how many of *asked* servers must have replied before the best reply counts."""
    if asked < 3:
        return asked
    if asked < 5:
        return asked - 1
    return asked // 2 + 1


class BestReply:
    """The best reply to one request so far."""

    def __init__(self) -> None:
        """Nothing is known."""
        self.reply: Reply | None = None
        self.is_consistent = True

    def offer(self, reply: Reply) -> Verdict:
        """Take one more reply into account."""
        known = self.reply
        if known is None:
            self.reply = reply
            return Verdict.NEWS
        if reply.serial < known.serial:
            return Verdict.KNOWN
        is_same = _content(reply) == _content(known)
        if reply.serial == known.serial:
            if is_same:
                return Verdict.KNOWN
            self.is_consistent = False
            return Verdict.CONFLICT
        self.reply = reply
        return Verdict.KNOWN if is_same else Verdict.NEWS


def _content(reply: Reply) -> tuple[int, Any]:
    return reply.status, reply.answer
