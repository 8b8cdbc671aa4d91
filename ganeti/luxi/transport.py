"""One client connection to a LUXI socket: connecting with retries, sending and receiving with deadlines."""

import errno
import socket
import time
from collections.abc import Callable
from typing import Final

from ganeti import constants as c
from ganeti.luxi import wire
from ganeti.luxi.errors import (
    ConnectionClosedError,
    LuxiPermissionError,
    LuxiTimeoutError,
    NoMasterError,
    ProtocolError,
)

_CONNECT_RETRY_INTERVAL_S: Final = 1.0
_RECEIVE_BYTES: Final = 65536
#: The daemon is not (yet) there, or its backlog is full.
_RETRY_ERRNOS: Final = frozenset({errno.ENOENT, errno.ECONNREFUSED, errno.EAGAIN})
_ABSENT_ERRNOS: Final = frozenset({errno.ENOENT, errno.ECONNREFUSED})


class RequestNotSentError(ConnectionClosedError):
    """The connection ended before the whole request was handed over, so that the server cannot have seen it."""


def connect(address: str, *, timeout_s: float, may_wait: Callable[[], bool]) -> socket.socket:
    """Return a socket connected to *address*.

    While nobody listens, ask *may_wait* whether a master daemon can be expected here at all, and try again until the
    time is over. Raises NoMasterError, LuxiPermissionError or LuxiTimeoutError.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.settimeout(max(0.0, deadline - time.monotonic()) or _CONNECT_RETRY_INTERVAL_S)
            sock.connect(address)
            return sock
        except OSError as err:
            sock.close()
            problem = err
        if isinstance(problem, TimeoutError):
            raise LuxiTimeoutError(f"Connecting to {address} timed out") from problem
        if problem.errno in (errno.EPERM, errno.EACCES):
            raise LuxiPermissionError(address) from problem
        if problem.errno not in _RETRY_ERRNOS:
            raise ProtocolError(f"Cannot connect to {address}: {problem.strerror}") from problem
        is_absent = problem.errno in _ABSENT_ERRNOS
        if (is_absent and not may_wait()) or time.monotonic() + _CONNECT_RETRY_INTERVAL_S > deadline:
            if is_absent:
                raise NoMasterError(address) from problem
            raise LuxiTimeoutError(f"Connecting to {address} timed out") from problem
        time.sleep(_CONNECT_RETRY_INTERVAL_S)


class Connection:
    """A connected socket that carries one request at a time."""

    def __init__(self, sock: socket.socket, timeout_s: float = c.LUXI_DEF_RWTO) -> None:
        sock.settimeout(timeout_s)
        self._sock = sock
        self._timeout_s = timeout_s
        self._buffer = wire.FrameBuffer()

    def close(self) -> None:
        """Close the connection; further calls have no effect."""
        self._sock.close()

    def exchange(self, message: bytes) -> bytes:
        """Send *message* and return the answer.

        Raises RequestNotSentError, ConnectionClosedError, LuxiTimeoutError or ProtocolError; the connection is of no
        use afterwards.
        """
        self._send(message)
        return self._receive()

    def _send(self, message: bytes) -> None:
        try:
            self._sock.sendall(message)
        except TimeoutError as err:
            raise LuxiTimeoutError("Sending the request timed out") from err
        except OSError as err:
            # The terminator is the last byte: whatever part went out, the server drops it as unfinished.
            raise RequestNotSentError(f"Connection lost while sending: {err.strerror}") from err

    def _receive(self) -> bytes:
        deadline = time.monotonic() + self._timeout_s
        while True:
            try:
                data = self._sock.recv(_RECEIVE_BYTES)
            except TimeoutError as err:
                raise LuxiTimeoutError("No answer in time") from err
            except OSError as err:
                raise ConnectionClosedError(f"Connection lost while waiting for the answer: {err.strerror}") from err
            if not data:
                raise ConnectionClosedError("Connection closed while waiting for the answer")
            messages = self._buffer.feed(data)
            if messages:
                if len(messages) > 1 or not self._buffer.is_empty:
                    raise ProtocolError("More than one answer to one request")
                return messages[0]
            if time.monotonic() > deadline:
                raise LuxiTimeoutError("The answer did not end in time")
