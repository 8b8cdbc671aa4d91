"""Node groups through the command line."""

from collections.abc import Iterator

import pytest

from test.cluster.virtual import VirtualCluster


@pytest.fixture
def rack(cluster: VirtualCluster) -> Iterator[str]:
    """A group with the third node, which goes back to the first group in the end."""
    cluster.run("gnt-group", "add", "--alloc-policy=last_resort", "--node-parameters=spindle_count=4", "rack2")
    cluster.run("gnt-group", "assign-nodes", "rack2", cluster.nodes[2])
    yield "rack2"
    cluster.run("gnt-group", "assign-nodes", "default", cluster.nodes[2])
    cluster.run("gnt-group", "remove", "rack2")


def _row(cluster: VirtualCluster, group: str, fields: str) -> list[str]:
    (line,) = cluster.lines("gnt-group", "list", "--no-headers", "--separator=|", "-o", fields, group)
    return line.split("|")


def test_groups_are_listed_with_their_nodes_and_parameters(cluster: VirtualCluster, rack: str) -> None:
    assert _row(cluster, rack, "node_list,alloc_policy") == [cluster.nodes[2], "last_resort"]
    assert _row(cluster, "default", "node_cnt") == ["2"]
    header, *rows = cluster.lines("gnt-group", "list")
    assert header.split() == ["Group", "Nodes", "Instances", "AllocPolicy", "NDParams"]
    assert len(rows) == 2


def test_info_tells_what_is_set_and_what_is_default(cluster: VirtualCluster, rack: str) -> None:
    lines = [line.strip() for line in cluster.lines("gnt-group", "info", rack)]
    assert lines[0] == "- Node group: rack2"
    assert "spindle_count: 4" in lines
    assert "ssh_port: default (22)" in lines


def test_parameters_are_changed_and_reset(cluster: VirtualCluster, rack: str) -> None:
    bounds = (
        "min:cpu-count=1,disk-count=1,disk-size=4,memory-size=4,nic-count=0,spindle-use=1/"
        "max:cpu-count=4,disk-count=4,disk-size=100,memory-size=100,nic-count=4,spindle-use=4"
    )
    output = cluster.lines(
        *("gnt-group", "modify", "--node-parameters=spindle_count=default", "--alloc-policy=preferred"),
        *(f"--ipolicy-bounds-specs={bounds}", "--ipolicy-vcpu-ratio=2", rack),
    )
    assert output == [f"Modified node group {rack}", " - ndparams -> {}"]
    command = cluster.lines("gnt-group", "show-ispecs-cmd", rack)
    assert command == [f"gnt-group add --ipolicy-bounds-specs {bounds} {rack}"]
    cluster.run("gnt-group", "modify", "--ipolicy-bounds-specs=default", "--ipolicy-vcpu-ratio=default", rack)
    assert cluster.lines("gnt-group", "show-ispecs-cmd", rack) == [f"gnt-group add {rack}"]
    assert _row(cluster, rack, "alloc_policy,custom_ipolicy") == ["preferred", "{}"]
    assert cluster.run("gnt-group", "modify", rack, check=False).exit_code == 1


def test_names_and_tags(cluster: VirtualCluster, rack: str) -> None:
    cluster.run("gnt-group", "add-tags", rack, "room:7")
    assert cluster.lines("gnt-group", "list-tags", rack) == ["room:7"]
    cluster.run("gnt-group", "rename", rack, "row9")
    assert cluster.run("gnt-group", "rename", "row9", "default", check=False).exit_code == 1
    cluster.run("gnt-group", "rename", "row9", rack)


def test_group_with_nodes_is_not_removed(cluster: VirtualCluster, rack: str) -> None:
    result = cluster.run("gnt-group", "remove", rack, check=False)
    assert (result.exit_code, cluster.nodes[2] in result.output) == (1, True)


def test_cluster_of_two_groups_verifies(cluster: VirtualCluster, rack: str) -> None:
    cluster.run("gnt-cluster", "verify")
