"""IP networks through the command line, and NICs with addresses from their pools."""

from collections.abc import Iterator

import pytest

from test.cluster.virtual import VirtualCluster

_FAST = ("-t", "diskless", "-o", "busybox+default", "--no-install", "-H", "fake", "--no-name-check", "--no-ip-check")


@pytest.fixture
def lan(cluster: VirtualCluster) -> Iterator[str]:
    """A network that is connected to the only group."""
    cluster.run("gnt-network", "add", "--network=203.0.113.0/29", "--gateway=203.0.113.1", "--tags=test,lan", "lan8")
    cluster.run("gnt-network", "connect", "-N", "mode=routed,link=100", "lan8")
    yield "lan8"
    cluster.run("gnt-network", "disconnect", "lan8")
    cluster.run("gnt-network", "remove", "lan8")


def _row(cluster: VirtualCluster, network: str, fields: str) -> list[str]:
    (line,) = cluster.lines("gnt-network", "list", "--no-headers", "--separator=|", "-o", fields, network)
    return line.split("|")


def test_network_is_listed(cluster: VirtualCluster, lan: str) -> None:
    assert _row(cluster, lan, "network,gateway,tags") == ["203.0.113.0/29", "203.0.113.1", "lan,test"]
    assert _row(cluster, lan, "group_list") == ["default (routed, 100, -)"]
    assert _row(cluster, lan, "free_count,reserved_count,map") == ["5", "3", "XX.....X"]
    assert cluster.lines("gnt-network", "list-tags", lan) == ["lan", "test"]


def test_info(cluster: VirtualCluster, lan: str) -> None:
    lines = cluster.lines("gnt-network", "info", lan)
    assert lines[0] == "Network name: lan8"
    assert "        0 XX.....X                                                         63" in lines
    assert "    203.0.113.0, 203.0.113.1, 203.0.113.7" in lines
    assert "    default (mode:routed link:100 vlan:)" in lines
    assert lines[-1] == "  not used by any instances"


def test_instance_gets_and_gives_back_an_address(cluster: VirtualCluster, lan: str) -> None:
    name = cluster.instances[0]
    cluster.run("gnt-instance", "add", *_FAST, "-n", cluster.nodes[0], "--net=0:ip=pool,network=lan8", name)
    assert _row(cluster, lan, "map,inst_list") == ["XXX....X", name]
    assert cluster.lines("gnt-network", "info", lan)[-1] == f"    {name}: 0:203.0.113.2"
    refused = cluster.run("gnt-network", "disconnect", lan, check=False)
    assert (refused.exit_code, f"{name}: nic0/203.0.113.2" in refused.output) == (1, True)
    cluster.run("gnt-instance", "remove", "-f", "--shutdown-timeout=0", name)
    assert _row(cluster, lan, "map") == ["XX.....X"]


def test_reserved_addresses_and_gateways_change(cluster: VirtualCluster, lan: str) -> None:
    cluster.run("gnt-network", "modify", "--add-reserved-ips=203.0.113.2,203.0.113.3", lan)
    cluster.run("gnt-network", "modify", "--remove-reserved-ips=203.0.113.3", lan)
    assert _row(cluster, lan, "map") == ["XXX....X"]
    cluster.run("gnt-network", "modify", "--gateway=203.0.113.6", "--mac-prefix=aa:bb:cc", lan)
    assert _row(cluster, lan, "gateway,mac_prefix,map") == ["203.0.113.6", "aa:bb:cc", "X.X...XX"]
    cluster.run("gnt-network", "modify", "--gateway=none", "--mac-prefix=none", lan)
    assert _row(cluster, lan, "gateway,mac_prefix,map") == ["-", "-", "X.X....X"]


def test_connected_network_stays(cluster: VirtualCluster, lan: str) -> None:
    assert cluster.run("gnt-network", "remove", "--force", lan, check=False).exit_code == 1
    cluster.run("gnt-network", "rename", lan, "renamed")
    cluster.run("gnt-network", "rename", "renamed", lan)


def test_wrong_networks_are_refused(cluster: VirtualCluster) -> None:
    for words in (["--network=203.0.113.1/29"], ["--network=10.0.0.0/8"], [], ["--network=nothing"]):
        assert cluster.run("gnt-network", "add", *words, "wrong", check=False).exit_code == 1
    assert cluster.lines("gnt-network", "list", "--no-headers") == []
