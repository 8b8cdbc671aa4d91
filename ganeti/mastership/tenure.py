"""For how long a master may act: a pure state that each round of asking the nodes moves on.

A tenure lasts ``TENURE_S`` seconds from the *start* of the round that it was won in: no node can have changed its vote
before it was asked. So a node that takes over need not reach the old master: it waits that long.

The set of voters changes with the configuration, which the master itself changes. A master that is cut off could mark
the unreachable nodes offline and so become a majority of the rest. Therefore a round must be won among the voters of
the last round that was won *and* among those of the present configuration.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from ganeti.mastership.voting import Votes, count, may_continue

#: How long a won round counts.
TENURE_S: Final = 20.0
#: Pause between rounds.
ROUND_PAUSE_S: Final = 4.0
#: A node that takes longer has not answered.
ANSWER_TIMEOUT_S: Final = 5.0
#: A call that changes the vote of a node is carried out within this time, or never.
TELLING_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True)
class Round:
    """One round of asking.

    Attributes:
      started: when the first node was asked, on the clock of ``Tenure.until``.
      voters: UUIDs of all nodes of the present configuration that are not offline.
      answers: by UUID the name of the master as the node knows it, None if there was no answer.
      removed: nodes that were taken out of the cluster; they have no vote any more.
    """

    started: float
    voters: frozenset[str]
    answers: Mapping[str, str | None]
    removed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Tenure:
    """What a master may do.

    Attributes:
      own_name: name of this node.
      until: when the right to act ends.
      voters: those of the last round that was won; empty before the first.
      is_enforced: whether rounds count at all. An administrator who starts the daemon without voting decides instead of
        the nodes, until more than half of them agree again.
      supporters: nodes that named this node when they answered last.
      dissenters: nodes that named another one when they answered last.
    """

    own_name: str
    until: float = 0.0
    voters: frozenset[str] = frozenset()
    is_enforced: bool = True
    supporters: frozenset[str] = frozenset()
    dissenters: frozenset[str] = frozenset()

    def is_held(self, now: float) -> bool:
        """Tell whether this node may act as master at this moment."""
        return not self.is_enforced or now < self.until

    def may_correct(self, now: float) -> bool:
        """Tell whether this node may change votes of others at this moment.

        The last call that does so must have ended when the tenure ends: whoever takes over waits for that, and a late
        call must not take the votes back from a new master.
        """
        return not self.is_enforced or now + TELLING_TIMEOUT_S < self.until

    def after(self, asked: Round) -> "Tenure":
        """Return the tenure after a round."""
        supporters = frozenset(node for node, answer in asked.answers.items() if answer == self.own_name)
        dissenters = frozenset(
            node for node, answer in asked.answers.items() if answer is not None and answer != self.own_name
        )
        known = replace(
            self,
            supporters=(self.supporters | supporters) - dissenters - asked.removed,
            dissenters=(self.dissenters | dissenters) - supporters - asked.removed,
        )
        before = (self.voters - asked.removed) or asked.voters
        if not all(may_continue(self._votes(asked, voters)) for voters in (before, asked.voters)):
            return known
        return replace(
            known,
            until=asked.started + TENURE_S,
            voters=asked.voters,
            is_enforced=self.is_enforced or 2 * len(supporters & asked.voters) > len(asked.voters),
        )

    def is_deposed(self, asked: Round) -> bool:
        """Tell whether a round says for good that another node is the master: more than half of the nodes name it."""
        if not self.is_enforced:
            return False
        votes = self._votes(asked, asked.voters)
        return 2 * (votes.nodes - votes.for_this_node - votes.no_answer) > votes.nodes

    def _votes(self, asked: Round, voters: frozenset[str]) -> Votes:
        return count([asked.answers.get(node) for node in voters], self.own_name)
