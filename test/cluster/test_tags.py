"""Tags through the command line."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ganeti import constants as c
from test.cluster.os_definitions import os_definition
from test.cluster.virtual import VirtualCluster

#: Program and object of each kind of tags, and where a search finds them.
_KINDS = {
    "cluster": ("gnt-cluster", [], "/cluster"),
    "node": ("gnt-node", ["NODE"], "/nodes/NODE"),
    "group": ("gnt-group", ["default"], "/nodegroup/default"),
    "network": ("gnt-network", ["lan"], "/network/lan"),
    "instance": ("gnt-instance", ["INSTANCE"], "/instances/INSTANCE"),
}


@pytest.fixture
def tagged(cluster: VirtualCluster) -> Iterator[VirtualCluster]:
    """The cluster with a network and an instance."""
    words = ("-t", "diskless", "-H", "fake", "-o", "tags-os", "--no-start", "--no-nics", "-B", "memory=8m")
    with os_definition("tags-os"):
        cluster.run("gnt-instance", "add", *words, "-n", cluster.nodes[1], cluster.instances[0])
    cluster.run("gnt-network", "add", "--network=192.0.2.0/29", "lan")
    yield cluster
    cluster.run("gnt-network", "remove", "lan")


@pytest.mark.parametrize("kind", list(_KINDS))
def test_life_of_a_tag(tagged: VirtualCluster, tmp_path: Path, kind: str) -> None:
    program, words, path = _KINDS[kind]
    real = {"NODE": tagged.nodes[1], "INSTANCE": tagged.instances[0]}
    target = [real.get(word, word) for word in words]
    for placeholder, name in real.items():
        path = path.replace(placeholder, name)
    file = tmp_path / "tags"
    file.write_text(" from:file \nzoo\n")
    tagged.run(program, "add-tags", f"--from={file}", *target, "a.b-c_d", "zoo")
    tagged.run(program, "add-tags", *target, "zoo")
    assert tagged.lines(program, "list-tags", *target) == ["a.b-c_d", "from:file", "zoo"]
    assert tagged.lines("gnt-cluster", "search-tags", "^[fz]") == [f"{path} from:file", f"{path} zoo"]
    missing = tagged.run(program, "remove-tags", *target, "zoo", "no2", "no1", check=False)
    assert missing.exit_code == 1
    assert "unknown_entity" in missing.stderr and "'no1', 'no2'" in missing.stderr
    tagged.run(program, "remove-tags", f"--from={file}", *target, "a.b-c_d")
    assert tagged.lines(program, "list-tags", *target) == []
    nothing = tagged.run("gnt-cluster", "search-tags", "^[fz]", check=False)
    assert (nothing.exit_code, nothing.output) == (1, "")
    for wrong in ([], ["not valid"], ["x" * (c.MAX_TAG_LEN + 1)], ["fine", ""]):
        refused = tagged.run(program, "add-tags", *target, *wrong, check=False)
        assert refused.exit_code == 1 and "wrong_input" in refused.stderr, wrong
    assert tagged.lines(program, "list-tags", *target) == []


def test_number_of_tags_has_a_limit(cluster: VirtualCluster, tmp_path: Path) -> None:
    node = cluster.nodes[1]
    file = tmp_path / "tags"
    file.write_text("".join(f"n{number}\n" for number in range(c.MAX_TAGS_PER_OBJ)))
    longest = "x" * c.MAX_TAG_LEN
    cluster.run("gnt-node", "add-tags", f"--from={file}", node)
    try:
        refused = cluster.run("gnt-node", "add-tags", node, longest, check=False)
        assert (refused.exit_code, "4096" in refused.stderr) == (1, True)
        assert len(cluster.lines("gnt-node", "list-tags", node)) == c.MAX_TAGS_PER_OBJ
    finally:
        cluster.run("gnt-node", "remove-tags", f"--from={file}", node)
    cluster.run("gnt-node", "add-tags", node, longest)
    cluster.run("gnt-node", "remove-tags", node, longest)


def test_changes_at_the_same_time_are_all_kept(cluster: VirtualCluster) -> None:
    tags = [f"same-time-{number}" for number in range(6)]
    processes = [subprocess.Popen(cluster.argv(0, "gnt-cluster", "add-tags", tag)) for tag in tags]
    assert [process.wait(timeout=120) for process in processes] == [0] * len(tags)
    assert cluster.lines("gnt-cluster", "list-tags") == tags
    cluster.run("gnt-cluster", "remove-tags", *tags)


def test_expression_that_is_none_is_refused(cluster: VirtualCluster) -> None:
    result = cluster.run("gnt-cluster", "search-tags", "(", check=False)
    assert result.exit_code == 1 and "wrong_input" in result.stderr
