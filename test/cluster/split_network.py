"""A cluster whose virtual nodes are in network namespaces of their own, so that the network between them can be cut."""

import contextlib
import itertools
import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ganeti.utils.process import run_cmd
from test.cluster.virtual import VirtualCluster, running_cluster, virtual_cluster

_SWITCH: Final = "switch"
_DEVICE: Final = "eth0"
#: Rules that drop packets come before the one that delivers them.
_DROP_PREFERENCE: Final = "5"
_LOCAL_PREFERENCE: Final = "100"
_COUNTER: Final = itertools.count()
_COUNTER_MUTEX: Final = threading.Lock()


def _ip(*words: str) -> None:
    result = run_cmd(["ip", *words], timeout_s=30.0)
    assert not result.failed, f"ip {' '.join(words)}: {result.output}"


def _unused_prefix() -> str:
    with _COUNTER_MUTEX:
        return f"g{os.getpid()}-{next(_COUNTER)}"


@dataclass(frozen=True)
class SplitCluster(VirtualCluster):
    """Virtual nodes, each in a namespace, connected by a switch in one more."""

    namespaces: str = ""

    def argv(self, node: int, *words: str) -> list[str]:
        """Return the command line that runs a program on a node."""
        return ["ip", "netns", "exec", self._namespace(node), *super().argv(node, *words)]

    def _namespace(self, node: int) -> str:
        return f"{self.namespaces}-{node}"

    @contextlib.contextmanager
    def network(self) -> Iterator[None]:
        """Make the namespaces and connect them; they are removed afterwards."""
        hub = f"{self.namespaces}-hub"
        names = [hub, *(self._namespace(node) for node in range(len(self.nodes)))]
        try:
            for name in names:
                _ip("netns", "add", name)
                _ip("-n", name, "link", "set", "lo", "up")
            _ip("-n", hub, "link", "add", _SWITCH, "type", "bridge")
            _ip("-n", hub, "link", "set", _SWITCH, "up")
            for node in range(len(self.nodes)):
                self._connect(hub, node)
            yield
        finally:
            for name in names:
                run_cmd(["ip", "netns", "delete", name], timeout_s=30.0)

    def _connect(self, hub: str, node: int) -> None:
        name, port = self._namespace(node), f"port{node}"
        _ip("-n", name, "link", "add", _DEVICE, "type", "veth", "peer", "name", port, "netns", hub)
        _ip("-n", name, "address", "add", f"{self._address(node)}/24", "dev", _DEVICE)
        _ip("-n", name, "link", "set", _DEVICE, "up")
        _ip("-n", hub, "link", "set", port, "master", _SWITCH, "up")
        _ip("-n", name, "rule", "add", "pref", _LOCAL_PREFERENCE, "lookup", "local")
        _ip("-n", name, "rule", "delete", "pref", "0")

    def _address(self, node: int) -> str:
        return self.layout.node_hosts[node].address

    def drop(self, source: Iterable[int], target: Iterable[int]) -> None:
        """Let packets of *source* nodes to *target* nodes vanish, over connections that are open, too."""
        sources = list(source)
        for node in target:
            for other in sources:
                self._rule("add", node, other)

    def cut(self, side: Iterable[int]) -> None:
        """Let nodes of this side and all others reach each other no more."""
        left = set(side)
        right = set(range(len(self.nodes))) - left
        self.drop(left, right)
        self.drop(right, left)

    def repair(self) -> None:
        """Let all nodes reach each other again."""
        for node in range(len(self.nodes)):
            _ip("-n", self._namespace(node), "rule", "flush", "pref", _DROP_PREFERENCE)

    def _rule(self, verb: str, node: int, source: int) -> None:
        _ip(
            *("-n", self._namespace(node), "rule", verb, "pref", _DROP_PREFERENCE),
            *("from", self._address(source), "blackhole"),
        )

    # what is on the disks of the nodes

    def data_path(self, node: int, name: str) -> Path:
        """Return the path of a file in the data directory of a node."""
        return self.root(node) / "var/lib/ganeti" / name

    def votes(self) -> list[str]:
        """Return whom each node takes for the master."""
        return [self.data_path(node, "ssconf_master_node").read_text().strip() for node in range(len(self.nodes))]

    def config(self, node: int) -> bytes:
        """Return a node's copy of the configuration."""
        return self.data_path(node, "config.data").read_bytes()


    def move_daemons_in(self) -> None:
        """Stop all daemons, which run outside, and start in the namespaces what the role of the master needs."""
        for node in range(len(self.nodes)):
            # Their place does not matter to end them.
            self.daemon_util("stop-all", node=node)
        for node in reversed(range(len(self.nodes))):
            self.daemon_util("start", "ganeti-noded", node=node)
        self.daemon_util("start-master")


@contextlib.contextmanager
def split_cluster(size: int) -> Iterator[SplitCluster]:
    """Give a running cluster of so many nodes, all of them master candidates."""
    with virtual_cluster(nodes=size, instances=0) as outside:
        # Nodes are added before they move: that starts the daemon of the new node where the command runs.
        running_cluster(outside)
        cluster = SplitCluster(outside.layout, _unused_prefix())
        with cluster.network():
            cluster.move_daemons_in()
            yield cluster
