"""A UNIX socket on which an operation waits for somebody to show up, for tests and for ending delays early."""

import os
import selectors
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

#: How often a waiting operation looks whether it was told to stop, in seconds.
_ABORT_INTERVAL_S: Final = 0.5


@contextmanager
def listening_socket() -> Iterator[tuple[socket.socket, str]]:
    """Give a listening socket and its path; both vanish at the end. Only root may connect."""
    with tempfile.TemporaryDirectory(prefix="ganeti-") as directory:
        path = os.path.join(directory, "sock")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.bind(path)
            sock.listen(1)
            yield sock, path


def wait_readable(sock: socket.socket, timeout_s: float, check_abort: Callable[[], None]) -> bool:
    """Wait until *sock* has a connection, data or its end; return False if it has none within *timeout_s*."""
    deadline = time.monotonic() + timeout_s
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0:
            check_abort()
            if selector.select(min(left, _ABORT_INTERVAL_S)):
                return True
    return False


def sleep(duration_s: float, check_abort: Callable[[], None]) -> None:
    """Sleep, but look now and then whether to stop."""
    deadline = time.monotonic() + duration_s
    while (left := deadline - time.monotonic()) > 0:
        check_abort()
        time.sleep(min(left, _ABORT_INTERVAL_S))
