"""Clients of the master daemon's socket that send garbage, half messages, too much, or nothing at all."""

import contextlib
import json
import os
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from ganeti import constants as c
from ganeti.luxi import wire
from test.cluster.killable_master import Luxi
from test.cluster.virtual import VirtualCluster

DELAY = {"OP_ID": "OP_TEST_DELAY", "duration": 0.001, "on_master": True}
MEBI = 1 << 20


@contextlib.contextmanager
def connection(cluster: VirtualCluster) -> Iterator[socket.socket]:
    """Give a connection to the master daemon."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(30.0)
        sock.connect(str(cluster.root() / "var/run/ganeti/socket/ganeti-master"))
        yield sock


def answers_to(sock: socket.socket) -> list[dict[str, Any]]:
    """Return the messages that come until the daemon closes the connection."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := sock.recv(65536):
            received += chunk
    return [json.loads(message) for message in received.split(wire.TERMINATOR) if message]


def memory_mib(pid: int) -> float:
    """Return the resident memory of a process."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MEBI


@pytest.fixture
def luxi(cluster: VirtualCluster) -> Iterator[Luxi]:
    """A well-behaved client; the daemon is the same after the test and serves it within a second."""
    client = Luxi(cluster.root() / "var/run/ganeti/socket/ganeti-master")
    pid = cluster.daemon_pid("ganeti-masterd")
    serial = (cluster.root() / "var/lib/ganeti/queue/serial").read_text()
    yield client
    started = time.monotonic()
    client.jobs([])
    assert time.monotonic() - started < 1.0
    assert cluster.daemon_pid("ganeti-masterd") == pid
    assert (cluster.root() / "var/lib/ganeti/queue/serial").read_text() == serial, "a job was accepted"
    client.close()


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"garbage",
        b"\xff\xfe\x00\x80",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"[]",
        b"null",
        b'{"method": "QueryJobs"}',
        b'{"method": "NoSuchMethod", "args": []}',
        b'{"method": 5, "args": []}',
        b'{"method": "QueryJobs", "args": {}}',
        b'{"method": "QueryJobs", "args": []}',
        b'{"method": "QueryJobs", "args": [null, "id"]}',
        b'{"method": "SubmitJob", "args": [{"OP_ID": "OP_TEST_DELAY"}]}',
        b'{"method": "ArchiveJob", "args": ["../../etc/passwd"]}',
        b'{"method": "QueryJobs", "args": [null, ["id"]',
        b"[" * 100_000,
    ],
    ids=lambda message: message[:40],
)
def test_garbage_is_refused_and_ends_the_connection(cluster: VirtualCluster, luxi: Luxi, message: bytes) -> None:
    with connection(cluster) as sock:
        sock.sendall(message + wire.TERMINATOR)
        (answer,) = answers_to(sock)
    assert answer["success"] is False
    assert answer["result"].startswith("Failed to parse request: ")


@pytest.mark.parametrize(
    "op",
    [
        {"OP_ID": "OP_NO_SUCH_THING"},
        {"OP_ID": "OP_BACKUP_REMOVE", "instance_name": "x"},
        {"OP_ID": "OP_INSTANCE_STARTUP"},
        {"OP_ID": "OP_INSTANCE_STARTUP", "instance_name": 5},
        {"OP_ID": "OP_INSTANCE_STARTUP", "instance_name": "x", "colour": "red"},
        {"OP_ID": "OP_TEST_DELAY", "duration": "long"},
        {**DELAY, "priority": -20},
        {**DELAY, "depends": [["x", []]]},
        {},
        None,
        [DELAY],
    ],
    ids=str,
)
def test_wrong_opcode_refuses_the_whole_request(cluster: VirtualCluster, luxi: Luxi, op: Any) -> None:
    with connection(cluster) as sock:
        sock.sendall(wire.encode_request(wire.Request(c.LUXI_REQ_SUBMIT_MANY_JOBS, [[[DELAY], [op]]])))
        sock.shutdown(socket.SHUT_WR)
        (answer,) = answers_to(sock)
    assert answer["success"] is False
    assert answer["result"].startswith("Failed to parse request: ")


def test_half_messages_do_nothing(cluster: VirtualCluster, luxi: Luxi) -> None:
    request = wire.encode_request(wire.Request(c.LUXI_REQ_SUBMIT_JOB, [[DELAY]]))
    for length in (1, 10, len(request) - 1):
        with connection(cluster) as sock:
            sock.sendall(request[:length])
            sock.shutdown(socket.SHUT_WR)
            assert answers_to(sock) == []


def test_message_in_small_pieces_is_one_message(cluster: VirtualCluster, luxi: Luxi) -> None:
    request = wire.encode_request(wire.Request(c.LUXI_REQ_QUERY_JOBS, [[], ["id"]]))
    with connection(cluster) as sock:
        for position in range(len(request)):
            sock.sendall(request[position : position + 1])
        sock.shutdown(socket.SHUT_WR)
        assert answers_to(sock) == [{"success": True, "result": []}]


def send_100_mb(cluster: VirtualCluster, luxi: Luxi, start: bytes) -> None:
    """Send a message without end, and check that it is refused and others are served meanwhile."""
    with connection(cluster) as sock:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            sock.sendall(start)
            for _ in range(100):
                sock.sendall(b"x" * MEBI)
                luxi.jobs([])
        answers = answers_to(sock)
    # The answer is lost if the connection ends while the client still sends.
    assert not answers or "exceeds the limit" in answers[0]["result"]


def test_100_mb_without_end_are_refused(cluster: VirtualCluster, luxi: Luxi) -> None:
    pid = cluster.daemon_pid("ganeti-masterd")
    before = memory_mib(pid)
    send_100_mb(cluster, luxi, b"")
    first = memory_mib(pid)
    assert first < before + wire.MAX_MESSAGE_BYTES / MEBI + 32
    for _ in range(3):
        send_100_mb(cluster, luxi, b'{"method": "SubmitJob", "args": [[{"OP_ID": "')
    assert memory_mib(pid) < first + 32, "what the first one needed is used again"


def test_idle_and_vanishing_clients_keep_nobody_from_being_served(cluster: VirtualCluster, luxi: Luxi) -> None:
    with contextlib.ExitStack() as stack:
        for number in range(200):
            sock = stack.enter_context(connection(cluster))
            sock.sendall(b'{"method": "Que' if number % 2 else b"")
        started = time.monotonic()
        luxi.jobs()
        assert time.monotonic() - started < 1.0
    request = wire.encode_request(wire.Request(c.LUXI_REQ_QUERY_JOBS, [None, ["id", "ops", "oplog"]]))
    for _ in range(50):
        # Gone before the answer comes.
        with connection(cluster) as sock:
            sock.sendall(request)


def test_client_that_does_not_read_does_not_fill_the_memory(cluster: VirtualCluster, luxi: Luxi) -> None:
    pid = cluster.daemon_pid("ganeti-masterd")
    before = memory_mib(pid)
    request = wire.encode_request(wire.Request(c.LUXI_REQ_QUERY_CLUSTER_INFO, []))
    with connection(cluster) as sock:
        sock.settimeout(0.5)
        with contextlib.suppress(TimeoutError):
            for _ in range(20_000):
                sock.sendall(request)
        luxi.jobs([])
        assert memory_mib(pid) < before + 32
