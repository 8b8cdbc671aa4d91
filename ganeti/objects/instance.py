"""Instances, their NICs and disks."""

from typing import Any

from ganeti import constants as c
from ganeti.objects.base import ConfigObject, Params, TaggedObject, TopLevelObject, written
from ganeti.types import Private


class Nic(ConfigObject, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A network interface; ``nicparams`` holds only what differs from the cluster's defaults."""

    uuid: str
    mac: str
    ip: str | None = None
    network: str | None = None
    nicparams: Params = written(dict)
    name: str | None = None
    pci: int | None = None
    hvinfo: Params | None = None


class Disk(TopLevelObject, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A disk; ``size`` in MiB, ``logical_id`` by type as in ``doc/``, ``nodes`` the UUIDs of the nodes holding data."""

    dev_type: str
    logical_id: tuple[Any, ...]
    size: int
    children: tuple["Disk", ...] = written(tuple)
    nodes: tuple[str, ...] = written(tuple)
    iv_name: str = written(str)
    mode: str = written(lambda: c.DISK_RDWR)
    name: str | None = None
    spindles: int | None = None
    params: Params = written(dict)
    forthcoming: bool = False
    pci: int | None = None
    hvinfo: Params | None = None

    def __repr__(self) -> str:
        """Show the disk without its parameters and logical id, which hold the secret of a DRBD pair."""
        return f"Disk(uuid={self.uuid!r}, dev_type={self.dev_type!r}, iv_name={self.iv_name!r}, size={self.size})"

    def secondary_nodes(self, primary: str) -> tuple[str, ...]:
        """Return the UUIDs of the mirror's nodes other than *primary*."""
        if self.dev_type == c.DT_DRBD8:
            return tuple(str(node) for node in self.logical_id[:2] if node != primary)
        return ()


class Instance(TaggedObject, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A virtual machine; parameter dictionaries hold only what is set for this instance."""

    name: str = ""
    primary_node: str = written(str)
    os: str = written(str)
    hypervisor: str = written(str)
    hvparams: Params = written(dict)
    beparams: Params = written(dict)
    osparams: Params = written(dict)
    osparams_private: dict[str, Private[Any]] = written(dict)
    admin_state: str = written(lambda: c.ADMINST_DOWN)
    admin_state_source: str = written(lambda: c.ADMIN_SOURCE)
    nics: tuple[Nic, ...] = written(tuple)
    disks: tuple[str, ...] = written(tuple)
    disks_active: bool = written(lambda: False)
    network_port: int | None = None
    forthcoming: bool = False


def disk_template_of(disks: "tuple[Disk, ...] | list[Disk]") -> str:
    """Return the disk template that an instance with these disks has."""
    kinds = {disk.dev_type for disk in disks}
    if not kinds:
        return c.DT_DISKLESS
    return kinds.pop() if len(kinds) == 1 else c.DT_MIXED


def secondary_nodes_of(primary: str, disks: "tuple[Disk, ...] | list[Disk]") -> tuple[str, ...]:
    """Return the UUIDs of all nodes that mirror any of the disks, in order of appearance, without *primary*."""
    return tuple(dict.fromkeys(node for disk in disks for node in disk.secondary_nodes(primary)))
