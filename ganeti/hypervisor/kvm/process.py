"""QEMU processes: recognising the one of a guest, ending it."""

from __future__ import annotations

import itertools
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from ganeti import errors
from ganeti.utils.process import is_alive

_PROC = Path("/proc")
_TERM_WAIT_S = 30.0
_KILL_WAIT_S = 10.0
_FIRST_POLL_S = 0.01
_LONGEST_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class QemuProcess:
    """What the arguments of a QEMU process tell about its guest.

    Attributes:
      pid: process id.
      name: instance name.
      memory_mib: memory at start.
      vcpus: number of CPUs at start.
    """

    pid: int
    name: str
    memory_mib: int
    vcpus: int


def parse_arguments(pid: int, arguments: list[str]) -> QemuProcess:
    """Find name, memory and CPUs in the arguments of a QEMU process.

    Raises:
      HypervisorError: the process has no guest name, thus is not one of ours.
    """
    name, memory, vcpus = None, 0, 0
    for option, value in itertools.pairwise(arguments):
        first = value.split(",", 1)[0]
        if option == "-name":
            name = first.removeprefix("guest=")
        elif option == "-m" and first.isdigit():
            memory = int(first)
        elif option == "-smp" and first.isdigit():
            vcpus = int(first)
    if name is None:
        raise errors.HypervisorError(f"Process {pid} is not a guest: it has no option -name")
    return QemuProcess(pid, name, memory, vcpus)


def read_process(pid: int) -> QemuProcess:
    """Describe a running QEMU process.

    Raises:
      HypervisorError: there is no such process, or it is not one of ours.
    """
    try:
        raw = (_PROC / str(pid) / "cmdline").read_bytes()
    except OSError as err:
        raise errors.HypervisorError(f"Process {pid} does not exist: {err}") from err
    return parse_arguments(pid, [part.decode(errors="replace") for part in raw.split(b"\0")])


def find_process(name: str, pid_file: Path) -> QemuProcess | None:
    """The running process of a guest.

    The name is compared because QEMU leaves its pid file behind when it is confined to a chroot, and the kernel uses
    process ids again.
    """
    try:
        pid = int(pid_file.read_text())
    except (OSError, ValueError):
        return None
    if not is_alive(pid):
        return None
    try:
        process = read_process(pid)
    except errors.HypervisorError:
        return None
    return process if process.name == name else None


def cpu_time_s(pid: int) -> float:
    """CPU seconds a process has used so far; 0 when it has ended."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return 0.0
    # The program name in parentheses may contain blanks; utime and stime are fields 14 and 15 of proc(5).
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def terminate(pid: int) -> None:
    """End a QEMU process, by force if it does not react.

    Raises:
      HypervisorError: the process survived even SIGKILL (it hangs in the kernel).
    """
    for signum, wait_s in ((signal.SIGTERM, _TERM_WAIT_S), (signal.SIGKILL, _KILL_WAIT_S)):
        try:
            os.kill(pid, signum)
        except ProcessLookupError:
            return
        if wait_for_end(pid, wait_s):
            return
    raise errors.HypervisorError(f"QEMU process {pid} cannot be killed, it probably waits for a disk or the network")


def wait_for_end(pid: int, timeout_s: float) -> bool:
    """Wait for the end of a process that is not our child; tell whether it ended in time."""
    deadline = time.monotonic() + timeout_s
    delay = _FIRST_POLL_S
    while is_alive(pid):
        if time.monotonic() >= deadline:
            return False
        time.sleep(delay)
        delay = min(delay * 2, _LONGEST_POLL_S)
    return True
