"""What a QEMU binary can do, asked from the binary itself and remembered until it changes."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

from ganeti import errors
from ganeti.hypervisor.kvm.version import QemuVersion
from ganeti.utils.process import run_cmd

_TIMEOUT_S = 30
_DEFAULT_MACHINE = "pc"
#: Name and description, as in "pc-i440fx-7.2   Standard PC (i440FX + PIIX, 1996) (default)".
_MACHINE_LINE = re.compile(r"^(\S+)\s+(.*)$", re.MULTILINE)
_MACHINE_KIND = "PC"
_DEFAULT_MARK = "(default)"
_DEVICE_NAME = re.compile(r'(?:^name|, alias) "([^"]+)"', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Emulator:
    """Facts about a QEMU binary.

    Attributes:
      path: the program.
      version: its version.
      machines: names of the PC machine types.
      default_machine: versioned name of the machine type used when none is asked for.
      devices: names of the devices it can emulate.
    """

    path: str
    version: QemuVersion
    machines: frozenset[str]
    default_machine: str
    devices: frozenset[str]


def parse_machines(output: str) -> tuple[frozenset[str], str]:
    """Parse `-machine help`: names of the PC machine types, and the default one."""
    machines, default = set(), _DEFAULT_MACHINE
    for name, description in _MACHINE_LINE.findall(output):
        if _MACHINE_KIND in description:
            machines.add(name)
            if _DEFAULT_MARK in description:
                default = name
    return frozenset(machines), default


def parse_devices(output: str) -> frozenset[str]:
    """Parse `-device help`: names and their aliases."""
    return frozenset(_DEVICE_NAME.findall(output))


def get_emulator(path: str) -> Emulator:
    """Facts about a QEMU binary.

    Raises:
      HypervisorError: it is not there or does not run.
    """
    try:
        changed_ns = Path(path).stat().st_mtime_ns
    except OSError as err:
        raise errors.HypervisorError(f"The KVM program {path} cannot be used: {err.strerror}") from err
    return _query(path, changed_ns)


@functools.lru_cache(maxsize=16)
def _query(path: str, changed_ns: int) -> Emulator:  # noqa: ARG001 - part of the cache key: upgrades are noticed
    machines, default = parse_machines(_output(path, "-machine", "help"))
    return Emulator(
        path=path,
        version=QemuVersion.parse(_output(path, "--version")),
        machines=machines,
        default_machine=default,
        devices=parse_devices(_output(path, "-device", "help")),
    )


def _output(path: str, *arguments: str) -> str:
    try:
        result = run_cmd([path, *arguments], timeout_s=_TIMEOUT_S)
    except errors.OpExecError as err:
        raise errors.HypervisorError(str(err)) from err
    if result.failed:
        raise errors.HypervisorError(f"{path} {' '.join(arguments)} {result.fail_reason}: {result.output}")
    return result.stdout
