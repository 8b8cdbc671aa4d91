"""Parameter inheritance: what is in force for an object, from the cluster's defaults down to its own settings."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ganeti import constants as c
from ganeti.objects.base import Params
from ganeti.objects.cluster import Cluster
from ganeti.objects.instance import Disk, Instance, Nic
from ganeti.objects.node import Node, NodeGroup
from ganeti.types import Private


def fill(defaults: Mapping[str, Any], own: Mapping[str, Any], skip: Iterable[str] = ()) -> Params:
    """Return *defaults* overlaid by *own*, without the keys in *skip*."""
    result = {**defaults, **own}
    for key in skip:
        result.pop(key, None)
    return result


def hvparams_of(cluster: Cluster, hypervisor: str, os: str, own: Mapping[str, Any], *, skip_globals: bool) -> Params:
    """Return hypervisor parameters in force: cluster, then the OS (full name with variant), then *own*.

    *skip_globals* drops those that can only be set for the whole cluster.
    """
    skip = c.HVC_GLOBALS if skip_globals else ()
    os_level = cluster.os_hvp.get(os, {}).get(hypervisor, {})
    return fill({**cluster.hvparams.get(hypervisor, {}), **os_level}, own, skip)


def fill_instance_hv(cluster: Cluster, instance: Instance, *, skip_globals: bool = False) -> Params:
    """Return the hypervisor parameters in force for an instance."""
    return hvparams_of(cluster, instance.hypervisor, instance.os, instance.hvparams, skip_globals=skip_globals)


def fill_be(cluster: Cluster, own: Mapping[str, Any]) -> Params:
    """Return backend parameters in force, *own* being those of the instance."""
    return fill(cluster.beparams.get(c.PP_DEFAULT, {}), own)


def fill_nic(cluster: Cluster, own: Mapping[str, Any]) -> Params:
    """Return NIC parameters in force, *own* being those of the NIC."""
    return fill(cluster.nicparams.get(c.PP_DEFAULT, {}), own)


def os_base_name(name: str) -> str:
    """Return the name of an OS definition without its variant."""
    return name.partition("+")[0]


def fill_os(cluster: Cluster, os: str, own: Mapping[str, Any]) -> Params:
    """Return public OS parameters in force: of the OS, of its variant, then *own*."""
    return {**cluster.osparams.get(os_base_name(os), {}), **cluster.osparams.get(os, {}), **own}


def fill_os_private(cluster: Cluster, os: str, own: Mapping[str, Private[Any]]) -> dict[str, Private[Any]]:
    """Return private OS parameters in force, by the same levels as fill_os."""
    levels = cluster.osparams_private_cluster
    return {**levels.get(os_base_name(os), {}), **levels.get(os, {}), **own}


def fill_nd(cluster: Cluster, group: NodeGroup, node: Node) -> Params:
    """Return the parameters in force for a node."""
    return {**cluster.ndparams, **group.ndparams, **node.ndparams}


def fill_nd_group(cluster: Cluster, group: NodeGroup) -> Params:
    """Return the node parameters in force for the nodes of a group that set none themselves."""
    return {**cluster.ndparams, **group.ndparams}


def fill_ipolicy(cluster: Cluster, own: Mapping[str, Any]) -> Params:
    """Return the instance policy of a group: its keys replace those of the cluster as a whole; std stays global."""
    return fill(cluster.ipolicy, {key: value for key, value in own.items() if key != c.ISPECS_STD})


def diskparams_of(cluster: Cluster, group: NodeGroup, template: str) -> Params:
    """Return the disk parameters of a *template* in force for instances whose primary node is in *group*."""
    return {**cluster.diskparams.get(template, {}), **group.diskparams.get(template, {})}


#: Device-level names of template parameters whose names differ.
_DRBD_DEVICE: Final = {
    c.DRBD_RESYNC_RATE: c.LDP_RESYNC_RATE,
    c.DRBD_DISK_BARRIERS: c.LDP_BARRIERS,
    c.DRBD_META_BARRIERS: c.LDP_NO_META_FLUSH,
    c.DRBD_DEFAULT_METAVG: c.LDP_DEFAULT_METAVG,
    c.DRBD_DISK_CUSTOM: c.LDP_DISK_CUSTOM,
    c.DRBD_NET_CUSTOM: c.LDP_NET_CUSTOM,
    c.DRBD_PROTOCOL: c.LDP_PROTOCOL,
    c.DRBD_DYNAMIC_RESYNC: c.LDP_DYNAMIC_RESYNC,
    c.DRBD_PLAN_AHEAD: c.LDP_PLAN_AHEAD,
    c.DRBD_FILL_TARGET: c.LDP_FILL_TARGET,
    c.DRBD_DELAY_TARGET: c.LDP_DELAY_TARGET,
    c.DRBD_MAX_RATE: c.LDP_MAX_RATE,
    c.DRBD_MIN_RATE: c.LDP_MIN_RATE,
}


def device_params(template: str, params: Mapping[str, Any]) -> tuple[Params, tuple[Params, ...]]:
    """Return (parameters of the device, parameters of each child) at device level from those of its *template*."""
    if template == c.DT_DRBD8:
        device = {_DRBD_DEVICE[key]: value for key, value in params.items() if key in _DRBD_DEVICE}
        children = tuple({c.LDP_STRIPES: params[key]} for key in (c.DRBD_DATA_STRIPES, c.DRBD_META_STRIPES))
        return device, children
    if template == c.DT_PLAIN:
        return {c.LDP_STRIPES: params[c.LV_STRIPES]}, ()
    return dict(params), ()


def secondary_ips(nodes: Mapping[str, Node], uuids: Iterable[str]) -> dict[str, str]:
    """Return the secondary IP of each of the nodes that exist."""
    return {uuid: nodes[uuid].secondary_ip for uuid in uuids if uuid in nodes}


def filled_nics(cluster: Cluster, nics: Iterable[Nic]) -> list[tuple[Nic, Params]]:
    """Return each NIC with its parameters in force."""
    return [(nic, fill_nic(cluster, nic.nicparams)) for nic in nics]


def total_disk_mib(disks: Iterable[Disk]) -> int:
    """Return the sum of the sizes of the disks as the instance sees them."""
    return sum(disk.size for disk in disks)
