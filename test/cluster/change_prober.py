"""Changing the configuration on every node that lets us, again and again: who accepts changes is a master."""

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from ganeti import opcodes
from test.cluster.killable_master import Luxi, MasterGone
from test.cluster.virtual import VirtualCluster

_PAUSE_S: Final = 0.4
_POLL_S: Final = 0.05


class Change(NamedTuple):
    """One attempt to change the configuration: when it began and ended, and whether it was accepted."""

    began: float
    ended: float
    accepted: bool
    tag: str


@dataclass
class Prober:
    """Adds tags to the cluster by the master daemon of one node, if there is one."""

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

    def has_accepted_since(self, moment: float) -> bool:
        """Tell whether a change that began after *moment* was accepted."""
        return any(change.accepted and change.began > moment for change in reversed(self.changes))

    def has_refused_since(self, moment: float) -> bool:
        """Tell whether the last change that began after *moment* was refused, or could not even be asked for."""
        return bool(self.changes) and self.changes[-1].began > moment and not self.changes[-1].accepted

    def _run(self) -> None:
        number = 0
        while not self._stop.wait(_PAUSE_S):
            number += 1
            tag = f"{self.label}-{number}"
            began = time.monotonic()
            accepted = self._change(tag)
            self.changes.append(Change(began, time.monotonic(), accepted, tag))

    def _change(self, tag: str) -> bool:
        luxi = Luxi(self.path, poll_s=_POLL_S)
        op = opcodes.encode(opcodes.OpTagsSet(kind="cluster", name="", tags=[tag]))
        try:
            (job,) = luxi.submit(op)
            return luxi.wait([job])[job].status == "success"
        except (MasterGone, AssertionError):
            # No daemon, one that ends, or one that refuses.
            return False
        finally:
            luxi.close()


def socket_path(cluster: VirtualCluster, node: int) -> Path:
    """Return the path of the socket of a node's master daemon."""
    return cluster.root(node) / "var/run/ganeti/socket/ganeti-master"


@contextlib.contextmanager
def probing(cluster: VirtualCluster, label: str) -> Iterator[dict[int, Prober]]:
    """Try changes on all nodes while the block runs."""
    probers = {
        node: Prober(socket_path(cluster, node), f"{label}-n{node}") for node in range(len(cluster.nodes))
    }
    for prober in probers.values():
        prober.start()
    try:
        yield probers
    finally:
        for prober in probers.values():
            prober.stop()


def check_role_moved_once(probers: Mapping[int, Prober]) -> None:
    """Check that no node accepted a change after another one had, that had not after itself.

    The role moves at most once while probers run: so once a second node has accepted a change, the first one must not.
    """
    first = {node: prober.accepted()[0] for node, prober in probers.items() if prober.accepted()}
    for node, beginning in first.items():
        for other, rival in probers.items():
            if node != other and first.get(other, beginning).began < beginning.began:
                late = [change.tag for change in rival.accepted() if change.began > beginning.ended]
                assert not late, f"node {node} accepted {beginning.tag}, and later node {other} {', '.join(late)}"
