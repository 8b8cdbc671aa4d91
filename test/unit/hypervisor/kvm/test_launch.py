"""Disks, NICs, user and sockets on QEMU's command line."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from ganeti.errors import HypervisorError
from ganeti.hvparams import ParamView
from ganeti.hypervisor import BlockDevice
from ganeti.hypervisor.kvm.launch import (
    RunAs,
    disk_arguments,
    launch_arguments,
    launch_params,
    nic_arguments,
    run_as_arguments,
)
from ganeti.hypervisor.kvm.placement import placed_devices
from ganeti.hypervisor.kvm.runtime import Runtime
from ganeti.hypervisor.kvm.tap import Tap
from ganeti.hypervisor.kvm.version import QemuVersion
from test.unit.hypervisor.guests import NAME, PATHS, QEMU_7, QEMU_10, make_block, make_disk, make_instance, make_nic


def view(**params: Any) -> ParamView:
    return ParamView(make_instance(hvparams=params).hvparams)


def disks(*blocks: BlockDevice, **params: Any) -> list[Any]:
    """Parsed values of the disk options, in pairs of node and device."""
    params_view = view(**params)
    _, placed = placed_devices((), blocks, params_view)
    return [json.loads(value) for value in disk_arguments(placed, params_view)[1::2]]


def test_first_disk_is_bootable_and_placed_behind_the_reserved_slots() -> None:
    node0, device0, _, device1 = disks(make_block(0), make_block(1))
    assert node0 == {
        "driver": "raw",
        "node-name": "disk-5d5a1c2e-77a1-4a10",
        "discard": "ignore",
        "cache": {"direct": False, "no-flush": False},
        "auto-read-only": False,
        "file": {"driver": "host_device", "filename": f"/run/links/{NAME}:0", "aio": "threads"},
    }
    assert device0 == {
        "driver": "virtio-blk-pci",
        "id": "disk-5d5a1c2e-77a1-4a10",
        "bus": "pci.0",
        "addr": "0xc",
        "drive": "disk-5d5a1c2e-77a1-4a10",
        "write-cache": "on",
        "bootindex": 1,
    }
    assert device1["addr"] == "0xd" and "bootindex" not in device1


@pytest.mark.parametrize(
    ("cache", "template", "direct", "write_cache"),
    [
        ("default", "plain", False, "on"),
        ("none", "plain", True, "on"),
        ("writeback", "drbd", False, "on"),
        ("writethrough", "plain", False, "off"),
        ("writethrough", "sharedfile", True, "on"),
        ("default", "ext", True, "on"),
        ("default", "rbd", False, "on"),
    ],
)
def test_cache_modes(cache: str, template: str, direct: bool, write_cache: str) -> None:
    node, device = disks(make_block(dev_type=template), disk_cache=cache)
    assert node["cache"]["direct"] is direct
    assert device["write-cache"] == write_cache


def test_disk_in_a_file_uses_the_file_driver() -> None:
    node, _ = disks(make_block(dev_type="sharedfile"), disk_aio="native", disk_discard="unmap")
    assert node["file"]["driver"] == "file" and node["file"]["aio"] == "native" and node["discard"] == "unmap"


def test_scsi_disks_get_ids_and_passed_through_ones_no_write_cache() -> None:
    _, first, _, second = disks(make_block(0), make_block(1), disk_type="scsi-generic")
    assert (first["bus"], first["scsi-id"], second["scsi-id"]) == ("scsi.0", 0, 1)
    assert "write-cache" not in first


def test_user_space_disk_is_opened_by_its_address() -> None:
    disk = make_disk(dev_type="gluster", params={"access": "userspace"})
    node, _ = disks(BlockDevice(disk, None, "gluster://gl1.example.com:24007/vol/dir/img"))
    assert node["file"] == {
        "driver": "gluster",
        "volume": "vol",
        "path": "dir/img",
        "server": [{"type": "inet", "host": "gl1.example.com", "port": "24007"}],
    }


@pytest.mark.parametrize(
    "block",
    [
        make_block(mode="ro"),
        BlockDevice(make_disk(), None, None),
        BlockDevice(make_disk(params={"access": "userspace"}), None, "iscsi://x/y"),
    ],
)
def test_unusable_disks_are_refused(block: BlockDevice) -> None:
    with pytest.raises(HypervisorError):
        disks(block)


def test_fifth_ide_device_is_refused() -> None:
    with pytest.raises(HypervisorError, match="IDE"):
        disks(*(make_block(i) for i in range(4)), disk_type="ide", cdrom_image_path="/x.iso")


def test_guest_without_nics_has_no_default_nic() -> None:
    assert nic_arguments((), (), view()) == ["-nic", "none"]


def test_nic_with_one_queue() -> None:
    nics, _ = placed_devices((make_nic(),), (make_block(),), view())
    _, netdev, _, device = nic_arguments(nics, [Tap("tap0", (7,))], view(boot_order="network"))
    assert netdev == "type=tap,id=nic-932df160-7a22-4067,fd=7"
    assert json.loads(device) == {
        "driver": "virtio-net-pci",
        "id": "nic-932df160-7a22-4067",
        "bus": "pci.0",
        "addr": "0xd",
        "netdev": "nic-932df160-7a22-4067",
        "mac": "aa:00:00:12:34:00",
        "bootindex": 1,
    }


def test_nic_with_several_queues_in_the_kernel() -> None:
    nics, _ = placed_devices((make_nic(),), (), view())
    _, netdev, _, device = nic_arguments(nics, [Tap("tap0", (7, 8), (9, 10))], view())
    assert netdev == "type=tap,id=nic-932df160-7a22-4067,fds=7:8,vhost=on,vhostfds=9:10"
    assert json.loads(device)["mq"] is True and json.loads(device)["vectors"] == 6


def test_isa_nic_has_no_pci_address() -> None:
    params = view(nic_type="ne2k_isa")
    nics, _ = placed_devices((make_nic(),), (), params)
    assert "addr" not in json.loads(nic_arguments(nics, [Tap("tap0", (7,))], params)[3])


def test_pci_bus_can_be_full() -> None:
    with pytest.raises(HypervisorError, match="PCI"):
        placed_devices([make_nic(i) for i in range(2)], (), view(kvm_pci_reservations=31))


@pytest.mark.parametrize(
    ("version", "run_as", "expected"),
    [
        (QEMU_7, RunAs(), ""),
        (QEMU_7, RunAs(120, 121), "-runas 120:121"),
        (QEMU_7, RunAs(120, 120, "/c"), "-runas 120:120 -chroot /c"),
        (QemuVersion(9, 0), RunAs(120, 120, "/c"), "-runas 120:120 -run-with chroot=/c"),
        (QEMU_10, RunAs(120, 120, "/c"), "-run-with user=120:120,chroot=/c"),
        (QEMU_10, RunAs(chroot="/c"), "-run-with chroot=/c"),
    ],
)
def test_giving_up_rights_in_the_spelling_of_the_version(version: QemuVersion, run_as: RunAs, expected: str) -> None:
    assert run_as_arguments(run_as, version) == expected.split()


def launched(*, incoming: bool) -> list[str]:
    runtime = Runtime(("qemu",), (), {}, ())
    return launch_arguments(
        runtime, view(keymap="de"), (), ["-display", "none"], RunAs(), QEMU_7, PATHS.guest(NAME), incoming=incoming
    )


def test_cold_start_is_held_until_everything_is_set() -> None:
    sockets = f"/run/kvm/ctrl/{NAME}"
    assert (
        launched(incoming=False)
        == (
            "qemu -display none -k de -nic none"
            f" -qmp unix:{sockets}.qmp,server=on,wait=off -qmp unix:{sockets}.kvmd,server=on,wait=off -S"
        ).split()
    )


def test_incoming_guest_waits_for_its_address_and_brings_its_run_state() -> None:
    found = launched(incoming=True)
    assert found[found.index("-incoming") + 1] == "defer"
    assert "-S" not in found


def test_guest_visible_parameters_stay_as_at_the_cold_start() -> None:
    old = make_instance(hvparams={"disk_cache": "none", "keymap": "de"}).hvparams
    runtime = Runtime(("qemu",), (), old, ())
    params = launch_params(view(disk_cache="writeback", keymap="fr"), runtime)
    assert (params.text("disk_cache"), params.text("keymap")) == ("none", "fr")


def test_no_password_is_on_the_command_line() -> None:
    nic = msgspec.structs.replace(make_nic(), hvinfo=None)
    assert "password" not in " ".join(nic_arguments([nic], [Tap("tap0", (3,))], view()))
