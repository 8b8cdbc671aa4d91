"""Fields of nodes, node groups and networks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from ganeti import constants as c
from ganeti.objects import Node, NodeGroup, fill
from ganeti.query.fields import (
    NODATA,
    OFFLINE,
    UNAVAIL,
    Field,
    FilterMode,
    Resource,
    common_fields,
    parameter_fields,
    table,
)
from ganeti.query.view import View

NEEDS_NODE: Final = frozenset({"node"})
NEEDS_HYPERVISOR: Final = frozenset({"node", "hypervisor"})
NEEDS_STORAGE: Final = frozenset({"node", "storage"})


@dataclass(frozen=True)
class NodeLive:
    """What a node reported: boot id, hypervisor facts, and storage units in the order asked for."""

    bootid: str | None = None
    hypervisor: Mapping[str, Any] = field(default_factory=dict)
    storage: tuple[Mapping[str, Any], ...] = ()


class NodeItem:
    """A node with what its fields show; *live* is None if it did not answer."""

    def __init__(self, view: View, node: Node, live: NodeLive | None = None) -> None:
        self.view = view
        self.node = node
        self.live = live

    @property
    def group(self) -> NodeGroup | None:
        """The group of the node."""
        return self.view.config.nodegroups.get(self.node.group)

    @cached_property
    def ndparams(self) -> dict[str, Any]:
        """Node parameters in force."""
        group = self.group
        return fill.fill_nd(self.view.cluster, group, self.node) if group else {}


class GroupItem:
    """A node group with what its fields show."""

    def __init__(self, view: View, group: NodeGroup) -> None:
        self.view = view
        self.group = group

    @property
    def members(self) -> list[Node]:
        """Nodes of the group in natural order."""
        return self.view.members.get(self.group.uuid, [])

    @cached_property
    def ndparams(self) -> dict[str, Any]:
        """Node parameters in force for nodes that set none."""
        return fill.fill_nd_group(self.view.cluster, self.group)

    @cached_property
    def instances(self) -> list[str]:
        """Names of the instances with their primary node in the group."""
        return [inst.name for node in self.members for inst in self.view.primaries.get(node.uuid, ())]


def _live(value: Callable[[NodeLive], Any]) -> Callable[[NodeItem], Any]:
    def one(item: NodeItem) -> Any:
        if item.node.offline:
            return OFFLINE
        if not item.node.vm_capable:
            return UNAVAIL
        found = value(item.live) if item.live is not None else None
        return NODATA if found is None else found

    return one


def _storage(key: str, *, of_pv: bool) -> Callable[[NodeLive], Any]:
    """Return a function that finds a value of the first storage unit of the wanted kind."""

    def value(live: NodeLive) -> Any:
        for unit in live.storage:
            if (unit.get("type") == c.ST_LVM_PV) == of_pv:
                return unit.get(key)
        return None

    return value


def _live_fields() -> list[Field[NodeItem]]:
    def hypervisor(name: str, title: str, kind: str, key: str, doc: str) -> Field[NodeItem]:
        return Field(name, title, kind, doc, _live(lambda live: live.hypervisor.get(key)), NEEDS_HYPERVISOR)

    def storage(name: str, title: str, kind: str, key: str, doc: str, *, of_pv: bool) -> Field[NodeItem]:
        return Field(name, title, kind, doc, _live(_storage(key, of_pv=of_pv)), NEEDS_STORAGE)

    return [
        Field(
            "bootid",
            "BootID",
            c.QFT_TEXT,
            "Random UUID of the current boot",
            _live(lambda live: live.bootid),
            NEEDS_NODE,
        ),
        hypervisor("cnodes", "CNodes", c.QFT_NUMBER, "cpu_nodes", "NUMA nodes"),
        hypervisor("cnos", "CNOs", c.QFT_NUMBER, "cpu_dom0", "Logical CPUs of the node itself"),
        hypervisor("csockets", "CSockets", c.QFT_NUMBER, "cpu_sockets", "CPU sockets"),
        hypervisor("ctotal", "CTotal", c.QFT_NUMBER, "cpu_total", "Logical CPUs"),
        hypervisor("mtotal", "MTotal", c.QFT_UNIT, "memory_total", "Memory of the machine"),
        hypervisor("mnode", "MNode", c.QFT_UNIT, "memory_dom0", "Memory used by the node itself"),
        hypervisor("mfree", "MFree", c.QFT_UNIT, "memory_free", "Memory free for instances"),
        storage("dtotal", "DTotal", c.QFT_UNIT, "storage_size", "Size of the default storage", of_pv=False),
        storage("dfree", "DFree", c.QFT_UNIT, "storage_free", "Free space of the default storage", of_pv=False),
        storage("sptotal", "SpTotal", c.QFT_NUMBER, "storage_size", "Physical volumes", of_pv=True),
        storage("spfree", "SpFree", c.QFT_NUMBER, "storage_free", "Free physical volumes", of_pv=True),
    ]


def _flag(name: str, title: str, doc: str, value: Callable[[NodeItem], bool]) -> Field[NodeItem]:
    return Field(name, title, c.QFT_BOOL, doc, value)


def _node_fields() -> list[Field[NodeItem]]:
    return [
        Field("name", "Node", c.QFT_TEXT, "Node name", lambda item: item.node.name, mode=FilterMode.HOSTNAME),
        Field("pip", "PrimaryIP", c.QFT_TEXT, "Primary IP address", lambda item: item.node.primary_ip),
        Field("sip", "SecondaryIP", c.QFT_TEXT, "Secondary IP address", lambda item: item.node.secondary_ip),
        Field(
            "role",
            "Role",
            c.QFT_TEXT,
            "Role: M master, C candidate, R regular, D drained, O offline",
            lambda item: item.node.role(item.view.cluster.master_node),
        ),
        Field("group", "Group", c.QFT_TEXT, "Node group", lambda item: item.group.name if item.group else NODATA),
        Field("group.uuid", "GroupUUID", c.QFT_TEXT, "UUID of the node group", lambda item: item.node.group),
        _flag("master", "IsMaster", "Whether it is the master", lambda i: i.node.uuid == i.view.cluster.master_node),
        _flag("master_candidate", "MasterC", "Whether it is a candidate", lambda item: item.node.master_candidate),
        _flag("master_capable", "MasterCapable", "Whether it may be master", lambda item: item.node.master_capable),
        _flag("vm_capable", "VMCapable", "Whether it may hold instances", lambda item: item.node.vm_capable),
        _flag("offline", "Offline", "Whether it is marked offline", lambda item: item.node.offline),
        _flag("drained", "Drained", "Whether it gets no new instances", lambda item: item.node.drained),
        Field(
            "powered",
            "Powered",
            c.QFT_BOOL,
            "Whether it was last switched on or off",
            lambda item: item.node.powered if item.ndparams.get(c.ND_OOB_PROGRAM) else UNAVAIL,
        ),
        Field("hv_state", "HypervisorState", c.QFT_OTHER, "State of the hypervisor", lambda item: UNAVAIL),
        Field("disk_state", "DiskState", c.QFT_OTHER, "State of the disks", lambda item: UNAVAIL),
        Field("ndparams", "NodeParameters", c.QFT_OTHER, "Node parameters in force", lambda item: item.ndparams),
        Field(
            "custom_ndparams",
            "CustomNodeParameters",
            c.QFT_OTHER,
            "Parameters set for the node",
            lambda item: item.node.ndparams,
        ),
        *_instance_counts(),
    ]


def _instance_counts() -> list[Field[NodeItem]]:
    def primaries(item: NodeItem) -> list[str]:
        return [inst.name for inst in item.view.primaries.get(item.node.uuid, ())]

    def secondaries(item: NodeItem) -> list[str]:
        return [inst.name for inst in item.view.secondaries.get(item.node.uuid, ())]

    return [
        Field("pinst_cnt", "Pinst", c.QFT_NUMBER, "Number of primary instances", lambda item: len(primaries(item))),
        Field("pinst_list", "PriInstances", c.QFT_OTHER, "Primary instances", primaries),
        Field("sinst_cnt", "Sinst", c.QFT_NUMBER, "Number of secondary instances", lambda i: len(secondaries(i))),
        Field("sinst_list", "SecInstances", c.QFT_OTHER, "Secondary instances", secondaries),
    ]


def _node_parameter(name: str) -> Callable[[NodeItem], Any]:
    return lambda item: item.ndparams.get(name, UNAVAIL)


NODES: Final = Resource(
    c.QR_NODE,
    "name",
    table(
        [
            *_node_fields(),
            *common_fields("node", lambda item: item.node),
            *_live_fields(),
            *parameter_fields("ndp", c.NDS_PARAMETER_TYPES, c.NDS_PARAMETER_TITLES, "node", _node_parameter),
        ]
    ),
)


def _group_fields() -> list[Field[GroupItem]]:
    return [
        Field("name", "Group", c.QFT_TEXT, "Group name", lambda item: item.group.name),
        Field("alloc_policy", "AllocPolicy", c.QFT_TEXT, "Allocation policy", lambda item: item.group.alloc_policy),
        Field("node_cnt", "Nodes", c.QFT_NUMBER, "Number of nodes", lambda item: len(item.members)),
        Field("node_list", "NodeList", c.QFT_OTHER, "Nodes", lambda item: [node.name for node in item.members]),
        Field("pinst_cnt", "Instances", c.QFT_NUMBER, "Number of primary instances", lambda i: len(i.instances)),
        Field("pinst_list", "InstanceList", c.QFT_OTHER, "Primary instances", lambda item: item.instances),
        Field("ndparams", "NDParams", c.QFT_OTHER, "Node parameters in force", lambda item: item.ndparams),
        Field("custom_ndparams", "CustomNDParams", c.QFT_OTHER, "Node parameters set", lambda i: i.group.ndparams),
        Field(
            "ipolicy",
            "InstancePolicy",
            c.QFT_OTHER,
            "Instance policy in force",
            lambda item: fill.fill_ipolicy(item.view.cluster, item.group.ipolicy),
        ),
        Field(
            "custom_ipolicy",
            "CustomInstancePolicy",
            c.QFT_OTHER,
            "Instance policy set for the group",
            lambda item: item.group.ipolicy,
        ),
        Field(
            "diskparams",
            "DiskParameters",
            c.QFT_OTHER,
            "Disk parameters in force",
            lambda item: {
                name: fill.diskparams_of(item.view.cluster, item.group, name) for name in item.view.cluster.diskparams
            },
        ),
        Field(
            "custom_diskparams",
            "CustomDiskParameters",
            c.QFT_OTHER,
            "Disk parameters set for the group",
            lambda item: item.group.diskparams,
        ),
    ]


def _group_parameter(name: str) -> Callable[[GroupItem], Any]:
    return lambda item: item.ndparams.get(name, UNAVAIL)


GROUPS: Final = Resource(
    c.QR_GROUP,
    "name",
    table(
        [
            *_group_fields(),
            *common_fields("group", lambda item: item.group),
            *parameter_fields("ndp", c.NDS_PARAMETER_TYPES, c.NDS_PARAMETER_TITLES, "node", _group_parameter),
        ]
    ),
)
