"""What allocators are asked: one frozen value per kind of request, with its wire form and the check of its result."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic, TypeVar

from ganeti import constants as c
from ganeti.errors import OpPrereqError
from ganeti.iallocator.answers import (
    Evacuation,
    MultiAllocation,
    check_same_groups,
    parse_evacuation,
    parse_multi_allocation,
    parse_nodes,
    parse_secondary,
)
from ganeti.iallocator.cluster_data import nic_data
from ganeti.iallocator.live import Scope
from ganeti.objects import ConfigData, Instance, Nic, Node, disk_template_of, disks_of, secondary_nodes_of
from ganeti.objects.space import default_unit, disk_usage_mib

R = TypeVar("R")

#: Option of allocators for evacuations that may break rules which would only be nice to keep.
_IGNORE_SOFT_ERRORS: Final = "ignore-soft-errors"


class Request(ABC, Generic[R]):
    """A request whose checked result is an ``R``."""

    MODE: ClassVar[str]

    def check(self, config: ConfigData) -> None:
        """Check that the request can be made; raises OpPrereqError."""

    @abstractmethod
    def scope(self, config: ConfigData) -> Scope:
        """Return what the facts about nodes must be about."""

    @abstractmethod
    def to_wire(self, config: ConfigData) -> dict[str, Any]:
        """Return the request without its type."""

    def options(self) -> dict[str, str | None]:
        """Return options of the program that go with the request; None: one without value."""
        return {}

    @abstractmethod
    def parse_result(self, config: ConfigData, raw: Any) -> R:
        """Return the checked result; raises ResultValidationError."""


def nodes_needed(template: str) -> int:
    """Return on how many nodes an instance with a disk template is."""
    return 2 if template in c.DTS_INT_MIRROR else 1


def _default_scope(config: ConfigData) -> Scope:
    cluster = config.cluster
    templates = cluster.enabled_disk_templates
    return Scope(cluster.enabled_hypervisors[0], templates[0] if templates else c.DT_DISKLESS)


def scope_of(config: ConfigData, instances: Iterable[Instance]) -> Scope:
    """Return what the facts must be about so that these instances can be put elsewhere.

    There is one number for free space. It is about the first enabled template that any of them has and that is kept
    in a storage unit; memory is that of their hypervisor. What they do not agree about is as for the cluster.
    """
    default = _default_scope(config)
    found = list(instances)
    hypervisors = {instance.hypervisor for instance in found}
    templates = {disk_template_of(disks_of(config, instance)) for instance in found}
    in_units = [
        template
        for template in config.cluster.enabled_disk_templates
        if template in templates and default_unit(config.cluster, template)
    ]
    return Scope(
        hypervisors.pop() if len(hypervisors) == 1 else default.hypervisor,
        in_units[0] if in_units else default.template,
    )


@dataclass(frozen=True)
class NewDisk:
    """A disk of a new instance; ``size`` in MiB."""

    size: int
    mode: str = c.DISK_RDWR
    name: str | None = None
    vg: str | None = None
    spindles: int | None = None


@dataclass(frozen=True)
class NewInstance:
    """An instance that needs nodes; memory in MiB, NICs as they will be in the configuration."""

    name: str
    template: str
    hypervisor: str
    memory: int
    vcpus: int
    spindle_use: int
    disks: tuple[NewDisk, ...]
    nics: tuple[Nic, ...]
    os: str | None = None
    tags: tuple[str, ...] = ()
    group_name: str | None = None

    @property
    def required_nodes(self) -> int:
        """How many nodes it needs."""
        return nodes_needed(self.template)

    def to_wire(self, config: ConfigData) -> dict[str, Any]:
        """Return the instance as allocators read it."""
        return {
            "name": self.name,
            "disk_template": self.template,
            "group_name": self.group_name,
            "tags": list(self.tags),
            "os": self.os,
            "vcpus": self.vcpus,
            "memory": self.memory,
            "spindle_use": self.spindle_use,
            "disks": [self._disk_data(disk) for disk in self.disks],
            "disk_space_total": disk_usage_mib(self.template, [disk.size for disk in self.disks]),
            "nics": [self._nic_data(config, nic) for nic in self.nics],
            "required_nodes": self.required_nodes,
            "hypervisor": self.hypervisor,
        }

    def _disk_data(self, disk: NewDisk) -> dict[str, Any]:
        data: dict[str, Any] = {"dev_type": self.template, "size": disk.size, "mode": disk.mode, "name": disk.name}
        optional = {"vg": disk.vg, "spindles": disk.spindles}
        return {**data, **{key: value for key, value in optional.items() if value is not None}}

    @staticmethod
    def _nic_data(config: ConfigData, nic: Nic) -> dict[str, Any]:
        own: Mapping[str, Any] = {"network": nic.network, "name": nic.name, "nicparams": nic.nicparams}
        return {**nic_data(config, nic), **own}


@dataclass(frozen=True)
class Allocate(Request[tuple[Node, ...]]):
    """Nodes for a new instance, primary first; ``whitelist`` are the names of the only nodes that may be chosen."""

    MODE = c.IALLOCATOR_MODE_ALLOC

    instance: NewInstance
    whitelist: tuple[str, ...] | None = None

    def scope(self, config: ConfigData) -> Scope:
        return Scope(self.instance.hypervisor, self.instance.template)

    def to_wire(self, config: ConfigData) -> dict[str, Any]:
        data = self.instance.to_wire(config)
        return data if self.whitelist is None else {**data, "restrict-to-nodes": list(self.whitelist)}

    def parse_result(self, config: ConfigData, raw: Any) -> tuple[Node, ...]:
        return parse_nodes(config, raw, self.instance.required_nodes)


@dataclass(frozen=True)
class MultiAllocate(Request[MultiAllocation]):
    """Nodes for several new instances at once."""

    MODE = c.IALLOCATOR_MODE_MULTI_ALLOC

    instances: tuple[NewInstance, ...]

    def scope(self, config: ConfigData) -> Scope:
        return _default_scope(config)

    def to_wire(self, config: ConfigData) -> dict[str, Any]:
        return {"instances": [instance.to_wire(config) for instance in self.instances]}

    def parse_result(self, config: ConfigData, raw: Any) -> MultiAllocation:
        return parse_multi_allocation(config, raw, {item.name: item.required_nodes for item in self.instances})


@dataclass(frozen=True)
class Relocate(Request[Node]):
    """Another node for an instance: a secondary one where we mirror its disks, else a primary one."""

    MODE = c.IALLOCATOR_MODE_RELOC

    instance: Instance

    def check(self, config: ConfigData) -> None:
        disks = disks_of(config, self.instance)
        if not all(disk.dev_type in c.DTS_MIRRORED for disk in disks):
            raise OpPrereqError("Can't relocate non-mirrored instances", c.ECODE_INVAL)
        is_internal = any(disk.dev_type in c.DTS_INT_MIRROR for disk in disks)
        if is_internal and len(secondary_nodes_of(self.instance.primary_node, disks)) != 1:
            raise OpPrereqError("Instance has not exactly one secondary node", c.ECODE_STATE)

    def scope(self, config: ConfigData) -> Scope:
        return Scope(self.instance.hypervisor, disk_template_of(disks_of(config, self.instance)))

    def relocate_from(self, config: ConfigData) -> list[Node]:
        """Return the node that the instance leaves."""
        primary = self.instance.primary_node
        secondaries = secondary_nodes_of(primary, disks_of(config, self.instance))
        return [config.nodes[uuid] for uuid in secondaries or (primary,)]

    def to_wire(self, config: ConfigData) -> dict[str, Any]:
        disks = disks_of(config, self.instance)
        return {
            "name": self.instance.name,
            "disk_space_total": disk_usage_mib(disk_template_of(disks), [disk.size for disk in disks]),
            "required_nodes": 1,
            "relocate_from": [node.name for node in self.relocate_from(config)],
        }

    def parse_result(self, config: ConfigData, raw: Any) -> Node:
        chosen = parse_nodes(config, raw, 1)
        primary = config.nodes[self.instance.primary_node]
        check_same_groups(config, chosen, self.relocate_from(config), primary)
        return chosen[0]


@dataclass(frozen=True)
class NodeEvacuate(Request[Evacuation]):
    """Other nodes in the same group for instances, instead of their primary or secondary ones (*evac_mode*)."""

    MODE = c.IALLOCATOR_MODE_NODE_EVAC

    instances: tuple[Instance, ...]
    evac_mode: str
    ignore_soft_errors: bool = False

    def scope(self, config: ConfigData) -> Scope:
        return scope_of(config, self.instances)

    def to_wire(self, config: ConfigData) -> dict[str, Any]:
        return {"instances": _names(self.instances), "evac_mode": self.evac_mode}

    def options(self) -> dict[str, str | None]:
        return {_IGNORE_SOFT_ERRORS: None} if self.ignore_soft_errors else {}

    def parse_result(self, config: ConfigData, raw: Any) -> Evacuation:
        return parse_evacuation(config, raw, _names(self.instances))


@dataclass(frozen=True)
class ChangeGroup(Request[Evacuation]):
    """Nodes in other groups for instances; ``target_groups`` are UUIDs."""

    MODE = c.IALLOCATOR_MODE_CHG_GROUP

    instances: tuple[Instance, ...]
    target_groups: tuple[str, ...]

    def scope(self, config: ConfigData) -> Scope:
        return scope_of(config, self.instances)

    def to_wire(self, config: ConfigData) -> dict[str, Any]:
        return {"instances": _names(self.instances), "target_groups": list(self.target_groups)}

    def parse_result(self, config: ConfigData, raw: Any) -> Evacuation:
        return parse_evacuation(config, raw, _names(self.instances))


@dataclass(frozen=True)
class AllocateSecondary(Request[Node]):
    """A secondary node for an instance that has none."""

    MODE = c.IALLOCATOR_MODE_ALLOCATE_SECONDARY

    instance: Instance

    def scope(self, config: ConfigData) -> Scope:
        return Scope(self.instance.hypervisor, c.DT_DRBD8)

    def to_wire(self, config: ConfigData) -> dict[str, Any]:
        return {"name": self.instance.name}

    def parse_result(self, config: ConfigData, raw: Any) -> Node:
        return parse_secondary(config, raw)


def _names(instances: Sequence[Instance]) -> list[str]:
    return [instance.name for instance in instances]
