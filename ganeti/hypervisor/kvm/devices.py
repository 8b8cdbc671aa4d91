"""Disks and NICs of a guest: their places on its buses, and the objects QEMU makes of them.

Everything here is a function of values. The dictionaries are JSON objects as QEMU takes them in `-blockdev`, `-device`,
`blockdev-add` and `device_add`; the comma syntax could not express all file names and server lists.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from ganeti import constants as c
from ganeti import errors
from ganeti.hvparams import ParamView
from ganeti.hypervisor.base import BlockDevice
from ganeti.hypervisor.kvm.uri import parse_disk_uri

JsonObject = dict[str, Any]

_SCSI_IDS: Final = 16
_IDE_DEVICES: Final = 4
_DRIVERS: Final = {c.HT_DISK_PARAVIRTUAL: "virtio-blk-pci", c.HT_DISK_IDE: "ide-hd"}
_VIRTIO_NET: Final = "virtio-net-pci"
#: Passed-through SCSI devices have no write cache of QEMU's.
_WITHOUT_WRITE_CACHE: Final = frozenset({c.HT_DISK_SCSI_GENERIC, c.HT_DISK_SCSI_BLOCK})
_NIC_WITHOUT_PCI: Final = c.HT_NIC_NE2K_ISA


def device_id(kind: str, uuid: str) -> str:
    """Id of a device inside QEMU: kind and first three groups of the UUID (names have at most 31 characters)."""
    return f"{kind}-{'-'.join(uuid.split('-')[:3])}"


def disk_driver(disk_type: str) -> str:
    """Name of QEMU's device for a disk type."""
    return _DRIVERS.get(disk_type, disk_type)


def nic_driver(nic_type: str) -> str:
    """Name of QEMU's device for a NIC type."""
    return _VIRTIO_NET if nic_type == c.HT_NIC_PARAVIRTUAL else nic_type


def occupied_slots(placements: Iterable[Mapping[str, Any] | None]) -> frozenset[int]:
    """PCI slots in use by devices with a known placement."""
    return frozenset(
        int(str(placement["addr"]), 16)
        for placement in placements
        if placement and placement.get("bus") == c.PCI_BUS and placement.get("addr") is not None
    )


def occupied_scsi_ids(placements: Iterable[Mapping[str, Any] | None]) -> frozenset[int]:
    """SCSI ids in use by devices with a known placement."""
    return frozenset(
        int(placement["scsi-id"]) for placement in placements if placement and placement.get("scsi-id") is not None
    )


def _free_slot(occupied: Collection[int], reserved: int) -> int:
    for slot in range(reserved, c.QEMU_PCI_SLOTS):
        if slot not in occupied:
            return slot
    raise errors.HypervisorError(
        f"The instance has no free PCI slot left; {reserved} of {c.QEMU_PCI_SLOTS} are set aside (kvm_pci_reservations)"
    )


def _pci_placement(occupied: Collection[int], reserved: int) -> JsonObject:
    return {"bus": c.PCI_BUS, "addr": hex(_free_slot(occupied, reserved))}


def place_disk(uuid: str, disk_type: str, placements: Sequence[Mapping[str, Any] | None], reserved: int) -> JsonObject:
    """Choose the place of a disk.

    Args:
      uuid: of the disk.
      disk_type: hypervisor parameter `disk_type`.
      placements: of all devices of the guest.
      reserved: number of PCI slots that are never handed out.

    Returns:
      The disk's `hvinfo`: driver, id and address.

    Raises:
      HypervisorError: the bus is full.
    """
    placement: JsonObject = {"driver": disk_driver(disk_type), "id": device_id("disk", uuid)}
    if disk_type in c.HT_SCSI_DEVICE_TYPES:
        occupied = occupied_scsi_ids(placements)
        free = next((number for number in range(_SCSI_IDS) if number not in occupied), None)
        if free is None:
            raise errors.HypervisorError(f"The SCSI bus of the instance is full, it takes {_SCSI_IDS} disks")
        return {**placement, "bus": c.SCSI_BUS, "channel": 0, "scsi-id": free, "lun": 0}
    if disk_type == c.HT_DISK_IDE:
        # IDE disks sit on the chipset's controller; QEMU numbers them by itself.
        return placement
    return {**placement, **_pci_placement(occupied_slots(placements), reserved)}


def place_nic(uuid: str, nic_type: str, placements: Sequence[Mapping[str, Any] | None], reserved: int) -> JsonObject:
    """Choose the place of a NIC; see `place_disk`."""
    placement: JsonObject = {"driver": nic_driver(nic_type), "id": device_id("nic", uuid)}
    if nic_type == _NIC_WITHOUT_PCI:
        return placement
    return {**placement, **_pci_placement(occupied_slots(placements), reserved)}


def check_ide_count(params: ParamView, disks: int) -> None:
    """Refuse more IDE devices than the chipset has connectors.

    Raises:
      HypervisorError: disks and CD-ROMs together are too many.
    """
    count = disks if params.text(c.HV_DISK_TYPE) == c.HT_DISK_IDE else 0
    drive_type = params.text(c.HV_KVM_CDROM_DISK_TYPE) or params.text(c.HV_DISK_TYPE)
    if drive_type not in (c.HT_DISK_PARAVIRTUAL, *c.HT_SCSI_DEVICE_TYPES):
        count += sum(1 for name in (c.HV_CDROM_IMAGE_PATH, c.HV_KVM_CDROM2_IMAGE_PATH) if params.text(name))
    if count > _IDE_DEVICES:
        raise errors.HypervisorError(
            f"The instance has {count} IDE disks and CD-ROMs, at most {_IDE_DEVICES} are possible"
        )


def effective_cache(cache: str, disk_template: str) -> str:
    """The cache mode of a disk.

    Shared storage must not be cached in a node, or the target of a migration reads old data; librbd keeps its cache
    coherent itself.
    """
    is_shared = disk_template in c.DTS_EXT_MIRROR and disk_template != c.DT_RBD
    return c.HT_CACHE_NONE if is_shared else cache


def _cache_flags(cache: str) -> tuple[bool, bool]:
    """Write-back and direct I/O of a cache mode."""
    return cache != c.HT_CACHE_WTHROUGH, cache == c.HT_CACHE_NONE


def block_node(block: BlockDevice, node_name: str, params: ParamView) -> JsonObject:
    """QEMU's block node for a disk.

    Raises:
      HypervisorError: the disk is read-only, or has neither link nor URI.
    """
    disk = block.disk
    if disk.mode != c.DISK_RDWR:
        raise errors.HypervisorError(f"Disk {disk.uuid} has mode '{disk.mode}', KVM supports only '{c.DISK_RDWR}'")
    _, direct = _cache_flags(effective_cache(params.text(c.HV_DISK_CACHE), disk.dev_type))
    return {
        "driver": "raw",
        "node-name": node_name,
        "discard": params.text(c.HV_DISK_DISCARD) or c.HT_DISCARD_IGNORE,
        "cache": {"direct": direct, "no-flush": False},
        # Reopening on demand breaks migration when QEMU runs as an unprivileged user.
        "auto-read-only": False,
        "file": _storage_node(block, params),
    }


def _storage_node(block: BlockDevice, params: ParamView) -> JsonObject:
    disk = block.disk
    if block.uri and disk.params.get(c.LDP_ACCESS) == c.DISK_USERSPACE:
        return parse_disk_uri(block.uri)
    if not block.link:
        raise errors.HypervisorError(f"Disk {disk.uuid} is not available on this node")
    return {
        "driver": "file" if disk.dev_type in c.DTS_FILEBASED else "host_device",
        "filename": block.link,
        "aio": params.text(c.HV_KVM_DISK_AIO) or c.HT_KVM_AIO_THREADS,
    }


def disk_device(
    block: BlockDevice, placement: Mapping[str, Any], node_name: str, params: ParamView, *, bootable: bool = False
) -> JsonObject:
    """QEMU's device for a disk; `bootable` makes it the one the guest boots from."""
    device: JsonObject = {**placement, "drive": node_name}
    if placement["driver"] not in _WITHOUT_WRITE_CACHE:
        write_back, _ = _cache_flags(effective_cache(params.text(c.HV_DISK_CACHE), block.disk.dev_type))
        device["write-cache"] = "on" if write_back else "off"
    if bootable:
        device["bootindex"] = 1
    return device


def nic_device(
    placement: Mapping[str, Any], netdev: str, mac: str, queues: int, *, bootable: bool = False
) -> JsonObject:
    """QEMU's device for a NIC that is attached to host network `netdev`."""
    device: JsonObject = {**placement, "netdev": netdev, "mac": mac}
    if queues > 1:
        device["mq"] = True
        # One interrupt per direction and queue, one for configuration, one for control.
        device["vectors"] = 2 * queues + 2
    if bootable:
        device["bootindex"] = 1
    return device
