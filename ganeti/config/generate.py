"""A valid configuration of any size, for benchmarks and tests. The same numbers give the same configuration."""

import ipaddress
from typing import Final

from ganeti import constants as c
from ganeti import hvparams
from ganeti.objects import Cluster, ConfigData, DataCollector, Disk, Instance, Nic, Node, NodeGroup

#: Kinds of objects in the generated UUIDs, so that they never collide.
_CLUSTER, _GROUP, _NODE, _INSTANCE, _DISK, _NIC, _DATA_LV, _META_LV = range(1, 9)
_EPOCH: Final = 1_700_000_000.0
_FIRST_NODE_IP: Final = int(ipaddress.IPv4Address("10.0.0.10"))
_FIRST_SECONDARY_IP: Final = int(ipaddress.IPv4Address("10.128.0.10"))
_META_SIZE_MIB: Final = 128


def make_uuid(kind: int, number: int) -> str:
    """Return the UUID of an object."""
    return f"{kind:08x}-0000-4000-8000-{number:012x}"


def node_uuid(number: int) -> str:
    """Return the UUID of a node; they are counted from 0."""
    return make_uuid(_NODE, number)


def instance_uuid(number: int) -> str:
    """Return the UUID of an instance; they are counted from 0."""
    return make_uuid(_INSTANCE, number)


def _cluster(nodes: int, highest_port: int, templates: tuple[str, ...], hypervisor: str) -> Cluster:
    candidates = min(nodes, c.MASTER_POOL_SIZE_DEFAULT)
    return Cluster(
        uuid=make_uuid(_CLUSTER, 0),
        ctime=_EPOCH,
        mtime=_EPOCH,
        cluster_name="cluster.example.com",
        master_node=node_uuid(0),
        master_ip="10.0.0.1",
        master_netdev="br0",
        rsahostkeypub="AAAA",
        highest_used_port=highest_port,
        volume_group_name=c.DEFAULT_VG,
        drbd_usermode_helper=c.DEFAULT_DRBD_HELPER,
        enabled_hypervisors=(hypervisor,),
        hvparams={name: hvparams.defaults(name) for name in c.HYPER_TYPES},
        beparams={c.PP_DEFAULT: dict(c.BEC_DEFAULTS)},
        nicparams={c.PP_DEFAULT: {**c.NICC_DEFAULTS, c.NIC_LINK: "br0"}},
        ndparams=dict(c.NDC_DEFAULTS),
        diskparams={name: dict(params) for name, params in c.DISK_DT_DEFAULTS.items()},
        ipolicy={**c.IPOLICY_DEFAULTS, c.IPOLICY_DTS: list(templates)},
        enabled_disk_templates=templates,
        candidate_certs={node_uuid(number): _digest(number) for number in range(candidates)},
        data_collectors={name: DataCollector() for name in c.DATA_COLLECTOR_NAMES},
    )


def _digest(number: int) -> str:
    return number.to_bytes(20, "big").hex(":").upper()


def _node(number: int, groups: int) -> Node:
    return Node(
        uuid=node_uuid(number),
        ctime=_EPOCH,
        mtime=_EPOCH,
        name=f"node{number + 1}.example.com",
        primary_ip=str(ipaddress.IPv4Address(_FIRST_NODE_IP + number)),
        secondary_ip=str(ipaddress.IPv4Address(_FIRST_SECONDARY_IP + number)),
        group=make_uuid(_GROUP, number % groups),
        master_candidate=number < c.MASTER_POOL_SIZE_DEFAULT,
    )


def _plain(kind: int, number: int, size_mib: int, nodes: tuple[str, ...], iv_name: str = "") -> Disk:
    return Disk(
        uuid=make_uuid(kind, number),
        ctime=_EPOCH,
        mtime=_EPOCH,
        dev_type=c.DT_PLAIN,
        logical_id=(c.DEFAULT_VG, f"{make_uuid(kind, number)}.disk0"),
        size=size_mib,
        nodes=nodes,
        iv_name=iv_name,
    )


class _Minors:
    """Counts the DRBD minors that each node has handed out."""

    def __init__(self) -> None:
        self._next: dict[str, int] = {}

    def take(self, node: str) -> int:
        """Return the next minor of a node."""
        number = self._next.get(node, 0)
        self._next[node] = number + 1
        return number


def _drbd(number: int, primary: str, secondary: str, port: int, minors: _Minors) -> Disk:
    nodes = (primary, secondary)
    children = (
        _plain(_DATA_LV, number, 10240, nodes),
        _plain(_META_LV, number, _META_SIZE_MIB, nodes),
    )
    return Disk(
        uuid=make_uuid(_DISK, number),
        ctime=_EPOCH,
        mtime=_EPOCH,
        dev_type=c.DT_DRBD8,
        logical_id=(*nodes, port, minors.take(primary), minors.take(secondary), f"{number:040x}"),
        size=10240,
        children=children,
        nodes=nodes,
        iv_name="disk/0",
    )


def _instance(number: int, primary: str, disk: Disk, hypervisor: str) -> Instance:
    mac = f"aa:00:{number >> 24 & 255:02x}:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
    return Instance(
        uuid=instance_uuid(number),
        ctime=_EPOCH,
        mtime=_EPOCH,
        name=f"instance{number + 1}.example.com",
        primary_node=primary,
        os="debootstrap+default",
        hypervisor=hypervisor,
        beparams={c.BE_MAXMEM: 1024, c.BE_MINMEM: 512},
        admin_state=c.ADMINST_UP,
        disks_active=True,
        nics=(Nic(uuid=make_uuid(_NIC, number), mac=mac),),
        disks=(disk.uuid,),
        tags=(f"service:{number % 50}",),
    )


def generate_config(
    *, nodes: int, instances: int, groups: int = 1, drbd: bool = True, hypervisor: str = c.HT_KVM
) -> ConfigData:
    """Return a configuration with so many nodes, groups and instances.

    Each instance has one NIC and one disk: DRBD as long as there are ports for it (and *drbd*, and two nodes), plain
    LVM otherwise.
    """
    ports = c.LAST_DRBD_PORT - c.FIRST_DRBD_PORT + 1
    mirrored = min(instances, ports) if drbd and nodes > 1 else 0
    minors = _Minors()
    disks: dict[str, Disk] = {}
    made: dict[str, Instance] = {}
    for number in range(instances):
        primary = node_uuid(number % nodes)
        if number < mirrored:
            # Another distance in each round, so that the instances of a node have secondaries everywhere.
            secondary = node_uuid((number + 1 + number // nodes % (nodes - 1)) % nodes)
            disk = _drbd(number, primary, secondary, c.FIRST_DRBD_PORT + number, minors)
        else:
            disk = _plain(_DISK, number, 10240, (primary,), "disk/0")
        disks[disk.uuid] = disk
        instance = _instance(number, primary, disk, hypervisor)
        made[instance.uuid] = instance
    all_nodes = [_node(number, groups) for number in range(nodes)]
    all_groups = [
        NodeGroup(uuid=make_uuid(_GROUP, number), name=f"group{number + 1}", ctime=_EPOCH, mtime=_EPOCH)
        for number in range(groups)
    ]
    return ConfigData(
        cluster=_cluster(nodes, c.FIRST_DRBD_PORT - 1 + mirrored, (c.DT_DRBD8, c.DT_PLAIN), hypervisor),
        nodes={node.uuid: node for node in all_nodes},
        nodegroups={group.uuid: group for group in all_groups},
        instances=made,
        disks=disks,
        networks={},
        filters={},
        ctime=_EPOCH,
        mtime=_EPOCH,
    )
