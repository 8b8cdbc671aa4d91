"""gnt-cluster upgrade on nodes that are machines of their own and are reached by SSH."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from ganeti import constants as c
from test.cluster.virtual import IPOLICY, wait_for
from test.lab.nodes import CLUSTER, Installation, Lab
from test.lab.terminal import talk
from test.made_up_version import made_up_version

OLD = c.DIR_VERSION
NEW = f"{c.VERSION_MAJOR}.{c.VERSION_MINOR + 1}"

@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Give a cluster of three nodes that have two versions, of which they use the old one."""
    with Installation() as image:
        # As `make install` does on a machine that belongs to a cluster: the links stay.
        newer = made_up_version(tmp_path_factory.mktemp("versions") / "source", c.VERSION_MINOR + 1)
        marker = image.directory / "var/lib/ganeti/server.pem"
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()
        options = [f"--root={image.directory}", "--prefix=/usr", f"--python={sys.executable}"]
        command = [sys.executable, "setup.py", "--quiet", "install_tree", *options]
        subprocess.run(command, cwd=newer, check=True, timeout=120, stdout=subprocess.DEVNULL)
        marker.unlink()
        with Lab(image, nodes=3) as lab:
            first, *others = lab.nodes
            kinds = ("--enabled-disk-templates=diskless", "--enabled-hypervisors=fake", IPOLICY)
            lab.run(first, "gnt-cluster", "init", "--master-netdev=br0", *kinds, CLUSTER)
            for node in others:
                lab.set_password(node, "secret words")
                command = lab.argv(first, "gnt-node", "add", "--no-ssh-key-check", node.name)
                added = talk(command, [("Password", "secret words")])
                assert added.exit_code == 0, added.output
            yield lab


def _versions(lab: Lab) -> set[str]:
    """Return the versions that nodes use, by their links and by the programs that are found."""
    found = set()
    for node in lab.nodes:
        found.add(lab.run(node, "readlink", "/etc/ganeti/lib").stdout.strip().rpartition("/")[2])
        found.add(lab.run(node, "readlink", "/etc/ganeti/share").stdout.strip().rpartition("/")[2])
        found.add(lab.run(node, "gnt-node", "--version").stdout.split()[-1].rpartition(".")[0])
    return found


def test_files_and_commands_go_by_ssh(cluster: Lab) -> None:
    master = cluster.nodes[0]
    cluster.run(master, "sh", "-c", "echo content > '/root/a file'")
    cluster.run(master, "gnt-cluster", "copyfile", "/root/a file")
    assert [node.read("/root/a file") for node in cluster.nodes] == ["content\n"] * 3
    lines = cluster.lines(master, "gnt-cluster", "command", "-M", "hostname --fqdn; cat '/root/a file'")
    order = [cluster.nodes[number].name for number in (1, 2, 0)]
    assert [line for line in lines if line.startswith("node")] == [
        line for name in order for line in (f"{name}: {name}", f"{name}: content")
    ]
    cluster.cut(cluster.nodes[1])
    failed = cluster.run(master, "gnt-cluster", "copyfile", "/root/a file", check=False)
    assert failed.exit_code == 1
    assert f"to node {cluster.nodes[1].name} failed" in failed.stderr
    cluster.plug(cluster.nodes[1])


def test_nodes_are_changed_by_ssh(cluster: Lab) -> None:
    master = cluster.nodes[0]
    assert _versions(cluster) == {OLD}
    cluster.run(cluster.nodes[2], "mv", f"/usr/lib/ganeti/{NEW}", "/root/hidden")
    result = cluster.run(master, "gnt-cluster", "upgrade", "--to", NEW, check=False)
    assert result.exit_code == 1
    assert f"Version {NEW} cannot be used on all nodes" in result.stdout
    assert cluster.nodes[2].name in result.stdout
    assert _versions(cluster) == {OLD}

    cluster.run(cluster.nodes[2], "mv", "/root/hidden", f"/usr/lib/ganeti/{NEW}")
    result = cluster.run(master, "gnt-cluster", "upgrade", "--to", NEW, check=False)
    assert _versions(cluster) == {NEW}, result.output
    assert f"Software version: {NEW}.0" in cluster.lines(master, "gnt-cluster", "version")
    assert cluster.lines(master, "gnt-node", "list", "--no-headers", "-o", "name") == [
        node.name for node in cluster.nodes
    ]

    _cut_the_power_of_the_master(cluster)


def _cut_the_power_of_the_master(cluster: Lab) -> None:
    """Pull the power cord in the middle of the way back, and go on as cron does after the boot."""
    master = cluster.nodes[0]
    journal = "/var/lib/ganeti/upgrade-journal"
    command = cluster.argv(master, "gnt-cluster", "upgrade", "--to", OLD)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def has_stopped_daemons() -> bool:
        assert process.poll() is None, "the change ended too early"
        with contextlib.suppress(FileNotFoundError):
            return "backup" in json.loads(master.read(journal))["begun"]
        return False

    wait_for(has_stopped_daemons, "daemons to be stopped", timeout_s=60.0)
    cluster.off(master)
    process.wait()
    cluster.on(master)
    result = cluster.run(master, "gnt-cluster", "upgrade", "--resume", check=False)
    assert f"Going on with the change from version {NEW}.0 to {OLD}" in result.stdout
    assert _versions(cluster) == {OLD}, result.output
    assert f"Software version: {OLD}.0" in cluster.lines(master, "gnt-cluster", "version")
    assert cluster.run(master, "gnt-cluster", "upgrade", "--resume").stdout == ""
