"""Content of the ssconf files, and computing only what changed."""

import msgspec

from ganeti import constants as c
from ganeti.config.index import build_index
from ganeti.config.ssconf_values import SsconfValues, ssconf_values
from ganeti.objects import ConfigData, Network
from test.unit.factories import GROUP_UUID, make_config, make_instance, make_node, node_uuid


def world() -> ConfigData:
    config = make_config(
        instances=tuple(make_instance(number) for number in (10, 9)),
        cluster={
            "tags": ("b", "a"),
            "candidate_certs": {node_uuid(1): "AA:BB"},
            "uid_pool": ((4000, 4000), (5000, 5009)),
            "maintain_node_health": True,
            "master_netmask": 32,
        },
    )
    nodes = {
        node_uuid(10): make_node(10, master_candidate=False, vm_capable=False, ndparams={"ssh_port": 2222}),
        node_uuid(2): make_node(2, master_candidate=False, offline=True),
        node_uuid(1): make_node(1, secondary_ip="198.51.100.1", master_candidate=False),
    }
    networks = {"u2": Network(uuid="u2", name="lan", network="192.0.2.0/29")}
    return msgspec.structs.replace(config, nodes=nodes, networks=networks)


EXPECTED = {
    c.SS_CLUSTER_NAME: "cluster.example.com",
    c.SS_CLUSTER_TAGS: "a\nb",
    c.SS_MASTER_NODE: "node1.example.com",
    c.SS_MASTER_IP: "192.0.2.1",
    c.SS_MASTER_NETDEV: "lo",
    c.SS_MASTER_NETMASK: "32",
    c.SS_PRIMARY_IP_FAMILY: "2",
    c.SS_NODE_LIST: "node1.example.com\nnode2.example.com\nnode10.example.com",
    c.SS_ONLINE_NODES: "node1.example.com\nnode10.example.com",
    c.SS_OFFLINE_NODES: "node2.example.com",
    c.SS_MASTER_CANDIDATES: "node1.example.com",
    c.SS_MASTER_CANDIDATES_IPS: "192.0.2.11",
    c.SS_MASTER_CANDIDATES_CERTS: f"{node_uuid(1)}=AA:BB",
    c.SS_NODE_PRIMARY_IPS: "node1.example.com 192.0.2.11\nnode2.example.com 192.0.2.12\nnode10.example.com 192.0.2.20",
    c.SS_NODE_SECONDARY_IPS: "node1.example.com 198.51.100.1\nnode2.example.com 192.0.2.12\n"
    "node10.example.com 192.0.2.20",
    c.SS_NODE_VM_CAPABLE: "node1.example.com=True\nnode2.example.com=True\nnode10.example.com=False",
    c.SS_SSH_PORTS: "node1.example.com=22\nnode2.example.com=22\nnode10.example.com=2222",
    c.SS_INSTANCE_LIST: "inst9.example.com\ninst10.example.com",
    c.SS_NODEGROUPS: f"{GROUP_UUID} default",
    c.SS_NETWORKS: "u2 lan",
    c.SS_HYPERVISOR_LIST: "fake",
    c.SS_HVPARAMS_XEN_FAKE: "migration_mode=live",
    c.SS_FILE_STORAGE_DIR: "/srv/file",
    c.SS_SHARED_FILE_STORAGE_DIR: "/srv/shared",
    c.SS_GLUSTER_STORAGE_DIR: "",
    c.SS_MAINTAIN_NODE_HEALTH: "True",
    c.SS_ENABLED_USER_SHUTDOWN: "False",
    c.SS_UID_POOL: "4000\n5000-5009",
    c.SS_RELEASE_VERSION: c.RELEASE_VERSION,
}


def test_every_key_has_its_content() -> None:
    values = ssconf_values(world())
    assert set(values) == set(c.VALID_SS_KEYS)
    assert {key: values[key] for key in EXPECTED} == EXPECTED


def test_without_a_master_the_file_says_so() -> None:
    config = world()
    gone = msgspec.structs.replace(config, cluster=msgspec.structs.replace(config.cluster, master_node=""))
    assert ssconf_values(gone)[c.SS_MASTER_NODE] == "NO MASTER"


def test_repeated_computation_gives_the_same_as_one_from_nothing() -> None:
    config, computer = world(), SsconfValues()
    steps = [
        config,
        msgspec.structs.replace(config, instances={}),
        msgspec.structs.replace(config, nodes={node_uuid(1): make_node(1)}),
        msgspec.structs.replace(config, cluster=msgspec.structs.replace(config.cluster, tags=())),
        msgspec.structs.replace(config, cluster=msgspec.structs.replace(config.cluster, ndparams={"ssh_port": 5})),
    ]
    for step in steps:
        assert computer.compute(step, build_index(step)) == ssconf_values(step)
