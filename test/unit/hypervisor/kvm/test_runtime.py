"""Runtime files, those of older versions included."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ganeti.errors import HypervisorError
from ganeti.hypervisor.kvm import runtime
from ganeti.hypervisor.kvm.paths import KvmPaths
from ganeti.hypervisor.kvm.runtime import Runtime
from ganeti.hypervisor.kvm.upgrade import upgrade_command
from test.unit.hypervisor.guests import NAME, make_block, make_disk, make_instance, make_nic

PLACED = {"driver": "virtio-blk-pci", "id": "disk-x", "bus": "pci.0", "addr": "0xc"}


def make_runtime() -> Runtime:
    return Runtime(
        command=("qemu", "-m", "256"),
        nics=(make_nic(hvinfo={"driver": "virtio-net-pci", "id": "nic-x"}),),
        hvparams=make_instance().hvparams,
        disks=(make_block(hvinfo=PLACED),),
    )


def test_runtime_survives_its_text_form() -> None:
    assert runtime.parse(runtime.dump(make_runtime())) == make_runtime()


def test_file_is_private_and_never_says_paused(tmp_path: Path) -> None:
    paths = KvmPaths(tmp_path, tmp_path, tmp_path)
    paths.create_directories()
    runtime.save(replace(make_runtime(), paused=True), paths.guest(NAME))
    assert runtime.load(paths.guest(NAME)) == make_runtime()
    assert paths.guest(NAME).runtime.stat().st_mode & 0o777 == 0o600


def test_migration_data_say_whether_the_guest_is_paused() -> None:
    received = runtime.parse(runtime.dump(replace(make_runtime(), paused=True)))
    assert received.paused
    assert "-S" not in received.command


def test_file_with_three_parts_and_old_devices_is_upgraded() -> None:
    hvparams = {**make_instance().hvparams, "disk_discard": "default"}
    nic = {"mac": "aa:00:00:00:00:01", "ip": None, "nicparams": {}, "pci": 5}
    old = runtime.parse(json.dumps([["qemu", "-m", 512], [nic], hvparams]))
    assert old.command == ("qemu", "-m", "512")
    assert old.disks == () and old.hvparams["disk_discard"] == "ignore"
    placement = old.nics[0].hvinfo
    assert placement is not None and placement["driver"] == "virtio-net-pci" and placement["addr"] == "0x5"
    assert placement["id"] == f"hotnic-{old.nics[0].uuid.split('-')[0]}-pci-5"


def test_disk_without_any_placement_is_kept() -> None:
    text = json.dumps(
        [
            ["qemu"],
            [],
            make_instance().hvparams,
            [[{"uuid": "u", "dev_type": "plain", "logical_id": [], "size": 1}, "/l", None]],
        ]
    )
    assert runtime.parse(text).disks[0].disk.hvinfo == {}


@pytest.mark.parametrize("text", ["", "{}", "[1, 2]", '[["a"], [{}], {}]', "[null, null, null]"])
def test_damaged_text_is_an_error(text: str) -> None:
    with pytest.raises(HypervisorError):
        runtime.parse(text)


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(HypervisorError):
        runtime.load(KvmPaths(tmp_path, tmp_path, tmp_path).guest(NAME))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("-no-acpi -machine pc", "-machine pc,acpi=off"),
        ("-no-acpi", "-machine acpi=off"),
        ("-localtime", "-rtc base=localtime"),
        ("-balloon virtio", "-device virtio-balloon"),
        ("-balloon virtio,addr=0x5", "-device virtio-balloon,addr=0x5"),
        ("-soundhw ac97", "-audio driver=none,model=ac97,id=soundhw"),
        ("-chroot /x -runas nobody -k de", "-k de"),
        ("-vnc :1,password", "-vnc :1,password"),
        (
            "-vnc :1,tls,x509verify=/x,password",
            "-object tls-creds-x509,id=vnctls0,endpoint=server,dir=/x,verify-peer=yes"
            " -vnc :1,tls-creds=vnctls0,password",
        ),
        ("-vnc :1,tls", "-object tls-creds-anon,id=vnctls0,endpoint=server -vnc :1,tls-creds=vnctls0"),
    ],
)
def test_options_that_are_gone_are_rewritten(old: str, new: str) -> None:
    assert upgrade_command(old.split()) == new.split()


def test_placements_cover_all_devices() -> None:
    assert make_runtime().placements() == [{"driver": "virtio-net-pci", "id": "nic-x"}, make_disk(hvinfo=PLACED).hvinfo]
