"""From the disks that the master sends to devices on this node: finding, activating and creating whole trees."""

import logging
from collections.abc import Sequence

from ganeti import constants as c
from ganeti.backend import devcache, disklinks
from ganeti.errors import BlockDeviceError
from ganeti.hypervisor.base import BlockDevice as InstanceDisk
from ganeti.objects.blockdev import traits_of
from ganeti.objects.wire import WireDisk, WireInstance
from ganeti.storage import BlockDevice, DeviceSpec, device_class
from ganeti.storage.base import check_params

_log = logging.getLogger(__name__)


def spec_of(disk: WireDisk) -> DeviceSpec:
    """Return the description of a disk's device."""
    return DeviceSpec(
        dev_type=disk.dev_type,
        logical_id=tuple(disk.logical_id),
        size=disk.size,
        params=disk.params,
        dynamic_params=disk.dynamic_params,
        name=disk.name,
        uuid=disk.uuid,
        spindles=disk.spindles,
    )


def describe(disk: WireDisk) -> str:
    """Return the disk in messages; never shows secrets."""
    label = disk.iv_name or disk.uuid
    place = f" ({disk.logical_id[-1]})" if disk.dev_type != c.DT_DRBD8 and disk.logical_id else ""
    return f"{label}{place}"


def find(disk: WireDisk) -> BlockDevice | None:
    """Return the device of a disk, without activating anything; None if it is absent."""
    children = [find(child) for child in disk.children]
    device = device_class(disk.dev_type)(spec_of(disk), children)
    return device if device.attached else None


def find_all(disks: Sequence[WireDisk]) -> list[BlockDevice]:
    """Return the devices of all disks; raises BlockDeviceError if one is absent."""
    found = []
    for disk in disks:
        device = find(disk)
        if device is None:
            raise BlockDeviceError(f"Can't find device {describe(disk)}")
        found.append(device)
    return found


def assemble(disk: WireDisk, owner: str, *, as_primary: bool) -> BlockDevice | None:
    """Activate a disk and what it is built on, as far as the type asks for it on this kind of node.

    Returns None if nothing is to be done on a secondary node.
    """
    children = _assemble_children(disk, owner, as_primary=as_primary)
    traits = traits_of(disk.dev_type)
    if not (as_primary or traits.assemble_on_secondary):
        return None
    cls = device_class(disk.dev_type)
    check_params(cls, disk.params)
    device = cls(spec_of(disk), children)
    device.assemble()
    if as_primary or traits.open_on_secondary:
        device.open()
    devcache.update(device.dev_path, owner, on_primary=as_primary, iv_name=disk.iv_name)
    return device


def _assemble_children(disk: WireDisk, owner: str, *, as_primary: bool) -> list[BlockDevice | None]:
    """Activate the children; as many may fail as the type can do without."""
    needed = traits_of(disk.dev_type).needed_children
    may_fail = 0 if needed is None else len(disk.children) - needed
    children: list[BlockDevice | None] = []
    for child in disk.children:
        try:
            children.append(assemble(child, owner, as_primary=as_primary))
        except BlockDeviceError as err:
            if children.count(None) >= may_fail:
                raise
            _log.warning("Going on without a child of disk %s: %s", disk.uuid, err)
            children.append(None)
    return children


def create(disk: WireDisk, owner: str, *, on_primary: bool, info: str, exclusive: bool) -> BlockDevice:
    """Make the device of a disk on existing children, activate it if that is wanted here, and label it."""
    traits = traits_of(disk.dev_type)
    children = []
    for child in disk.children:
        device = assemble(child, owner, as_primary=on_primary)
        if device is not None and (on_primary or traits.assemble_on_secondary):
            device.open()
        children.append(device)
    cls = device_class(disk.dev_type)
    check_params(cls, disk.params)
    created = cls.create(spec_of(disk), children, exclusive=exclusive)
    if on_primary or traits.assemble_on_secondary:
        created.assemble()
        if on_primary or traits.open_on_secondary:
            created.open(force=True)
        devcache.update(created.dev_path, owner, on_primary=on_primary, iv_name=disk.iv_name)
    created.set_info(info)
    return created


def userspace_uri(disk: WireDisk, device: BlockDevice, hypervisor: str) -> str | None:
    """Return how the hypervisor itself opens the device; None unless the disk is accessed in user space."""
    if disk.params.get(c.LDP_ACCESS, c.DISK_KERNELSPACE) != c.DISK_USERSPACE:
        return None
    return device.userspace_uri(hypervisor)


def link_and_uri(instance: WireInstance, disk: WireDisk, device: BlockDevice, index: int) -> InstanceDisk:
    """Make the link of an active disk; returns what the hypervisor needs to use it."""
    link = disklinks.make_link(instance.name, device.dev_path, index) if device.dev_path else None
    return InstanceDisk(disk, link, userspace_uri(disk, device, instance.hypervisor))


def open_instance_disks(instance: WireInstance) -> list[InstanceDisk]:
    """Open all disks of an instance for use on this node and link them; raises BlockDeviceError."""
    opened = []
    for index, disk in enumerate(instance.disks_info):
        device = find(disk)
        if device is None:
            raise BlockDeviceError(f"Block device '{describe(disk)}' is not set up.")
        device.open()
        opened.append(link_and_uri(instance, disk, device, index))
    return opened
