"""Changing the disks of an existing instance: adding, changing, removing single ones."""

from collections.abc import Sequence
from typing import Any

import msgspec

from ganeti import constants as c
from ganeti.cmdlib.base import LogicalUnit
from ganeti.cmdlib.instance.disk_activation import assemble_disks, shutdown_disks
from ganeti.cmdlib.instance.disk_content import wait_for_sync, wipe_disks
from ganeti.cmdlib.instance.disk_creation import DiskCreationError, create_disks, remove_disks
from ganeti.cmdlib.instance.disks import (
    DiskSpec,
    Layout,
    check_disk_keys,
    disks_of,
    file_directory,
    generate_disks,
    normalise_disk,
    storage_directory,
)
from ganeti.cmdlib.instance.hotplug import plug_disk, unplug
from ganeti.cmdlib.instance.items import check_item_names, item_name
from ganeti.cmdlib.instance.modifications import Modification, find_device, position_to_add
from ganeti.cmdlib.instance.set_nics import Change
from ganeti.cmdlib.instance.state import current
from ganeti.errors import OpExecError, OpPrereqError
from ganeti.objects import Disk, Instance, disk_template_of

_UNSUPPORTED = (c.DDM_ATTACH, c.DDM_DETACH)


def template_for_new_disks(instance: Instance, disks: Sequence[Disk], params: dict[str, Any]) -> str:
    """Return the template of a disk to be added; raises OpPrereqError (wrong_input)."""
    template = disk_template_of(list(disks))
    wanted: str = params.get(c.IDISK_TYPE) or template
    if wanted == c.DT_DISKLESS:
        raise OpPrereqError(
            f"Instance {instance.name} is diskless, give the type of the new disk ({c.IDISK_TYPE}=...)", c.ECODE_INVAL
        )
    if wanted not in (c.DT_FILE, c.DT_SHARED_FILE):
        raise OpPrereqError(f"Disks of template {wanted} cannot be added by this version", c.ECODE_INVAL)
    if template not in (c.DT_DISKLESS, wanted):
        raise OpPrereqError(f"Instance {instance.name} has disks of template {template}, not {wanted}", c.ECODE_INVAL)
    return wanted


def check_disk_mods(lu: LogicalUnit[Any], instance: Instance, mods: Sequence[Modification]) -> list[Disk | DiskSpec]:
    """Check modifications by applying them to the list of disks; returns the disks as they would be.

    Raises OpPrereqError.
    """
    config = lu.snapshot()
    existing = disks_of(config, instance)
    after: list[Any] = list(existing)
    for mod in mods:
        if mod.action in _UNSUPPORTED:
            raise OpPrereqError(f"Disks cannot be {mod.action}ed by this version", c.ECODE_INVAL)
        if mod.action == c.DDM_ADD:
            index = position_to_add("disk", mod.ident, len(after))
            after.insert(index, _new_spec(config.cluster.volume_group_name, instance, existing, mod))
            continue
        index = find_device("disk", mod.ident, [_Named.of(item) for item in after])
        if mod.action == c.DDM_REMOVE:
            del after[index]
        else:
            check_disk_change(mod)
            if c.IDISK_NAME in mod.params and isinstance(after[index], Disk):
                after[index] = msgspec.structs.replace(after[index], name=item_name(mod.params[c.IDISK_NAME]))
    if len(after) > c.MAX_DISKS:
        raise OpPrereqError(f"Instance has too many disks ({len(after)}), cannot add more", c.ECODE_STATE)
    check_item_names("disk", [item.name for item in after])
    return after


class _Named(msgspec.Struct, frozen=True):
    """A disk, existing or to be made, for finding it."""

    uuid: str
    name: str | None

    @classmethod
    def of(cls, item: "Disk | DiskSpec") -> "_Named":
        return cls(item.uuid if isinstance(item, Disk) else "", item.name)


def _new_spec(vg: str | None, instance: Instance, existing: Sequence[Disk], mod: Modification) -> DiskSpec:
    template = template_for_new_disks(instance, existing, mod.params)
    (params,) = check_disk_keys([mod.params], template)
    return normalise_disk(params, template, vg)


def check_disk_change(mod: Modification) -> None:
    """Check the parameters of a change of an existing disk; raises OpPrereqError (wrong_input)."""
    if c.IDISK_SIZE in mod.params:
        raise OpPrereqError("Disk size change not possible, use grow-disk", c.ECODE_INVAL)
    unknown = sorted(set(mod.params) - set(c.MODIFIABLE_IDISK_PARAMS))
    if unknown:
        raise OpPrereqError(f"Disk parameters {', '.join(unknown)} cannot be changed", c.ECODE_INVAL)
    mode = mod.params.get(c.IDISK_MODE)
    if mode is not None and mode not in c.DISK_ACCESS_SET:
        raise OpPrereqError(f"Invalid disk access mode '{mode}'", c.ECODE_INVAL)


def apply_disk_mod(
    lu: LogicalUnit[Any], uuid: str, mod: Modification, *, hotplug: bool, wait_sync: bool
) -> list[Change]:
    """Carry one modification out; raises OpExecError."""
    instance = current(lu, uuid)
    disks = disks_of(lu.snapshot(), instance)
    if mod.action == c.DDM_ADD:
        index = position_to_add("disk", mod.ident, len(disks))
        return _add(lu, instance, index, mod, hotplug=hotplug, wait_sync=wait_sync)
    index = find_device("disk", mod.ident, disks)
    if mod.action == c.DDM_REMOVE:
        return _remove(lu, instance, disks[index], index, hotplug=hotplug)
    return _modify(lu, disks[index], index, mod)


def _add(
    lu: LogicalUnit[Any], instance: Instance, index: int, mod: Modification, *, hotplug: bool, wait_sync: bool
) -> list[Change]:
    config = lu.snapshot()
    existing = disks_of(config, instance)
    template = template_for_new_disks(instance, existing, mod.params)
    spec = _new_spec(config.cluster.volume_group_name, instance, existing, mod)
    directory = file_directory(existing[0]) if existing else None
    if directory is None:
        directory = storage_directory(config.cluster, template, instance.name, None)
    layout = Layout(template=template, primary=instance.primary_node, base_index=index, directory=directory)
    (disk,) = generate_disks(layout, [spec], lambda: lu.cfg.reservations.generate_uuid(lu.ec_id))
    # As in creation: the configuration knows the disk before its device exists.
    instance = lu.cfg.add_disk(instance.uuid, disk, index)
    lu.cfg.wait_durable()
    disk = lu.snapshot().disks[disk.uuid]
    try:
        create_disks(lu, instance, [disk])
    except DiskCreationError as err:
        if not err.left:
            lu.cfg.remove_disk(disk.uuid)
        raise
    if lu.snapshot().cluster.prealloc_wipe_disks:
        _wipe_new(lu, instance, disk)
    changes: list[Change] = [(f"disk/{index}", f"add:size={disk.size},mode={disk.mode}")]
    if hotplug:
        changes.append((f"disk/{index}", _plug_new(lu, current(lu, instance.uuid), disk, index)))
    if not wait_for_sync(lu, instance, [disk], oneshot=not wait_sync):
        raise OpExecError(f"The new disk {disk.iv_name} is degraded")
    if not instance.disks_active:
        shutdown_disks(lu, instance, [disk])
    return changes


def _wipe_new(lu: LogicalUnit[Any], instance: Instance, disk: Disk) -> None:
    try:
        wipe_disks(lu, instance, [disk])
    except OpExecError:
        others = [other for other in disks_of(lu.snapshot(), instance) if other.uuid != disk.uuid]
        if not remove_disks(lu, instance, [disk], keep_directories_of=others):
            lu.cfg.remove_disk(disk.uuid)
        raise


def _plug_new(lu: LogicalUnit[Any], instance: Instance, disk: Disk, index: int) -> str:
    activation = assemble_disks(lu, instance, [disk])
    if not activation.ok:
        return "assemble:failed"
    return plug_disk(lu, instance, disk, activation.disks[0], index)


def _remove(lu: LogicalUnit[Any], instance: Instance, disk: Disk, index: int, *, hotplug: bool) -> list[Change]:
    changes: list[Change] = []
    if hotplug:
        result = unplug(lu, instance, disk, index)
        if not result.endswith("done"):
            raise OpExecError(f"Disk {disk.iv_name} cannot be unplugged from the running instance, it is kept")
        changes.append((f"disk/{index}", result))
        shutdown_disks(lu, instance, [disk])
    others = [other for other in disks_of(lu.snapshot(), instance) if other.uuid != disk.uuid]
    left = remove_disks(lu, instance, [disk], keep_directories_of=others)
    if left:
        lu.log_warning(f"Left behind: {', '.join(left)}", hint="Remove these by hand")
    lu.cfg.remove_disk(disk.uuid)
    return [*changes, (f"disk/{index}", "remove")]


def _modify(lu: LogicalUnit[Any], disk: Disk, index: int, mod: Modification) -> list[Change]:
    wanted: dict[str, Any] = {}
    if c.IDISK_MODE in mod.params:
        wanted["mode"] = mod.params[c.IDISK_MODE]
    if c.IDISK_NAME in mod.params:
        wanted["name"] = item_name(mod.params[c.IDISK_NAME])
    changed = msgspec.structs.replace(disk, **wanted)
    if changed != disk:
        lu.cfg.update(changed, lu.ec_id)
    return [(f"disk.{key}/{index}", value) for key, value in wanted.items()]
