"""Instances as nodes get them, for tests of hypervisors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ganeti import constants as c
from ganeti import hvparams
from ganeti.hypervisor import BlockDevice
from ganeti.hypervisor.kvm.emulator import Emulator
from ganeti.hypervisor.kvm.paths import KvmPaths
from ganeti.hypervisor.kvm.version import QemuVersion
from ganeti.objects.wire import WireDisk, WireInstance, WireNic

NAME = "web1.example.com"
QEMU_7 = QemuVersion(7, 2, 22)
QEMU_10 = QemuVersion(10, 0, 13)
DISK_UUID = "5d5a1c2e-77a1-4a10-8000-00000000000{}"
NIC_UUID = "932df160-7a22-4067-8000-00000000000{}"
PATHS = KvmPaths(Path("/run/kvm"), Path("/log/kvm"), Path("/run/links"))


def make_emulator(version: QemuVersion = QEMU_7) -> Emulator:
    """Facts about a QEMU."""
    devices = frozenset({"virtio-blk-pci", "virtio-net-pci", "ide-hd", "scsi-hd", "lsi", "ne2k_isa", "e1000"})
    return Emulator("/usr/bin/kvm", version, frozenset({"pc", "pc-i440fx-7.2"}), "pc-i440fx-7.2", devices)


def make_disk(index: int = 0, **changes: Any) -> WireDisk:
    """A disk on a logical volume."""
    values: dict[str, Any] = {
        "uuid": DISK_UUID.format(index),
        "dev_type": c.DT_PLAIN,
        "logical_id": ("xenvg", f"disk{index}"),
        "size": 1024,
    }
    return WireDisk(**{**values, **changes})


def make_block(index: int = 0, **changes: Any) -> BlockDevice:
    """A disk with its link."""
    return BlockDevice(make_disk(index, **changes), f"/run/links/{NAME}:{index}", None)


def make_nic(index: int = 0, **changes: Any) -> WireNic:
    """A NIC on a bridge."""
    values: dict[str, Any] = {
        "uuid": NIC_UUID.format(index),
        "mac": f"aa:00:00:12:34:{index:02x}",
        "nicparams": {"mode": "bridged", "link": "br0", "vlan": ""},
    }
    return WireNic(**{**values, **changes})


def make_instance(**changes: Any) -> WireInstance:
    """An instance without devices; `hvparams` are laid over KVM's defaults without a kernel."""
    params = {**hvparams.defaults(c.HT_KVM), "kernel_path": "", **changes.pop("hvparams", {})}
    values: dict[str, Any] = {
        "uuid": "0f3b0000-0000-4000-8000-000000000001",
        "name": NAME,
        "primary_node": "20000000-0000-4000-8000-000000000001",
        "os": "busybox+default",
        "hypervisor": c.HT_KVM,
        "hvparams": params,
        "beparams": {"minmem": 128, "maxmem": 256, "vcpus": 2},
    }
    return WireInstance(**{**values, **changes})
