"""The configuration file of a running cluster: former versions, other releases, what is told about its copies."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ganeti import buildcfg
from test.cluster.virtual import VirtualCluster, wait_for

_TOOLS = buildcfg.TOOLSDIR


def data(cluster: VirtualCluster, node: int = 0) -> Path:
    return cluster.root(node) / "var/lib/ganeti"


def config(cluster: VirtualCluster, node: int = 0) -> Any:
    return json.loads((data(cluster, node) / "config.data").read_text())


def restored_tags(cluster: VirtualCluster, node: int) -> set[str]:
    return {tag for tag in config(cluster, node)["cluster"]["tags"] if tag.startswith("restore-")}


@pytest.fixture
def tagged(cluster: VirtualCluster) -> Iterator[VirtualCluster]:
    """A cluster that got a tag and after it another one."""
    cluster.run("gnt-cluster", "add-tags", "restore-first")
    cluster.run("gnt-cluster", "add-tags", "restore-second")
    yield cluster
    cluster.run("gnt-cluster", "remove-tags", *cluster.lines("gnt-cluster", "list-tags"))


def test_going_back_to_a_former_version_takes_effect_when_it_is_asked_for(tagged: VirtualCluster) -> None:
    versions = sorted((data(tagged) / "config-history").iterdir(), reverse=True)
    former = next(path for path in versions if "restore-second" not in path.read_text())
    assert "restore-first" in former.read_text()
    # The candidates must have the newest before it becomes an unwanted one.
    wait_for(lambda: all(len(restored_tags(tagged, node)) == 2 for node in (1, 2)), "the copies")
    tagged.daemon_util("stop-master")
    shutil.copyfile(former, data(tagged) / "config.data")
    tagged.daemon_util("start-master")
    report = tagged.run("gnt-cluster", "verify", check=False).output
    assert f"node {tagged.nodes[1]}: acknowledged configuration: none" in report
    assert restored_tags(tagged, 1) == {"restore-first", "restore-second"}
    tagged.run("gnt-cluster", "redist-conf")
    for node in range(3):
        assert restored_tags(tagged, node) == {"restore-first"}
    assert "acknowledged configuration" not in tagged.run("gnt-cluster", "verify", check=False).output


def test_only_the_master_daemon_reads_former_versions(tagged: VirtualCluster) -> None:
    directory = data(tagged) / "config-history"
    assert directory.stat().st_mode & 0o777 == 0o700
    assert not list((data(tagged, 1) / "config-history").iterdir())
    assert len(os.listdir(directory)) <= 50


def test_a_node_that_was_away_is_named_until_it_has_the_newest(cluster: VirtualCluster) -> None:
    wait_for(lambda: config(cluster, 2) == config(cluster), "the newest copy")
    cluster.daemon_util("stop", "ganeti-noded", node=2)
    try:
        known = config(cluster)["serial_no"]
        cluster.run("gnt-cluster", "add-tags", "missed")
        report = cluster.run("gnt-cluster", "verify", check=False).output
    finally:
        cluster.daemon_util("start", "ganeti-noded", node=2)
    assert f"node {cluster.nodes[2]}: acknowledged configuration: serial number {known}" in report
    wait_for(lambda: config(cluster, 2) == config(cluster), "the copy of the node that is back")
    cluster.run("gnt-cluster", "remove-tags", "missed")


def test_who_leaves_the_configuration_inconsistent_is_told(cluster: VirtualCluster) -> None:
    output = cluster.run("gnt-node", "modify", "-C", "no", cluster.nodes[2]).output
    assert "WARNING: Configuration data is not consistent: Not enough master candidates: 2 instead of 3" in output
    assert "not consistent" not in cluster.run("gnt-node", "modify", "-C", "yes", cluster.nodes[2]).output


def test_a_configuration_of_the_release_before_is_refused_until_it_is_converted(cluster: VirtualCluster) -> None:
    for node in range(3):
        cluster.daemon_util("stop-all", node=node)
    downgraded = cluster.run(f"{_TOOLS}/cfgupgrade", "-f", "--downgrade")
    assert "converted to version 3.0.0" in downgraded.output
    content = (data(cluster) / "config.data").read_bytes()
    refused = cluster.run("ganeti-masterd", check=False, timeout_s=30)
    assert refused.exit_code == 1
    assert "has version 3.0.0, this release needs 3.1.0; convert it with cfgupgrade" in refused.output
    assert (data(cluster) / "config.data").read_bytes() == content
    assert cluster.run(f"{_TOOLS}/cfgupgrade", "-f", node=1, check=False).exit_code == 1
    cluster.run(f"{_TOOLS}/cfgupgrade", "-f")
    for node in (2, 1, 0):
        cluster.daemon_util("start-all", node=node)
    wait_for(lambda: not cluster.run("gnt-cluster", "master-ping", check=False).failed, "the master daemon")
    assert cluster.lines("gnt-cluster", "getmaster") == [cluster.nodes[0]]
    cluster.run("gnt-cluster", "redist-conf")
    assert (data(cluster) / "config.data").stat().st_mode & 0o777 == 0o640


def test_refused_creation_of_a_cluster_changes_nothing(virtual_nodes: VirtualCluster) -> None:
    def files() -> set[tuple[str, int]]:
        root = virtual_nodes.root()
        return {(str(path), path.stat().st_size) for path in root.rglob("*") if "/log/" not in str(path)}

    base = ("gnt-cluster", "init", "--no-etc-hosts", "--no-ssh-init", "--enabled-hypervisors=fake")
    name = virtual_nodes.name
    for wrong in (
        ("--master-netdev=no-such-device", "--enabled-disk-templates=diskless", name),
        ("--master-netdev=lo", "--enabled-disk-templates=plain", name),
        ("--master-netdev=lo", "--enabled-disk-templates=gluster", name),
        ("--master-netdev=lo", "--enabled-disk-templates=diskless", "-C", "0", name),
        ("--master-netdev=lo", "--enabled-disk-templates=diskless", "--uid-pool=9-1", name),
        ("--master-netdev=lo", "--enabled-disk-templates=diskless", "--zeroing-image=image", name),
        ("--master-netdev=lo", "--enabled-disk-templates=diskless", "nowhere.invalid"),
    ):
        before = files()
        assert virtual_nodes.run(*base, *wrong, check=False).exit_code == 1, wrong
        assert files() == before, wrong
