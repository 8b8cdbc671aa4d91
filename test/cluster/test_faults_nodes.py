"""Node daemons that die, hang or are cut off: jobs that need them fail in time and say why, others go on."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ganeti import constants as c
from test.cluster.killable_master import JobState, Luxi
from test.cluster.network_cut import cut_off
from test.cluster.virtual import VirtualCluster, wait_for

#: What a computer with little time may add to a time-out.
TOLERANCE_S = 4.0
#: The node on which faults happen, and one on which they do not.
LAME, SOUND = 2, 1


def delay_on(cluster: VirtualCluster, node: int, duration_s: float = 0.1) -> dict[str, object]:
    """Return an opcode that needs an answer of a node within its duration and five seconds."""
    return {
        "OP_ID": "OP_TEST_DELAY",
        "duration": duration_s,
        "on_master": False,
        "on_nodes": [cluster.nodes[node]],
        "no_locks": True,
    }


def luxi_of(cluster: VirtualCluster) -> Luxi:
    """Return a connection to the master daemon."""
    return Luxi(cluster.root() / "var/run/ganeti/socket/ganeti-master")


def error_text(state: JobState) -> str:
    """Return the message of a failed job."""
    assert state.status == c.JOB_STATUS_ERROR, state
    return str(state.results[0][1])


@pytest.fixture
def instance(cluster: VirtualCluster) -> str:
    """A stopped instance on the node that is about to fail."""
    name = "on-lame-node"
    add_instance(cluster, name, LAME)
    return name


def add_instance(cluster: VirtualCluster, name: str, node: int, *options: str) -> None:
    """Create a diskless instance of the fake hypervisor."""
    place = ("-n", cluster.nodes[node], "-H", "fake", "-B", "memory=8m")
    cluster.run(
        "gnt-instance",
        "add",
        "-t",
        "diskless",
        "-o",
        "busybox+default",
        "--no-nics",
        "--no-start",
        *place,
        *options,
        name,
    )


@contextmanager
def forgetful_master(cluster: VirtualCluster) -> Iterator[None]:
    """Restart the master daemon at the end, so that it forgets which nodes did not answer."""
    try:
        yield
    finally:
        cluster.kill_daemon("ganeti-masterd")
        cluster.run("ganeti-masterd")


def check_others_go_on(cluster: VirtualCluster) -> None:
    """Check that jobs that do not need the lame node run as usual."""
    started = time.monotonic()
    add_instance(cluster, "elsewhere", SOUND)
    cluster.run("gnt-instance", "startup", "elsewhere")
    cluster.run("gnt-instance", "remove", "--force", "elsewhere")
    assert time.monotonic() - started < 2 * TOLERANCE_S


def test_killed_node_daemon_fails_what_needs_it_at_once(cluster: VirtualCluster, instance: str) -> None:
    cluster.kill_daemon("ganeti-noded", LAME)
    try:
        started = time.monotonic()
        result = cluster.run("gnt-instance", "startup", instance, check=False)
        assert time.monotonic() - started < TOLERANCE_S
        assert result.exit_code == 1
        assert cluster.nodes[LAME] in result.stderr
        assert "connect" in result.stderr.lower()
        check_others_go_on(cluster)
        verified = cluster.run("gnt-cluster", "verify", check=False)
        assert verified.exit_code == 1
        assert f"node {cluster.nodes[LAME]}: " in verified.output
    finally:
        cluster.daemon_util("start", "ganeti-noded", node=LAME)
    cluster.run("gnt-instance", "startup", instance)


def test_call_under_way_fails_when_its_node_daemon_is_killed(cluster: VirtualCluster) -> None:
    luxi = luxi_of(cluster)
    (lame,) = luxi.submit(delay_on(cluster, LAME, 60.0))
    wait_for(lambda: luxi.jobs([lame])[lame].status == c.JOB_STATUS_RUNNING, "the start of the job")
    cluster.kill_daemon("ganeti-noded", LAME)
    try:
        started = time.monotonic()
        text = error_text(luxi.wait([lame])[lame])
        assert time.monotonic() - started < TOLERANCE_S
        assert cluster.nodes[LAME] in text
    finally:
        luxi.close()
        cluster.daemon_util("start", "ganeti-noded", node=LAME)


def test_hanging_node_daemon_costs_the_time_out_of_the_call(cluster: VirtualCluster) -> None:
    luxi = luxi_of(cluster)
    pid = cluster.daemon_pid("ganeti-noded", LAME)
    with forgetful_master(cluster):
        os.kill(pid, signal.SIGSTOP)
        try:
            started = time.monotonic()
            (lame,) = luxi.submit(delay_on(cluster, LAME))
            check_others_go_on(cluster)
            text = error_text(luxi.wait([lame])[lame])
            assert time.monotonic() - started < 0.1 + 5.0 + TOLERANCE_S
            assert cluster.nodes[LAME] in text
            assert "timed out" in text.lower()
        finally:
            os.kill(pid, signal.SIGCONT)
    luxi.close()
    (again,) = luxi.submit(delay_on(cluster, LAME))
    assert luxi.wait([again])[again].status == c.JOB_STATUS_SUCCESS


def test_node_that_is_cut_off_is_noticed(cluster: VirtualCluster, instance: str) -> None:
    luxi = luxi_of(cluster)
    host = cluster.layout.node_hosts[LAME]
    with forgetful_master(cluster):
        # Leaves an open connection to the node, over which the next call goes.
        (warm_up,) = luxi.submit(delay_on(cluster, LAME))
        assert luxi.wait([warm_up])[warm_up].status == c.JOB_STATUS_SUCCESS
        with cut_off(host):
            started = time.monotonic()
            startup = {"OP_ID": "OP_INSTANCE_STARTUP", "instance_name": instance}
            (over_kept,) = luxi.submit(startup)
            check_others_go_on(cluster)
            text = error_text(luxi.wait([over_kept])[over_kept])
            # Its time-out is 15 minutes, but nobody acknowledges what was sent.
            assert time.monotonic() - started < 40.0 + TOLERANCE_S, text
            assert cluster.nodes[LAME] in text

            started = time.monotonic()
            (over_new,) = luxi.submit(startup)
            text = error_text(luxi.wait([over_new])[over_new])
            assert time.monotonic() - started < c.RPC_CONNECT_TIMEOUT + TOLERANCE_S, text
            assert cluster.nodes[LAME] in text

            listed = cluster.lines("gnt-node", "list", "--no-headers", "-o", "name,mfree")
            assert [line.split()[1] for line in listed].count("?") == 1, listed
    wait_for(lambda: not cluster.run("gnt-instance", "startup", instance, check=False).failed, "the node to be back")
