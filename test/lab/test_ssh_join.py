"""Machines become nodes and cease to be: init, add, remove, destroy, with real SSH daemons."""

import contextlib
from collections.abc import Iterator

import pytest

from ganeti.utils import hosts
from test.cluster.virtual import IPOLICY, wait_for
from test.lab.nodes import CLUSTER, CLUSTER_IP, Lab, Node
from test.lab.ssh_cluster import AUTHORIZED, SshCluster, admit, admitted, blob, has_address, listed, own_key
from test.lab.terminal import talk

PASSWORD = "correct horse"
HOST_KEY = "/etc/ssh/ssh_host_rsa_key.pub"
HOSTS = "/etc/hosts"
ADMIN_KEY = "ssh-rsa AAAAadmin admin@desk"

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def cluster(lab: Lab) -> SshCluster:
    """A cluster of one node; tests take away the nodes that they add."""
    made = SshCluster(lab, lab.nodes[0])
    made.init()
    return made


@pytest.fixture
def stranger(cluster: SshCluster) -> Iterator[Node]:
    """A machine that belongs to no cluster, has host keys of its own and lets root in by a password."""
    node = cluster.lab.nodes[1]
    if node.read(HOST_KEY) == cluster.master.read(HOST_KEY):
        # It keeps those of the cluster when it leaves.
        cluster.lab.run(node, "sh", "-c", "rm /etc/ssh/ssh_host_*; ssh-keygen -q -A; service ssh restart")
    cluster.lab.set_password(node, PASSWORD)
    node.path(AUTHORIZED).write_text(f"{ADMIN_KEY}\n", encoding="utf-8")
    yield node
    if node.name in cluster.run("gnt-node", "list", "--no-headers", "-o", "name").stdout.split():
        cluster.run("gnt-node", "remove", node.name)
    wait_for(lambda: "noded" not in cluster.lab.run(node, "ps", "-e", "-o", "args").stdout, f"end of {node.name}")
    for one in cluster.lab.nodes:
        one.path(HOSTS).write_text(cluster.lab.hosts_text(), encoding="utf-8")


def names(cluster: SshCluster) -> list[str]:
    return cluster.run("gnt-node", "list", "--no-headers", "-o", "name").stdout.split()


def is_untouched(node: Node) -> bool:
    return not node.path("/root/.ssh/id_rsa").exists() and admitted(node) == [blob(ADMIN_KEY)]


def test_init_gives_the_first_node_its_keys_and_the_address(cluster: SshCluster) -> None:
    node = cluster.master
    assert admitted(node) == [blob(own_key(node))]
    assert listed(node) == {cluster.uuid(node): [blob(own_key(node))]}
    assert node.read("/var/lib/ganeti/known_hosts") == f"{CLUSTER} {blob(node.read(HOST_KEY))}\n"
    assert f"{node.primary_ip}\t{node.name} node1\n" in node.read(HOSTS)
    (address,) = [line for line in cluster.lab.lines(node, "ip", "-o", "addr") if f" {CLUSTER_IP}/32 " in line]
    assert {"br0", "br0:0"} <= set(address.replace("\\", " ").split())
    assert cluster.findings() == []
    again = cluster.run("gnt-cluster", "init", "--master-netdev=br0", IPOLICY, CLUSTER, check=False)
    assert again.exit_code == 1
    assert "already initialised" in again.stderr
    assert admitted(node) == [blob(own_key(node))]


def test_an_unknown_host_key_needs_a_yes(cluster: SshCluster, stranger: Node) -> None:
    refused = cluster.run("gnt-node", "add", stranger.name, check=False)
    assert refused.exit_code == 1
    assert "was not accepted" in refused.stderr
    add = cluster.lab.argv(cluster.master, "gnt-node", "add", stranger.name)
    session = talk(add, [("Continue connecting?", "n")])
    assert session.exit_code == 1
    assert "Password" not in session.output
    assert names(cluster) == [cluster.master.name]
    assert is_untouched(stranger)


def test_wrong_passwords_change_nothing(cluster: SshCluster, stranger: Node) -> None:
    add = cluster.lab.argv(cluster.master, "gnt-node", "add", "--no-ssh-key-check", stranger.name)
    session = talk(add, [("Password", "wrong")] * 3)
    assert session.exit_code == 1
    assert "Authentication failed" in session.output
    assert "wrong" not in session.output
    # Without a terminal nothing is read from standard input.
    piped = cluster.lab.run(cluster.master, "gnt-node", "add", "--no-ssh-key-check", stranger.name, check=False)
    assert piped.exit_code == 1
    assert f"Password of root@{stranger.name} is needed" in piped.stderr
    assert is_untouched(stranger)


@pytest.mark.parametrize(("name", "problem"), [("moon.lab.example", "mismatch"), ("node2", "not fully qualified")])
def test_a_machine_with_another_name_is_refused(cluster: SshCluster, stranger: Node, name: str, problem: str) -> None:
    hosts_file = stranger.path(HOSTS)
    hosts_file.write_text(f"127.0.0.1 localhost\n{stranger.primary_ip} {name} node2\n", encoding="utf-8")
    admit(stranger, own_key(cluster.master))
    refused = cluster.run("gnt-node", "add", "--no-ssh-key-check", stranger.name, check=False)
    assert refused.exit_code == 1
    assert f"cannot become a node; hostname {problem}: it says that it is '{name}'" in refused.stderr
    assert not stranger.path("/root/.ssh/id_rsa").exists()


def test_a_node_of_another_cluster_is_refused_until_it_is_cleaned(cluster: SshCluster, stranger: Node) -> None:
    stranger.path("/var/lib/ganeti/ssconf_cluster_name").write_text("other.lab.example\n", encoding="utf-8")
    admit(stranger, own_key(cluster.master))
    refused = cluster.run("gnt-node", "add", "--no-ssh-key-check", stranger.name, check=False)
    assert refused.exit_code == 1
    assert "belongs to cluster 'other.lab.example'" in refused.stderr
    assert not stranger.path("/root/.ssh/id_rsa").exists()
    cluster.lab.run(stranger, "/usr/lib/ganeti/node-cleanup", "--yes-do-it")
    cluster.run("gnt-node", "add", "--no-ssh-key-check", stranger.name)
    assert cluster.findings() == []


def test_a_machine_joins_by_password_and_leaves(cluster: SshCluster, stranger: Node) -> None:
    master = cluster.master
    # The new node knows nobody but itself and the master.
    stranger.path(HOSTS).write_text(cluster.lab.hosts_text([master, stranger]), encoding="utf-8")
    add = cluster.lab.argv(master, "gnt-node", "add", stranger.name)
    session = talk(add, [("Continue connecting?", "y"), ("Password", PASSWORD)])
    assert session.exit_code == 0, session.output
    # The second connection is made with the keys that the first one brought.
    assert session.output.count("Continue connecting?") == session.output.count("Password of") == 1
    keys = {cluster.uuid(node): [blob(own_key(node))] for node in (master, stranger)}
    assert listed(master) == listed(stranger) == keys
    assert cluster.role(stranger) == "C"
    both = {blob(own_key(master)), blob(own_key(stranger))}
    assert set(admitted(master)) == both
    assert set(admitted(stranger)) == {*both, blob(ADMIN_KEY)}
    assert stranger.read(HOST_KEY) == master.read(HOST_KEY)
    assert stranger.read(HOSTS) == master.read(HOSTS)
    assert cluster.findings("--verify-ssh-clutter") == []

    cluster.run("gnt-node", "remove", stranger.name)
    assert listed(master) == {cluster.uuid(master): keys[cluster.uuid(master)]}
    assert admitted(master) == [blob(own_key(master))]
    assert admitted(stranger) == [blob(ADMIN_KEY)]
    assert not stranger.path("/root/.ssh/id_rsa").exists()
    left = [path.name for path in stranger.path("/var/lib/ganeti").iterdir() if path.is_file()]
    assert left == []
    assert stranger.name not in master.read(HOSTS)
    assert cluster.findings("--verify-ssh-clutter") == []


def test_a_node_that_is_dead_can_be_removed(cluster: SshCluster, stranger: Node) -> None:
    cluster.add(stranger)
    key = blob(own_key(stranger))
    cluster.run("gnt-node", "modify", "--offline=yes", "--force", stranger.name)
    cluster.lab.off(stranger)
    try:
        removed = cluster.run("gnt-node", "remove", stranger.name)
        assert "WARNING" not in removed.output
    finally:
        cluster.lab.on(stranger)
    assert key not in admitted(cluster.master)
    assert cluster.findings("--verify-ssh-clutter") == []
    cluster.lab.run(stranger, "/usr/lib/ganeti/node-cleanup", "--yes-do-it")
    stranger.path("/root/.ssh/id_rsa").unlink()


def test_ssh_daemons_of_a_group_may_listen_on_another_port(cluster: SshCluster) -> None:
    lab, node = cluster.lab, cluster.lab.nodes[2]
    node.path("/etc/ssh/sshd_config.d/port.conf").write_text("Port 2222\n", encoding="utf-8")
    lab.run(node, "service", "ssh", "restart")
    cluster.run("gnt-group", "add", "--node-parameters", "ssh_port=2222", "far")
    with contextlib.ExitStack() as undo:
        undo.callback(cluster.run, "gnt-group", "remove", "far")
        cluster.add(node, "--node-group=far")
        undo.callback(cluster.run, "gnt-node", "remove", node.name)
        assert cluster.findings() == []
        cluster.run("gnt-cluster", "copyfile", "/etc/hostname")
        assert node.read("/etc/hostname") == "node1\n"
        said = cluster.run("gnt-cluster", "command", "-n", "node3", "hostname").stdout
        assert "node: node3.lab.example\nnode3\n" in said


def test_destroying_the_cluster_leaves_nothing_of_it(cluster: SshCluster) -> None:
    node = cluster.master
    admit(node, ADMIN_KEY)
    assert cluster.run("gnt-cluster", "destroy", check=False).exit_code == 1
    cluster.run("gnt-cluster", "destroy", "--yes-do-it")
    assert admitted(node) == [blob(ADMIN_KEY)]
    assert not node.path("/root/.ssh/id_rsa").exists()
    assert [path for path in node.path("/var/lib/ganeti").iterdir() if path.is_file()] == []
    assert not has_address(cluster.lab, node, CLUSTER_IP)
    wait_for(lambda: "sbin/ganeti-" not in cluster.lab.run(node, "ps", "-e", "-o", "args").stdout, "end of the daemons")
    # The machine is as good as new.
    cluster.init()
    assert hosts.with_host(node.read(HOSTS), node.primary_ip, node.name, ("node1",)) == node.read(HOSTS)
