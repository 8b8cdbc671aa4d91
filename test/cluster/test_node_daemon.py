"""The node daemon as the master and strangers meet it: raw requests to real daemons."""

import concurrent.futures
import http.client
import json
import os
import shutil
import signal
import ssl
import time
from pathlib import Path
from typing import Any

import pytest

from test.cluster.virtual import VirtualCluster, wait_for

PORT = 1811
MARK = "/###-VIRTUAL-PATH-###,"
DATA = f"{MARK}/var/lib/ganeti"
#: Content, mode, owner, group and times of an upload.
CONTENT: list[Any] = [[0, "x"], 0o600, "root", "root", 1.0, 1.0]


def _connection(cluster: VirtualCluster, node: int, *, timeout_s: float = 60.0) -> http.client.HTTPSConnection:
    """Return a connection to a node's daemon with the certificate of the master."""
    data = cluster.root() / "var/lib/ganeti"
    context = ssl.create_default_context(cafile=str(data / "server.pem"))
    context.check_hostname = False
    context.load_cert_chain(data / "client.pem")
    address = cluster.layout.node_hosts[node].address
    return http.client.HTTPSConnection(address, PORT, context=context, timeout=timeout_s)


def _ask(
    cluster: VirtualCluster, node: int, path: str, body: bytes | None, *, method: str = "POST"
) -> tuple[int, str, bytes]:
    """Return status, content type and body of the answer to one request."""
    connection = _connection(cluster, node)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Content-Type", ""), answer.read()
    finally:
        connection.close()


def _call(cluster: VirtualCluster, node: int, procedure: str, *args: Any) -> tuple[bool, Any]:
    status, kind, body = _ask(cluster, node, f"/{procedure}", json.dumps(args).encode())
    assert (status, kind) == (200, "application/json")
    succeeded, payload = json.loads(body)
    return succeeded, payload


def _log(cluster: VirtualCluster, node: int) -> Path:
    return cluster.root(node) / "var/log/ganeti/node-daemon.log"


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "/version", 400, "Only the POST method"),
        ("PUT", "/version", 400, "Only the POST method"),
        ("POST", "/no_such_procedure", 404, "no_such_procedure"),
        ("POST", "/", 404, "no procedure"),
        ("POST", "/<script>", 404, "&lt;script&gt;"),
    ],
)
def test_what_is_no_call_gets_an_error_page(
    cluster: VirtualCluster, method: str, path: str, status: int, text: str
) -> None:
    answered, kind, body = _ask(cluster, 1, path, b"[]", method=method)
    assert answered == status
    assert kind.startswith("text/html")
    assert text in body.decode()


@pytest.mark.parametrize("body", [b"", b"{}", b"[", b"null", b"[1, 2]", b"\xff", b'[["a"]]'])
def test_arguments_that_do_not_fit_are_a_failed_call(cluster: VirtualCluster, body: bytes) -> None:
    status, _, answer = _ask(cluster, 1, "/node_has_ip_address", body)
    assert status == 200
    succeeded, text = json.loads(answer)
    assert not succeeded
    assert "Wrong arguments for node_has_ip_address" in text


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("etc/passwd", "not absolute"),
        ("/etc/passwd", "not in the form"),
        (f"{MARK}/etc/passwd", "not in allowed upload targets"),
        (f"{DATA}/file-storage-paths", "not in allowed upload targets"),
        (f"{MARK}/etc/ganeti/file-storage-paths", "not in allowed upload targets"),
        (f"{DATA}/server.pem", "not in allowed upload targets"),
        (f"{DATA}/client.pem", "not in allowed upload targets"),
        (f"{DATA}/../../../etc/ganeti/file-storage-paths", "not in allowed upload targets"),
        (f"{MARK}/etc/ganeti/hooks/node-add-pre.d/evil", "not in allowed upload targets"),
        (f"{DATA}/rapi/../../../../etc/ganeti/hooks/watcher/evil", "not in allowed upload targets"),
    ],
)
def test_only_files_of_the_cluster_can_be_uploaded(cluster: VirtualCluster, path: str, text: str) -> None:
    succeeded, problem = _call(cluster, 1, "upload_file_single", path, *CONTENT)
    assert not succeeded
    assert text in problem
    assert _call(cluster, 1, "upload_file", [path, *CONTENT]) == (False, problem)


def test_an_upload_replaces_a_link_instead_of_following_it(cluster: VirtualCluster) -> None:
    users = cluster.root(2) / "var/lib/ganeti/rapi/users"
    precious = cluster.root(2) / "etc/ganeti/file-storage-paths"
    before = precious.read_bytes() if precious.exists() else None
    users.unlink(missing_ok=True)
    users.symlink_to(precious)
    try:
        assert _call(cluster, 2, "upload_file_single", f"{DATA}/rapi/users", *CONTENT) == (True, None)
        assert not users.is_symlink()
        assert users.read_text() == "x"
        assert (precious.read_bytes() if precious.exists() else None) == before
    finally:
        users.unlink()


def test_files_of_the_queue_stay_in_the_queue(cluster: VirtualCluster) -> None:
    for path in (f"{MARK}/etc/passwd", f"{DATA}/queue/../config.data", f"{DATA}/queue", f"{DATA}/queue-of-mine/job-1"):
        succeeded, problem = _call(cluster, 1, "jobqueue_update", path, [0, "x"])
        assert not succeeded
        assert "does not belong to the queue directory" in problem
    old, new = f"{DATA}/queue/job-99999991", f"{DATA}/queue/archive/9999/job-99999991"
    assert _call(cluster, 1, "jobqueue_update", old, [0, "{}"]) == (True, None)
    assert _call(cluster, 1, "jobqueue_rename", [[old, new]]) == (True, [None])
    moved = cluster.root(1) / "var/lib/ganeti/queue/archive/9999/job-99999991"
    assert moved.read_text() == "{}"
    moved.unlink()


def test_the_queue_of_the_running_master_cannot_be_changed(cluster: VirtualCluster) -> None:
    begin = time.monotonic()
    succeeded, problem = _call(cluster, 0, "jobqueue_set_drain_flag", True)
    assert not succeeded
    assert "another process holds it" in problem
    assert 9 < time.monotonic() - begin < 40
    assert not (cluster.root() / "var/lib/ganeti/queue/drain").exists()


def test_calls_that_hang_do_not_hold_up_urgent_ones(cluster: VirtualCluster) -> None:
    """All twenty places are taken and others wait for one."""
    hang_s = 8.0
    with concurrent.futures.ThreadPoolExecutor(max_workers=30) as pool:
        hanging = [pool.submit(_call, cluster, 1, "test_delay", hang_s) for _ in range(30)]
        begin = time.monotonic()
        wait_for(lambda: _call(cluster, 1, "version")[0], "an answer to an urgent call", timeout_s=hang_s)
        assert _call(cluster, 1, "node_info", [], [])[0]
        took_s = time.monotonic() - begin
        assert not all(future.done() for future in hanging)
        assert [future.result()[0] for future in hanging] == [True] * 30
    assert took_s < hang_s / 2


def test_ending_daemon_answers_the_calls_under_way(cluster: VirtualCluster, tmp_path: Path) -> None:
    hook = cluster.root(2) / "etc/ganeti/hooks/network-remove-post.d/wait"
    hook.parent.mkdir(parents=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/begun\nwhile ! test -e {tmp_path}/end; do sleep 0.1; done\n")
    hook.chmod(0o755)
    pid = cluster.daemon_pid("ganeti-noded", 2)
    try:
        with concurrent.futures.ThreadPoolExecutor(max_workers=1) as pool:
            running = pool.submit(
                _call, cluster, 2, "hooks_runner", "network-remove", "post", {"PATH": "/bin:/usr/bin"}
            )
            wait_for((tmp_path / "begun").exists, "the call to begin")
            os.kill(pid, signal.SIGTERM)
            wait_for(lambda: not (cluster.root(2) / "var/run/ganeti/ganeti-noded.pid").exists(), "the daemon to stop")
            with pytest.raises(OSError):
                _call(cluster, 2, "version")
            # Its successor need not wait for that.
            cluster.daemon_util("start", "ganeti-noded", node=2)
            assert cluster.daemon_pid("ganeti-noded", 2) != pid
            assert _call(cluster, 2, "version")[0]
            assert not running.done()
            (tmp_path / "end").touch()
            assert running.result() == (True, [["network-remove-post.d/wait", 2, ""]])
    finally:
        (tmp_path / "end").touch()
        shutil.rmtree(hook.parent)


def test_log_is_opened_anew_after_it_was_moved(cluster: VirtualCluster) -> None:
    log = _log(cluster, 2)
    log.rename(log.with_suffix(".log.1"))
    os.kill(cluster.daemon_pid("ganeti-noded", 2), signal.SIGHUP)
    wait_for(log.exists, "the new log")
    assert _call(cluster, 2, "node_has_ip_address", "192.0.2.7") == (True, False)
    wait_for(lambda: "called node_has_ip_address" in log.read_text(), "a line in the new log")


def test_memory_of_the_daemon_is_locked_unless_told_otherwise(cluster: VirtualCluster) -> None:
    """The daemons of virtual clusters are told otherwise, because there are many of them on one machine."""
    root, address = cluster.root(2), cluster.layout.node_hosts[2].address
    cluster.daemon_util("stop", "ganeti-noded", node=2)
    try:
        cluster.run("ganeti-noded", "-b", address, node=2)
        status = Path(f"/proc/{cluster.daemon_pid('ganeti-noded', 2)}/status").read_text()
        locked_kib = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmLck:"))
        assert locked_kib > 1000
        assert "Cannot lock the memory" not in (root / "var/log/ganeti/node-daemon.log").read_text()
    finally:
        cluster.daemon_util("stop", "ganeti-noded", node=2)
        cluster.daemon_util("start", "ganeti-noded", node=2)


def test_logs_lead_from_the_node_to_the_job(cluster: VirtualCluster) -> None:
    cluster.run("gnt-debug", "delay", "--no-master", "-n", cluster.nodes[1], "0.01")
    newest = cluster.lines("gnt-job", "list", "--no-headers", "-o", "id")[-1].strip()
    wait_for(lambda: f"/Job{newest}/" in _log(cluster, 1).read_text(), "the job in the node's log")
