"""The role of the master moves: as planned, after a crash, and never to two nodes."""

import os
import signal
from collections.abc import Iterator

import pytest

from test.cluster.virtual import VirtualCluster, running_cluster, virtual_cluster, wait_for

DAEMONS = ("ganeti-masterd", "ganeti-noded")


@pytest.fixture(scope="module")
def _module_cluster() -> Iterator[VirtualCluster]:
    with virtual_cluster() as nodes:
        yield running_cluster(nodes)


@pytest.fixture
def nodes(_module_cluster: VirtualCluster) -> Iterator[VirtualCluster]:
    """A cluster of three nodes whose first one is the master, with all daemons running."""
    cluster = _module_cluster
    yield cluster
    for node in range(3):
        for daemon in DAEMONS:
            _signal(cluster, daemon, signal.SIGCONT, node)
        cluster.daemon_util("start-all", node=node, check=False)
    wait_for(lambda: len(_masters(cluster)) == 1, "all nodes agree about the master")
    if _masters(cluster) != {cluster.nodes[0]}:
        cluster.run("gnt-cluster", "master-failover")


def _masters(cluster: VirtualCluster) -> set[str]:
    """Return whom the nodes take for the master."""
    return {cluster.lines("gnt-cluster", "getmaster", node=node)[0] for node in range(3)}


def _signal(cluster: VirtualCluster, daemon: str, number: int, node: int = 0) -> None:
    try:
        os.kill(cluster.daemon_pid(daemon, node), number)
    except (OSError, ValueError):
        pass  # It does not run.


def _change(cluster: VirtualCluster, tag: str, node: int) -> bool:
    """Change the configuration on a node; tells whether it accepted that."""
    return not cluster.run("gnt-cluster", "add-tags", tag, node=node, check=False).failed


def _die(cluster: VirtualCluster, node: int) -> None:
    """Stop all daemons of a node, and take the address of the cluster away as the death of its machine would."""
    cluster.daemon_util("stop-all", node=node)
    cluster.run("ip", "address", "del", f"{cluster.layout.cluster.address}/32", "dev", "lo", check=False)


def _has_masterd(cluster: VirtualCluster, node: int) -> bool:
    return not cluster.daemon_util("check", "ganeti-masterd", node=node, check=False).failed


def test_the_role_moves_there_and_back_and_no_change_is_lost(nodes: VirtualCluster) -> None:
    assert _change(nodes, "before", 0)
    nodes.run("gnt-cluster", "master-failover", node=1)
    assert _masters(nodes) == {nodes.nodes[1]}
    assert not _has_masterd(nodes, 0)
    assert "before" in " ".join(nodes.lines("gnt-cluster", "list-tags", node=1))
    assert _change(nodes, "between", 1)
    nodes.run("gnt-cluster", "master-failover")
    assert "between" in " ".join(nodes.lines("gnt-cluster", "list-tags"))
    findings = nodes.run("gnt-cluster", "verify", "--error-codes", check=False).stdout
    assert "ECLUSTERFILECHECK" not in findings


def test_only_another_candidate_can_take_over(nodes: VirtualCluster) -> None:
    result = nodes.run("gnt-cluster", "master-failover", check=False)
    assert result.exit_code == 1
    assert "wrong_input" in result.stderr
    nodes.run("gnt-node", "modify", "-C", "no", "--force", nodes.nodes[2])
    try:
        result = nodes.run("gnt-cluster", "master-failover", node=2, check=False)
        assert result.exit_code == 1
        assert nodes.nodes[1] in result.stderr
    finally:
        nodes.run("gnt-node", "modify", "-C", "yes", nodes.nodes[2])


def _failover_refused(nodes: VirtualCluster, *options: str, reason: str, kind: str = "", code: int = 1) -> None:
    """Check that node 1 must not take over, and that nothing has changed."""
    before = (nodes.root(1) / "var/lib/ganeti/config.data").read_bytes()
    result = nodes.run("gnt-cluster", "master-failover", *options, node=1, check=False)
    assert result.exit_code == code, result.output
    assert reason in result.stderr
    assert f"error type: {kind}" in result.stderr or not kind
    assert (nodes.root(1) / "var/lib/ganeti/config.data").read_bytes() == before


def test_skipping_the_vote_has_to_be_confirmed(nodes: VirtualCluster) -> None:
    _failover_refused(nodes, "--no-voting", reason="No terminal")
    assert _masters(nodes) == {nodes.nodes[0]}


def test_a_node_with_a_wrong_idea_of_the_master_must_not_take_over(nodes: VirtualCluster) -> None:
    vote = nodes.root(1) / "var/lib/ganeti/ssconf_master_node"
    # The master would correct it.
    nodes.daemon_util("stop-master")
    vote.chmod(0o600)
    vote.write_text(f"{nodes.nodes[2]}\n")
    _failover_refused(nodes, reason=f"most nodes take {nodes.nodes[0]} for it", kind="wrong_state")
    nodes.daemon_util("start-master")
    wait_for(lambda: _masters(nodes) == {nodes.nodes[0]}, "the vote is corrected")


def test_a_node_with_an_old_configuration_must_not_take_over(nodes: VirtualCluster) -> None:
    copy = nodes.root(1) / "var/lib/ganeti/config.data"
    old = copy.read_bytes()
    assert _change(nodes, "newer", 0)
    wait_for(lambda: copy.read_bytes() != old, "the newer copy")
    nodes.kill_daemon("ganeti-masterd")
    copy.write_bytes(old)
    result = nodes.run("gnt-cluster", "master-failover", node=1, check=False)
    assert (result.exit_code, "error type: wrong_state" in result.stderr) == (1, True)
    assert f"{nodes.nodes[0]}, {nodes.nodes[2]} has a newer one" in result.stderr
    # The old master was stopped and is started again, which brings the copy up to date.
    assert _has_masterd(nodes, 0)
    assert _masters(nodes) == {nodes.nodes[0]}
    nodes.run("gnt-cluster", "master-failover", node=1)
    assert "newer" in " ".join(nodes.lines("gnt-cluster", "list-tags", node=1))


def test_a_node_without_daemon_or_cluster_must_not_take_over(nodes: VirtualCluster) -> None:
    nodes.daemon_util("stop", "ganeti-noded", node=1)
    _failover_refused(nodes, reason="The node daemon of this node does not answer", kind="environment_error")
    vote = nodes.root(1) / "var/lib/ganeti/ssconf_master_node"
    vote.rename(f"{vote}.away")
    try:
        _failover_refused(nodes, reason="does not belong to an initialised cluster", kind="wrong_input")
        result = nodes.run("ganeti-masterd", node=1, check=False)
        assert (result.exit_code, "not part of a cluster" in result.stderr) == (12, True)
    finally:
        os.rename(f"{vote}.away", vote)
    assert nodes.run("ganeti-masterd", node=1, check=False).exit_code == 11


def test_offline_nodes_have_a_vote_only_if_asked_for(nodes: VirtualCluster) -> None:
    nodes.run("gnt-node", "modify", "--offline=yes", nodes.nodes[2])
    nodes.daemon_util("stop", "ganeti-noded", node=2)
    _die(nodes, 0)
    both = f"2 of 3 nodes do not answer: {nodes.nodes[0]}, {nodes.nodes[2]}"
    _failover_refused(nodes, "--no-ignore-offline-nodes", reason=both)
    _failover_refused(nodes, "--ignore-offline-nodes", reason=f"1 of 2 nodes do not answer: {nodes.nodes[0]}")
    nodes.daemon_util("start-all", node=2)
    # Two of three answer, one of them offline; then this one counts alone.
    _failover_refused(nodes, reason="1 of 2 nodes do not answer")
    nodes.run("gnt-cluster", "master-failover", "--no-ignore-offline-nodes", node=1)
    assert _change(nodes, "offline-voted", 1)
    # What the old master knew of itself is not enough: its master daemon loses the vote.
    assert nodes.daemon_util("start-all", check=False).exit_code != 0 or not _has_masterd(nodes, 0)
    wait_for(lambda: _masters(nodes) == {nodes.nodes[1]}, "the old master knows the new one", timeout_s=60.0)
    nodes.run("gnt-node", "modify", "--offline=no", "--force", nodes.nodes[2], node=1)


def test_an_administrator_may_decide_instead_of_the_nodes(nodes: VirtualCluster) -> None:
    for node in (0, 2):
        _die(nodes, node)
    nodes.run("gnt-cluster", "master-failover", "--no-voting", "--yes-do-it", node=1)
    assert _change(nodes, "decided", 1)
    nodes.daemon_util("start-all", node=2)
    assert nodes.daemon_util("start-all", check=False).exit_code != 0 or not _has_masterd(nodes, 0)
    wait_for(lambda: _masters(nodes) == {nodes.nodes[1]}, "all nodes know the new master", timeout_s=60.0)


def test_a_dead_master_is_replaced_and_its_running_job_has_failed(nodes: VirtualCluster) -> None:
    job = nodes.lines("gnt-debug", "delay", "--print-jobid", "--submit", "120")[-1].split()[-1]
    copy = nodes.root(1) / f"var/lib/ganeti/queue/job-{job}"
    wait_for(lambda: copy.exists() and '"running"' in copy.read_text(), "the copy of the running job")
    for daemon in DAEMONS:
        nodes.kill_daemon(daemon)
    # The address of the cluster stays, since the machine of the virtual node lives: that is the exit code 1.
    result = nodes.run("gnt-cluster", "master-failover", node=1, check=False)
    assert "still answers" in result.stderr
    assert nodes.lines("gnt-job", "list", "--no-headers", "-o", "status", job, node=1) == ["error"]
    assert _change(nodes, "after-crash", 1)
    # The old master comes back: it is not the master, and learns who is.
    assert nodes.daemon_util("start-all", check=False).exit_code != 0
    assert not _change(nodes, "stale", 0)
    wait_for(lambda: _masters(nodes) == {nodes.nodes[1]}, "the old master knows the new one")


def test_a_master_that_was_frozen_changes_nothing_when_it_wakes(nodes: VirtualCluster) -> None:
    pid = nodes.daemon_pid("ganeti-masterd")
    for daemon in DAEMONS:
        _signal(nodes, daemon, signal.SIGSTOP)
    nodes.run("gnt-cluster", "master-failover", node=1, check=False)
    assert _change(nodes, "new-master", 1)
    for daemon in DAEMONS:
        _signal(nodes, daemon, signal.SIGCONT)
    assert not _change(nodes, "old-master", 0)
    wait_for(lambda: not os.path.exists(f"/proc/{pid}"), "the end of the old master daemon")
    tags = nodes.lines("gnt-cluster", "list-tags", node=1)
    assert "new-master" in " ".join(tags)
    assert "old-master" not in " ".join(tags)
    wait_for(lambda: _masters(nodes) == {nodes.nodes[1]}, "all nodes know the new master")


def test_a_minority_neither_takes_over_nor_goes_on(nodes: VirtualCluster) -> None:
    for node in (1, 2):
        _signal(nodes, "ganeti-noded", signal.SIGSTOP, node)
    wait_for(lambda: not _change(nodes, "minority", 0), "the end of the tenure", timeout_s=60.0)
    assert "fewer than half" in nodes.run("gnt-cluster", "add-tags", "x", check=False).stderr.lower()
    _signal(nodes, "ganeti-noded", signal.SIGCONT, 1)
    _signal(nodes, "ganeti-noded", signal.SIGSTOP, 0)
    result = nodes.run("gnt-cluster", "master-failover", node=1, check=False)
    assert result.exit_code == 1
    assert "do not answer" in result.stderr
    for node in range(3):
        _signal(nodes, "ganeti-noded", signal.SIGCONT, node)
    wait_for(lambda: _change(nodes, "majority", 0), "the tenure of the old master", timeout_s=60.0)
