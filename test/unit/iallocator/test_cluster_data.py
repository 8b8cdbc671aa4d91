"""The cluster as allocators see it."""

from typing import Any

import msgspec
import pytest

from ganeti import constants as c
from ganeti.iallocator.cluster_data import cluster_data
from ganeti.iallocator.live import LiveData, Resources
from ganeti.objects import ConfigData, Nic, NodeGroup
from test.unit.factories import GROUP_UUID, make_config, make_disk, make_instance, make_node, node_uuid

ONE, TWO, THREE = node_uuid(1), node_uuid(2), node_uuid(3)
RESOURCES = Resources(
    total_memory=16384,
    reserved_memory=512,
    free_memory=8000,
    total_cpus=8,
    reserved_cpus=1,
    total_disk=2000,
    free_disk=1500,
    total_spindles=4,
    free_spindles=3,
)
NETWORK = "80000000-0000-4000-8000-000000000001"


def with_nodes(config: ConfigData, *nodes: Any) -> ConfigData:
    """Return the configuration with some nodes replaced or added."""
    return msgspec.structs.replace(config, nodes={**config.nodes, **{node.uuid: node for node in nodes}})


def data_of(config: ConfigData, silent: dict[str, str] | None = None, **changes: Any) -> dict[str, Any]:
    """Return what allocators are told when every node that can answer reports the same."""
    found = {
        uuid: Resources(**{**RESOURCES.__dict__, **changes})
        for uuid, node in config.nodes.items()
        if node.vm_capable and not node.offline and uuid not in (silent or {})
    }
    return cluster_data(config, LiveData(found, silent or {}))


def test_top_level_tells_what_holds_for_the_whole_cluster() -> None:
    config = make_config(cluster={"tags": ("b", "a"), "enabled_hypervisors": (c.HT_KVM, c.HT_FAKE)})
    data = data_of(config)
    assert list(data) == [
        *("version", "cluster_name", "cluster_tags", "enabled_hypervisors", "ipolicy"),
        *("nodegroups", "nodes", "instances"),
    ]
    assert (data["version"], data["cluster_name"]) == (2, "cluster.example.com")
    assert data["cluster_tags"] == ["a", "b"]
    assert data["enabled_hypervisors"] == ["kvm", "fake"]
    assert data["ipolicy"] == config.cluster.ipolicy


def test_groups_have_their_policy_filled() -> None:
    config = make_config()
    group = NodeGroup(
        uuid="10000000-0000-4000-8000-000000000002",
        name="another",
        alloc_policy=c.ALLOC_POLICY_LAST_RESORT,
        ipolicy={"vcpu-ratio": 2.0},
        networks={NETWORK: {}},
        tags=("x",),
    )
    config = msgspec.structs.replace(config, nodegroups={**config.nodegroups, group.uuid: group})
    groups = data_of(config)["nodegroups"]
    assert list(groups) == [group.uuid, GROUP_UUID]
    assert groups[group.uuid] == {
        "name": "another",
        "alloc_policy": "last_resort",
        "networks": [NETWORK],
        "ipolicy": {**config.cluster.ipolicy, "vcpu-ratio": 2.0},
        "tags": ["x"],
    }


def test_node_that_answers_has_every_key() -> None:
    config = with_nodes(make_config(), make_node(2, tags=("t",), drained=True, master_candidate=False))
    assert data_of(config)["nodes"]["node2.example.com"] == {
        "tags": ["t"],
        "primary_ip": "192.0.2.12",
        "secondary_ip": "192.0.2.12",
        "offline": False,
        "drained": True,
        "master_candidate": False,
        "group": GROUP_UUID,
        "master_capable": True,
        "vm_capable": True,
        "ndparams": config.cluster.ndparams,
        "total_memory": 16384,
        "reserved_memory": 512,
        "free_memory": 8000,
        "total_disk": 2000,
        "free_disk": 1500,
        "i_pri_memory": 0,
        "i_pri_up_memory": 0,
        "total_spindles": 4,
        "free_spindles": 3,
        "total_cpus": 8,
        "reserved_cpus": 1,
    }


@pytest.mark.parametrize(
    ("changes", "is_silent", "is_offline"),
    [
        ({"offline": True}, False, True),
        ({"vm_capable": False}, False, False),
        ({}, True, True),
    ],
)
def test_nodes_without_facts(changes: dict[str, Any], is_silent: bool, is_offline: bool) -> None:
    config = with_nodes(make_config(), make_node(2, master_candidate=False, **changes))
    node = data_of(config, {TWO: "no route to host"} if is_silent else {})["nodes"]["node2.example.com"]
    assert node["offline"] is is_offline
    assert "ndparams" in node and "total_memory" not in node and "i_pri_memory" not in node


def test_objects_are_in_natural_order_of_names() -> None:
    config = make_config(nodes=11, instances=tuple(make_instance(index) for index in (10, 9, 2)))
    data = data_of(config)
    assert list(data["nodes"])[-2:] == ["node10.example.com", "node11.example.com"]
    assert list(data["instances"]) == [f"inst{index}.example.com" for index in (2, 9, 10)]


#: Changes of an instance with 1000 MiB, its memory on the node now (None: it does not run there) -> (memory of
#: primaries, of those that shall run, free memory of 8000).
MEMORY: list[tuple[dict[str, Any], int | None, tuple[int, int, int]]] = [
    ({"admin_state": c.ADMINST_UP}, 1000, (1000, 1000, 8000)),
    ({"admin_state": c.ADMINST_UP}, 400, (1000, 1000, 7400)),
    ({"admin_state": c.ADMINST_UP}, 1200, (1000, 1000, 8000)),
    ({"admin_state": c.ADMINST_UP}, None, (1000, 1000, 7000)),
    ({"admin_state": c.ADMINST_DOWN}, None, (1000, 0, 8000)),
    ({"admin_state": c.ADMINST_OFFLINE}, None, (1000, 0, 8000)),
    ({"admin_state": c.ADMINST_UP, "forthcoming": True}, None, (1000, 0, 8000)),
    ({"admin_state": c.ADMINST_UP, "primary_node": TWO}, 1000, (0, 0, 8000)),
]


@pytest.mark.parametrize(("changes", "now", "expected"), MEMORY)
def test_memory_that_instances_may_claim_is_not_free(
    changes: dict[str, Any], now: int | None, expected: tuple[int, int, int]
) -> None:
    instance = make_instance(1, beparams={c.BE_MAXMEM: 1000, c.BE_MINMEM: 400}, **changes)
    guests = {} if now is None else {instance.name: now}
    node = data_of(make_config(instances=(instance,)), guests=guests)["nodes"]["node1.example.com"]
    assert (node["i_pri_memory"], node["i_pri_up_memory"], node["free_memory"]) == expected


def test_mirrored_instance_has_every_key() -> None:
    children = (make_disk(11, dev_type=c.DT_PLAIN, iv_name=""), make_disk(12, dev_type=c.DT_PLAIN, iv_name=""))
    disk = make_disk(1, dev_type=c.DT_DRBD8, logical_id=(TWO, ONE, 11000, 0, 0, "secret"), children=children)
    instance = make_instance(
        1,
        tags=("z", "a"),
        disks=(disk.uuid,),
        disks_active=True,
        beparams={c.BE_MAXMEM: 256, c.BE_VCPUS: 2, c.BE_SPINDLE_USE: 3},
    )
    config = make_config(instances=(instance,), disks=(disk,))
    assert data_of(config)["instances"]["inst1.example.com"] == {
        "tags": ["a", "z"],
        "admin_state": "up",
        "vcpus": 2,
        "memory": 256,
        "spindle_use": 3,
        "os": "busybox",
        "nodes": ["node1.example.com", "node2.example.com"],
        "nics": [{"mac": "aa:00:00:00:00:01", "ip": None, "mode": "bridged", "link": "xen-br0", "bridge": "xen-br0"}],
        "disks": [{"dev_type": "drbd", "size": 1024, "mode": "rw", "spindles": None}],
        "disk_template": "drbd",
        "disks_active": True,
        "hypervisor": "fake",
        "forthcoming": False,
        "disk_space_total": 1152,
    }


def test_bridge_is_told_for_bridged_nics_only() -> None:
    nic = Nic(uuid="n", mac="aa:00:00:00:00:09", ip="192.0.2.99", nicparams={c.NIC_MODE: c.NIC_MODE_ROUTED})
    data = data_of(make_config(instances=(make_instance(1, nics=(nic,)),)))["instances"]["inst1.example.com"]
    (told,) = data["nics"]
    assert (told["mode"], told["ip"], "bridge" in told) == ("routed", "192.0.2.99", False)
    assert (data["disk_template"], data["disks"], data["disk_space_total"]) == ("diskless", [], 0)


def test_planned_instance_without_nodes_is_told_as_such() -> None:
    instance = make_instance(1, primary_node="", forthcoming=True)
    data = data_of(make_config(instances=(instance,)))["instances"]["inst1.example.com"]
    assert (data["nodes"], data["forthcoming"]) == ([], True)
