"""One attempt of a node to become the master while the network is cut: what is tried, and what has to come out."""

import itertools
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

import msgspec

from ganeti import buildcfg, opcodes
from ganeti.mastership.tenure import TENURE_S
from ganeti.utils.process import run_cmd
from test.cluster.change_prober import Prober, check_role_moved_once, probing, socket_path
from test.cluster.killable_master import Luxi, MasterGone
from test.cluster.split_network import SplitCluster
from test.cluster.stepping_failover import STEPS, SteppingFailover
from test.cluster.virtual import COMMAND_TIMEOUT_S, wait_for

#: How long the network stays cut when nothing comes to an end before: longer than any tenure.
_CUT_S: Final = 2 * TENURE_S
_SETTLE_S: Final = 150.0
#: A node becomes the master only by the steps before this one, or it has become it.
_LAST_OPEN_STEP: Final = "_tell_others"


class Direction(Enum):
    """Which packets vanish."""

    BOTH = "x"
    #: Those that the side of the old master sends.
    FROM_SIDE = "from"
    #: Those that are sent to it.
    TO_SIDE = "to"


@dataclass(frozen=True)
class Case:
    """Node 0 is the master, node 1 takes over.

    Attributes:
      size: number of nodes.
      side: the nodes on the side of the old master, which is one of them.
      cut_at: the step of the failover before which the network is cut.
      heal_at: the step before which it is repaired; None: when its effects have come to an end.
      direction: which packets vanish.
      is_killed: instead of a cut, the command is killed before the step, and started again.
    """

    size: int
    side: tuple[int, ...]
    cut_at: str
    heal_at: str | None = None
    direction: Direction = Direction.BOTH
    is_killed: bool = False

    def __str__(self) -> str:
        if self.is_killed:
            return f"{self.size}-killed{self.cut_at}"
        side = "".join(map(str, self.side))
        return f"{self.size}-{side}-{self.direction.value}{self.cut_at}{self.heal_at or ''}"

    @property
    def minority(self) -> frozenset[int]:
        """The nodes on the side that has less than half of them, none if there is no such side."""
        left = frozenset(self.side)
        right = frozenset(range(self.size)) - left
        return min(left, right, key=len) if len(left) != len(right) else frozenset()

    def expected_master(self, *, has_ended: bool) -> int | None:
        """Return the node that has to be the master in the end, None if it can be either.

        *has_ended*: the command ended before the network was repaired.
        """
        if self.is_killed or STEPS.index(self.cut_at) > STEPS.index(_LAST_OPEN_STEP):
            return 1
        if not has_ended or self.direction is not Direction.BOTH:
            return None
        same_side = [node for node in range(self.size) if (node in self.side) == (1 in self.side)]
        return 1 if 2 * len(same_side) > self.size else 0


def sides(size: int) -> list[tuple[int, ...]]:
    """Return all ways to split so many nodes in two, as the side with node 0."""
    others = range(1, size)
    return [(0, *chosen) for count in range(size - 1) for chosen in itertools.combinations(others, count)]


def cuts_that_last(size: int) -> list[Case]:
    """Return all splits at all steps."""
    return [Case(size, side, step) for side in sides(size) for step in STEPS]


def cuts_that_heal(size: int) -> list[Case]:
    """Return all splits, repaired at a later step of the same failover."""
    return [
        Case(size, side, cut_at, heal_at)
        for side in sides(size)
        for cut_at, heal_at in itertools.combinations(STEPS, 2)
    ]


def cuts_of_one_direction(size: int) -> list[Case]:
    """Return all splits where the packets of one side still arrive."""
    return [
        Case(size, side, step, direction=direction)
        for side in sides(size)
        for step in STEPS
        for direction in (Direction.FROM_SIDE, Direction.TO_SIDE)
    ]


def killed_commands(size: int) -> list[Case]:
    """Return commands that are killed at each step."""
    return [Case(size, (), step, is_killed=True) for step in STEPS]


# carrying it out


class _Watchers:
    """What the watcher does on each node: starts the daemons of the master if its node is to be it."""

    def __init__(self, cluster: SplitCluster) -> None:
        self._cluster = cluster
        self._busy: dict[int, threading.Thread] = {}

    def look(self) -> None:
        """Look at all nodes once; returns at once."""
        for node, vote in enumerate(self._cluster.votes()):
            thread = self._busy.get(node)
            if vote == self._cluster.nodes[node] and not (thread and thread.is_alive()) and not self._has_master(node):
                self._busy[node] = threading.Thread(target=self._start, args=(node,), daemon=True)
                self._busy[node].start()

    def join(self) -> None:
        """Wait for those that are busy."""
        for thread in self._busy.values():
            thread.join()

    def _has_master(self, node: int) -> bool:
        luxi = Luxi(socket_path(self._cluster, node))
        try:
            luxi.jobs([])
        except MasterGone:
            return False
        finally:
            luxi.close()
        return True

    def _start(self, node: int) -> None:
        words = (f"{buildcfg.PKGLIBDIR}/daemon-util", "start-master")
        run_cmd(self._cluster.argv(node, *words), timeout_s=COMMAND_TIMEOUT_S)


class _Trial:
    """A case that is being tried; counts nodes as the case does."""

    def __init__(self, cluster: SplitCluster, case: Case) -> None:
        self.cluster = cluster
        self.case = case
        #: Whether the command had ended before the network was repaired.
        self.has_ended = False
        first = cluster.nodes.index(cluster.votes()[0])
        #: The node of the cluster for each node of the case.
        self.nodes = [(first + number) % case.size for number in range(case.size)]
        self.watchers = _Watchers(cluster)
        self.attempt = SteppingFailover(cluster, self.nodes[1])

    def run(self) -> None:
        try:
            with probing(self.cluster, str(self.case)) as by_node:
                probers = {number: by_node[node] for number, node in enumerate(self.nodes)}
                self._advance_to(self.case.cut_at)
                if self.case.is_killed:
                    self._try_again()
                else:
                    self._go_on_with_cut(probers)
                master = self._wait_until_settled(probers, time.monotonic())
        finally:
            self.cluster.repair()
            self.attempt.end()
            self.watchers.join()
        self._check_outcome(probers, master)
        self._remove_tags(master)

    def _advance_to(self, step: str) -> None:
        while self.attempt.step not in (None, step):
            self.attempt.advance()

    def _try_again(self) -> None:
        self.attempt.end()
        result = self.cluster.run("gnt-cluster", "master-failover", node=self.nodes[1], check=False)
        # When it was about to end there is nothing left to do. The address may have been left where it was.
        assert "Failure:" not in result.stderr or "is the master already" in result.stderr, result.output

    def _go_on_with_cut(self, probers: Mapping[int, Prober]) -> None:
        self._cut()
        began = time.monotonic()
        if self.case.heal_at is not None:
            self._advance_to(self.case.heal_at)
        else:
            self._wait_for_effects(began, probers)
        healed = time.monotonic()
        self.has_ended = self.attempt.has_ended
        self.cluster.repair()
        self._check_minority(probers, began, healed)
        self.attempt.finish()

    def _cut(self) -> None:
        side = {self.nodes[number] for number in self.case.side}
        rest = set(self.nodes) - side
        if self.case.direction is not Direction.TO_SIDE:
            self.cluster.drop(side, rest)
        if self.case.direction is not Direction.FROM_SIDE:
            self.cluster.drop(rest, side)

    def _wait_for_effects(self, began: float, probers: Mapping[int, Prober]) -> None:
        """Wait until the failover has ended and no minority has a master any more, but not for ever."""
        self.attempt.finish_in_background()

        def is_over() -> bool:
            if time.monotonic() > began + _CUT_S:
                return True
            return self.attempt.has_ended and all(probers[n].has_refused_since(began) for n in self.case.minority)

        wait_for(is_over, "the effects of the cut", timeout_s=2 * _CUT_S)

    def _check_minority(self, probers: Mapping[int, Prober], began: float, healed: float) -> None:
        if self.case.direction is not Direction.BOTH:
            return
        for number in self.case.minority:
            late = [c.tag for c in probers[number].accepted() if began + TENURE_S < c.began and c.ended < healed]
            assert not late, f"node {number} is in a minority and accepted {', '.join(late)}"

    def _wait_until_settled(self, probers: Mapping[int, Prober], since: float) -> int:
        """Wait until all nodes name one master, which accepts changes and has sent them to all; returns it."""
        master = 0

        def is_settled() -> bool:
            nonlocal master
            self.watchers.look()
            names = set(self.cluster.votes())
            if len(names) != 1:
                return False
            master = self.nodes.index(self.cluster.nodes.index(names.pop()))
            return probers[master].has_accepted_since(since)

        wait_for(is_settled, "one master that all nodes name and that accepts changes", timeout_s=_SETTLE_S)
        return master

    def _check_outcome(self, probers: Mapping[int, Prober], master: int) -> None:
        copies = range(self.case.size)
        wait_for(lambda: len({self.cluster.config(node) for node in copies}) == 1, "equal copies of the configuration")
        check_role_moved_once(probers)
        expected = self.case.expected_master(has_ended=self.has_ended)
        if any("has a newer one" in line for line in self.attempt.output):
            # The cut came while a change was on its way: another node got it, and the command said where to run it.
            expected = 0
        assert expected in (None, master), f"node {master} is the master, not {expected}"
        tags = set(_tags(self.cluster.config(self.nodes[master])))
        lost = [change.tag for change in probers[master].accepted() if change.tag not in tags]
        assert not lost, f"node {master} accepted {', '.join(lost)}, which are lost"
        if master == 0:
            assert not probers[1].accepted(), "both nodes acted as master"
            assert self.attempt.exit_code == 1, f"exit code {self.attempt.exit_code}"

    def _remove_tags(self, master: int) -> None:
        luxi = Luxi(socket_path(self.cluster, self.nodes[master]))
        tags = _tags(self.cluster.config(self.nodes[master]))
        op = opcodes.encode(opcodes.OpTagsDel(kind="cluster", name="", tags=tags))
        try:
            (job,) = luxi.submit(op)
            assert luxi.wait([job])[job].status == "success"
        finally:
            luxi.close()


class _Tags(msgspec.Struct, frozen=True):
    tags: list[str] = []


class _Config(msgspec.Struct, frozen=True):
    cluster: _Tags


def _tags(config: bytes) -> list[str]:
    return msgspec.json.decode(config, type=_Config).cluster.tags


def run_case(cluster: SplitCluster, case: Case) -> None:
    """Try a case on a cluster. Raises AssertionError."""
    trial = _Trial(cluster, case)
    try:
        trial.run()
    except AssertionError as err:
        output = "\n".join(trial.attempt.output)
        raise AssertionError(f"{case} on {cluster.layout.directory}: {err}\nOutput of the command:\n{output}") from err
