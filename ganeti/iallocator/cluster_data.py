"""The cluster as allocators see it: a pure function of a configuration snapshot and what nodes told."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ganeti import constants as c
from ganeti.iallocator.live import LiveData, Resources
from ganeti.objects import (
    ConfigData,
    Disk,
    Instance,
    Nic,
    Node,
    NodeGroup,
    disk_template_of,
    disks_of,
    nodes_of_instance,
)
from ganeti.objects.fill import fill_be, fill_ipolicy, fill_nd, fill_nic
from ganeti.objects.lookup import NamedT
from ganeti.objects.space import disk_usage_mib
from ganeti.utils.text import nice_sort_key


def cluster_data(config: ConfigData, live: LiveData) -> dict[str, Any]:
    """Return everything of a request but the request itself.

    A node that did not answer appears as offline: nothing can be put there now, and the others are not to blame.
    """
    cluster = config.cluster
    primaries: dict[str, list[Instance]] = defaultdict(list)
    instances = _in_order(config.instances)
    for instance in instances:
        primaries[instance.primary_node].append(instance)
    return {
        "version": c.IALLOCATOR_VERSION,
        "cluster_name": cluster.cluster_name,
        "cluster_tags": sorted(cluster.tags),
        "enabled_hypervisors": list(cluster.enabled_hypervisors),
        "ipolicy": cluster.ipolicy,
        "nodegroups": {group.uuid: _group_data(config, group) for group in _in_order(config.nodegroups)},
        "nodes": {node.name: node_data(config, node, live, primaries[node.uuid]) for node in _in_order(config.nodes)},
        "instances": {instance.name: instance_data(config, instance) for instance in instances},
    }


def _in_order(objects: Mapping[str, NamedT]) -> list[NamedT]:
    """Return objects in the order in which people see them: allocators break ties by it."""
    return sorted(objects.values(), key=lambda obj: nice_sort_key(obj.name))


def _group_data(config: ConfigData, group: NodeGroup) -> dict[str, Any]:
    return {
        "name": group.name,
        "alloc_policy": group.alloc_policy,
        "networks": sorted(group.networks),
        "ipolicy": fill_ipolicy(config.cluster, group.ipolicy),
        "tags": sorted(group.tags),
    }


def node_data(config: ConfigData, node: Node, live: LiveData, primaries: Sequence[Instance]) -> dict[str, Any]:
    """Return what is said of a node with these primary instances."""
    found = live.resources.get(node.uuid)
    return {
        "tags": sorted(node.tags),
        "primary_ip": node.primary_ip,
        "secondary_ip": node.secondary_ip,
        "offline": node.offline or node.uuid in live.silent,
        "drained": node.drained,
        "master_candidate": node.master_candidate,
        "group": node.group,
        "master_capable": node.master_capable,
        "vm_capable": node.vm_capable,
        "ndparams": fill_nd(config.cluster, config.nodegroups[node.group], node),
        **({} if found is None else _dynamic_data(config, found, primaries)),
    }


def _dynamic_data(config: ConfigData, found: Resources, primaries: Iterable[Instance]) -> dict[str, int]:
    """Return the resources of a node, free memory without what its instances may still claim."""
    of_primaries, of_running, claims = 0, 0, 0
    for instance in primaries:
        memory = int(fill_be(config.cluster, instance.beparams)[c.BE_MAXMEM])
        of_primaries += memory
        if instance.admin_state == c.ADMINST_UP and not instance.forthcoming:
            of_running += memory
            claims += max(0, memory - found.guests.get(instance.name, 0))
    return {
        "total_memory": found.total_memory,
        "reserved_memory": found.reserved_memory,
        "free_memory": found.free_memory - claims,
        "total_disk": found.total_disk,
        "free_disk": found.free_disk,
        "i_pri_memory": of_primaries,
        "i_pri_up_memory": of_running,
        "total_spindles": found.total_spindles,
        "free_spindles": found.free_spindles,
        "total_cpus": found.total_cpus,
        "reserved_cpus": found.reserved_cpus,
    }


def instance_data(config: ConfigData, instance: Instance) -> dict[str, Any]:
    """Return what is said of an instance."""
    disks = disks_of(config, instance)
    template = disk_template_of(disks)
    be = fill_be(config.cluster, instance.beparams)
    return {
        "tags": sorted(instance.tags),
        "admin_state": instance.admin_state,
        "vcpus": be[c.BE_VCPUS],
        "memory": be[c.BE_MAXMEM],
        "spindle_use": be[c.BE_SPINDLE_USE],
        "os": instance.os,
        "nodes": [config.nodes[uuid].name for uuid in nodes_of_instance(config, instance)],
        "nics": [nic_data(config, nic) for nic in instance.nics],
        "disks": [_disk_data(disk) for disk in disks],
        "disk_template": template,
        "disks_active": instance.disks_active,
        "hypervisor": instance.hypervisor,
        "forthcoming": instance.forthcoming,
        "disk_space_total": disk_usage_mib(template, [disk.size for disk in disks]),
    }


def nic_data(config: ConfigData, nic: Nic) -> dict[str, Any]:
    """Return what is said of a NIC."""
    params = fill_nic(config.cluster, nic.nicparams)
    data = {"mac": nic.mac, "ip": nic.ip, "mode": params.get(c.NIC_MODE), "link": params.get(c.NIC_LINK)}
    if params.get(c.NIC_MODE) == c.NIC_MODE_BRIDGED:
        data["bridge"] = params.get(c.NIC_LINK)
    return data


def _disk_data(disk: Disk) -> dict[str, Any]:
    return {"dev_type": disk.dev_type, "size": disk.size, "mode": disk.mode, "spindles": disk.spindles}
