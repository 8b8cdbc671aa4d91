"""Small, valid configuration objects for tests."""

from typing import Any

from ganeti import constants as c
from ganeti.objects import Cluster, ConfigData, Disk, Instance, Nic, Node, NodeGroup

GROUP_UUID = "10000000-0000-4000-8000-000000000001"


def node_uuid(index: int) -> str:
    """Return the UUID of the node with this index."""
    return f"20000000-0000-4000-8000-{index:012d}"


def make_node(index: int, **changes: Any) -> Node:
    """Return a node; the first one is fit to be master."""
    values: dict[str, Any] = {
        "uuid": node_uuid(index),
        "name": f"node{index}.example.com",
        "primary_ip": f"192.0.2.{10 + index}",
        "secondary_ip": f"192.0.2.{10 + index}",
        "group": GROUP_UUID,
        "master_candidate": True,
        "ctime": 1.0,
        "mtime": 1.0,
    }
    return Node(**{**values, **changes})


def make_instance(index: int, **changes: Any) -> Instance:
    """Return a diskless instance on the first node."""
    values: dict[str, Any] = {
        "uuid": f"30000000-0000-4000-8000-{index:012d}",
        "name": f"inst{index}.example.com",
        "primary_node": node_uuid(1),
        "os": "busybox",
        "hypervisor": c.HT_FAKE,
        "admin_state": c.ADMINST_UP,
        "nics": (
            Nic(uuid=f"40000000-0000-4000-8000-{index:012d}", mac=f"aa:00:00:00:{index // 256:02x}:{index % 256:02x}"),
        ),
        "ctime": 1.0,
        "mtime": 1.0,
    }
    return Instance(**{**values, **changes})


def make_disk(index: int, **changes: Any) -> Disk:
    """Return a shared file disk."""
    values: dict[str, Any] = {
        "uuid": f"50000000-0000-4000-8000-{index:012d}",
        "dev_type": c.DT_SHARED_FILE,
        "logical_id": (c.FD_LOOP, f"/srv/shared/disk{index}"),
        "size": 1024,
        "iv_name": "disk/0",
    }
    return Disk(**{**values, **changes})


def make_cluster(**changes: Any) -> Cluster:
    """Return a cluster with complete parameters whose master is the first node."""
    values: dict[str, Any] = {
        "uuid": "60000000-0000-4000-8000-000000000001",
        "cluster_name": "cluster.example.com",
        "master_node": node_uuid(1),
        "master_ip": "192.0.2.1",
        "master_netdev": "lo",
        "rsahostkeypub": "AAAA",
        "enabled_hypervisors": (c.HT_FAKE,),
        "enabled_disk_templates": (c.DT_DISKLESS, c.DT_SHARED_FILE, c.DT_FILE),
        "hvparams": {name: dict(params) for name, params in c.HVC_DEFAULTS.items()},
        "beparams": {c.PP_DEFAULT: dict(c.BEC_DEFAULTS)},
        "nicparams": {c.PP_DEFAULT: dict(c.NICC_DEFAULTS)},
        "ndparams": dict(c.NDC_DEFAULTS),
        "diskparams": {name: dict(params) for name, params in c.DISK_DT_DEFAULTS.items()},
        "ipolicy": dict(c.IPOLICY_DEFAULTS),
        "file_storage_dir": "/srv/file",
        "shared_file_storage_dir": "/srv/shared",
        "ctime": 1.0,
        "mtime": 1.0,
    }
    return Cluster(**{**values, **changes})


def make_config(
    *,
    nodes: int = 3,
    instances: tuple[Instance, ...] = (),
    disks: tuple[Disk, ...] = (),
    cluster: dict[str, Any] | None = None,
) -> ConfigData:
    """Return a configuration with one group."""
    group = NodeGroup(uuid=GROUP_UUID, name="default", ctime=1.0, mtime=1.0)
    certs = {node_uuid(index): f"AA:{index:02X}" for index in range(1, nodes + 1)}
    return ConfigData(
        cluster=make_cluster(**{"candidate_certs": certs, **(cluster or {})}),
        nodes={node_uuid(index): make_node(index) for index in range(1, nodes + 1)},
        nodegroups={group.uuid: group},
        instances={instance.uuid: instance for instance in instances},
        disks={disk.uuid: disk for disk in disks},
        networks={},
        filters={},
        ctime=1.0,
        mtime=1.0,
    )
