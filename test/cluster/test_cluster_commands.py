"""gnt-cluster commands that do something on many nodes, or switch something for the whole cluster."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from test.cluster.virtual import VirtualCluster

RULER = "-" * 48


@pytest.fixture
def file(cluster: VirtualCluster) -> Iterator[Path]:
    """A file of the master in a directory that all nodes have; it is removed from all of them."""
    path = cluster.root() / "var/lib/ganeti/copied"
    path.write_text("content\n")
    yield path
    for node in range(3):
        (cluster.root(node) / "var/lib/ganeti/copied").unlink(missing_ok=True)


def _has_copy(cluster: VirtualCluster) -> list[bool]:
    return [(cluster.root(node) / "var/lib/ganeti/copied").exists() for node in range(3)]


def test_a_file_is_copied_to_all_or_some_nodes(cluster: VirtualCluster, file: Path) -> None:
    cluster.run("gnt-cluster", "copyfile", "-n", "node3", str(file))
    assert _has_copy(cluster) == [True, False, True]
    cluster.run("gnt-cluster", "copyfile", "-g", "default", str(file))
    assert _has_copy(cluster) == [True, True, True]


def test_a_copy_that_fails_on_one_node_is_made_on_the_others(cluster: VirtualCluster, file: Path) -> None:
    (cluster.root(1) / "var/lib/ganeti/copied").mkdir()
    (cluster.root(1) / "var/lib/ganeti/copied/copied").mkdir()
    try:
        result = cluster.run("gnt-cluster", "copyfile", str(file), check=False)
    finally:
        (cluster.root(1) / "var/lib/ganeti/copied/copied").rmdir()
        (cluster.root(1) / "var/lib/ganeti/copied").rmdir()
    assert result.exit_code == 1
    assert f"Copy of file {file} to node {cluster.nodes[1]} failed" in result.stderr
    assert _has_copy(cluster) == [True, False, True]


def test_a_command_runs_on_all_nodes_at_once_and_on_the_master_last(cluster: VirtualCluster) -> None:
    # Every node waits for a mark of the others; the master finds that they are done.
    directory = cluster.layout.directory
    mark = f'touch "{directory}/$GANETI_HOSTNAME.mark"'
    marks = " -a ".join(f"-e {directory}/{cluster.nodes[node]}.mark" for node in (1, 2))
    wait = f"until [ {marks} ]; do sleep 0.1; done"
    try:
        lines = cluster.lines("gnt-cluster", "command", f"{mark}; {wait}; echo here")
    finally:
        for path in Path(directory).glob("*.mark"):
            path.unlink()
    expected = [[RULER, f"node: {cluster.nodes[node]}", "here", "return code = 0"] for node in (1, 2, 0)]
    assert lines == [line for block in expected for line in block]


def test_a_failed_command_is_a_failure(cluster: VirtualCluster) -> None:
    script = f'echo one; echo two >&2; [ "$GANETI_HOSTNAME" != {cluster.nodes[2]} ]'
    result = cluster.run("gnt-cluster", "command", "-M", "--failure-only", script, check=False)
    assert result.exit_code == 1
    name = cluster.nodes[2]
    assert result.stdout.splitlines() == [RULER, f"{name}: one", f"{name}: two", "return code = 1"]
    assert cluster.run("gnt-cluster", "command", "--failure-only", "true").stdout == ""


def test_offline_nodes_are_left_out(cluster: VirtualCluster, file: Path) -> None:
    cluster.run("gnt-node", "modify", "-f", "-O", "yes", cluster.nodes[2])
    try:
        for words in (("command", "true"), ("copyfile", str(file))):
            result = cluster.run("gnt-cluster", *words)
            assert result.stderr == f"Note: skipping offline node(s): {cluster.nodes[2]}\n"
    finally:
        cluster.run("gnt-node", "modify", "-f", "-O", "no", cluster.nodes[2])
    assert _has_copy(cluster) == [True, True, False]


def test_instance_communication_gets_its_network(cluster: VirtualCluster) -> None:
    try:
        output = cluster.lines("gnt-cluster", "modify", "--instance-communication-network=talk")
        assert [line.split()[:2] for line in output] == [["Submitted", "jobs"], ["Waiting", "for"]]
        fields = ("-o", "name,network,group_list")
        (network,) = cluster.lines("gnt-network", "list", "--no-headers", "--separator=|", *fields)
        assert network == "talk|169.254.0.0/16|default (routed, communication_rt, -)"
        refused = cluster.run("gnt-cluster", "modify", "--instance-communication-network=other", check=False)
        assert "would share addresses with talk" in refused.stderr
    finally:
        cluster.run("gnt-cluster", "modify", "--instance-communication-network=")
        cluster.run("gnt-network", "disconnect", "talk", check=False)
        cluster.run("gnt-network", "remove", "talk", check=False)


def test_nodes_are_switched_off_and_on_with_their_instances(cluster: VirtualCluster, tmp_path: Path) -> None:
    program, name = tmp_path / "oob", cluster.instances[0]
    program.write_text(f'#!/bin/sh\necho "$1 $2" >> {tmp_path}/calls\n')
    program.chmod(0o755)
    place = ("-n", cluster.nodes[1], "-t", "diskless", "-H", "fake", "--no-nics", "-B", "memory=8m")
    cluster.run("gnt-instance", "add", *place, "-o", "busybox+default", "--no-install", name)
    cluster.run("gnt-instance", "startup", name)

    def status() -> list[str]:
        return cluster.lines("gnt-instance", "list", "--no-headers", "-o", "status,admin_state", name)[0].split()

    cluster.run("gnt-cluster", "modify", "--node-parameters", f"oob_program={program}")
    try:
        cluster.run("gnt-cluster", "epo", "-f", cluster.nodes[1])
        assert status() == ["ERROR_down", "up"]
        cluster.run("gnt-cluster", "epo", "-f", "--on", cluster.nodes[1])
        assert status() == ["running", "up"]
    finally:
        cluster.run("gnt-cluster", "modify", "--node-parameters", "oob_program=")
    assert (tmp_path / "calls").read_text().splitlines() == [
        f"power-off {cluster.nodes[1]}",
        f"power-on {cluster.nodes[1]}",
    ]
