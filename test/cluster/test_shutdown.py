"""How the master daemon ends: what happens to jobs, to those who wait for them, and what is left behind."""

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ganeti import constants as c
from ganeti import errors
from ganeti.luxi import Client, ProtocolError
from test.cluster.virtual import VirtualCluster, wait_for

LONG = {"OP_ID": "OP_TEST_DELAY", "duration": 3.0, "on_master": True, "no_locks": False}
SHORT = {"OP_ID": "OP_TEST_DELAY", "duration": 0.01, "on_master": True, "no_locks": False}
ENDLESS = {"OP_ID": "OP_TEST_DELAY", "duration": 300.0, "on_master": False}


@pytest.fixture
def client(cluster: VirtualCluster) -> Iterator[Client]:
    with Client(str(_runtime(cluster) / "socket/ganeti-query"), connect_timeout_s=10.0) as connection:
        yield connection
    cluster.daemon_util("start", c.MASTERD)


def _runtime(cluster: VirtualCluster) -> Path:
    return cluster.root() / "var/run/ganeti"


def _statuses(client: Client, *job_ids: int) -> list[Any]:
    return [row[0] for row in client.query_jobs(job_ids, ["status"])]


def _is_running(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def _assert_nothing_is_left(cluster: VirtualCluster) -> None:
    assert os.listdir(_runtime(cluster) / "socket") == []
    assert not (_runtime(cluster) / "ganeti-masterd.pid").exists()
    with open(cluster.root() / "var/lib/ganeti/queue/lock", "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_running_opcodes_end_and_their_result_can_be_fetched(cluster: VirtualCluster, client: Client) -> None:
    running = client.submit_job([LONG, SHORT])
    waiting = client.submit_job([SHORT])
    wait_for(lambda: _statuses(client, running, waiting) == ["running", "waiting"], "both jobs under way")
    pid = cluster.daemon_pid(c.MASTERD)
    os.kill(pid, signal.SIGTERM)
    wait_for(lambda: _statuses(client, waiting) == ["queued"], "the waiting job back in the queue")
    for submit in (lambda: client.submit_job([SHORT]), lambda: client.submit_many_jobs([[SHORT]])):
        with pytest.raises(errors.JobQueueError, match="Job queue is shutting down, refusing job"):
            submit()
    command = cluster.run("gnt-debug", "delay", "1", check=False)
    assert (command.exit_code, "shutting down" in command.stderr) == (1, True)
    wait_for(lambda: client.query_jobs([running], ["opstatus"]) == [[["success", "queued"]]], "the end of the opcode")
    seen = time.monotonic()
    assert _statuses(client, running, waiting) == ["queued", "queued"]
    wait_for(lambda: not _is_running(pid), "the end of the daemon")
    assert time.monotonic() - seen > 3.0, "clients had time to fetch the result"
    _assert_nothing_is_left(cluster)
    client.close()
    cluster.daemon_util("start", c.MASTERD)
    wait_for(lambda: _statuses(client, running, waiting) == ["success", "success"], "the rest of the jobs")


def test_second_signal_does_not_wait_for_jobs(cluster: VirtualCluster, client: Client) -> None:
    running = client.submit_job([ENDLESS])
    wait_for(lambda: _statuses(client, running) == ["running"], "running job")
    pid = cluster.daemon_pid(c.MASTERD)
    os.kill(pid, signal.SIGTERM)
    with pytest.raises(errors.JobQueueError):
        while True:
            client.submit_job([SHORT])
    assert _is_running(pid)
    os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not _is_running(pid), "the end of the daemon", timeout_s=10)
    _assert_nothing_is_left(cluster)
    with pytest.raises(ProtocolError):
        client.query_jobs([running], ["status"])
    cluster.daemon_util("start", c.MASTERD)
    wait_for(lambda: _statuses(client, running) == ["error"], "the job is an error")
    assert "Unclean master daemon shutdown" in str(client.query_jobs([running], ["opresult"]))


def test_an_idle_daemon_ends_at_once(cluster: VirtualCluster, client: Client) -> None:
    client.query_cluster_info()
    pid = cluster.daemon_pid(c.MASTERD)
    begin = time.monotonic()
    os.kill(pid, signal.SIGINT)
    wait_for(lambda: not _is_running(pid), "the end of the daemon")
    assert time.monotonic() - begin < 5.0
    _assert_nothing_is_left(cluster)


def test_hang_up_opens_the_log_anew(cluster: VirtualCluster, client: Client) -> None:
    log = cluster.root() / "var/log/ganeti/master-daemon.log"
    moved = log.with_suffix(".moved")
    log.rename(moved)
    os.kill(cluster.daemon_pid(c.MASTERD), signal.SIGHUP)
    wait_for(log.exists, "a new log file")
    client.set_drain_flag(False)
    wait_for(lambda: "LUXI request SetDrainFlag from pid" in log.read_text(), "the request in the new file")
    assert "uid 0" in log.read_text()
    moved.unlink()


def test_start_is_refused_with_the_exit_code_that_scripts_know(cluster: VirtualCluster, client: Client) -> None:
    client.query_cluster_info()
    for node, words, code, text in (
        (1, ("-f",), c.EXIT_NOTMASTER, "not the master"),
        (0, ("-f", "--no-voting"), c.EXIT_FAILURE, "--yes-do-it"),
        (0, ("-f",), c.EXIT_FAILURE, "Another process"),
        (0, ("-f", "surplus"), c.EXIT_FAILURE, "surplus"),
    ):
        result = cluster.run("ganeti-masterd", *words, node=node, check=False)
        assert (result.exit_code, text in result.stderr) == (code, True), result.output
