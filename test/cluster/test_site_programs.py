"""Programs of the administrator on nodes: hooks around operations, and out-of-band helpers."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ganeti.utils.process import CmdResult
from test.cluster.virtual import VirtualCluster


class Hooks:
    """Scripts on the nodes; each that runs leaves a line in a file of its node."""

    def __init__(self, cluster: VirtualCluster) -> None:
        self._cluster = cluster
        self._made: list[Path] = []

    def add(self, node: int, directory: str, name: str, *, extra: str = "", mode: int = 0o755) -> None:
        """Add a script that notes its name and a few variables, then does *extra*."""
        path = self._base(node) / directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        values = "$GANETI_HOOKS_PATH $GANETI_HOOKS_PHASE $GANETI_OP_CODE $GANETI_OLD_NAME $GANETI_NEW_NAME"
        path.write_text(f'#!/bin/sh\necho "{name} {values}" >> $GANETI_DATA_DIR/hooks-seen\n{extra}\n')
        path.chmod(mode)
        self._made.append(path.parent)

    def seen(self, node: int) -> list[str]:
        """Return the lines of a node since the last look."""
        path = self._seen_file(node)
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines

    def remove(self) -> None:
        """Remove all scripts and their traces."""
        for directory in self._made:
            shutil.rmtree(directory, ignore_errors=True)
        for node in range(len(self._cluster.nodes)):
            self._seen_file(node).unlink(missing_ok=True)

    def _base(self, node: int) -> Path:
        return self._cluster.root(node) / "etc/ganeti/hooks"

    def _seen_file(self, node: int) -> Path:
        return self._cluster.root(node) / "var/lib/ganeti/hooks-seen"


@pytest.fixture
def hooks(cluster: VirtualCluster) -> Iterator[Hooks]:
    made = Hooks(cluster)
    yield made
    made.remove()


def _rename(cluster: VirtualCluster, old: str, new: str, *options: str) -> CmdResult:
    return cluster.run("gnt-group", "rename", *options, old, new, check=False)


def _groups(cluster: VirtualCluster) -> list[str]:
    return cluster.lines("gnt-group", "list", "--no-headers", "-o", "name")


def test_hooks_run_in_byte_order_on_all_nodes_of_the_operation(cluster: VirtualCluster, hooks: Hooks) -> None:
    for node in range(3):
        for name in ("b", "10-a", "Z", "_x"):
            hooks.add(node, "group-rename-pre.d", name)
        hooks.add(node, "group-rename-pre.d", "10-check.sh", extra="exit 1")
        hooks.add(node, "group-rename-pre.d", "no-x-bit", extra="exit 1", mode=0o644)
        hooks.add(node, "group-rename-pre.d", ".hidden", extra="exit 1")
        hooks.add(node, "group-rename-post.d", "after")
        hooks.add(node, "config-update-post.d", "changed")
    assert _rename(cluster, "default", "other").exit_code == 0
    variables = "OP_GROUP_RENAME default other"
    before = [f"{name} group-rename pre {variables}" for name in ("10-a", "Z", "_x", "b")]
    after = [f"after group-rename post {variables}"]
    update = [f"changed config-update post {variables}"]
    assert [hooks.seen(node) for node in range(3)] == [before + after + update, before + after, before + after]
    assert _rename(cluster, "other", "default").exit_code == 0


def test_a_failed_pre_hook_on_one_node_prevents_the_operation(cluster: VirtualCluster, hooks: Hooks) -> None:
    for node in range(3):
        hooks.add(node, "group-rename-pre.d", "10-ok")
        hooks.add(node, "group-rename-post.d", "after")
        hooks.add(node, "config-update-post.d", "changed")
    hooks.add(1, "group-rename-pre.d", "05-no", extra="printf 'not\\033now'; exit 3")
    hooks.add(1, "group-rename-pre.d", "20-silent", extra="kill -9 $$")
    result = _rename(cluster, "default", "other")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-3:] == [
        "Failure: hooks execution failed:",
        f"  node: {cluster.nodes[1]}, script: group-rename-pre.d/05-no, output: not\\x1bnow",
        f"  node: {cluster.nodes[1]}, script: group-rename-pre.d/20-silent (no output)",
    ]
    assert _groups(cluster) == ["default"]
    # The others ran all the same, and nothing ran after it.
    assert [len(hooks.seen(node)) for node in range(3)] == [1, 3, 1]


def test_a_failed_post_hook_is_a_warning(cluster: VirtualCluster, hooks: Hooks) -> None:
    hooks.add(2, "group-rename-post.d", "late", extra="echo too late; exit 1")
    result = _rename(cluster, "default", "other")
    assert result.exit_code == 0
    assert f"On {cluster.nodes[2]} script group-rename-post.d/late failed, output: too late" in result.output
    assert _groups(cluster) == ["other"]
    hooks.remove()
    assert _rename(cluster, "other", "default").exit_code == 0


def test_hooks_of_a_node_that_is_away_are_left_out(cluster: VirtualCluster, hooks: Hooks) -> None:
    for node in (0, 1, 2):
        hooks.add(node, "group-rename-pre.d", "ok")
    cluster.daemon_util("stop", "ganeti-noded", node=2)
    try:
        result = _rename(cluster, "default", "other")
        assert result.exit_code == 0
        assert f"Communication failure to node {cluster.nodes[2]}" in result.output
        assert [len(hooks.seen(node)) for node in range(3)] == [1, 1, 0]
        assert _rename(cluster, "other", "default").exit_code == 0
    finally:
        cluster.daemon_util("start", "ganeti-noded", node=2)
    assert _groups(cluster) == ["default"]


HELPER = """#!/bin/sh
state="{directory}/$2"
case "$1" in
    power-on) echo on > "$state" ;;
    power-off) echo off > "$state" ;;
    power-cycle) echo on > "$state" ;;
    power-status) if test -e "$state" && grep -q off "$state"; then echo '{{"powered": false}}'
        else echo '{{"powered": true}}'; fi ;;
    health) echo '[["CPU fan", "OK"], ["PSU 1", "CRITICAL"]]' ;;
esac
echo "$1 $2 $#" >> {directory}/calls
"""


@pytest.fixture
def helper(cluster: VirtualCluster, tmp_path: Path) -> Iterator[Path]:
    """The out-of-band helper of node 2, with its states and calls beside it."""
    program = tmp_path / "oob"
    program.write_text(HELPER.format(directory=tmp_path))
    program.chmod(0o755)
    cluster.run("gnt-node", "modify", f"--node-parameters=oob_program={program}", cluster.nodes[1])
    yield tmp_path
    cluster.run("gnt-node", "modify", "--node-powered=yes", cluster.nodes[1], check=False)
    cluster.run("gnt-node", "modify", "-f", "--offline=no", cluster.nodes[1], check=False)
    cluster.run("gnt-node", "modify", "--node-parameters=oob_program=default", cluster.nodes[1])


def _power(cluster: VirtualCluster, *words: str) -> CmdResult:
    return cluster.run("gnt-node", "power", "--no-headers", "--separator= ", *words, check=False)


def test_power_of_a_node_is_switched_and_recorded(cluster: VirtualCluster, helper: Path) -> None:
    name = cluster.nodes[1]
    flags = ("gnt-node", "list", "--no-headers", "--separator= ", "-o", "name,powered,offline")
    assert cluster.lines(*flags) == [f"{cluster.nodes[0]} - N", f"{name} Y N", f"{cluster.nodes[2]} - N"]
    status = _power(cluster, "status", name, cluster.nodes[2])
    assert (status.stdout, status.exit_code) == (f"{name} powered\n{cluster.nodes[2]} (unavail)\n", 1)

    refused = _power(cluster, "-f", "--ignore-status", "off", cluster.nodes[0])
    assert refused.exit_code == 1
    assert "wrong_input" in refused.stderr

    off = _power(cluster, "-f", "off", name)
    assert (off.stdout, off.exit_code) == (f"{name} invoked\n", 0)
    assert cluster.lines(*flags)[1] == f"{name} N Y"
    assert _power(cluster, "status", name).stdout == f"{name} unpowered\n"
    online = cluster.run("gnt-node", "modify", "-f", "--offline=no", name, check=False)
    assert online.exit_code == 1
    assert "wrong_state" in online.stderr

    assert _power(cluster, "on", name).stdout == f"{name} invoked\n"
    assert cluster.lines(*flags)[1] == f"{name} Y Y"
    cluster.run("gnt-node", "modify", "-f", "--offline=no", name)
    # Each call has a command and the node's name, nothing else.
    commands = [line.split() for line in (helper / "calls").read_text().splitlines()]
    assert [words[0] for words in commands] == ["power-status", "power-off", "power-status", "power-on"]
    assert {(words[1], words[2]) for words in commands} == {(name, "2")}


def test_health_of_a_node_is_shown_and_problems_are_warnings(cluster: VirtualCluster, helper: Path) -> None:
    del helper
    result = cluster.run("gnt-node", "health", "--no-headers", "--separator=|", cluster.nodes[1], check=False)
    assert result.stdout.splitlines()[-2:] == [f"{cluster.nodes[1]}|CPU fan=OK", "|PSU 1=CRITICAL"]
    assert "PSU 1" in result.output.replace("|PSU 1=CRITICAL", "")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo nonsense", "not JSON"),
        ("echo '{\"powered\": 1}'", "powered"),
        ("echo broken >&2; exit 7", "exited with exit code 7"),
        ("sleep 60", "time"),
    ],
)
def test_an_odd_helper_leaves_the_state_unknown(
    cluster: VirtualCluster, helper: Path, script: str, reason: str
) -> None:
    (helper / "oob").write_text(f"#!/bin/sh\n{script}\n")
    result = _power(cluster, "--oob-timeout=1", "status", cluster.nodes[1])
    assert result.exit_code == 1
    assert f"{cluster.nodes[1]} (nodata)" in result.stdout
    assert reason in result.output
