"""QMP client against a scripted server."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ganeti.errors import HypervisorError
from ganeti.hypervisor.kvm.qmp import QmpClient, QmpCommandError
from ganeti.hypervisor.kvm.version import QemuVersion

GREETING = {"QMP": {"version": {"qemu": {"major": 7, "minor": 2, "micro": 22}, "package": ""}, "capabilities": []}}
COMMANDS = {"return": [{"name": name} for name in ("query-commands", "cont", "getfd", "device_del")]}
EVENT = {"event": "STOP", "timestamp": {}}
#: What the server sends for each command: messages, raw bytes, or None to hang up.
Script = dict[str, list[Any]]


class FakeQemu:
    """Answers one connection by a script and remembers what it was asked."""

    def __init__(self, path: Path, script: Script, hello: list[Any]) -> None:
        self.requests: list[dict[str, Any]] = []
        self.descriptors: list[int] = []
        self._script = {"qmp_capabilities": [{"return": {}}], "query-commands": [COMMANDS], **script}
        self._hello = hello
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _send(self, connection: socket.socket, items: list[Any]) -> bool:
        for item in items:
            if item is None:
                return False
            connection.sendall(item if isinstance(item, bytes) else json.dumps(item).encode() + b"\r\n")
        return True

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            connection, _ = self._listener.accept()
            with connection:
                if not self._send(connection, self._hello):
                    return
                buffer = b""
                while True:
                    data, descriptors, _, _ = socket.recv_fds(connection, 4096, 4)
                    self.descriptors += descriptors
                    if not data:
                        return
                    buffer += data
                    while b"\n" in buffer:
                        line, buffer = buffer.split(b"\n", 1)
                        request = json.loads(line)
                        self.requests.append(request)
                        if not self._send(connection, self._script.get(request["execute"], [{"return": {}}])):
                            return

    def close(self) -> None:
        """Stop serving."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=5)
        for descriptor in self.descriptors:
            os.close(descriptor)


Start = Callable[..., tuple[QmpClient, FakeQemu]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a server and gives a client for it."""
    cleanup = contextlib.ExitStack()

    def begin(script: Script | None = None, hello: list[Any] | None = None) -> tuple[QmpClient, FakeQemu]:
        path = tmp_path / "qmp"
        server = FakeQemu(path, script or {}, [GREETING] if hello is None else hello)
        cleanup.callback(server.close)
        client = QmpClient(path, timeout_s=0.3)
        cleanup.callback(client.close)
        return client, server

    with cleanup:
        yield begin


def test_command_returns_its_result_and_skips_events(start: Start) -> None:
    client, server = start({"cont": [EVENT, {"return": {"x": 1}}]}, [EVENT, GREETING])
    with client:
        assert client.version == QemuVersion(7, 2, 22)
        assert client.execute("cont", {"a": True}) == {"x": 1}
    assert server.requests[-1] == {"execute": "cont", "arguments": {"a": True}}


def test_refused_command_names_class_and_reason(start: Start) -> None:
    error = {"error": {"class": "DeviceNotActive", "desc": "No balloon device"}}
    client, _ = start({"cont": [error]})
    with client, pytest.raises(QmpCommandError, match="No balloon device") as caught:
        client.execute("cont")
    assert caught.value.error_class == "DeviceNotActive"


def test_unknown_command_is_not_sent(start: Start) -> None:
    client, server = start()
    with client, pytest.raises(HypervisorError, match="does not know"):
        client.execute("drive_add")
    assert "drive_add" not in [request["execute"] for request in server.requests]


@pytest.mark.parametrize(
    "hello", [[b"SSH-2.0-x\n"], [{"hello": 1}], [EVENT] * 6, [None], []], ids=["text", "other", "events", "eof", "mute"]
)
def test_anything_but_a_greeting_is_refused(start: Start, hello: list[Any]) -> None:
    client, _ = start(hello=hello)
    with pytest.raises(HypervisorError):
        client.connect()


@pytest.mark.parametrize("answer", [[None], [], [b"{]\n"], [b"[]\n"]], ids=["eof", "mute", "garbage", "list"])
def test_broken_answers_are_errors(start: Start, answer: list[Any]) -> None:
    client, _ = start({"cont": answer})
    with client, pytest.raises(HypervisorError):
        client.execute("cont")


def test_nobody_listening_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(HypervisorError, match="Cannot connect"):
        QmpClient(tmp_path / "absent").connect()


def test_descriptors_travel_with_their_command(start: Start) -> None:
    client, server = start()
    read_end, write_end = os.pipe()
    with client:
        client.execute("getfd", {"fdname": "x"}, file_descriptors=[write_end])
    os.close(read_end)
    os.close(write_end)
    assert len(server.descriptors) == 1


def test_waiting_finds_early_and_late_events(start: Start) -> None:
    early = {"event": "DEVICE_DELETED", "data": {"device": "a"}}
    late = {"event": "DEVICE_DELETED", "data": {"device": "b"}}
    client, _ = start({"device_del": [early, {"return": {}}, late]})
    with client:
        client.execute("device_del", {"id": "a"})
        for device in ("a", "b"):
            assert client.wait_event(lambda event, device=device: event["data"]["device"] == device, 2.0) is not None
        assert client.wait_event(lambda event: event["event"] == "OTHER", 0.05) is None
