"""Threads waiting for locks."""

import random
import threading
import time
from collections.abc import Callable

import pytest

from ganeti import constants as c
from ganeti.locking import ALL_SET, LockManager, LockTimeout


class Canceled(Exception):
    """Raised by the abort check of a test."""


def manager_with(*owners: str) -> LockManager:
    """Return a manager in which all owners hold the cluster lock shared."""
    manager = LockManager()
    for owner in owners:
        manager.acquire(owner, c.LEVEL_CLUSTER, [c.BGL], shared=True)
    return manager


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until *condition* holds, at most 10 s."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


class Waiter(threading.Thread):
    """Acquires node locks in a thread of its own; ``outcome`` is what came of it."""

    def __init__(self, manager: LockManager, owner: str, check: Callable[[], None] = lambda: None) -> None:
        super().__init__(daemon=True)
        self.outcome: object = None
        self._manager, self._owner, self._check = manager, owner, check
        self.start()
        wait_until(lambda: manager.is_waiting(owner) or not self.is_alive())

    def run(self) -> None:
        try:
            self.outcome = self._manager.acquire(
                self._owner, c.LEVEL_NODE, ["n"], shared=False, timeout_s=10, check_abort=self._check
            )
        except Exception as err:
            self.outcome = err

    def result(self) -> object:
        self.join(10)
        assert not self.is_alive()
        return self.outcome


def test_waiter_gets_the_lock_when_it_is_released() -> None:
    manager = manager_with("1", "2")
    manager.acquire("1", c.LEVEL_NODE, ["n"], shared=False)
    waiter = Waiter(manager, "2")
    manager.release("1", c.LEVEL_NODE)
    assert waiter.result() == manager.owned("2", c.LEVEL_NODE)
    assert set(manager.owned("2", c.LEVEL_NODE).names) == {"n"}


def test_timeout_leaves_nothing_behind() -> None:
    manager = manager_with("1", "2", "3")
    manager.acquire("1", c.LEVEL_NODE, ["n"], shared=True)
    with pytest.raises(LockTimeout):
        manager.acquire("2", c.LEVEL_NODE, ["n"], shared=False, timeout_s=0.01)
    manager.acquire("3", c.LEVEL_NODE, ["n"], shared=True, timeout_s=0)


def test_zero_timeout_only_tries() -> None:
    manager = manager_with("1", "2")
    manager.acquire("1", c.LEVEL_NODE, ALL_SET, shared=False)
    with pytest.raises(LockTimeout):
        manager.acquire("2", c.LEVEL_NODE, ["n"], shared=True, timeout_s=0)


def test_woken_waiter_ends_with_what_the_check_raises() -> None:
    manager = manager_with("1", "2")
    manager.acquire("1", c.LEVEL_NODE, ["n"], shared=False)
    canceled = threading.Event()

    def check() -> None:
        if canceled.is_set():
            raise Canceled

    waiter = Waiter(manager, "2", check)
    manager.wake("2")
    assert manager.is_waiting("2")
    canceled.set()
    manager.wake("2")
    assert isinstance(waiter.result(), Canceled)
    assert not manager.is_waiting("2")


def test_cancel_before_the_wait_is_not_lost() -> None:
    manager = manager_with("1", "2")
    manager.acquire("1", c.LEVEL_NODE, ["n"], shared=False)

    def check() -> None:
        raise Canceled

    with pytest.raises(Canceled):
        manager.acquire("2", c.LEVEL_NODE, ["n"], shared=False, check_abort=check)


def test_changed_priority_reorders_waiting_threads() -> None:
    manager = manager_with("1", "2", "3")
    manager.acquire("1", c.LEVEL_NODE, ["n"], shared=False)
    second, third = Waiter(manager, "2"), Waiter(manager, "3")
    manager.change_priority("3", -10)
    manager.release("1", c.LEVEL_NODE)
    assert not isinstance(third.result(), Exception)
    assert manager.is_waiting("2")
    manager.release_all("3")
    assert not isinstance(second.result(), Exception)


def test_many_threads_never_share_an_exclusive_lock() -> None:
    manager = LockManager()
    inside: dict[str, int] = dict.fromkeys("abc", 0)
    problems: list[str] = []

    def work(owner: str) -> None:
        rnd = random.Random(owner)
        for _ in range(60):
            manager.acquire(owner, c.LEVEL_CLUSTER, [c.BGL], shared=rnd.random() > 0.05)
            names = rnd.sample("abc", rnd.randint(1, 3))
            try:
                whole = rnd.random() < 0.2
                manager.acquire(owner, c.LEVEL_NODE, ALL_SET if whole else names, shared=False, timeout_s=5)
                for name in "abc" if whole else names:
                    inside[name] += 1
                    if inside[name] != 1:
                        problems.append(name)
                for name in "abc" if whole else names:
                    inside[name] -= 1
            except LockTimeout:
                problems.append("timeout")
            manager.release_all(owner)

    threads = [threading.Thread(target=work, args=(str(number),), daemon=True) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert problems == []
    assert manager.snapshot() == []
