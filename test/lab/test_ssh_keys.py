"""Root's keys and the address of the cluster follow the roles of nodes; keys are renewed; failed nodes are repaired."""

import re
from collections.abc import Iterable, Iterator

import pytest

from ganeti.utils import sshkeys
from test.cluster.virtual import wait_for
from test.lab.nodes import CLUSTER_IP, OTHER_CLUSTER, OTHER_CLUSTER_IP, Installation, Lab, Node
from test.lab.ssh_cluster import AUTHORIZED, CONFIG, SshCluster, admit, admitted, blob, has_address, listed, own_key
from test.lab.terminal import talk

PASSWORD = "correct horse"
ADMIN_KEY = "ssh-rsa AAAAadmin admin@desk"

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def _made(installation: Installation) -> Iterator[SshCluster]:
    with Lab(installation, nodes=3) as lab:
        made = SshCluster(lab, lab.nodes[0])
        made.init("--candidate-pool-size=2", f"--secondary-ip={lab.nodes[0].secondary_ip}")
        for node in lab.nodes[1:]:
            lab.set_password(node, PASSWORD)
            made.add(node, f"--secondary-ip={node.secondary_ip}")
        yield made


@pytest.fixture
def cluster(_made: SshCluster) -> SshCluster:
    """node1 is the master, node2 a candidate, node3 is none; all have a second network, and nothing is wrong."""
    for node, is_candidate in zip(_made.lab.nodes[1:], ("yes", "no"), strict=True):
        if _made.role(node) != {"yes": "C", "no": "R"}[is_candidate]:
            _made.run("gnt-node", "modify", f"--master-candidate={is_candidate}", node.name)
    assert _made.findings("--verify-ssh-clutter") == []
    return _made


def keys_of(nodes: Iterable[Node], kind: str = "rsa") -> set[str]:
    return {blob(own_key(node, kind)) for node in nodes}


def check_keys(cluster: SshCluster, candidates: Iterable[Node], kind: str = "rsa") -> None:
    """Check that all nodes list the keys that nodes have, and admit candidates and themselves only."""
    nodes = cluster.lab.nodes
    wanted = {cluster.uuid(node): [blob(own_key(node, kind))] for node in nodes}
    for node in nodes:
        assert listed(node) == wanted, node.name
        assert set(admitted(node)) == keys_of([*candidates, node], kind), node.name
    assert cluster.findings("--verify-ssh-clutter") == []


def test_the_keys_of_candidates_are_everywhere_and_those_of_others_nowhere(cluster: SshCluster) -> None:
    node1, node2, node3 = cluster.lab.nodes
    check_keys(cluster, [node1, node2])
    assert not node3.path(CONFIG).exists()
    cluster.run("gnt-node", "modify", "--master-candidate=yes", node3.name)
    check_keys(cluster, [node1, node2, node3])
    assert node3.path(CONFIG).exists()
    cluster.run("gnt-node", "modify", "--master-candidate=no", node3.name)
    check_keys(cluster, [node1, node2])
    assert not node3.path(CONFIG).exists()


def test_a_node_that_replaces_a_candidate_gets_its_rights(cluster: SshCluster) -> None:
    node1, node2, node3 = cluster.lab.nodes
    cluster.run("gnt-node", "modify", "--drained=yes", "--auto-promote", node2.name)
    check_keys(cluster, [node1, node3])


def repair_commands(output: str) -> list[list[str]]:
    """Return the commands that hints name."""
    return [command.split() for command in re.findall(r"then run '([^']+)'", output)]


def test_a_node_that_cannot_be_changed_is_named_with_the_command_that_repairs_it(cluster: SshCluster) -> None:
    _, node2, node3 = cluster.lab.nodes
    cluster.lab.run(node2, "service", "ssh", "stop")
    result = cluster.run("gnt-node", "modify", "--master-candidate=yes", node3.name)
    cluster.lab.run(node2, "service", "ssh", "start")
    assert "Connection refused" in result.output
    # node3 may log in to all other nodes, but not to the one that was not told.
    assert [(f.code, f.item) for f in cluster.findings()] == [("ENODESSH", "node2"), ("ENODESSH", "node3")]
    (repair,) = repair_commands(result.output)
    assert repair == ["gnt-node", "add", "--readd", node2.name]
    cluster.run(*repair)
    check_keys(cluster, [node for node in cluster.lab.nodes if cluster.role(node) != "R"])


def test_a_withdrawn_key_that_a_node_missed_is_withdrawn_when_it_is_added_again(cluster: SshCluster) -> None:
    node1, node2, node3 = cluster.lab.nodes
    cluster.run("gnt-node", "modify", "--offline=yes", "--force", node3.name)
    cluster.run("gnt-cluster", "modify", "--candidate-pool-size=1")
    result = cluster.run("gnt-node", "modify", "--master-candidate=no", node2.name)
    assert "WARNING" not in result.output
    assert keys_of([node2]) < set(admitted(node3))
    cluster.run("gnt-node", "add", "--readd", node3.name)
    check_keys(cluster, [node1])
    cluster.run("gnt-cluster", "modify", "--candidate-pool-size=2")


def test_new_keys_replace_the_old_ones_everywhere(cluster: SshCluster) -> None:
    nodes = cluster.lab.nodes
    old = keys_of(nodes)
    admit(nodes[2], ADMIN_KEY)
    cluster.run("gnt-cluster", "renew-crypto", "--new-ssh-keys", "--force")
    assert not old & keys_of(nodes)
    assert blob(ADMIN_KEY) in admitted(nodes[2])
    file = nodes[2].path(AUTHORIZED)
    file.write_text(sshkeys.without_keys(file.read_text(), [ADMIN_KEY]))
    check_keys(cluster, nodes[:2])


def test_keys_can_become_of_another_kind(cluster: SshCluster) -> None:
    nodes = cluster.lab.nodes
    renew = ("gnt-cluster", "renew-crypto", "--new-ssh-keys", "--force")
    wrong = cluster.run(*renew, "--ssh-key-type=ecdsa", "--ssh-key-bits=2048", check=False)
    assert wrong.exit_code == 1
    assert "ECDSA keys have 256, 384 or 521 bits" in wrong.stderr
    check_keys(cluster, nodes[:2])
    cluster.run(*renew, "--ssh-key-type=ecdsa")
    check_keys(cluster, nodes[:2], "ecdsa")
    info = cluster.run("gnt-cluster", "info").stdout
    assert "ssh_key_type: ecdsa" in info
    cluster.run(*renew, "--ssh-key-type=rsa", "--ssh-key-bits=3072")
    check_keys(cluster, nodes[:2])


def test_all_certificates_and_keys_can_be_renewed_at_once(cluster: SshCluster) -> None:
    nodes = cluster.lab.nodes
    paths = [f"/var/lib/ganeti/{name}" for name in ("server.pem", "rapi.pem", "hmac.key", "cluster-domain-secret")]
    old = [nodes[0].read(path) for path in paths]
    cluster.run(
        *("gnt-cluster", "renew-crypto", "--force", "--new-cluster-certificate", "--new-rapi-certificate"),
        *("--new-spice-certificate", "--new-confd-hmac-key", "--new-cluster-domain-secret", "--new-ssh-keys"),
    )
    assert not set(old) & {nodes[0].read(path) for path in paths}
    assert len({tuple(node.read(path) for path in paths) for node in nodes}) == 1
    check_keys(cluster, nodes[:2])


def test_nodes_that_miss_a_renewal_are_named_and_come_back_by_password(cluster: SshCluster) -> None:
    node1, node2, node3 = cluster.lab.nodes
    cluster.run("gnt-node", "modify", "--offline=yes", "--force", node3.name)
    cluster.lab.run(node2, "service", "ssh", "stop")
    result = cluster.run("gnt-cluster", "renew-crypto", "--new-ssh-keys", "--force")
    cluster.lab.run(node2, "service", "ssh", "start")
    assert f"Offline nodes have their old SSH keys and must be added again: {node3.name}" in result.output
    assert f"The SSH keys of node {node2.name} could not be renewed" in result.output
    # Its old key is of no use any more, and the master's new one is not known to it.
    assert keys_of([node2]).isdisjoint(admitted(node1))
    assert repair_commands(result.output) == [["gnt-node", "add", "--readd", node2.name]]
    for node in (node2, node3):
        session = talk(cluster.lab.argv(node1, "gnt-node", "add", "--readd", node.name), [("Password", PASSWORD)])
        assert session.exit_code == 0, session.output
        # All nodes still have the host keys of the cluster.
        assert "authenticity" not in session.output
    check_keys(cluster, [node1, node2])


def test_files_are_copied_to_all_other_nodes(cluster: SshCluster) -> None:
    node1, node2, node3 = cluster.lab.nodes
    node1.path("/root/some file").write_text("hello\n")
    node1.path("/root/some file").chmod(0o640)
    for options in ([], ["--use-replication-network"], ["-n", node2.name]):
        assert cluster.run("gnt-cluster", "copyfile", *options, "/root/some file").output == ""
    for node in (node2, node3):
        assert node.read("/root/some file") == "hello\n"
        assert node.path("/root/some file").stat().st_mode & 0o777 == 0o640
    assert cluster.run("gnt-cluster", "copyfile", "/root/none", check=False).exit_code == 1
    cluster.lab.run(node2, "service", "ssh", "stop")
    failed = cluster.run("gnt-cluster", "copyfile", "/root/some file", check=False)
    cluster.lab.run(node2, "service", "ssh", "start")
    assert failed.exit_code == 1
    assert f"to node {node2.name} failed" in failed.stderr
    assert "Connection refused" in failed.stderr
    assert node3.name not in failed.stderr


def test_commands_run_on_all_nodes_and_their_failures_are_seen(cluster: SshCluster) -> None:
    names = [node.name for node in cluster.lab.nodes]
    result = cluster.run("gnt-cluster", "command", "hostname -f; test $(hostname) != node2", check=False)
    assert result.exit_code == 1
    blocks = result.stdout.split("-" * 48 + "\n")[1:]
    wanted = [(names[1], 1), (names[2], 0), (names[0], 0)]
    assert blocks == [f"node: {name}\n{name}\nreturn code = {code}\n" for name, code in wanted]
    words = ("gnt-cluster", "command", "-M", "--failure-only", "hostname; test $(hostname) != node2")
    some = cluster.run(*words, check=False)
    assert some.stdout == "-" * 48 + f"\n{names[1]}: node2\nreturn code = 1\n"


@pytest.fixture
def other_master(cluster: SshCluster) -> Iterator[Node]:
    """node2, which the test may make the master."""
    node1, node2, _ = cluster.lab.nodes
    yield node2
    cluster.master = node1
    if not node1.pid:
        cluster.lab.on(node1)
    cluster.lab.run(node1, "/usr/lib/ganeti/daemon-util", "start-all", check=False)
    if cluster.run("gnt-cluster", "getmaster").stdout != f"{node1.name}\n":
        cluster.run("gnt-cluster", "master-failover")
    cluster.wait_for_address(node1)


def test_the_address_moves_with_the_master_and_the_new_one_reaches_all(cluster: SshCluster, other_master: Node) -> None:
    node1, node2, node3 = cluster.lab.nodes
    cluster.lab.run(node3, "fping", "-c1", CLUSTER_IP)
    refused = cluster.lab.run(node3, "gnt-cluster", "master-failover", check=False)
    assert refused.exit_code == 1
    cluster.lab.run(other_master, "gnt-cluster", "master-failover")
    cluster.master = other_master
    assert has_address(cluster.lab, node2, CLUSTER_IP)
    assert not has_address(cluster.lab, node1, CLUSTER_IP)
    # Neighbours learned it at once.
    (mac,) = cluster.lab.lines(node2, "cat", "/sys/class/net/br0/address")
    assert mac in cluster.lab.run(node3, "ip", "neigh", "show", CLUSTER_IP).stdout
    assert cluster.findings() == []
    assert "return code = 0" in cluster.run("gnt-cluster", "command", "-n", node1.name, "true").stdout
    cluster.run("gnt-node", "modify", "--master-candidate=yes", node3.name)
    check_keys(cluster, [node1, node2, node3])


def test_the_address_moves_away_from_a_master_without_power(cluster: SshCluster, other_master: Node) -> None:
    node1 = cluster.lab.nodes[0]
    cluster.lab.off(node1)
    cluster.lab.run(other_master, "gnt-cluster", "master-failover")
    cluster.master = other_master
    cluster.wait_for_address(other_master)
    cluster.lab.on(node1)
    started = cluster.lab.run(node1, "/usr/lib/ganeti/daemon-util", "start-all", check=False)
    assert "did not win the vote" in started.output
    assert not has_address(cluster.lab, node1, CLUSTER_IP)

    def names_new_master() -> bool:
        return cluster.lab.run(node1, "gnt-cluster", "getmaster").stdout == f"{other_master.name}\n"

    wait_for(names_new_master, f"{node1.name} to be corrected")
    cluster.lab.run(node1, "/usr/lib/ganeti/daemon-util", "start-all")
    assert cluster.findings() == []


def test_a_new_name_is_the_one_under_which_host_keys_are_known(cluster: SshCluster) -> None:
    assert cluster.run("gnt-cluster", "rename", "-f", OTHER_CLUSTER).stdout.startswith("Cluster renamed from")
    try:
        assert has_address(cluster.lab, cluster.master, OTHER_CLUSTER_IP)
        assert not has_address(cluster.lab, cluster.master, CLUSTER_IP)
        for node in cluster.lab.nodes:
            assert node.read("/var/lib/ganeti/known_hosts").startswith(f"{OTHER_CLUSTER} ssh-rsa ")
        assert cluster.findings() == []
        cluster.run("gnt-cluster", "copyfile", "/etc/hosts")
    finally:
        cluster.run("gnt-cluster", "rename", "-f", "cluster.lab.example")
