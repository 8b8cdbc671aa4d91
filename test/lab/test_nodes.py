"""The nodes of the lab are machines of their own."""

from test.lab.nodes import CLUSTER, CLUSTER_IP, DOMAIN, Lab
from test.lab.terminal import talk


def _sees(lab: Lab, source: int, target: int) -> bool:
    words = ("fping", "--count=1", "--timeout=500", lab.nodes[target].primary_ip)
    return not lab.run(lab.nodes[source], *words, check=False).failed


def test_each_node_has_its_own_name_address_and_the_program(lab: Lab) -> None:
    for number, node in enumerate(lab.nodes, start=1):
        assert lab.run(node, "hostname", "--fqdn").stdout == f"node{number}.{DOMAIN}\n"
        assert f"{node.primary_ip}/24" in lab.run(node, "ip", "-brief", "addr", "show", "br0").stdout
        assert lab.run(node, "getent", "hosts", CLUSTER).stdout.split() == [CLUSTER_IP, CLUSTER]
        assert lab.run(node, "gnt-cluster", "--version").stdout
    keys = {lab.run(node, "cat", "/etc/ssh/ssh_host_rsa_key.pub").stdout for node in lab.nodes}
    assert len(keys) == len(lab.nodes)


def test_nodes_reach_each_other_and_nothing_else(lab: Lab) -> None:
    assert _sees(lab, 0, 1)
    assert lab.run(lab.nodes[0], "ip", "route", "get", "192.0.2.1", check=False).failed


def test_pulled_cables_cut_a_node_off(lab: Lab) -> None:
    lab.cut(lab.nodes[1])
    assert not _sees(lab, 0, 1)
    lab.plug(lab.nodes[1])
    assert _sees(lab, 0, 1)


def test_a_node_without_power_keeps_its_files_only(lab: Lab) -> None:
    node = lab.nodes[2]
    lab.run(node, "sh", "-c", "echo kept > /var/lib/ganeti/mark; echo lost > /run/mark; sleep 600 >/dev/null 2>&1 &")
    lab.off(node)
    assert not _sees(lab, 0, 2)
    lab.on(node)
    assert _sees(lab, 0, 2)
    assert node.read("/var/lib/ganeti/mark") == "kept\n"
    assert not node.path("/run/mark").exists()
    assert "sleep" not in lab.run(node, "ps", "-e").stdout
    assert not lab.nodes[0].path("/var/lib/ganeti/mark").exists()
    node.path("/var/lib/ganeti/mark").unlink()


def test_root_can_log_in_with_the_password_that_a_test_sets(lab: Lab) -> None:
    node, other = lab.nodes[:2]
    lab.set_password(other, "secret words")
    login = talk(
        lab.argv(node, "ssh", "-oUserKnownHostsFile=/dev/null", other.name, "hostname", "--fqdn"),
        [("continue connecting", "yes"), ("password:", "secret words")],
    )
    assert login.exit_code == 0
    assert login.output.splitlines()[-1] == other.name
