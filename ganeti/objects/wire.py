"""What nodes get to see of instances and disks: values with all parameters filled in, complete in themselves."""

from typing import Any, TypeAlias

import msgspec

from ganeti import constants as c
from ganeti.objects.base import Params, written
from ganeti.types import Private

#: (source, text, nanoseconds since the epoch)
ReasonEntry: TypeAlias = tuple[str, str, int]
ReasonTrail: TypeAlias = list[ReasonEntry]


class WireValue(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value inside a call to a node; unknown keys of other versions are ignored, keys without a value left out.

    Everything that has a value is there, also if it is the usual one: nodes of other versions have no defaults.
    """


class WireNic(WireValue, frozen=True, kw_only=True, omit_defaults=True):
    """A NIC with its parameters in force and, in a network, the network's fields."""

    uuid: str
    mac: str
    nicparams: Params
    ip: str | None = None
    network: str | None = None
    netinfo: Params | None = None
    name: str | None = None
    pci: int | None = None
    hvinfo: Params | None = None


class WireDisk(WireValue, frozen=True, kw_only=True, omit_defaults=True):
    """A disk with device-level parameters; ``dynamic_params`` are those of the receiving node (DRBD addresses)."""

    uuid: str
    dev_type: str
    logical_id: tuple[Any, ...]
    size: int
    mode: str = written(lambda: c.DISK_RDWR)
    iv_name: str = written(str)
    name: str | None = None
    nodes: tuple[str, ...] = written(tuple)
    children: tuple["WireDisk", ...] = written(tuple)
    params: Params = written(dict)
    dynamic_params: Params = written(dict)
    spindles: int | None = None
    pci: int | None = None
    hvinfo: Params | None = None
    serial_no: int = written(lambda: 1)

    def __repr__(self) -> str:
        """Show the disk without its logical id, which may hold a secret."""
        return f"WireDisk(uuid={self.uuid!r}, dev_type={self.dev_type!r}, iv_name={self.iv_name!r}, size={self.size})"


class WireInstance(WireValue, frozen=True, kw_only=True, omit_defaults=True):
    """An instance with all parameters in force and its disks."""

    uuid: str
    name: str
    primary_node: str
    os: str
    hypervisor: str
    hvparams: Params
    beparams: Params
    osparams: Params = written(dict)
    osparams_private: dict[str, Private[Any]] = written(dict)
    admin_state: str = written(lambda: c.ADMINST_DOWN)
    admin_state_source: str = written(lambda: c.ADMIN_SOURCE)
    disk_template: str = written(lambda: c.DT_DISKLESS)
    disks: tuple[str, ...] = written(tuple)
    disks_active: bool = written(bool)
    disks_info: tuple[WireDisk, ...] = written(tuple)
    nics: tuple[WireNic, ...] = written(tuple)
    secondary_nodes: tuple[str, ...] = written(tuple)
    network_port: int | None = None
    forthcoming: bool = written(bool)
    tags: tuple[str, ...] = written(tuple)
    serial_no: int = written(lambda: 1)
    ctime: float | None = None
    mtime: float | None = None


class MasterNetworkParameters(WireValue, frozen=True, kw_only=True, omit_defaults=True):
    """The master IP address and where it belongs."""

    uuid: str
    ip: str
    netmask: int
    netdev: str
    ip_family: int


class BlockDevStatus(WireValue, frozen=True, kw_only=True):
    """State of a block device on a node; None means not known or not applicable."""

    dev_path: str | None = None
    major: int | None = None
    minor: int | None = None
    sync_percent: float | None = None
    estimated_time: float | None = None
    is_degraded: bool | None = None
    ldisk_status: int | None = None


class MigrationStatus(WireValue, frozen=True, kw_only=True):
    """Progress of a migration; RAM in bytes."""

    status: str
    transferred_ram: int | None = None
    total_ram: int | None = None
    postcopy_status: str | None = None


class ConsoleInfo(WireValue, frozen=True, kw_only=True):
    """How to reach the console of an instance; which fields are set depends on ``kind``."""

    instance: str
    kind: str
    message: str | None = None
    host: str | None = None
    port: int | None = None
    user: str | None = None
    command: list[str] | None = None
    display: str | None = None
