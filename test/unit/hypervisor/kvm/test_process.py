"""Recognising QEMU processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ganeti.errors import HypervisorError
from ganeti.hypervisor.kvm.emulator import parse_devices, parse_machines
from ganeti.hypervisor.kvm.pinning import cpu_sets
from ganeti.hypervisor.kvm.process import QemuProcess, find_process, parse_arguments, terminate
from ganeti.hypervisor.kvm.version import QemuVersion


def test_arguments_tell_name_memory_and_cpus() -> None:
    arguments = ["qemu", "-name", "guest=a.example.com,debug-threads=on", "-m", "512", "-smp", "4,cores=2"]
    assert parse_arguments(7, arguments) == QemuProcess(7, "a.example.com", 512, 4)


def test_process_without_a_name_is_not_a_guest() -> None:
    with pytest.raises(HypervisorError):
        parse_arguments(7, ["sleep", "60"])


def test_pid_file_of_another_process_is_not_believed(tmp_path: Path) -> None:
    pid_file = tmp_path / "a"
    pid_file.write_text(str(os.getpid()))
    assert find_process("a", pid_file) is None
    assert find_process("a", tmp_path / "absent") is None


def test_guest_is_found_and_ended(tmp_path: Path) -> None:
    code = "import sys, time; print(flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", code, "-name", "a", "-m", "64"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    pid_file = tmp_path / "a"
    pid_file.write_text(f"{process.pid}\n")
    found = find_process("a", pid_file)
    assert found is not None and found.memory_mib == 64
    terminate(found.pid)
    process.stdout.close()
    assert process.wait(timeout=5) != 0
    assert find_process("a", pid_file) is None


def test_machine_list() -> None:
    output = (
        "Supported machines are:\n"
        "microvm              microvm (i386)\n"
        "pc                   Standard PC (i440FX + PIIX, 1996) (alias of pc-i440fx-7.2)\n"
        "pc-i440fx-7.2        Standard PC (i440FX + PIIX, 1996) (default)\n"
        "q35                  Standard PC (Q35 + ICH9, 2009) (alias of pc-q35-7.2)\n"
    )
    assert parse_machines(output) == (frozenset({"pc", "pc-i440fx-7.2", "q35"}), "pc-i440fx-7.2")


def test_device_list_has_names_and_aliases() -> None:
    output = (
        'Storage devices:\nname "lsi53c895a", bus PCI, alias "lsi"\nname "ide-hd", bus IDE, desc "virtual IDE disk"\n'
    )
    assert parse_devices(output) == {"lsi53c895a", "lsi", "ide-hd"}


@pytest.mark.parametrize(
    ("text", "version"),
    [("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)", (7, 2, 22)), ("QEMU emulator version 10.0\nx", (10, 0, 0))],
)
def test_version(text: str, version: tuple[int, int, int]) -> None:
    assert QemuVersion.parse(text) == version


def test_output_without_version_is_an_error() -> None:
    with pytest.raises(HypervisorError):
        QemuVersion.parse("no such file\n1.2.3")


@pytest.mark.parametrize(
    ("mask", "sets"),
    [("", []), ("all", []), ("0-1", [{0, 1}]), ("0:all", [{0}, {0, 1, 2, 3}]), ("1,3:2", [{1, 3}, {2}])],
)
def test_pinning(mask: str, sets: list[set[int]]) -> None:
    assert [set(cpus) for cpus in cpu_sets(mask, 4)] == sets
