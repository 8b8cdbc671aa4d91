"""Activating the disks of instances on their nodes, and deactivating them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ganeti.cmdlib.base import LogicalUnit
from ganeti.cmdlib.instance.disks import disks_of, node_tree
from ganeti.cmdlib.instance.nodechecks import node_name
from ganeti.cmdlib.instance.runtime import check_state
from ganeti.cmdlib.instance.state import DOWN, current, mark_disks
from ganeti.errors import OpExecError
from ganeti.objects import Disk, Instance
from ganeti.objects.to_wire import wire_disk, wire_instance
from ganeti.objects.wire import WireDisk
from ganeti.rpc import procedures


@dataclass(frozen=True)
class ActiveDisk:
    """An active disk as its primary node reported it."""

    node_name: str
    iv_name: str
    dev_path: str | None
    link: str | None
    uri: str | None


@dataclass(frozen=True)
class Activation:
    """Result of activating disks; ``disks`` holds those that are active on the primary node."""

    ok: bool
    disks: tuple[ActiveDisk, ...]

    def triples(self) -> list[tuple[str, str, str | None]]:
        """Return (node name, disk, device) as jobs return it."""
        return [(disk.node_name, disk.iv_name, disk.dev_path) for disk in self.disks]


def assemble_disks(
    lu: LogicalUnit[Any],
    instance: Instance,
    disks: Sequence[Disk] | None = None,
    *,
    ignore_secondaries: bool = False,
    ignore_size: bool = False,
) -> Activation:
    """Activate all disks of an instance, or some; every failure is a warning.

    First on all nodes without opening them, then on the primary for use. If that fails, the disks are recorded as
    inactive.
    """
    config = lu.snapshot()
    wanted = disks_of(config, instance) if disks is None else list(disks)
    if disks is None:
        instance = mark_disks(lu, instance.uuid, active=True)
    ok, usable = _first_pass(lu, instance, wanted, ignore_secondaries=ignore_secondaries, ignore_size=ignore_size)
    active = []
    for disk in wanted:
        found = _assemble_primary(lu, instance, disk, ignore_size=ignore_size) if disk.uuid in usable else None
        if found is None:
            ok = False
        else:
            active.append(found)
    if not ok:
        mark_disks(lu, instance.uuid, active=False)
    return Activation(ok, tuple(active))


def _sized(disk: WireDisk, *, ignore_size: bool) -> WireDisk:
    """Return the disk, with *ignore_size* without the recorded sizes, which nodes then do not compare."""
    if not ignore_size:
        return disk
    children = tuple(_sized(child, ignore_size=True) for child in disk.children)
    return msgspec.structs.replace(disk, size=0, children=children)


def _index_of(instance: Instance, disk: Disk) -> int:
    """Return the position of a disk in its instance."""
    return instance.disks.index(disk.uuid)


def _first_pass(
    lu: LogicalUnit[Any], instance: Instance, disks: Sequence[Disk], *, ignore_secondaries: bool, ignore_size: bool
) -> tuple[bool, set[str]]:
    """Activate disks on all their nodes; returns whether that worked, and the disks (UUIDs) the primary has."""
    config = lu.snapshot()
    ok, usable = True, set()
    for disk in disks:
        for node in node_tree(disk, instance.primary_node):
            wired = _sized(wire_disk(config, disk, instance.primary_node, node), ignore_size=ignore_size)
            result = lu.rpc.call_one(
                node,
                procedures.blockdev_assemble,
                wired,
                wire_instance(config, instance, node),
                False,
                _index_of(instance, disk),
            )
            is_primary = node == instance.primary_node
            if not result.fail_msg:
                if is_primary:
                    usable.add(disk.uuid)
                continue
            name = node_name(config, node)
            lu.log_warning(
                f"Could not prepare block device {disk.iv_name} on node {name} (is_primary=False, pass=1):"
                f" {result.fail_msg}"
            )
            if not (ignore_secondaries and not is_primary) and not (result.offline and not is_primary):
                ok = False
    return ok, usable


def _assemble_primary(lu: LogicalUnit[Any], instance: Instance, disk: Disk, *, ignore_size: bool) -> ActiveDisk | None:
    """Activate a disk on the primary node for use; None, after a warning, if that failed."""
    config = lu.snapshot()
    node = instance.primary_node
    result = lu.rpc.call_one(
        node,
        procedures.blockdev_assemble,
        _sized(wire_disk(config, disk, node, node), ignore_size=ignore_size),
        wire_instance(config, instance, node),
        True,
        _index_of(instance, disk),
    )
    name = node_name(config, node)
    if result.fail_msg:
        lu.log_warning(
            f"Could not prepare block device {disk.iv_name} on node {name} (is_primary=True, pass=2): {result.fail_msg}"
        )
        return None
    dev_path, link, uri = result.payload
    return ActiveDisk(name, disk.iv_name, dev_path, link, uri)


def start_disks(lu: LogicalUnit[Any], instance: Instance, *, force: bool | None) -> Activation:
    """Activate all disks of an instance; on failure deactivate them.

    *force* ignores problems on secondary nodes; None is for callers without such an option. Raises OpExecError.
    """
    activation = assemble_disks(lu, instance, ignore_secondaries=bool(force))
    if activation.ok:
        return activation
    shutdown_disks(lu, instance)
    if force is False:
        lu.log_warning(
            f"Instance {instance.name} could not get its disks",
            hint="If the message above refers to a secondary node, you can retry the operation using '--force'",
        )
    raise OpExecError("Disk consistency error")


def shutdown_disks(
    lu: LogicalUnit[Any],
    instance: Instance,
    disks: Sequence[Disk] | None = None,
    *,
    ignore_primary: bool = False,
) -> bool:
    """Deactivate all disks of an instance, or some, on all nodes; tells whether that worked.

    Every failure is a warning; those of secondary nodes that are offline, and with *ignore_primary* those of the
    primary, do not count.
    """
    if disks is None:
        instance = mark_disks(lu, instance.uuid, active=False)
    config = lu.snapshot()
    ok = True
    for disk in disks_of(config, instance) if disks is None else disks:
        for node in node_tree(disk, instance.primary_node):
            wired = wire_disk(config, disk, instance.primary_node, node)
            result = lu.rpc.call_one(node, procedures.blockdev_shutdown, wired)
            if not result.fail_msg:
                continue
            lu.log_warning(
                f"Could not shutdown block device {disk.iv_name} on node {node_name(config, node)}: {result.fail_msg}"
            )
            is_primary = node == instance.primary_node
            if not (ignore_primary if is_primary else result.offline):
                ok = False
    return ok


def safe_shutdown_disks(
    lu: LogicalUnit[Any], instance: Instance, disks: Sequence[Disk] | None = None, *, allowed: frozenset[str] = DOWN
) -> bool:
    """Deactivate disks after checking that the instance does not run; raises OpPrereqError."""
    check_state(lu, current(lu, instance.uuid), allowed, "cannot shutdown disks")
    return shutdown_disks(lu, instance, disks)
