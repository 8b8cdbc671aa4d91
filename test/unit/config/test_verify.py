"""Consistency checks: each broken rule gives a message, whether all is checked or only what changed."""

from typing import Any

import msgspec
import pytest

from ganeti.config import ConfigStore, verify
from ganeti.config.generate import generate_config, instance_uuid, node_uuid
from ganeti.objects import ConfigData, Disk, FilterRule, Instance, Network, Nic, Node, NodeGroup
from test.unit.factories import make_cluster

CONFIG = generate_config(nodes=4, instances=6, groups=2)
replace = msgspec.structs.replace
NETWORK = Network(uuid="n1", name="lan", network="203.0.113.0/29", reservations="0" * 8, ext_reservations="1" + "0" * 7)


def first(section: dict[str, Any]) -> Any:
    return next(iter(section.values()))


INSTANCE: Instance = first(CONFIG.instances)
SECOND: Instance = CONFIG.instances[instance_uuid(1)]
DISK: Disk = CONFIG.disks[INSTANCE.disks[0]]
GROUP: NodeGroup = first(CONFIG.nodegroups)
NODE: Node = CONFIG.nodes[node_uuid(1)]
NIC: Nic = INSTANCE.nics[0]


def with_ip(instance: Instance, **changes: Any) -> Instance:
    return replace(instance, nics=(replace(instance.nics[0], **changes),))


#: what is wrong -> (changed objects, part of the message)
BROKEN: dict[str, tuple[tuple[Any, ...], str]] = {
    "backend parameter": ((replace(INSTANCE, beparams={"vcpus": "many"}),), "Backend parameters of instance"),
    "NIC mode": ((with_ip(INSTANCE, nicparams={"mode": "wireless"}),), "unknown NIC mode"),
    "bridge without link": ((with_ip(INSTANCE, nicparams={"link": ""}),), "needs a link"),
    "name of a disk": ((replace(DISK, iv_name="disk/7"),), "is called 'disk/7'"),
    "mode of a disk": ((replace(DISK, mode="wo"),), "unknown mode"),
    "port above the highest": ((replace(INSTANCE, network_port=14000),), "above the highest"),
    "port used twice": ((replace(INSTANCE, network_port=DISK.logical_id[2]),), "is used several times"),
    "two roles": ((replace(NODE, drained=True),), "at once"),
    "too few candidates": ((replace(NODE, master_candidate=False),), "Not enough master candidates"),
    "global node parameter": ((replace(NODE, ndparams={"exclusive_storage": True}),), "global node parameters"),
    "node parameter": ((replace(NODE, ndparams={"ssh_port": "x"}),), "Node parameters of"),
    "node address used twice": ((replace(NODE, primary_ip="10.0.0.10"),), "host address 10.0.0.10"),
    "name of a group": ((replace(GROUP, name=GROUP.uuid),), "looks like a UUID"),
    "policy of a group": ((replace(GROUP, ipolicy={"minmax": []}),), "no bounds"),
    "network of a group": ((replace(GROUP, networks={"nowhere": {}}),), "connected to network nowhere"),
    "network of a NIC": ((with_ip(INSTANCE, network="nowhere"),), "in network nowhere"),
    "NIC addresses used twice": (
        (with_ip(INSTANCE, ip="192.0.2.1"), with_ip(SECOND, ip="192.0.2.1")),
        "NIC address",
    ),
    "address not in the pool": ((with_ip(INSTANCE, network="n1", ip="203.0.113.3"),), "does not show as used"),
    "instance without a name": ((replace(INSTANCE, name=""),), "has no name"),
    "size of a map": ((replace(NETWORK, reservations="0"),), "has 8 addresses"),
}


def changed(items: tuple[Any, ...]) -> ConfigData:
    config = replace(CONFIG, networks={NETWORK.uuid: NETWORK})
    fields = {Node: "nodes", NodeGroup: "nodegroups", Instance: "instances", Disk: "disks", Network: "networks"}
    for item in items:
        field = fields[type(item)]
        config = replace(config, **{field: {**getattr(config, field), item.uuid: item}})
    return config


def test_a_generated_configuration_is_consistent() -> None:
    assert verify.all_problems(CONFIG) == []
    assert verify.all_problems(generate_config(nodes=1, instances=3)) == []


@pytest.mark.parametrize(("items", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_each_broken_rule_is_found_by_the_full_check(items: tuple[Any, ...], message: str) -> None:
    problems = verify.all_problems(changed(items))
    assert any(message in problem for problem in problems), problems


@pytest.mark.parametrize(("items", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_each_broken_rule_is_reported_by_the_change_that_breaks_it(items: tuple[Any, ...], message: str) -> None:
    store = ConfigStore(changed(()))
    told: list[str] = []
    with store.reporting_to(told.append):
        store.update_all(items)
    assert any(message in text for text in told), told
    # The change stays: it has happened on the nodes already.
    assert store.snapshot() is not CONFIG


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"nicparams": {"default": {"mode": "x", "link": "", "vlan": ""}}}, "unknown NIC mode"),
        ({"ipolicy": {}}, "no bounds"),
        ({"ipolicy": {**CONFIG.cluster.ipolicy, "std": {"cpu-count": 1}}}, "specification lacks disk-count"),
        ({"candidate_certs": {node_uuid(9): "AA"}}, "its certificate is accepted"),
        ({"candidate_certs": {node_uuid(0): "AA"}}, "but its certificate is not known"),
        ({"candidate_certs": {}}, "list of certificates of the master candidates is empty"),
        ({"tcpudp_port_pool": (14998,)}, "pool of returned ports uses port 14998, above the highest"),
        ({"enabled_hypervisors": ()}, "No hypervisor"),
        ({"enabled_disk_templates": ()}, "No disk template"),
        ({"diskparams": {"rbd": {"access": "magic"}}}, "access mode"),
        ({"ndparams": {}}, "Node parameters lack"),
    ],
)
def test_wrong_settings_of_the_cluster_are_found(changes: dict[str, Any], message: str) -> None:
    problems = verify.all_problems(replace(CONFIG, cluster=replace(CONFIG.cluster, **changes)))
    assert any(message in problem for problem in problems), problems


def test_secrets_are_not_shown() -> None:
    other = CONFIG.disks[SECOND.disks[0]]
    same = replace(other, logical_id=(*other.logical_id[:5], DISK.logical_id[5]))
    problems = verify.all_problems(changed((same,)))
    assert any("DRBD secret is used several times" in problem for problem in problems)
    assert not any(DISK.logical_id[5] in problem for problem in problems)


def test_a_pool_that_shows_addresses_nobody_has_is_found() -> None:
    used = replace(NETWORK, reservations="00010000")
    assert any("203.0.113.3" in problem for problem in verify.all_problems(changed((used,))))


def test_counting_ports_costs_no_check_of_the_cluster() -> None:
    store = ConfigStore(CONFIG)
    before = store.snapshot().cluster
    store.allocate_port()
    assert verify._only_counters_differ(before, store.snapshot().cluster)
    assert not verify._only_counters_differ(before, replace(before, master_netdev="x"))
    assert not verify._only_counters_differ(None, make_cluster())


def test_filter_rules_are_kept_and_replaced() -> None:
    store = ConfigStore(CONFIG)
    rule = FilterRule(uuid="f1", watermark=0, priority=1, predicates=(("jobid", [">", "id", 0]),), action="PAUSE")
    store.put_filter(rule)
    store.put_filter(replace(rule, priority=2))
    assert store.snapshot().filters["f1"].priority == 2
    store.remove_filter("f1")
    assert not store.snapshot().filters
