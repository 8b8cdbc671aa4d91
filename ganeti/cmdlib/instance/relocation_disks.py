"""Disks of an instance that moves between nodes: who may use them when."""

from typing import Any

from ganeti import constants as c
from ganeti.cmdlib.base import LogicalUnit
from ganeti.cmdlib.instance.disk_content import check_consistency
from ganeti.cmdlib.instance.disks import disks_of
from ganeti.cmdlib.instance.nodechecks import node_name
from ganeti.cmdlib.instance.relocation import Relocation
from ganeti.objects import Disk
from ganeti.objects.to_wire import wire_disks
from ganeti.rpc import procedures
from ganeti.rpc.result import RpcResult


class MovingDisks:
    """The disks of an instance during its move.

    Externally mirrored disks are opened by both nodes while the guest moves, and by one of them before and after.
    """

    def __init__(self, lu: LogicalUnit[Any], move: Relocation) -> None:
        """Work on the disks as the configuration has them now."""
        self._lu = lu
        self._move = move
        self.disks: list[Disk] = disks_of(lu.snapshot(), move.instance)

    def name_of(self, node: str) -> str:
        """Return a node's name."""
        return node_name(self._lu.snapshot(), node)

    def _wired(self, node: str) -> Any:
        return wire_disks(self._lu.snapshot(), self.disks, self._move.instance.primary_node, node)

    def close(self, node: str) -> RpcResult[None] | None:
        """Let a node close the disks; returns its answer, None if there is nothing to close."""
        if not self.disks:
            return None
        self._lu.feedback(f"* closing instance disks on node {self.name_of(node)}")
        return self._lu.rpc.call_one(node, procedures.blockdev_close, self._move.instance.name, self._wired(node))

    def close_or_fail(self, node: str) -> None:
        """Let a node close the disks; raises OpExecError."""
        result = self.close(node)
        if result is not None:
            result.raise_(f"Cannot close instance disks on node {self.name_of(node)}")

    def open(self, node: str, *, exclusive: bool) -> None:
        """Let a node open the disks, for itself alone or beside another one; raises OpExecError."""
        if not self.disks:
            return
        mode = "in exclusive mode" if exclusive else "in shared mode"
        self._lu.feedback(f"* opening instance disks on node {self.name_of(node)} {mode}")
        result = self._lu.rpc.call_one(
            node, procedures.blockdev_open, self._move.instance.name, self._wired(node), exclusive
        )
        result.raise_(f"Cannot open instance disks on node {self.name_of(node)}")

    def inconsistent(self) -> list[str]:
        """Return the disks that are degraded or missing on the target."""
        move = self._move
        return [
            disk.iv_name
            for disk in self.disks
            if not check_consistency(self._lu, disk, move.source, move.target, on_primary=False)
        ]

    def unmap(self, node: str) -> list[str]:
        """Detach mapped volumes from a node that needs them no more; returns problems."""
        from_pool = [disk for disk in self.disks if disk.dev_type in (c.DT_RBD, c.DT_EXT)]
        wired = wire_disks(self._lu.snapshot(), from_pool, self._move.instance.primary_node, node)
        problems = []
        for disk, item in zip(from_pool, wired, strict=True):
            self._lu.feedback(f"* unmapping {disk.iv_name} from node {self.name_of(node)}")
            result = self._lu.rpc.call_one(node, procedures.blockdev_shutdown, item)
            if result.fail_msg:
                problems.append(f"{disk.iv_name} on node {self.name_of(node)}: {result.fail_msg}")
        return problems
