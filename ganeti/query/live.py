"""Gather live data for queries: at most one call to each node, all nodes in parallel."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ganeti import constants as c
from ganeti.objects import Instance, Node, fill
from ganeti.objects.guest import GuestState
from ganeti.objects.space import default_unit
from ganeti.objects.to_wire import console_request
from ganeti.query.instance_fields import InstanceItem
from ganeti.query.node_fields import NodeLive
from ganeti.query.os_fields import OsOnNode
from ganeti.query.status import Sighting
from ganeti.query.view import View
from ganeti.rpc import procedures
from ganeti.rpc.procedures.storage import FoundProvider

if TYPE_CHECKING:
    from ganeti.rpc.client import RpcClient
    from ganeti.rpc.sharing import SharedCalls

StorageUnit = tuple[str, str, list[Any]]


def storage_units(view: View, *, is_exclusive: bool) -> list[StorageUnit]:
    """Return the storage units to ask a node about: the default one of each enabled template, and the VG's volumes.

    *is_exclusive*: each logical volume of the node has physical volumes of its own.
    """
    cluster = view.cluster
    units: list[StorageUnit] = []
    for template in cluster.enabled_disk_templates:
        found = default_unit(cluster, template)
        if found is None:
            continue
        kind, key = found
        unit: StorageUnit = (kind, key, [is_exclusive] if kind == c.ST_LVM_VG else [])
        if unit not in units:
            units.append(unit)
    if any(unit[0] == c.ST_LVM_VG for unit in units) and cluster.volume_group_name:
        units.append((c.ST_LVM_PV, cluster.volume_group_name, [is_exclusive]))
    return units


def _has_exclusive_storage(view: View, node: Node) -> bool:
    group = view.config.nodegroups.get(node.group)
    return bool(group and fill.fill_nd(view.cluster, group, node).get(c.ND_EXCLUSIVE_STORAGE))


def gather_nodes(
    calls: "SharedCalls", view: View, nodes: Iterable[Node], *, hypervisor: bool, storage: bool
) -> dict[str, NodeLive]:
    """Return what each of the nodes reports; those that do not answer, are offline or hold no instances are missing."""
    cluster = view.cluster
    name = cluster.primary_hypervisor
    specs = [(name, cluster.hvparams.get(name, {}))] if hypervisor else []
    questions = {
        is_exclusive: (storage_units(view, is_exclusive=is_exclusive) if storage else [], specs)
        for is_exclusive in (False, True)
    }
    asked = {
        node.uuid: questions[_has_exclusive_storage(view, node)]
        for node in nodes
        if node.vm_capable and not node.offline
    }
    answers = calls.call_each(procedures.node_info, asked, concerns_others=storage)
    return {
        uuid: NodeLive(
            bootid=answer.payload[0],
            storage=tuple(unit for unit in answer.payload[1] if unit),
            hypervisor=(answer.payload[2] or [None])[0] or {},
        )
        for uuid, answer in answers.items()
        if answer.payload and not answer.fail_msg
    }


def gather_instances(calls: "SharedCalls", view: View, instances: Sequence[Instance]) -> dict[str, InstanceItem]:
    """Return the instances by UUID with their state as the primary nodes of all of them see it."""
    hypervisors = sorted({instance.hypervisor for instance in instances})
    nodes = view.config.nodes
    primaries = {instance.primary_node for instance in instances}
    online = [uuid for uuid in primaries if uuid in nodes and not nodes[uuid].offline]
    hvparams = {name: view.cluster.hvparams.get(name, {}) for name in hypervisors}
    question = (hypervisors, hvparams)
    answers = calls.call_each(procedures.all_instances_info, dict.fromkeys(online, question), concerns_others=False)
    reports: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    failed = set()
    for uuid, answer in answers.items():
        if answer.fail_msg or answer.payload is None:
            failed.add(uuid)
            continue
        for name, info in answer.payload.items():
            reports[name][uuid] = info
    return {instance.uuid: _item(view, instance, reports.get(instance.name, {}), failed) for instance in instances}


def _item(view: View, instance: Instance, reports: Mapping[str, Mapping[str, Any]], failed: set[str]) -> InstanceItem:
    primary = view.config.nodes.get(instance.primary_node)
    on_primary = reports.get(instance.primary_node)
    running = on_primary if on_primary is not None else next(iter(reports.values()), None)
    seen = Sighting(
        on_primary=on_primary is not None,
        elsewhere=any(uuid != instance.primary_node for uuid in reports),
        is_shut_down=on_primary is not None and on_primary.get("state") == GuestState.SHUTDOWN,
        primary_failed=instance.primary_node in failed,
        primary_offline=bool(primary and primary.offline),
    )
    return InstanceItem(view, instance, seen, running)


def add_consoles(rpc: "RpcClient", view: View, items: Sequence[InstanceItem]) -> None:
    """Ask the primary nodes of running instances how to reach their consoles."""
    requests: dict[str, dict[str, Any]] = defaultdict(dict)
    for item in items:
        if item.seen.on_primary:
            requests[item.instance.primary_node][item.instance.name] = console_request(view.config, item.instance)
    answers = rpc.call_each(procedures.instance_console_info, {uuid: (body,) for uuid, body in requests.items()})
    for item in items:
        answer = answers.get(item.instance.primary_node)
        if answer is not None and not answer.fail_msg and answer.payload:
            item.console = answer.payload.get(item.instance.name)


def gather_oses(rpc: "RpcClient", view: View) -> dict[str, list[tuple[str, OsOnNode]]]:
    """Return (name, definition) of each OS found, by the UUID of every vm_capable node that answered."""
    asked = [node.uuid for node in view.config.nodes.values() if node.vm_capable and not node.offline]
    answers = rpc.call(asked, procedures.os_diagnose)
    return {
        uuid: [(row[0], _os_on_node(row)) for row in answer.payload]
        for uuid, answer in answers.items()
        if not answer.fail_msg and answer.payload is not None
    }


def gather_providers(rpc: "RpcClient", view: View) -> dict[str, list[FoundProvider]]:
    """Return the providers of external storage found, by the UUID of every vm_capable node that answered."""
    asked = [node.uuid for node in view.config.nodes.values() if node.vm_capable and not node.offline]
    answers = rpc.call(asked, procedures.extstorage_diagnose)
    return {uuid: answer.payload for uuid, answer in answers.items() if not answer.fail_msg}


def _os_on_node(row: Sequence[Any]) -> OsOnNode:
    _, path, is_valid, diagnosis, variants, parameters, versions, is_trusted = row
    return OsOnNode(
        path=path,
        is_valid=is_valid,
        diagnosis=diagnosis,
        variants=tuple(variants or ()),
        parameters=tuple((param[0], param[1]) for param in parameters or ()),
        api_versions=tuple(versions or ()),
        is_trusted=is_trusted,
    )


def gather_exports(rpc: "RpcClient", nodes: Iterable[Node]) -> dict[str, list[str]]:
    """Return the exports of each of the nodes; nodes that are offline or do not answer are missing."""
    answers = rpc.call([node.uuid for node in nodes if not node.offline], procedures.export_list)
    return {uuid: answer.payload for uuid, answer in answers.items() if not answer.fail_msg}


def gather_watcher_pause(rpc: "RpcClient", view: View) -> float | None:
    """Return the end of the watcher's pause as the master knows it, None if it is not paused or did not answer."""
    answer = rpc.call_one(view.cluster.master_node, procedures.get_watcher_pause)
    return None if answer.fail_msg else answer.payload
