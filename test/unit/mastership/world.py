"""A cluster of nodes that exist as numbers: votes, tenures, a network that may be cut, take-overs step by step.

Only the effects are modelled here; every decision is made by the functions that the daemons and commands use.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ganeti.bootstrap import failover_checks
from ganeti.mastership import voting
from ganeti.mastership.tenure import ROUND_PAUSE_S, TELLING_TIMEOUT_S, TENURE_S, Round, Tenure


@dataclass(eq=False)
class Message:
    """A change of a vote, if it is the expected one; when its time is over it arrives no more."""

    source: str
    target: str
    vote: str
    until: float
    expected: str | None
    has_arrived: bool = False
    result: str | None = None


class World:
    """Nodes are named by digits; node 0 is the first master."""

    def __init__(self, size: int) -> None:
        self.nodes = [str(number) for number in range(size)]
        self.votes = dict.fromkeys(self.nodes, "0")
        self.now = 1000.0
        #: Nodes in it reach each other, and so do those outside; None: everybody reaches everybody.
        self.side: frozenset[str] | None = None
        #: Messages are delivered only when ``deliver`` is called.
        self.is_slow = False
        self.under_way: list[Message] = []
        self.running: dict[str, Tenure] = {}
        self.start_daemon("0")

    def reaches(self, source: str, target: str) -> bool:
        return source == target or self.side is None or (source in self.side) == (target in self.side)

    def answers(self, asker: str) -> dict[str, str | None]:
        return {node: self.votes[node] if self.reaches(asker, node) else None for node in self.nodes}

    # messages

    def send(self, source: str, target: str, vote: str, expected: str | None = None) -> Message:
        """Tell a node whom to vote for, if its vote is still *expected*."""
        message = Message(source, target, vote, self.now + TELLING_TIMEOUT_S, expected)
        self.under_way.append(message)
        if not self.is_slow or source == target:
            self.deliver(message)
        return message

    def deliver(self, message: Message) -> None:
        """Let a message arrive if the network lets it through."""
        if not message.has_arrived and self.reaches(message.source, message.target) and self.now < message.until:
            message.has_arrived = True
            self.under_way.remove(message)
            if message.expected in (None, self.votes[message.target]):
                self.votes[message.target] = message.vote
            # What the sender is told.
            message.result = self.votes[message.target]

    # master daemons

    def start_daemon(self, node: str) -> bool:
        """Start a master daemon, which has to win the vote."""
        votes = voting.count(self.answers(node).values(), node)
        if self.votes[node] != node or voting.decide(votes) is not voting.Verdict.WON:
            return False
        self.running[node] = Tenure(node)
        self.round(node)
        return True

    def round(self, node: str) -> None:
        """Let a master daemon ask, and do what follows."""
        tenure = self.running[node]
        asked = Round(self.now, frozenset(self.nodes), self.answers(node))
        after = self.running[node] = tenure.after(asked)
        if self.votes[node] != node or after.is_deposed(asked):
            del self.running[node]
        elif after.may_correct(self.now):
            for dissenter in after.dissenters:
                self.send(node, dissenter, node)

    def acting(self) -> list[str]:
        """Return the nodes that would change the configuration now."""
        return [n for n, tenure in self.running.items() if self.votes[n] == n and tenure.is_held(self.now)]

    def pass_time(self, seconds: float) -> None:
        """Let time go on; master daemons ask whenever it is time to, and nobody ever finds two masters."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + ROUND_PAUSE_S / 2)
            self.under_way = [message for message in self.under_way if self.now < message.until]
            for node in list(self.running):
                self.round(node)
                self.check()

    def check(self) -> None:
        acting = self.acting()
        assert len(acting) <= 1, f"masters {acting}, votes {self.votes}, cut {self.side}"

    # taking over

    def failover(self, node: str) -> Iterator[str]:
        """Let a node take over, as ganeti.bootstrap.failover does; yields before each step that others may see."""
        known = self.votes[node]
        if known == node:
            return
        yield "ask"
        answers = self.answers(node)
        if voting.silent_majority(answers) or voting.elected(answers.values()) != known:
            return
        yield "stop the old master"
        if answers[known] is not None and self.reaches(node, known):
            self.running.pop(known, None)
        yield "change the own vote"
        if self.votes[node] != known:
            return
        self.votes[node] = node
        yield "tell"
        messages = [self.send(node, other, node, known) for other in self.nodes]
        yield "hear"
        while any(message in self.under_way for message in messages):
            yield "wait for answers"
            self.pass_time(1)
        told = {message.target for message in messages if message.result == node}
        if not failover_checks.is_majority(told, self.nodes, node):
            # It is tried for longer than a call lives, since an answer may have been lost.
            for _ in range(3):
                yield "take back"
                for other in self.nodes:
                    self.send(node, other, known, node)
                self.pass_time(TELLING_TIMEOUT_S)
            return
        yield "wait"
        if told != set(self.nodes):
            self.pass_time(TENURE_S)
        yield "start"
        self.start_daemon(node)
        yield "done"
