"""Locks per instance."""

from __future__ import annotations

import threading

from ganeti.hypervisor import locking
from ganeti.hypervisor.locking import instance_lock


def test_operations_on_one_instance_exclude_each_other() -> None:
    running, most = 0, 0
    guard = threading.Lock()

    def work() -> None:
        nonlocal running, most
        with instance_lock("a"):
            with guard:
                running += 1
                most = max(most, running)
            threading.Event().wait(0.005)
            with guard:
                running -= 1

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert locking._locks == {}


def test_a_thread_may_enter_again() -> None:
    with instance_lock("a"), instance_lock("a"), instance_lock("b"):
        assert set(locking._locks) == {"a", "b"}
