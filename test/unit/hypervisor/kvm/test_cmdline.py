"""Stored part of QEMU's command line: one row per hypervisor parameter that shapes it."""

from __future__ import annotations

from typing import Any

import pytest

from ganeti.errors import HypervisorError
from ganeti.hypervisor.kvm.cmdline import build_command
from ganeti.hypervisor.kvm.version import QemuVersion
from test.unit.hypervisor.guests import NAME, PATHS, QEMU_7, make_emulator, make_instance

PLAIN = (
    "/usr/bin/kvm -name web1.example.com,debug-threads=on -m 256 -smp 2 -pidfile /run/kvm/pid/web1.example.com"
    " -device virtio-balloon -daemonize -D /log/kvm/web1.example.com.log -machine pc-i440fx-7.2"
    " -monitor unix:/run/kvm/ctrl/web1.example.com.monitor,server=on,wait=off"
    " -serial unix:/run/kvm/ctrl/web1.example.com.serial,server=on,wait=off"
    " -usb -uuid 0f3b0000-0000-4000-8000-000000000001"
)


def command(version: QemuVersion = QEMU_7, **params: Any) -> list[str]:
    return build_command(make_instance(hvparams=params), make_emulator(version), PATHS.guest(NAME))


def test_command_of_a_plain_guest() -> None:
    assert command() == PLAIN.split()


ADDED = [
    ({"cpu_cores": 2}, "-smp 2,cores=2"),
    ({"cpu_cores": 1, "cpu_threads": 2, "cpu_sockets": 1}, "-smp 2,cores=1,threads=2,sockets=1"),
    ({"disk_type": "scsi-hd"}, "-device lsi,id=scsi -device virtio-balloon"),
    ({"disk_type": "scsi-hd", "scsi_controller_type": "megasas"}, "-device megasas,id=scsi"),
    ({"cdrom_disk_type": "scsi-cd"}, "-device lsi,id=scsi"),
    ({"reboot_behavior": "exit"}, "-no-reboot -machine pc-i440fx-7.2"),
    ({"acpi": False}, "-machine pc-i440fx-7.2,acpi=off"),
    ({"kvm_flag": "enabled"}, "-machine pc-i440fx-7.2,accel=kvm"),
    ({"kvm_flag": "disabled"}, "-machine pc-i440fx-7.2,accel=tcg"),
    ({"machine_version": "pc-i440fx-6.0"}, "-machine pc-i440fx-6.0"),
    ({"mem_path": "/dev/hugepages"}, "-mem-path /dev/hugepages -mem-prealloc"),
    ({"serial_console": False}, "-serial none"),
    ({"usb_mouse": "mouse"}, "-usb -device usb-mouse"),
    ({"vnc_bind_address": "127.0.0.1"}, "-usb -device usb-tablet"),
    ({"usb_devices": "keyboard, tablet"}, "-usb -device usb-kbd -device usb-tablet"),
    ({"soundhw": "ac97"}, "-audio driver=none,model=ac97,id=soundhw"),
    ({"soundhw": "ac97", "spice_bind": "127.0.0.1"}, "-audio driver=spice,model=ac97,id=soundhw"),
    ({"use_localtime": True}, "-rtc base=localtime"),
    ({"cpu_type": "host,+vmx"}, "-cpu host,+vmx"),
    ({"vga": "std"}, "-vga std"),
    ({"spice_bind": "127.0.0.1"}, "-vga qxl"),
    (
        {"use_guest_agent": True},
        "-chardev socket,path=/run/kvm/ctrl/web1.example.com.qga,server=on,wait=off,id=qga0"
        " -device virtio-serial,id=qga0 -device virtserialport,chardev=qga0,name=org.qemu.guest_agent.0",
    ),
    (
        {"kernel_path": "/boot/vmlinuz"},
        "-kernel /boot/vmlinuz -append|root=/dev/vda1 ro console=ttyS0,38400",
    ),
    (
        {"kernel_path": "/k", "initrd_path": "/i", "kernel_args": "rw quiet", "serial_console": False},
        "-kernel /k -initrd /i -append|root=/dev/vda1 rw quiet",
    ),
    (
        {"cdrom_image_path": "/srv/a,b.iso", "boot_order": "cdrom", "disk_type": "ide"},
        '-blockdev {"driver":"raw","node-name":"cdrom1","read-only":true,"cache":{"direct":false,"no-flush":true},'
        '"file":{"driver":"file","filename":"/srv/a,b.iso"}}'
        ' -device {"driver":"ide-cd","drive":"cdrom1","bootindex":1}',
    ),
    (
        {"cdrom2_image_path": "https://mirror.example.com/x.iso", "cdrom_disk_type": "scsi-cd"},
        '-blockdev {"driver":"raw","node-name":"cdrom2","read-only":true,"cache":{"direct":false,"no-flush":true},'
        '"file":{"driver":"https","url":"https://mirror.example.com/x.iso"}}'
        ' -device {"driver":"scsi-cd","drive":"cdrom2"}',
    ),
    (
        {"floppy_image_path": "/f.img", "boot_order": "floppy"},
        '-blockdev {"driver":"raw","node-name":"floppy1","file":{"driver":"file","filename":"/f.img"}}'
        ' -device {"driver":"floppy","drive":"floppy1","bootindex":1}',
    ),
]


@pytest.mark.parametrize(("params", "expected"), ADDED, ids=[",".join(row[0]) for row in ADDED])
def test_parameter_shapes_the_command(params: dict[str, Any], expected: str) -> None:
    # A bar instead of a blank: the rest is one argument.
    start, _, last = expected.partition("|")
    wanted = [*start.split(), *([last] if last else [])]
    found = command(**params)
    assert any(found[i : i + len(wanted)] == wanted for i in range(len(found))), found


def test_extra_arguments_keep_their_quotes() -> None:
    assert command(kvm_extra="-smbios 'type=1,product=a b'")[-2:] == ["-smbios", "type=1,product=a b"]


def test_removed_options_are_never_used() -> None:
    found = command(QemuVersion(10, 0, 0), acpi=False, soundhw="ac97", kvm_flag="enabled")
    assert not {"-no-acpi", "-soundhw", "-enable-kvm", "-balloon"} & set(found)


def test_old_emulator_gets_its_sound_option() -> None:
    assert "-soundhw" in command(QemuVersion(7, 0, 0), soundhw="ac97")


def test_thread_names_are_not_asked_from_emulators_that_always_have_them() -> None:
    assert command(QemuVersion(11, 0, 0))[1:3] == ["-name", NAME]


@pytest.mark.parametrize(
    "params",
    [
        {"cpu_cores": 8},
        {"cpu_cores": 1, "cpu_threads": 1, "cpu_sockets": 1},
        {"machine_version": "pc-q35-7.2"},
        {"usb_devices": "host:1234:5678"},
    ],
)
def test_impossible_parameters_are_refused(params: dict[str, Any]) -> None:
    with pytest.raises(HypervisorError):
        command(**params)
