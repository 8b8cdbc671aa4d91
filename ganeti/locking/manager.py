"""The lock manager of the master daemon: threads wait for what the state machine grants.

One mutex guards the state machine; it is held for computations only, never while waiting. Every waiting thread has an
event of its own that is set when its request is granted or when it should look whether it was canceled.
"""

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from ganeti import constants as c
from ganeti.locking.state import LockInfo, LockRequest, LockTable, Names, Owned


class LockTimeout(Exception):
    """Locks could not be had in time; nothing of the level is held."""


@dataclass
class _Waiter:
    """A thread that waits for the request of one owner."""

    event: threading.Event = field(default_factory=threading.Event)
    granted: bool = False


def _never() -> None:
    """Abort nothing."""


class LockManager:
    """Thread-safe locks; an owner is a job id as text or a descriptive name, used by one thread at a time."""

    def __init__(self) -> None:
        """Start without any locks."""
        self._mutex = threading.Lock()
        self._table = LockTable()
        self._waiters: dict[str, _Waiter] = {}

    def acquire(
        self,
        owner: str,
        level: int,
        names: Names,
        *,
        shared: bool,
        timeout_s: float | None = None,
        priority: int = c.OP_PRIO_DEFAULT,
        add: Collection[str] = (),
        minimum: int | None = None,
        check_abort: Callable[[], None] = _never,
    ) -> Owned:
        """Take all *names* (and *add*, exclusively) at *level*, waiting at most *timeout_s*; return what is held now.

        None waits as long as it takes, 0 only tries. With *minimum* take those that are free, at least so many.
        *check_abort* is called before waiting and after ``wake``; what it raises ends the wait.
        Raises LockTimeout, what *check_abort* raises, or ProgrammerError if the order of levels is broken.
        """
        request = LockRequest(owner, level, names, shared, priority, add, minimum)
        waiter = _Waiter()
        with self._mutex:
            if not self._table.request(request):
                self._waiters[owner] = waiter
            else:
                waiter.granted = True
        if not waiter.granted:
            try:
                self._wait(waiter, timeout_s, check_abort)
            except BaseException:
                self._give_up(owner, level)
                raise
            finally:
                with self._mutex:
                    self._waiters.pop(owner, None)
        return self.owned(owner, level)

    def owned(self, owner: str, level: int) -> Owned:
        """Return what *owner* holds at *level*."""
        with self._mutex:
            return self._table.owned(owner, level)

    def release(self, owner: str, level: int) -> None:
        """Give back everything at *level*."""
        with self._mutex:
            self._notify(self._table.release(owner, level))

    def release_all(self, owner: str) -> None:
        """Give back everything, highest level first."""
        with self._mutex:
            for level in reversed(self._table.levels(owner)):
                self._notify(self._table.release(owner, level))

    def keep(self, owner: str, level: int, names: Collection[str]) -> None:
        """Give back everything at *level* except for *names*."""
        with self._mutex:
            self._notify(self._table.keep(owner, level, names))

    def downgrade(self, owner: str, level: int) -> None:
        """Turn everything held at *level* into shared locks."""
        with self._mutex:
            self._notify(self._table.downgrade(owner, level))

    def change_priority(self, owner: str, priority: int) -> None:
        """Let *owner*, if it waits, wait with another priority."""
        with self._mutex:
            self._notify(self._table.change_priority(owner, priority))

    def wake(self, owner: str) -> None:
        """Let *owner*, if it waits, call its *check_abort*; this is how a waiting job is canceled."""
        with self._mutex:
            waiter = self._waiters.get(owner)
            if waiter is not None:
                waiter.event.set()

    def is_waiting(self, owner: str) -> bool:
        """Tell whether *owner* waits for locks."""
        with self._mutex:
            return self._table.is_waiting(owner)

    def snapshot(self) -> list[LockInfo]:
        """Return every lock that is held or wanted, for the lock monitor; in no particular order."""
        with self._mutex:
            return self._table.snapshot()

    def _notify(self, owners: list[str]) -> None:
        for owner in owners:
            waiter = self._waiters[owner]
            waiter.granted = True
            waiter.event.set()

    def _wait(self, waiter: _Waiter, timeout_s: float | None, check_abort: Callable[[], None]) -> None:
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            check_abort()
            left = None if deadline is None else deadline - time.monotonic()
            signaled = waiter.event.wait(left if left is None else max(left, 0))
            with self._mutex:
                if waiter.granted:
                    return
                waiter.event.clear()
            if not signaled:
                raise LockTimeout

    def _give_up(self, owner: str, level: int) -> None:
        """Withdraw the request, or give the locks back if they were granted at the last moment."""
        with self._mutex:
            if self._table.is_waiting(owner):
                self._notify(self._table.withdraw(owner))
            else:
                self._notify(self._table.release(owner, level))
