"""The schedule of lock attempts."""

import pytest

from ganeti import constants as c
from ganeti.locking.attempts import LockAttempts, attempt_timeouts, raised_priority


def test_timeouts_grow_to_the_maximum_and_fill_the_round() -> None:
    timeouts = attempt_timeouts()
    assert [round(timeout, 1) for timeout in timeouts[:6]] == [5.0, 7.9, 14.2, 29.3, 72.3, 75.0]
    assert len(timeouts) == 28
    assert c.LOCK_ATTEMPTS_TIMEOUT <= sum(timeouts) < c.LOCK_ATTEMPTS_TIMEOUT + c.LOCK_ATTEMPTS_MAXWAIT


def test_round_ends_and_timeouts_vary_by_five_percent() -> None:
    attempts = LockAttempts(rnd=lambda: 1.0)
    assert attempts.next_timeout_s() == pytest.approx(5.25)
    left = [attempts.next_timeout_s() for _ in range(28)]
    assert left[-1] is None
    assert None not in left[:-1]


def test_priority_rises_to_the_most_urgent() -> None:
    assert raised_priority(0) == -1
    assert raised_priority(c.OP_PRIO_HIGHEST) is None
