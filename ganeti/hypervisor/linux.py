"""Facts about this Linux host that several hypervisors report, and its forced restart."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from ganeti import errors
from ganeti.objects.guest import HostInfo
from ganeti.utils.process import run_cmd

_MEMINFO = Path("/proc/meminfo")
_CPUINFO = Path("/proc/cpuinfo")
_SYSFS_NODES = Path("/sys/devices/system/node")
_SYSFS_CPUS = Path("/sys/devices/system/cpu")
_SYSRQ_TRIGGER = Path("/proc/sysrq-trigger")
_REBOOT_TIMEOUT_S = 60


def parse_meminfo(text: str) -> dict[str, int]:
    """Parse `/proc/meminfo` into name -> KiB."""
    found = re.findall(r"^([^:\n]+):\s+(\d+) kB$", text, re.MULTILINE)
    return {name: int(value) for name, value in found}


def count_processors(cpuinfo: str) -> int:
    """Number of `processor` entries in `/proc/cpuinfo`."""
    return len(re.findall(r"^processor\s*:\s*\d+", cpuinfo, re.MULTILINE))


def host_info(hv_version: list[int] | None = None) -> HostInfo:
    """Memory and CPUs of this host.

    Free memory is the kernel's own estimate of what can be had without swapping (`MemAvailable`).

    Raises:
      HypervisorError: the kernel's figures cannot be read.
    """
    try:
        memory = parse_meminfo(_MEMINFO.read_text())
        cpus = count_processors(_CPUINFO.read_text())
        total, free = memory["MemTotal"] // 1024, memory["MemAvailable"] // 1024
    except (OSError, KeyError) as err:
        raise errors.HypervisorError(f"Cannot find out the resources of this node: {err!r}") from err
    return HostInfo(
        memory_total=total,
        memory_free=free,
        memory_dom0=total - free,
        cpu_total=cpus,
        cpu_dom0=cpus,
        cpu_nodes=_count_numa_nodes(),
        cpu_sockets=_count_sockets(),
        hv_version=hv_version,
    )


def _count_numa_nodes() -> int:
    return max(1, sum(1 for path in _SYSFS_NODES.glob("node[0-9]*")))


def _count_sockets() -> int:
    packages = set()
    for path in _SYSFS_CPUS.glob("cpu[0-9]*/topology/physical_package_id"):
        try:
            packages.add(path.read_text().strip())
        except OSError:  # the CPU was taken offline meanwhile
            continue
    return max(1, len(packages))


def powercycle() -> None:
    """Restart this host immediately.

    The kernel's emergency restart needs no user space; the reboot program is the fallback where it is disabled.
    """
    try:
        _SYSRQ_TRIGGER.write_text("b")
    except OSError as err:
        logging.warning("Emergency restart through %s failed (%s), running the reboot program", _SYSRQ_TRIGGER, err)
        run_cmd(["reboot", "-n", "-f"], timeout_s=_REBOOT_TIMEOUT_S)
