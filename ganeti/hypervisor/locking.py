"""One lock per instance name for operations of this node daemon on a guest."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

_guard = threading.Lock()
_locks: dict[str, tuple[threading.RLock, int]] = {}


@contextlib.contextmanager
def instance_lock(name: str) -> Iterator[None]:
    """Serialise operations on one instance.

    The node daemon is multi-threaded, and two operations on the same guest would otherwise compete for its control
    socket (QEMU serves one client at a time) or start it twice. Entries are dropped when the last user leaves.
    """
    with _guard:
        lock, users = _locks.get(name, (threading.RLock(), 0))
        _locks[name] = (lock, users + 1)
    try:
        with lock:
            yield
    finally:
        with _guard:
            lock, users = _locks[name]
            if users == 1:
                del _locks[name]
            else:
                _locks[name] = (lock, users - 1)
