"""From no cluster to a cluster of three nodes and back."""

import json

from ganeti.utils.net import own_addresses
from test.cluster.virtual import VirtualCluster, wait_for


def test_init_makes_a_cluster_with_its_master_running(virtual_nodes: VirtualCluster) -> None:
    virtual_nodes.init()
    assert virtual_nodes.lines("gnt-cluster", "getmaster") == [virtual_nodes.nodes[0]]
    assert virtual_nodes.run("gnt-cluster", "master-ping").exit_code == 0
    # The master daemon does it beside its work, after asking whether somebody else has the address.
    wait_for(lambda: virtual_nodes.layout.cluster.address in own_addresses(), "the address of the cluster")
    config = json.loads((virtual_nodes.root() / "var/lib/ganeti/config.data").read_text())
    assert config["version"] == 3010000
    assert config["cluster"]["cluster_name"] == virtual_nodes.name


def test_second_init_is_refused_and_changes_nothing(virtual_nodes: VirtualCluster) -> None:
    virtual_nodes.init()
    path = virtual_nodes.root() / "var/lib/ganeti/config.data"
    before = path.read_bytes()
    result = virtual_nodes.run(
        "gnt-cluster", "init", "--master-netdev=lo", "--no-ssh-init", virtual_nodes.name, check=False
    )
    assert result.exit_code == 1
    assert "already" in result.stderr
    assert path.read_bytes() == before


def test_destroy_needs_its_flag_and_leaves_no_configuration(virtual_nodes: VirtualCluster) -> None:
    virtual_nodes.init()
    assert virtual_nodes.run("gnt-cluster", "destroy", check=False).exit_code == 1
    virtual_nodes.run("gnt-cluster", "destroy", "--yes-do-it")
    data = virtual_nodes.root() / "var/lib/ganeti"
    assert not (data / "config.data").exists()
    assert not (data / "server.pem").exists()
    assert virtual_nodes.layout.cluster.address not in own_addresses()


def test_added_nodes_are_listed_and_can_be_removed(virtual_nodes: VirtualCluster) -> None:
    virtual_nodes.init()
    virtual_nodes.add_nodes()
    listed = virtual_nodes.lines("gnt-node", "list", "--no-headers", "-o", "name")
    assert listed == list(virtual_nodes.nodes)
    virtual_nodes.run("gnt-node", "remove", virtual_nodes.nodes[2])
    assert virtual_nodes.lines("gnt-node", "list", "--no-headers", "-o", "name") == list(virtual_nodes.nodes[:2])
    assert not (virtual_nodes.root(2) / "var/lib/ganeti/server.pem").exists()


def test_fresh_cluster_verifies(cluster: VirtualCluster) -> None:
    cluster.run("gnt-cluster", "verify")
