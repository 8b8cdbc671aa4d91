"""Turn configuration objects into what nodes get to see."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ganeti import constants as c
from ganeti import errors
from ganeti.objects import fill
from ganeti.objects.base import Params, to_clear_builtins
from ganeti.objects.config import ConfigData
from ganeti.objects.instance import Disk, Instance, Nic, disk_template_of, secondary_nodes_of
from ganeti.objects.wire import MasterNetworkParameters, WireDisk, WireInstance, WireNic


def wire_nic(config: ConfigData, nic: Nic) -> WireNic:
    """Return the NIC with its parameters in force and its network's fields."""
    network = config.networks.get(nic.network) if nic.network else None
    return WireNic(
        uuid=nic.uuid,
        mac=nic.mac,
        nicparams=fill.fill_nic(config.cluster, nic.nicparams),
        ip=nic.ip,
        network=nic.network,
        netinfo=to_clear_builtins(network) if network else None,
        name=nic.name,
        pci=nic.pci,
        hvinfo=nic.hvinfo,
    )


def _dynamic_params(config: ConfigData, disk: Disk, target: str) -> Params:
    """Return the addresses and minors of a DRBD disk as seen from the node *target*, {} if it has no part in it.

    Raises ConfigurationError if one of the disk's nodes does not exist.
    """
    if disk.dev_type != c.DT_DRBD8 or target not in disk.logical_id[:2]:
        return {}
    first, second, _, first_minor, second_minor, _ = disk.logical_id
    local, remote = (first, second) if target == first else (second, first)
    minors = (first_minor, second_minor) if target == first else (second_minor, first_minor)
    for uuid in (local, remote):
        if uuid not in config.nodes:
            raise errors.ConfigurationError(f"Node {uuid} of disk {disk.uuid} does not exist")
    return {
        c.DDP_LOCAL_IP: config.nodes[local].secondary_ip,
        c.DDP_REMOTE_IP: config.nodes[remote].secondary_ip,
        c.DDP_LOCAL_MINOR: minors[0],
        c.DDP_REMOTE_MINOR: minors[1],
    }


def _wire_tree(config: ConfigData, disk: Disk, target: str, own: Params, children: Sequence[Params]) -> WireDisk:
    return WireDisk(
        uuid=disk.uuid,
        dev_type=disk.dev_type,
        logical_id=disk.logical_id,
        size=disk.size,
        mode=disk.mode,
        iv_name=disk.iv_name,
        name=disk.name,
        nodes=disk.nodes,
        children=tuple(
            _wire_tree(config, child, target, {**params, **child.params}, ())
            for child, params in zip(disk.children, [*children, *[{}] * len(disk.children)], strict=False)
        ),
        params={**own, **disk.params},
        dynamic_params=_dynamic_params(config, disk, target),
        spindles=disk.spindles,
        pci=disk.pci,
        hvinfo=disk.hvinfo,
        serial_no=disk.serial_no,
    )


def wire_disk(config: ConfigData, disk: Disk, primary_node: str, target: str) -> WireDisk:
    """Return a disk for the node *target*, with the disk parameters of the group of the instance's *primary_node*.

    Raises ConfigurationError if a node does not exist.
    """
    node = config.nodes.get(primary_node)
    if node is None:
        raise errors.ConfigurationError(f"Primary node {primary_node} of disk {disk.uuid} does not exist")
    template_params = fill.diskparams_of(config.cluster, config.nodegroups[node.group], disk.dev_type)
    own, children = fill.device_params(disk.dev_type, template_params)
    return _wire_tree(config, disk, target, own, children)


def wire_disks(config: ConfigData, disks: Sequence[Disk], primary_node: str, target: str) -> list[WireDisk]:
    """Return several disks for the node *target*, in order."""
    return [wire_disk(config, disk, primary_node, target) for disk in disks]


def wire_instance(
    config: ConfigData,
    instance: Instance,
    target: str,
    *,
    hvparams: Mapping[str, Any] | None = None,
    beparams: Mapping[str, Any] | None = None,
    osparams: Mapping[str, Any] | None = None,
    disks: Sequence[Disk] | None = None,
) -> WireInstance:
    """Return an instance for the node *target*, all parameters filled.

    *hvparams*, *beparams*, *osparams* are laid on top for this call only; *osparams* may hold private and secret
    values. *disks* replaces the disks that the configuration knows (an instance that is not in it yet).
    """
    cluster = config.cluster
    if disks is None:
        disks = [config.disks[uuid] for uuid in instance.disks]
    return WireInstance(
        uuid=instance.uuid,
        name=instance.name,
        primary_node=instance.primary_node,
        os=instance.os,
        hypervisor=instance.hypervisor,
        hvparams={**fill.fill_instance_hv(cluster, instance), **(hvparams or {})},
        beparams={**fill.fill_be(cluster, instance.beparams), **(beparams or {})},
        osparams={**fill.fill_os(cluster, instance.os, instance.osparams), **(osparams or {})},
        osparams_private=instance.osparams_private,
        admin_state=instance.admin_state,
        admin_state_source=instance.admin_state_source,
        disk_template=disk_template_of(list(disks)),
        disks=tuple(disk.uuid for disk in disks),
        disks_active=instance.disks_active,
        disks_info=tuple(wire_disks(config, disks, instance.primary_node, target)),
        nics=tuple(wire_nic(config, nic) for nic in instance.nics),
        secondary_nodes=secondary_nodes_of(instance.primary_node, list(disks)),
        network_port=instance.network_port,
        forthcoming=instance.forthcoming,
        tags=instance.tags,
        serial_no=instance.serial_no,
        ctime=instance.ctime,
        mtime=instance.mtime,
    )


def master_network_parameters(config: ConfigData) -> MasterNetworkParameters:
    """Return what a node needs to set the master IP address up."""
    cluster = config.cluster
    return MasterNetworkParameters(
        uuid=cluster.master_node,
        ip=cluster.master_ip,
        netmask=cluster.master_netmask,
        netdev=cluster.master_netdev,
        ip_family=cluster.primary_ip_family,
    )


def replace_disk_path(disk: WireDisk, logical_id: tuple[Any, ...]) -> WireDisk:
    """Return the disk under another logical id."""
    return msgspec.structs.replace(disk, logical_id=logical_id)


def console_request(config: ConfigData, instance: Instance) -> dict[str, Any]:
    """Return what a node needs to say how to reach the console of an instance."""
    node = config.nodes[instance.primary_node]
    return {
        "instance": to_clear_builtins(wire_instance(config, instance, instance.primary_node)),
        "node": to_clear_builtins(node),
        "group": to_clear_builtins(config.nodegroups[node.group]),
        "hvParams": fill.fill_instance_hv(config.cluster, instance),
        "beParams": fill.fill_be(config.cluster, instance.beparams),
    }
