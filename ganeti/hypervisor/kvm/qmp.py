"""Client of the QEMU Machine Protocol: JSON messages over a UNIX socket.

QEMU serves one client per socket at a time, so connections live as long as one operation. Protocol:
https://www.qemu.org/docs/master/interop/qmp-spec.html
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import msgspec

from ganeti import errors
from ganeti.hypervisor.kvm.version import QemuVersion

RECEIVE_TIMEOUT_S: Final = 5.0
_MAX_EVENTS_BEFORE_GREETING = 4
_RECEIVE_BYTES = 65536

Message = dict[str, Any]


class QmpCommandError(errors.HypervisorError):
    """QEMU refused a command; `error_class` is the protocol's error class, such as `DeviceNotActive`."""

    def __init__(self, command: str, error_class: str, description: str) -> None:
        super().__init__(f"QEMU command '{command}' failed: {description} ({error_class})")
        self.error_class = error_class


class QmpClient:
    """One connection to a guest; use it as a context manager.

    All methods raise `HypervisorError` when the connection fails or QEMU does not answer in time.
    """

    def __init__(self, path: Path, *, timeout_s: float = RECEIVE_TIMEOUT_S) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._socket: socket.socket | None = None
        self._buffer = bytearray()
        self._events: list[Message] = []
        self._commands: frozenset[str] | None = None
        self._version: QemuVersion | None = None

    def __enter__(self) -> QmpClient:
        self.connect()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def connect(self) -> None:
        """Connect, check the greeting and leave negotiation mode."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(self._timeout_s)
        try:
            connection.connect(str(self._path))
        except OSError as err:
            connection.close()
            raise errors.HypervisorError(f"Cannot connect to QEMU at {self._path}: {err}") from err
        self._socket = connection
        try:
            self._version = self._read_greeting()
            self._run("qmp_capabilities", None)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection; closing twice is fine."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    @property
    def version(self) -> QemuVersion:
        """Version of the connected QEMU."""
        if self._version is None:
            raise errors.ProgrammerError("QMP client is not connected")
        return self._version

    def supports(self, command: str) -> bool:
        """Tell whether this QEMU knows a command."""
        if self._commands is None:
            self._commands = frozenset(item["name"] for item in self._run("query-commands", None))
        return command in self._commands

    def execute(
        self, command: str, arguments: Mapping[str, Any] | None = None, *, file_descriptors: Sequence[int] = ()
    ) -> Any:
        """Run a command and return its result.

        Args:
          command: name of the command.
          arguments: its arguments, with the JSON types of the QMP schema.
          file_descriptors: descriptors handed to QEMU along with the command (`getfd`, `add-fd`).

        Raises:
          QmpCommandError: QEMU refused the command.
        """
        if not self.supports(command):
            raise errors.HypervisorError(f"QEMU {self.version} does not know the command '{command}'")
        return self._run(command, arguments, file_descriptors)

    def wait_event(self, matches: Callable[[Message], bool], timeout_s: float) -> Message | None:
        """Wait for an event, one that arrived earlier on this connection included; None when it does not come.

        Args:
          matches: decides on an event, a dictionary with `event` (name) and `data`.
          timeout_s: how long to wait.
        """
        deadline = time.monotonic() + timeout_s
        checked = 0
        while True:
            while checked < len(self._events):
                event = self._events[checked]
                checked += 1
                if matches(event):
                    return event
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return None
            message = self._receive(min(remaining, self._timeout_s), tolerate_timeout=True)
            if message is not None and "event" in message:
                self._events.append(message)

    def _run(self, command: str, arguments: Mapping[str, Any] | None, file_descriptors: Sequence[int] = ()) -> Any:
        request: Message = {"execute": command}
        if arguments is not None:
            request["arguments"] = dict(arguments)
        self._send(msgspec.json.encode(request) + b"\n", file_descriptors)
        while True:
            message = self._receive(self._timeout_s)
            assert message is not None
            if "event" in message:
                self._events.append(message)
            elif "error" in message:
                error = message["error"]
                raise QmpCommandError(command, str(error.get("class")), str(error.get("desc")))
            elif "return" in message:
                return message["return"]

    def _read_greeting(self) -> QemuVersion:
        for _ in range(_MAX_EVENTS_BEFORE_GREETING + 1):
            message = self._receive(self._timeout_s)
            assert message is not None
            if "event" in message:
                self._events.append(message)
                continue
            try:
                version = message["QMP"]["version"]["qemu"]
                return QemuVersion(int(version["major"]), int(version["minor"]), int(version["micro"]))
            except (KeyError, TypeError, ValueError) as err:
                raise errors.HypervisorError(f"{self._path} is not a QMP socket, it said {message!r}") from err
        raise errors.HypervisorError(f"QEMU at {self._path} sends no greeting")

    def _send(self, data: bytes, file_descriptors: Sequence[int]) -> None:
        connection = self._connected()
        try:
            if file_descriptors:
                sent = socket.send_fds(connection, [data], list(file_descriptors))
                data = data[sent:]
            connection.sendall(data)
        except OSError as err:
            raise errors.HypervisorError(f"Cannot send to QEMU at {self._path}: {err}") from err

    def _receive(self, timeout_s: float, *, tolerate_timeout: bool = False) -> Message | None:
        """Read one message; None only when the time is over and that is tolerated."""
        connection = self._connected()
        while (end := self._buffer.find(b"\n")) < 0:
            connection.settimeout(timeout_s)
            try:
                data = connection.recv(_RECEIVE_BYTES)
            except TimeoutError as err:
                if tolerate_timeout:
                    return None
                raise errors.HypervisorError(f"QEMU at {self._path} does not answer") from err
            except OSError as err:
                raise errors.HypervisorError(f"Connection to QEMU at {self._path} failed: {err}") from err
            if not data:
                raise errors.HypervisorError(f"QEMU at {self._path} closed the connection")
            self._buffer += data
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        try:
            message = msgspec.json.decode(line)
        except msgspec.DecodeError as err:
            raise errors.HypervisorError(f"QEMU at {self._path} sent something that is not JSON: {err}") from err
        if not isinstance(message, dict):
            raise errors.HypervisorError(f"QEMU at {self._path} sent {message!r} instead of an object")
        return message

    def _connected(self) -> socket.socket:
        if self._socket is None:
            raise errors.ProgrammerError("QMP client is not connected")
        return self._socket
