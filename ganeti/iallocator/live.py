"""What nodes tell about their resources right now, as far as allocators are told: one call per procedure and node."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ganeti import constants as c
from ganeti.errors import OpExecError
from ganeti.objects import Cluster, ConfigData, Node
from ganeti.objects.fill import fill_nd
from ganeti.objects.space import default_unit
from ganeti.rpc import procedures
from ganeti.rpc.procedures.node import NodeInfo, StorageUnit

if TYPE_CHECKING:
    from ganeti.rpc.client import RpcClient

#: Storage types whose space is a property of the node; others look the same from everywhere and count as nothing.
_OWN_SPACE: Final = frozenset({c.ST_LVM_VG, c.ST_LVM_PV, c.ST_FILE})


@dataclass(frozen=True)
class Scope:
    """What the facts shall be about: memory and CPUs as a *hypervisor* sees them, space for disks of a *template*."""

    hypervisor: str
    template: str


@dataclass(frozen=True)
class Resources:
    """Resources of a node; memory and disk in MiB, ``guests`` is the memory that each running guest has now."""

    total_memory: int
    reserved_memory: int
    free_memory: int
    total_cpus: int
    reserved_cpus: int
    total_disk: int = 0
    free_disk: int = 0
    total_spindles: int = 0
    free_spindles: int = 0
    guests: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class LiveData:
    """Resources by the UUID of the node; ``silent`` tells why nodes that should have answered did not."""

    resources: Mapping[str, Resources]
    silent: Mapping[str, str] = field(default_factory=dict)


def storage_units(cluster: Cluster, template: str, *, is_exclusive: bool) -> list[StorageUnit]:
    """Return the units to ask a node about: the one of the template and, for LVM, its physical volumes (spindles)."""
    found = default_unit(cluster, template)
    if found is None or found[0] not in _OWN_SPACE:
        return []
    kind, key = found
    if kind == c.ST_LVM_VG:
        return [(kind, key, [is_exclusive]), (c.ST_LVM_PV, key, [is_exclusive])]
    return [(kind, key, [])]


def _number(node: str, report: Mapping[str, Any], key: str) -> int:
    """Return a number that a node reported; raises OpExecError."""
    if key not in report:
        raise OpExecError(f"Node '{node}' didn't return attribute '{key}'")
    value = report[key]
    if not isinstance(value, int) or isinstance(value, bool):
        raise OpExecError(f"Node '{node}' returned invalid value for '{key}': {value!r}")
    return value


def parse_resources(node: str, info: NodeInfo, guests: Mapping[str, Mapping[str, Any]]) -> Resources:
    """Return the resources in the answers of the node with this name.

    Raises OpExecError naming node and attribute if something is missing or no number.
    """
    _, units, hypervisors = info
    host = (hypervisors or [None])[0] or {}
    volumes = next((unit for unit in units if unit.get("type") == c.ST_LVM_PV), None)
    disk = next((unit for unit in units if unit.get("type") != c.ST_LVM_PV), None)
    return Resources(
        total_memory=_number(node, host, "memory_total"),
        reserved_memory=_number(node, host, "memory_dom0"),
        free_memory=_number(node, host, "memory_free"),
        total_cpus=_number(node, host, "cpu_total"),
        reserved_cpus=_number(node, host, "cpu_dom0"),
        total_disk=_number(node, disk, "storage_size") if disk else 0,
        free_disk=_number(node, disk, "storage_free") if disk else 0,
        total_spindles=_number(node, volumes, "storage_size") if volumes else 0,
        free_spindles=_number(node, volumes, "storage_free") if volumes else 0,
        guests={name: _number(node, guest, "memory") for name, guest in guests.items()},
    )


def askable_nodes(config: ConfigData) -> list[Node]:
    """Return the nodes that can have instances and should answer."""
    return [node for node in config.nodes.values() if node.vm_capable and not node.offline]


def gather(rpc: "RpcClient", config: ConfigData, scope: Scope) -> LiveData:
    """Ask all nodes that can have instances.

    Raises OpExecError for an answer that makes no sense; nodes that do not answer are in ``silent``.
    """
    nodes = {node.uuid: node for node in askable_nodes(config)}
    infos = rpc.call_each(procedures.node_info, _info_arguments(config, nodes.values(), scope))
    cluster = config.cluster
    hypervisors = list(cluster.enabled_hypervisors)
    hvparams = {name: cluster.hvparams.get(name, {}) for name in hypervisors}
    answering = [uuid for uuid, info in infos.items() if not info.fail_msg]
    guests = rpc.call(answering, procedures.all_instances_info, hypervisors, hvparams)
    failed = {uuid: answer.fail_msg for answers in (infos, guests) for uuid, answer in answers.items()}
    return LiveData(
        {
            uuid: parse_resources(nodes[uuid].name, infos[uuid].payload, answer.payload)
            for uuid, answer in guests.items()
            if not answer.fail_msg
        },
        {uuid: text for uuid, text in failed.items() if text},
    )


def _info_arguments(config: ConfigData, nodes: Iterable[Node], scope: Scope) -> dict[str, tuple[Any, Any]]:
    """Return the arguments of ``node_info`` for each node: exclusive storage is a matter of the node."""
    cluster = config.cluster
    specs = [(scope.hypervisor, cluster.hvparams.get(scope.hypervisor, {}))]
    arguments = {}
    for node in nodes:
        params = fill_nd(cluster, config.nodegroups[node.group], node)
        is_exclusive = bool(params.get(c.ND_EXCLUSIVE_STORAGE))
        arguments[node.uuid] = (storage_units(cluster, scope.template, is_exclusive=is_exclusive), specs)
    return arguments
