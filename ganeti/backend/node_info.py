"""What a node tells about its resources: boot, storage units, hypervisors."""

import os
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from ganeti import constants as c
from ganeti import errors
from ganeti.backend.base import RPCFail, implements
from ganeti.hypervisor import get_hypervisor
from ganeti.rpc import procedures
from ganeti.rpc.procedures.node import NodeInfo, StorageUnit
from ganeti.utils.files import read_text

_BOOT_ID: Final = "/proc/sys/kernel/random/boot_id"
_MIB: Final = 1024 * 1024

#: Free and total size in MiB, None where it is not known.
Space = tuple[int | None, int | None]


@implements(procedures.node_info)
def node_info(storage_units: list[StorageUnit], hv_specs: list[tuple[str, dict[str, Any]]]) -> NodeInfo:
    """Return the boot id, and a report per storage unit and per hypervisor."""
    hypervisors = [hypervisor_info(name, hvparams) for name, hvparams in hv_specs] if hv_specs else None
    return boot_id(), [storage_report(unit) for unit in storage_units], hypervisors


def boot_id() -> str:
    """Return what changes with every boot."""
    return read_text(_BOOT_ID).strip()


def hypervisor_info(name: str, hvparams: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the resources of the node as a hypervisor sees them. Raises RPCFail."""
    try:
        host = get_hypervisor(name).host_info(hvparams)
    except errors.HypervisorError as err:
        raise RPCFail(f"Cannot get information about hypervisor {name}: {err}") from err
    return None if host is None else msgspec.to_builtins(host)


def storage_report(unit: StorageUnit) -> dict[str, Any]:
    """Return free and total size of a storage unit; null values if it cannot tell. Raises RPCFail."""
    kind, key, _ = unit
    measure = _MEASURES.get(kind)
    if measure is None:
        raise RPCFail(f"Storage of type '{kind}' does not report its space")
    free, size = measure(key)
    return {"type": kind, "name": key, "storage_free": free, "storage_size": size}


def directory_space(path: str) -> Space:
    """Return free and total space of the file system that holds a directory; unknown if there is no such directory."""
    try:
        stat = os.statvfs(path)
    except OSError:
        return None, None
    return stat.f_bavail * stat.f_frsize // _MIB, stat.f_blocks * stat.f_frsize // _MIB


_MEASURES: Final[Mapping[str, Callable[[str], Space]]] = {
    c.ST_FILE: directory_space,
    c.ST_SHARED_FILE: directory_space,
}
