"""The LUXI server against clients that behave badly, with real sockets."""

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ganeti import errors
from ganeti.luxi.client import Client
from ganeti.luxi.errors import RequestError
from ganeti.luxiserver.server import LuxiServer, bind_socket
from ganeti.luxiserver.table import JobId, MethodTable, RequestRefusedError, Where, method
from ganeti.serializer import JsonPieces

DEADLINE_S = 20.0
ETX = b"\x03"


class Methods:
    """A few methods of each kind."""

    def __init__(self) -> None:
        self.is_parked = threading.Event()
        self.was_dropped = threading.Event()
        self.may_go_on = threading.Event()

    @method("Echo", Where.LOOP)
    async def echo(self, value: Any, extra: int = 0) -> Any:
        return [value, extra]

    @method("Id", Where.SHORT)
    def job_id(self, job_id: JobId) -> int:
        return int(job_id)

    @method("Fail", Where.LONG)
    def fail(self, kind: str) -> None:
        if kind == "own":
            raise errors.OpPrereqError("no", "wrong_input")
        if kind == "refused":
            raise RequestRefusedError("not like this")
        raise ZeroDivisionError("division by zero")

    @method("Slow", Where.LONG)
    def slow(self) -> str:
        self.may_go_on.wait(DEADLINE_S)
        return "done"

    @method("Large", Where.LONG)
    def large(self, pieces: int) -> JsonPieces:
        return JsonPieces((b"[0", *[b"," + b"1" * 100_000] * pieces, b"]"))

    @method("Park", Where.LOOP, is_parked=True)
    async def park(self) -> None:
        import asyncio

        self.is_parked.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.was_dropped.set()


@pytest.fixture
def methods() -> Methods:
    return Methods()


@pytest.fixture
def address(tmp_path: Path, methods: Methods) -> Iterator[str]:
    path = str(tmp_path / "socket")
    server = LuxiServer(MethodTable([methods]), max_message_bytes=1024 * 1024)
    server.start([bind_socket(path)])
    yield path
    methods.may_go_on.set()
    server.close()


def connect(address: str) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX)
    # Before there is a time-out: a unix socket with one does not wait for room in the queue of the listener.
    sock.connect(address)
    sock.settimeout(DEADLINE_S)
    return sock


def receive(sock: socket.socket) -> bytes:
    """Return everything up to the terminator or the end of the connection."""
    data = b""
    while not data.endswith(ETX):
        chunk = sock.recv(65536)
        if not chunk:
            break
        data += chunk
    return data


def answer_of(sock: socket.socket) -> Any:
    data = receive(sock)
    assert data.endswith(ETX)
    return json.loads(data[:-1])


def request(name: str, *args: Any) -> bytes:
    return json.dumps({"method": name, "args": args}).encode() + b"\n" + ETX


def is_alive(address: str) -> bool:
    with Client(address) as client:
        return bool(client.call("Echo", ["x"]) == ["x", 0])


def test_socket_mode_lets_the_group_connect(address: str) -> None:
    assert Path(address).stat().st_mode & 0o777 == 0o660


def test_stale_socket_is_replaced(tmp_path: Path) -> None:
    bind_socket(str(tmp_path / "s")).close()
    bind_socket(str(tmp_path / "s")).close()
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_requests_of_one_connection_are_answered_in_order(address: str) -> None:
    with connect(address) as sock:
        sock.sendall(b"".join(request("Echo", number) for number in range(100)))
        data = b""
        while data.count(ETX) < 100:
            data += sock.recv(65536)
    results = [json.loads(part)["result"] for part in data.split(ETX)[:-1]]
    assert results == [[number, 0] for number in range(100)]


def test_message_in_small_pieces(address: str) -> None:
    with connect(address) as sock:
        for byte in request("Echo", "ä"):
            sock.send(bytes([byte]))
        assert answer_of(sock) == {"success": True, "result": ["ä", 0]}


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"garbage", "not valid JSON"),
        (b"\xff\xfe\x00", "not valid JSON"),
        (b"[]", "request is not a JSON object"),
        (b'{"args": []}', "key 'method' is missing"),
        (b'{"method": "Echo", "args": {}}', "key 'args' is missing or not a list"),
        (b'{"method": "Nothing", "args": []}', "unknown method 'Nothing'"),
        (b'{"method": "Echo", "args": []}', "method Echo takes 2 arguments, got 0"),
        (b'{"method": "Echo", "args": [1, 2, 3]}', "method Echo takes 2 arguments, got 3"),
        (b'{"method": "Echo", "args": [1, "x"]}', "argument 'extra' of Echo: Expected `int`, got `str`"),
        (b'{"method": "Id", "args": ["x"]}', "argument 'job_id' of Id"),
        (b"[" * 100_000, "not valid JSON"),
    ],
)
def test_garbage_is_refused_and_the_connection_closed(address: str, message: bytes, reason: str) -> None:
    with connect(address) as sock:
        sock.sendall(message + ETX)
        answer = answer_of(sock)
        assert answer["success"] is False
        assert answer["result"].startswith("Failed to parse request: ")
        assert reason in answer["result"]
        assert sock.recv(1) == b""
    assert is_alive(address)


def test_endless_message_is_cut_off(address: str) -> None:
    with connect(address) as sock:
        sent = 0
        with pytest.raises(OSError):
            while sent < 100 * 1024 * 1024:
                sock.sendall(b"x" * 65536)
                sent += 65536
        assert sent < 3 * 1024 * 1024
    assert is_alive(address)


def test_half_a_message_and_gone(address: str) -> None:
    for _ in range(20):
        with connect(address) as sock:
            sock.sendall(request("Echo", 1)[:-5])
    assert is_alive(address)


def test_client_that_does_not_wait_for_its_answer(address: str) -> None:
    for _ in range(20):
        with connect(address) as sock:
            sock.sendall(request("Echo", "x" * 100_000))
    assert is_alive(address)


def test_answer_reaches_a_client_that_closed_its_sending_side(address: str) -> None:
    with connect(address) as sock:
        sock.sendall(request("Id", "12"))
        sock.shutdown(socket.SHUT_WR)
        assert answer_of(sock) == {"success": True, "result": 12}


def test_parked_request_ends_when_the_client_leaves(address: str, methods: Methods) -> None:
    with connect(address) as sock:
        sock.sendall(request("Park"))
        assert methods.is_parked.wait(DEADLINE_S)
    assert methods.was_dropped.wait(DEADLINE_S)
    assert is_alive(address)


def test_many_parked_requests_leave_the_server_usable(address: str) -> None:
    socks = [connect(address) for _ in range(200)]
    for sock in socks:
        sock.sendall(request("Park"))
    assert is_alive(address)
    for sock in socks:
        sock.close()


def test_slow_requests_do_not_hold_up_others(address: str, methods: Methods) -> None:
    socks = [connect(address) for _ in range(40)]
    for sock in socks:
        sock.sendall(request("Slow"))
    with Client(address) as client:
        assert client.call("Id", ["7"]) == 7
    methods.may_go_on.set()
    assert [answer_of(sock)["result"] for sock in socks] == ["done"] * 40
    for sock in socks:
        sock.close()


def test_errors_travel_as_their_class(address: str) -> None:
    with Client(address) as client:
        with pytest.raises(errors.OpPrereqError) as caught:
            client.call("Fail", ["own"])
        assert caught.value.args == ("no", "wrong_input")
        with pytest.raises(RequestError, match="Failed to parse request: not like this"):
            client.call("Fail", ["refused"])
        with pytest.raises(RequestError, match="Caught exception: division by zero"):
            client.call("Fail", ["other"])


def test_version_in_a_request_is_ignored(address: str) -> None:
    with connect(address) as sock:
        sock.sendall(json.dumps({"method": "Echo", "args": [1], "version": 2050000}).encode() + ETX)
        assert answer_of(sock) == {"success": True, "result": [1, 0]}


def test_large_answer_arrives_whole_and_in_order_at_a_client_that_takes_its_time(address: str) -> None:
    with connect(address) as sock:
        sock.sendall(request("Large", 40) + request("Echo", "next"))
        stream = sock.makefile("rb", buffering=0)
        data = b""
        while data.count(ETX) < 2:
            data += stream.read(30_000) or b""
        first, second, _ = data.split(ETX)
        assert len(first) > 40 * 100_000 and first.startswith(b'{"success":true,"result":[0,1')
        assert json.loads(second)["result"] == ["next", 0]


def test_a_client_that_leaves_in_the_middle_of_an_answer_harms_nobody(address: str) -> None:
    with connect(address) as sock:
        sock.sendall(request("Large", 100))
        sock.recv(1000)
    assert is_alive(address)


def test_what_came_before_a_message_without_end_is_answered_first(address: str) -> None:
    with connect(address) as sock:
        sock.sendall(request("Echo", "a"))
        assert answer_of(sock)["result"] == ["a", 0]
        sock.sendall(request("Large", 4))
        data = b""
        with contextlib.suppress(OSError):
            sock.sendall(b"x" * 3 * 1024 * 1024)
        with contextlib.suppress(ConnectionResetError):
            while chunk := sock.recv(65536):
                data += chunk
        answer, refusal = data.split(ETX)[:2]
        assert answer.endswith(b"1]}")
        assert "exceeds the limit" in json.loads(refusal)["result"]
