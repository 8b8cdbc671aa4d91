"""Making and destroying the devices of disks on nodes."""

import logging
from collections.abc import Sequence
from typing import Any, NamedTuple

from ganeti.cmdlib.base import LogicalUnit
from ganeti.cmdlib.instance.disks import all_nodes, disks_of, file_directory, node_tree
from ganeti.cmdlib.instance.ipolicy import uses_exclusive_storage
from ganeti.cmdlib.instance.nodechecks import node_name
from ganeti.errors import OpExecError
from ganeti.objects import Disk, Instance
from ganeti.objects.blockdev import traits_of
from ganeti.objects.to_wire import wire_disk
from ganeti.rpc import procedures

_log = logging.getLogger(__name__)


class Created(NamedTuple):
    """A device that was made: where, and for which disk (or child of a disk)."""

    node_uuid: str
    disk: Disk


class DiskCreationError(OpExecError):
    """Disks could not be made; ``left`` names what could not be removed again."""

    def __init__(self, text: str, left: list[str]) -> None:
        """Say why, and what is left behind."""
        super().__init__(text)
        self.left = left


def info_text(instance_name: str) -> str:
    """Return what is stored with a device about its owner."""
    return f"originstname+{instance_name}"


def create_disks(
    lu: LogicalUnit[Any], instance: Instance, disks: Sequence[Disk], *, target: str | None = None
) -> list[Created]:
    """Make the devices of *disks* on the instance's nodes, or only on the node *target*.

    Raises DiskCreationError after having removed again what was made.
    """
    primary = target or instance.primary_node
    created: list[Created] = []
    directory = file_directory(disks[0]) if disks else None
    try:
        if directory is not None:
            result = lu.rpc.call_one(primary, procedures.file_storage_dir_create, directory)
            where = node_name(lu.snapshot(), primary)
            result.raise_(f"Failed to create directory '{directory}' on node {where}")
        for disk in disks:
            for node in [target] if target else all_nodes(primary, [disk]):
                _create_tree(lu, instance, node, disk, primary, forced=node == primary, created=created)
    except OpExecError as err:
        lu.log_warning("Device creation failed")
        left = undo_creation(lu, instance, created)
        if directory is not None and created and not _is_used_by_others(lu, instance, disks, directory):
            left += [f"directory {directory}"] if _remove_directory(lu, primary, directory) else []
        raise DiskCreationError(str(err), left) from err
    return created


def _is_used_by_others(lu: LogicalUnit[Any], instance: Instance, new: Sequence[Disk], directory: str) -> bool:
    """Tell whether disks that the instance had before are in a directory."""
    config = lu.snapshot()
    known = config.instances.get(instance.uuid)
    fresh = {disk.uuid for disk in new}
    before = [disk for disk in disks_of(config, known) if disk.uuid not in fresh] if known else []
    return directory in {file_directory(disk) for disk in before}


def _create_tree(
    lu: LogicalUnit[Any],
    instance: Instance,
    node: str,
    disk: Disk,
    primary: str,
    *,
    forced: bool,
    created: list[Created],
) -> None:
    """Make what a disk is built on, then its device, as far as it belongs on the node; notes each in *created*."""
    forced = forced or traits_of(disk.dev_type).create_on_secondary
    for child in disk.children:
        _create_tree(lu, instance, node, child, primary, forced=forced, created=created)
    if not forced:
        return
    config = lu.snapshot()
    exclusive = uses_exclusive_storage(config, [config.nodes[node]])
    result = lu.rpc.call_one(
        node,
        procedures.blockdev_create,
        wire_disk(config, disk, primary, node),
        disk.size,
        instance.name,
        node == primary,
        info_text(instance.name),
        exclusive,
    )
    # Also what failed may have left something: a file whose directory could not be synced, a volume without label.
    created.append(Created(node, disk))
    name = node_name(config, node)
    result.raise_(f"Can't create block device {disk.iv_name or disk.uuid} on node {name} for instance {instance.name}")


def undo_creation(lu: LogicalUnit[Any], instance: Instance, created: Sequence[Created]) -> list[str]:
    """Remove devices that were just made, the last one first; returns what could not be removed."""
    config = lu.snapshot()
    left = []
    for node, disk in reversed(created):
        wired = wire_disk(config, disk, instance.primary_node, node)
        result = lu.rpc.call_one(node, procedures.blockdev_remove, wired)
        if result.fail_msg:
            label = f"{disk.iv_name or disk.uuid} on node {node_name(config, node)}"
            _log.warning("Failed to remove new disk %s: %s", label, result.fail_msg)
            left.append(label)
    return left


def remove_disks(
    lu: LogicalUnit[Any],
    instance: Instance,
    disks: Sequence[Disk],
    *,
    target: str | None = None,
    keep_directories_of: Sequence[Disk] = (),
) -> list[str]:
    """Destroy the devices of *disks* on the instance's nodes, or only on the node *target*.

    Directories that no disk of *keep_directories_of* uses go too. Every failure is a warning. Returns what was left
    behind, leaving out what is on secondary nodes that are marked offline.
    """
    config = lu.snapshot()
    left = []
    for disk in disks:
        for node in [target] if target else node_tree(disk, instance.primary_node):
            wired = wire_disk(config, disk, instance.primary_node, node)
            result = lu.rpc.call_one(node, procedures.blockdev_remove, wired)
            if not result.fail_msg:
                continue
            name = node_name(config, node)
            lu.log_warning(f"Could not remove disk {disk.iv_name} on node {name}, continuing anyway: {result.fail_msg}")
            if node == instance.primary_node or not result.offline:
                left.append(f"{disk.iv_name} on node {name}")
    used = {file_directory(disk) for disk in keep_directories_of}
    for directory in dict.fromkeys(file_directory(disk) for disk in disks):
        if directory is not None and directory not in used:
            problem = _remove_directory(lu, target or instance.primary_node, directory)
            if problem:
                left.append(f"directory {directory}")
    return left


def _remove_directory(lu: LogicalUnit[Any], node: str, directory: str) -> str | None:
    """Remove an empty directory of disk files; returns the problem, which is a warning."""
    result = lu.rpc.call_one(node, procedures.file_storage_dir_remove, directory)
    if result.fail_msg:
        name = node_name(lu.snapshot(), node)
        lu.log_warning(f"Could not remove directory '{directory}' on node {name}: {result.fail_msg}")
    return result.fail_msg
