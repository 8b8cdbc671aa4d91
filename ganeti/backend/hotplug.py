"""Node procedures that change devices of running guests."""

from typing import Any

from ganeti import constants as c
from ganeti.backend.base import RPCFail, implements
from ganeti.backend.guests import guest_of, hypervisor_errors, is_running
from ganeti.hypervisor import BlockDevice, get_hypervisor
from ganeti.hypervisor.locking import instance_lock
from ganeti.objects.base import convert_to
from ganeti.objects.wire import WireDisk, WireInstance, WireNic
from ganeti.rpc import procedures


@implements(procedures.hotplug_supported)
def hotplug_supported(instance: WireInstance) -> None:
    """Check that devices of a guest can be changed while it runs."""
    with hypervisor_errors():
        if not is_running(guest_of(instance)):
            raise RPCFail(f"Instance {instance.name} is not running")
        get_hypervisor(instance.hypervisor).hotplug_supported(instance)


@implements(procedures.hotplug_device)
def hotplug_device(
    instance: WireInstance, action: str, dev_type: str, device: dict[str, Any], extra: list[str | None] | None, seq: int
) -> None:
    """Add, remove or change the device with index *seq* of a running guest; *extra* is (link, URI) of a disk."""
    item: WireDisk | WireNic
    block: BlockDevice | None = None
    if dev_type == c.HOTPLUG_TARGET_DISK:
        item = convert_to(device, WireDisk)
        link, uri = extra or (None, None)
        block = BlockDevice(item, link, uri)
    else:
        item = convert_to(device, WireNic)
    with instance_lock(instance.name), hypervisor_errors():
        hypervisor = get_hypervisor(instance.hypervisor)
        hypervisor.verify_hotplug(instance, action, dev_type)
        if action == c.HOTPLUG_ACTION_ADD:
            hypervisor.hot_add(instance, dev_type, item, block, seq)
        elif action == c.HOTPLUG_ACTION_REMOVE:
            hypervisor.hot_remove(instance, dev_type, item, seq)
        elif action == c.HOTPLUG_ACTION_MODIFY:
            hypervisor.hot_modify(instance, dev_type, item, block, seq)
        else:
            raise RPCFail(f"Unknown hotplug action '{action}'")


@implements(procedures.resize_disk)
def resize_disk(instance: WireInstance, disk: WireDisk, new_size: int) -> None:
    """Tell a running guest that a disk has *new_size* bytes now."""
    with instance_lock(instance.name), hypervisor_errors():
        if is_running(guest_of(instance)):
            get_hypervisor(instance.hypervisor).resize_disk(instance, disk, new_size)
