"""How long a job waits for its locks: attempts with growing timeouts, then a higher priority and a new round."""

import random
from collections.abc import Callable, Iterator

from ganeti import constants as c

#: Share by which a timeout is made longer or shorter, so that jobs that started together do not retry together.
JITTER = 0.05


def attempt_timeouts() -> tuple[float, ...]:
    """Return the timeouts (seconds) of one round: growing, and about LOCK_ATTEMPTS_TIMEOUT in total."""
    timeouts = [c.LOCK_ATTEMPTS_MINWAIT]
    total = timeouts[0]
    while total < c.LOCK_ATTEMPTS_TIMEOUT:
        following = (timeouts[-1] * 1.05) ** 1.25
        timeouts.append(min(max(following, c.LOCK_ATTEMPTS_MINWAIT), c.LOCK_ATTEMPTS_MAXWAIT))
        total += timeouts[-1]
    return tuple(timeouts)


def raised_priority(priority: int) -> int | None:
    """Return the next more urgent priority, or None if there is none."""
    return priority - 1 if priority > c.OP_PRIO_HIGHEST else None


class LockAttempts:
    """Timeouts of one round, one after the other, each varied a little by chance."""

    def __init__(self, rnd: Callable[[], float] = random.random) -> None:
        """Take *rnd*, which returns numbers from 0 to 1."""
        self._left: Iterator[float] = iter(attempt_timeouts())
        self._rnd = rnd

    def next_timeout_s(self) -> float | None:
        """Return the timeout of the next attempt, or None when the round is over.

        After a round the priority is raised; at the highest priority the next attempt waits without limit.
        """
        timeout = next(self._left, None)
        return None if timeout is None else timeout * (1 + JITTER * (2 * self._rnd() - 1))
