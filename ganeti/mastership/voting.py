"""Whether a node may act as master, go on doing so, or take the role over: decisions on the answers of nodes."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from enum import Enum, auto
from typing import Final, NamedTuple

_LOG = logging.getLogger(__name__)

#: An undecided vote is repeated so often ...
RETRIES: Final = 6
#: ... after so many seconds each.
RETRY_DELAY_S: Final = 10.0


class Votes(NamedTuple):
    """Answers of all nodes of the cluster, this one included."""

    nodes: int
    for_this_node: int
    no_answer: int


class Verdict(Enum):
    """What a vote means."""

    WON = auto()
    #: The nodes that did not answer could decide it.
    UNDECIDED = auto()
    LOST = auto()


def decide(votes: Votes) -> Verdict:
    """Return what the votes mean: more than half of all nodes, silent ones included, must name this node."""
    if 2 * votes.for_this_node > votes.nodes:
        return Verdict.WON
    if 2 * (votes.for_this_node + votes.no_answer) > votes.nodes:
        return Verdict.UNDECIDED
    return Verdict.LOST


def may_continue(votes: Votes) -> bool:
    """Tell whether a master with these votes may go on.

    At least half of the nodes is enough if no node names another master: what is left is no majority, so nobody can
    have taken over. Once a node names another one, that proof is gone, and it takes more than half.
    """
    for_another = votes.nodes - votes.for_this_node - votes.no_answer
    needed = votes.nodes + 1 if for_another else votes.nodes
    return 2 * votes.for_this_node >= needed


def count(answers: Iterable[str | None], own_name: str) -> Votes:
    """Count the answers: the name of the master as a node sees it, None if it did not answer."""
    listed = list(answers)
    return Votes(len(listed), listed.count(own_name), listed.count(None))


def wins_election(
    ask: Callable[[], Iterable[str | None]],
    own_name: str,
    *,
    retries: int = RETRIES,
    pause: Callable[[float], None] = time.sleep,
) -> bool:
    """Ask all nodes who the master is until that is decided or *retries* are used up; tell whether it is this node."""
    for attempt in range(retries + 1):
        votes = count(ask(), own_name)
        verdict = decide(votes)
        if verdict is Verdict.WON:
            return True
        if verdict is Verdict.LOST:
            _LOG.critical(
                "%d of %d nodes take this node for the master, %d did not answer: it must not act as master",
                votes.for_this_node,
                votes.nodes,
                votes.no_answer,
            )
            return False
        if attempt < retries:
            _LOG.warning(
                "%d of %d nodes did not answer who the master is; asking again in %d seconds",
                votes.no_answer,
                votes.nodes,
                RETRY_DELAY_S,
            )
            pause(RETRY_DELAY_S)
    _LOG.critical("Too few nodes answer who the master is; start with --no-voting only if no other master can exist")
    return False


# taking over


def silent_majority(answers: Mapping[str, str | None]) -> list[str]:
    """Return the nodes that did not answer if they are half or more of all, else nothing.

    *answers* has the name of the master as each node knows it, None where there was no answer.
    """
    silent = sorted(node for node, answer in answers.items() if answer is None)
    return silent if 2 * len(silent) >= len(answers) else []


def elected(answers: Iterable[str | None]) -> str | None:
    """Return the master that most of the answers name, None if no name has more than the others."""
    ranking = Counter(answer for answer in answers if answer is not None).most_common(2)
    if not ranking or (len(ranking) == 2 and ranking[0][1] == ranking[1][1]):
        return None
    return ranking[0][0]


def newer_copies(own_serial: int, serials: Mapping[str, int | None]) -> list[str]:
    """Return the nodes that have a newer configuration than this one (None: it has none, or did not answer)."""
    return sorted(node for node, serial in serials.items() if serial is not None and serial > own_serial)
