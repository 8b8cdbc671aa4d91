"""Correct the recorded sizes of disks by what their nodes measure."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cmdlib.base import ALL_SET, Feedback, LogicalUnit, lu_for
from ganeti.cmdlib.locks import lock_nodes_of_instances, owned_instances
from ganeti.cmdlib.names import find_instance
from ganeti.objects import ConfigData, Disk, Instance
from ganeti.objects.fill import fill_nd
from ganeti.objects.to_wire import wire_disks
from ganeti.rpc import procedures

#: Instance name, disk index, "size" or "spindles", new value.
Correction = tuple[str, int, str, int]

_SIZE = "size"
_SPINDLES = "spindles"


class Measured(NamedTuple):
    """What a node found."""

    size_mib: int
    spindles: int | None


def with_grown_children(disk: Disk) -> Disk:
    """Return a DRBD disk whose data volume is recorded as at least as large as the disk itself."""
    if disk.dev_type != c.DT_DRBD8 or not disk.children or disk.children[0].size >= disk.size:
        return disk
    data, *rest = disk.children
    return msgspec.structs.replace(disk, children=(msgspec.structs.replace(data, size=disk.size), *rest))


def corrected(disk: Disk, found: Measured, *, uses_spindles: bool) -> Disk:
    """Return the disk as it ought to be recorded."""
    changed = msgspec.structs.replace(disk, size=found.size_mib)
    if uses_spindles and found.spindles is not None:
        changed = msgspec.structs.replace(changed, spindles=found.spindles)
    return with_grown_children(changed)


@lu_for(opcodes.OpClusterRepairDiskSizes)
class LUClusterRepairDiskSizes(LogicalUnit[opcodes.OpClusterRepairDiskSizes]):
    """Compare the sizes of active disks with the configuration."""

    REQ_BGL = False

    def expand_names(self) -> None:
        """Lock the instances, all of them unless some are named, and the storage of their primary nodes, shared."""
        config = self.snapshot()
        names = [find_instance(config, name).name for name in self.op.instances]
        self.needed_locks = {c.LEVEL_INSTANCE: names if self.op.instances else ALL_SET, c.LEVEL_NODE_RES: []}
        self.share_locks = {c.LEVEL_NODE_RES: True}

    def declare_locks(self, level: int) -> None:
        """Name the primary nodes."""
        if level == c.LEVEL_NODE_RES:
            lock_nodes_of_instances(self, primary_only=True, level=level)

    def exec(self, feedback: Feedback) -> list[Correction]:
        """Ask the primary nodes, record what differs."""
        config = self.snapshot()
        corrections: list[Correction] = []
        by_node: dict[str, list[Instance]] = {}
        for instance in owned_instances(self):
            if instance.disks:
                by_node.setdefault(instance.primary_node, []).append(instance)
        for node_uuid, measured in self._measure(config, by_node).items():
            params = fill_nd(
                config.cluster, config.nodegroups[config.nodes[node_uuid].group], config.nodes[node_uuid]
            )
            uses_spindles = bool(params[c.ND_EXCLUSIVE_STORAGE])
            for instance in by_node[node_uuid]:
                corrections += self._correct(config, instance, measured, uses_spindles=uses_spindles)
        for name, index, what, value in corrections:
            feedback(f"Disk {index} of instance {name}: {what} corrected to {value}")
        return corrections

    def _measure(
        self, config: ConfigData, by_node: Mapping[str, list[Instance]]
    ) -> dict[str, dict[str, Measured | None]]:
        """Return by node what it knows about its disks (by UUID); nodes that do not answer are left out."""
        disks_of = {
            node: [config.disks[uuid] for instance in instances for uuid in instance.disks]
            for node, instances in by_node.items()
        }
        requests = {node: (wire_disks(config, disks, node, node),) for node, disks in disks_of.items()}
        measured: dict[str, dict[str, Measured | None]] = {}
        for node, answer in self.rpc.call_each(procedures.blockdev_getdimensions, requests).items():
            name = config.nodes[node].name
            if answer.warn(f"Cannot get the sizes of the disks on node {name}, leaving them out", self.log_warning):
                continue
            if len(answer.payload) != len(disks_of[node]):
                self.log_warning(f"Node {name} gave a wrong number of sizes, leaving its disks out")
                continue
            measured[node] = {
                disk.uuid: None if found is None else Measured(found[0] >> 20, found[1])
                for disk, found in zip(disks_of[node], answer.payload, strict=True)
            }
        return measured

    def _correct(
        self, config: ConfigData, instance: Instance, measured: Mapping[str, Measured | None], *, uses_spindles: bool
    ) -> Iterator[Correction]:
        """Record what is different about the disks of an instance, and yield it."""
        for index, uuid in enumerate(instance.disks):
            old, found = config.disks[uuid], measured[uuid]
            if found is None:
                self.log_warning(f"Disk {index} of instance {instance.name} has no size, perhaps it is not active")
                continue
            new = corrected(old, found, uses_spindles=uses_spindles)
            if new == old:
                continue
            self.cfg.update(new, self.ec_id)
            if new.size != old.size:
                yield instance.name, index, _SIZE, new.size
            if new.spindles != old.spindles:
                yield instance.name, index, _SPINDLES, new.spindles or 0
