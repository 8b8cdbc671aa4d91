"""Virtual nodes in network namespaces of their own, so that the network between them can be cut."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

from ganeti import opcodes
from ganeti.utils.process import CmdResult, run_cmd
from test.cluster.killable_master import Luxi, MasterGone
from test.cluster.virtual import COMMAND_TIMEOUT_S, VirtualCluster, wait_for

_ROOT: Final = Path(__file__).resolve().parents[2]
_BRIDGES: Final = ("left", "right")
_PROBE_PAUSE_S: Final = 0.3


def _ip(*words: str) -> None:
    result = run_cmd(["ip", *words], timeout_s=30.0)
    assert not result.failed, f"ip {' '.join(words)}: {result.output}"


class SplitNetwork:
    """Two switches in a namespace; each node is connected to one of them, at first all to the same."""

    def __init__(self, cluster: VirtualCluster) -> None:
        self.cluster = cluster
        self._prefix = f"g{os.getpid()}-{cluster.layout.prefix.rpartition('.')[2]}"
        self._hub = f"{self._prefix}-hub"
        self._created: list[str] = []

    def __enter__(self) -> Self:
        self._add_namespace(self._hub)
        for bridge in _BRIDGES:
            _ip("-n", self._hub, "link", "add", bridge, "type", "bridge")
            _ip("-n", self._hub, "link", "set", bridge, "up")
        for number, host in enumerate(self.cluster.layout.node_hosts):
            name = self._namespace(number)
            self._add_namespace(name)
            _ip("-n", name, "link", "add", "eth0", "type", "veth", "peer", "name", f"port{number}", "netns", self._hub)
            _ip("-n", name, "address", "add", f"{host.address}/24", "dev", "eth0")
            _ip("-n", name, "link", "set", "eth0", "up")
            _ip("-n", self._hub, "link", "set", f"port{number}", "master", _BRIDGES[0], "up")
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        for name in reversed(self._created):
            run_cmd(["ip", "netns", "delete", name], timeout_s=30.0)

    def _add_namespace(self, name: str) -> None:
        _ip("netns", "add", name)
        self._created.append(name)
        _ip("-n", name, "link", "set", "lo", "up")

    def _namespace(self, node: int) -> str:
        return f"{self._prefix}-{node}"

    def cut(self, side: Iterable[int]) -> None:
        """Connect the nodes of one side to one switch, all others to the other one."""
        left = set(side)
        for number in range(len(self.cluster.nodes)):
            _ip("-n", self._hub, "link", "set", f"port{number}", "master", _BRIDGES[0 if number in left else 1])

    def repair(self) -> None:
        """Let all nodes reach each other again."""
        self.cut(range(len(self.cluster.nodes)))

    def argv(self, node: int, *words: str) -> list[str]:
        """Return the command line that runs a program on a node."""
        return ["ip", "netns", "exec", self._namespace(node), f"{self.cluster.root(node)}/cmd", *words]

    def run(self, node: int, *words: str, check: bool = True) -> CmdResult:
        """Run a program on a node."""
        result = run_cmd(self.argv(node, *words), timeout_s=COMMAND_TIMEOUT_S)
        assert not (check and result.failed), f"{words}: {result.fail_reason}\n{result.output}"
        return result

    def daemon_util(self, node: int, *words: str, check: bool = True) -> CmdResult:
        """Run daemon-util on a node."""
        return self.run(node, str(_ROOT / "tools/daemon-util"), *words, check=check)

    def masters(self) -> list[str]:
        """Return whom the nodes take for the master."""
        return [
            (self.cluster.root(node) / "var/lib/ganeti/ssconf_master_node").read_text().strip()
            for node in range(len(self.cluster.nodes))
        ]

    def move_daemons_in(self) -> None:
        """Stop the daemons of all nodes, which run outside, and start them in the namespaces, the master last."""
        count = len(self.cluster.nodes)
        for node in range(count):
            self.cluster.daemon_util("stop-all", node=node)
        for node in reversed(range(count)):
            self.daemon_util(node, "start-all")


class SteppingFailover:
    """``gnt-cluster master-failover`` on a node, which waits before each of its steps."""

    def __init__(self, network: SplitNetwork, node: int) -> None:
        self._process = subprocess.Popen(
            network.argv(node, sys.executable, "-m", "test.cluster.stepping_failover"),
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
        )
        self.output: list[str] = []
        self.step: str | None = None
        self.advance(first=True)

    def advance(self, *, first: bool = False) -> None:
        """Let it take the step that it waits for; ``step`` is then the next one, None at the end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if not first:
            self._process.stdin.write("\n")
        self.step = None
        for line in self._process.stdout:
            if line.startswith("STEP "):
                self.step = line.split()[1]
                return
            self.output.append(line.rstrip())
        self._process.wait(timeout=COMMAND_TIMEOUT_S)

    def finish(self) -> int:
        """Let it take all other steps; returns its exit code."""
        while self.step is not None:
            self.advance()
        return self._process.wait(timeout=COMMAND_TIMEOUT_S)

    def kill(self) -> None:
        """Kill it where it is."""
        self._process.kill()
        self._process.wait()


class Change(NamedTuple):
    """One attempt to change the configuration: when it began and ended, and whether it was accepted."""

    began: float
    ended: float
    accepted: bool
    tag: str


@dataclass
class Prober:
    """Changes the configuration by the master daemon of one node, if there is one, again and again."""

    path: Path
    label: str
    changes: list[Change] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def accepted(self) -> list[Change]:
        """Return the changes that were accepted."""
        return [change for change in self.changes if change.accepted]

    def _run(self) -> None:
        number = 0
        while not self._stop.wait(_PROBE_PAUSE_S):
            number += 1
            tag = f"{self.label}-{number}"
            began = time.monotonic()
            accepted = self._change(tag)
            self.changes.append(Change(began, time.monotonic(), accepted, tag))

    def _change(self, tag: str) -> bool:
        luxi = Luxi(self.path)
        op = opcodes.encode(opcodes.OpTagsSet(kind="cluster", name="", tags=[tag]))
        try:
            (job,) = luxi.submit(op)
            return luxi.wait([job])[job].status == "success"
        except (MasterGone, AssertionError):
            # No daemon, one that ends, or one that refuses.
            return False
        finally:
            luxi.close()


@contextlib.contextmanager
def probing(cluster: VirtualCluster, nodes: Iterable[int], label: str) -> Iterator[dict[int, Prober]]:
    """Try changes on several nodes while the block runs."""
    probers = {
        node: Prober(cluster.root(node) / "var/run/ganeti/socket/ganeti-master", f"{label}-n{node}") for node in nodes
    }
    for prober in probers.values():
        prober.start()
    try:
        yield probers
    finally:
        for prober in probers.values():
            prober.stop()


def check_one_master_at_a_time(probers: dict[int, Prober]) -> None:
    """Check that the times in which nodes accepted changes do not overlap."""
    for node, prober in probers.items():
        for other, rival in probers.items():
            if node == other:
                continue
            for mine in prober.accepted():
                between = [c for c in rival.accepted() if c.began > mine.ended]
                before = [c for c in rival.accepted() if c.ended < mine.began]
                assert not (between and before), f"nodes {node} and {other} changed the configuration in turns"


def wait_for_one_master(network: SplitNetwork, probers: dict[int, Prober]) -> str:
    """Wait until all nodes name the same master and it accepts changes; returns its name."""

    def is_settled() -> bool:
        # What the watcher does on every node: a master daemon that ended starts again if its node is the master.
        for node in probers:
            network.daemon_util(node, "start-all", check=False)
        names = set(network.masters())
        if len(names) != 1:
            return False
        node = network.cluster.nodes.index(names.pop())
        return node in probers and any(c.accepted and c.began > since for c in probers[node].changes)

    since = time.monotonic()
    wait_for(is_settled, "one master that all nodes name", timeout_s=90.0)
    return network.masters()[0]
