"""Measure the lock manager: what jobs that wait cost those that have nothing to do with them; prints JSON."""

import json
import statistics
import sys
import threading
import time

from ganeti import constants as c
from ganeti.locking import LockManager

_LOCKS = 5000
_WAITERS = 1000
_LOCKS_PER_WAITER = 5


def _acquire(manager: LockManager, owner: str, names: list[str]) -> None:
    """Take instance locks as a job does."""
    manager.acquire(owner, c.LEVEL_CLUSTER, [c.BGL], shared=True)
    manager.acquire(owner, c.LEVEL_INSTANCE, names, shared=False)


def _unrelated_us(manager: LockManager, rounds: int = 500) -> float:
    """Return the microseconds that a job needs to get and give back a lock nobody else wants."""
    took = []
    for _ in range(rounds):
        start = time.perf_counter()
        _acquire(manager, "unrelated", ["alone"])
        manager.release_all("unrelated")
        took.append((time.perf_counter() - start) * 1e6)
    return statistics.median(took)


def _wait(manager: LockManager, number: int) -> None:
    names = [f"i{(number * _LOCKS_PER_WAITER + offset) % _LOCKS}" for offset in range(_LOCKS_PER_WAITER)]
    _acquire(manager, f"waiter{number}", names)
    manager.release_all(f"waiter{number}")


def main() -> None:
    """Print the figures."""
    manager = LockManager()
    figures = {"unrelated job, nobody waits, us": _unrelated_us(manager)}
    _acquire(manager, "holder", [f"i{number}" for number in range(_LOCKS)])
    threading.stack_size(256 * 1024)
    threads = [threading.Thread(target=_wait, args=(manager, number)) for number in range(_WAITERS)]
    for thread in threads:
        thread.start()
    while not all(manager.is_waiting(f"waiter{number}") for number in range(_WAITERS)):
        time.sleep(0.01)
    figures[f"unrelated job, {_WAITERS} wait for {_LOCKS} locks, us"] = _unrelated_us(manager)
    start = time.perf_counter()
    manager.release_all("holder")
    for thread in threads:
        thread.join()
    figures["all of them served, s"] = time.perf_counter() - start
    json.dump(figures, sys.stdout)


if __name__ == "__main__":
    main()
