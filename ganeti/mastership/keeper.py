"""Keeps the tenure of a running master daemon: asks the nodes again and again, in a thread of its own.

Everything that changes the configuration asks ``problem`` first, and once more right before a file is written or sent.
"""

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from ganeti.mastership.tenure import ROUND_PAUSE_S, Round, Tenure

_LOG = logging.getLogger(__name__)

#: A master that may not act asks more often.
_HURRIED_PAUSE_S: Final = 1.0


def clock() -> float:
    """Return seconds on a clock that nobody sets and that goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True)
class Electorate:
    """The nodes as the configuration has them now, by UUID."""

    voters: frozenset[str]
    others: frozenset[str]


class Surroundings(Protocol):
    """What the keeper needs to know and can cause."""

    def electorate(self) -> Electorate:
        """Return the nodes that vote, and those that do not (offline ones)."""

    def own_vote(self) -> str | None:
        """Return the master according to this node's own file, None if it cannot be read."""

    def ask(self, nodes: frozenset[str]) -> Mapping[str, str | None]:
        """Ask other nodes who the master is; None where there is no answer in time."""

    def correct(self, nodes: frozenset[str]) -> None:
        """Tell nodes that name another master who it is; returns at once."""

    def returned(self, nodes: frozenset[str]) -> None:
        """Bring nodes up to date that answer again; returns at once."""

    def deposed(self, reason: str) -> None:
        """End this process at once: another node is the master."""


class TenureKeeper:
    """Knows whether this node may act as master right now."""

    def __init__(self, own_uuid: str, own_name: str, surroundings: Surroundings, *, is_enforced: bool = True) -> None:
        """Without *is_enforced* this node may act whatever the others say, until more than half agree again."""
        self._own_uuid = own_uuid
        self._surroundings = surroundings
        self._condition = threading.Condition()
        self._tenure = Tenure(own_name, is_enforced=is_enforced)
        #: Nodes that did not answer in the last round.
        self._silent: frozenset[str] = frozenset()
        self._is_closing = False

    def start(self) -> None:
        """Ask for the first time, then go on in a thread."""
        self.ask_now()
        threading.Thread(target=self._run, name="Tenure", daemon=True).start()

    def close(self) -> None:
        """End the thread, which may take as long as a node takes to answer; that is not waited for."""
        with self._condition:
            self._is_closing = True
            self._condition.notify_all()

    def problem(self) -> str | None:
        """Return why this node may not act as master now, None if it may. Never waits."""
        own_vote = self._surroundings.own_vote()
        if own_vote is not None and own_vote != self._tenure.own_name:
            return f"Node {own_vote} has taken over the role of the master"
        if not self._tenure.is_held(clock()):
            return (
                "Fewer than half of the nodes answer and name this node as the master, so another one might have taken"
                " over; nothing is changed until they do"
            )
        return None

    def wait_problem(self, timeout_s: float) -> str | None:
        """Like ``problem``, but give a round that is due this time to be won."""
        if self.problem() is None:
            return None
        with self._condition:
            self._condition.notify_all()
            self._condition.wait_for(lambda: self._is_closing or self.problem() is None, timeout_s)
        return self.problem()

    def supports(self, node_uuid: str) -> bool:
        """Tell whether a node named this one as the master when it answered last."""
        return node_uuid in self._tenure.supporters

    def may_correct(self) -> bool:
        """Tell whether this node may change votes of others now."""
        return self._tenure.may_correct(clock())

    def ask_now(self) -> None:
        """Ask all nodes once and draw the conclusions."""
        electorate = self._surroundings.electorate()
        known = electorate.voters | electorate.others
        before = self._tenure
        to_ask = (electorate.voters | (before.voters & known)) - {self._own_uuid}
        started = clock()
        own_vote = self._surroundings.own_vote()
        answers = {**self._surroundings.ask(to_ask), self._own_uuid: own_vote}
        asked = Round(started, electorate.voters, answers, before.voters - known)
        after = before.after(asked)
        with self._condition:
            self._tenure = after
            self._condition.notify_all()
        self._conclude(before, after, asked, own_vote)

    def _conclude(self, before: Tenure, after: Tenure, asked: Round, own_vote: str | None) -> None:
        now = clock()
        if own_vote is not None and own_vote != after.own_name:
            self._surroundings.deposed(f"this node's own files say that {own_vote} is the master")
        elif after.is_deposed(asked):
            self._surroundings.deposed("more than half of the nodes name another master")
        elif after.may_correct(now) and (dissenters := after.dissenters & asked.voters):
            self._surroundings.correct(dissenters)
        silent = frozenset(node for node, answer in asked.answers.items() if answer is None)
        if returned := self._silent & (asked.answers.keys() - silent):
            self._surroundings.returned(returned)
        self._silent = silent
        if before.is_held(now) and not after.is_held(now):
            _LOG.critical("Too few nodes answer: nothing is changed any more until at least half of them do")
        elif not before.is_held(asked.started) and after.is_held(now):
            _LOG.info("Enough nodes name this node as the master")

    def _run(self) -> None:
        while True:
            with self._condition:
                pause_s = ROUND_PAUSE_S if self._tenure.is_held(clock()) else _HURRIED_PAUSE_S
                if self._is_closing or (self._condition.wait(pause_s) and self._is_closing):
                    return
            try:
                self.ask_now()
            except Exception:
                _LOG.exception("Asking the nodes who the master is failed")
