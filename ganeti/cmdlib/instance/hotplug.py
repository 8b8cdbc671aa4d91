"""Changing devices of a running guest; a failure is a warning, since the configuration counts at the next start."""

from typing import Any

from ganeti import constants as c
from ganeti.cmdlib.base import LogicalUnit
from ganeti.cmdlib.instance.disk_activation import ActiveDisk
from ganeti.objects import Disk, Instance, Nic, to_clear_builtins
from ganeti.objects.to_wire import wire_disk, wire_instance, wire_nic
from ganeti.rpc import procedures

DONE = "hotplug:done"
FAILED = "hotplug:failed"


def is_supported(lu: LogicalUnit[Any], instance: Instance) -> bool:
    """Tell whether devices of the guest can be changed now."""
    if instance.admin_state != c.ADMINST_UP:
        return False
    wired = wire_instance(lu.snapshot(), instance, instance.primary_node)
    result = lu.rpc.call_one(instance.primary_node, procedures.hotplug_supported, wired)
    if result.fail_msg:
        lu.log_warning(f"Hotplug is not possible, changes take effect at the next start: {result.fail_msg}")
    return not result.fail_msg


def _call(lu: LogicalUnit[Any], instance: Instance, action: str, kind: str, device: Any, extra: Any, index: int) -> str:
    wired = wire_instance(lu.snapshot(), instance, instance.primary_node)
    result = lu.rpc.call_one(
        instance.primary_node, procedures.hotplug_device, wired, action, kind, to_clear_builtins(device), extra, index
    )
    if result.fail_msg:
        lu.log_warning(f"Could not {action} {kind} {index} of the running instance: {result.fail_msg}")
        return FAILED
    return DONE


def change_nic(lu: LogicalUnit[Any], instance: Instance, action: str, nic: Nic, index: int) -> str:
    """Add, change or remove a NIC of the guest; returns what came of it."""
    return _call(lu, instance, action, c.HOTPLUG_TARGET_NIC, wire_nic(lu.snapshot(), nic), None, index)


def plug_disk(lu: LogicalUnit[Any], instance: Instance, disk: Disk, active: ActiveDisk, index: int) -> str:
    """Add an active disk to the guest; returns what came of it."""
    node = instance.primary_node
    wired = wire_disk(lu.snapshot(), disk, node, node)
    extra = [active.link, active.uri]
    return _call(lu, instance, c.HOTPLUG_ACTION_ADD, c.HOTPLUG_TARGET_DISK, wired, extra, index)


def unplug(lu: LogicalUnit[Any], instance: Instance, disk: Disk, index: int) -> str:
    """Remove a disk from the guest; returns what came of it."""
    node = instance.primary_node
    wired = wire_disk(lu.snapshot(), disk, node, node)
    return _call(lu, instance, c.HOTPLUG_ACTION_REMOVE, c.HOTPLUG_TARGET_DISK, wired, None, index)
