"""Threads that run jobs: as many as there are jobs to run, the most urgent first."""

import heapq
import itertools
import logging
import threading
from collections.abc import Callable
from typing import Final

_LOG = logging.getLogger(__name__)

#: A thread without work ends after this time.
_IDLE_S: Final = 30.0


class WorkerPool:
    """Calls ``run(job id)`` in threads of its own. The caller bounds the number of jobs, and thereby of threads."""

    def __init__(self, run: Callable[[int], None], *, idle_s: float = _IDLE_S) -> None:
        self._run = run
        self._idle_s = idle_s
        self._condition = threading.Condition()
        self._arrivals = itertools.count()
        self._numbers = itertools.count(1)
        self._tasks: list[tuple[int, int, int]] = []
        self._threads: set[threading.Thread] = set()
        self._idle = 0
        self._is_closing = False

    @property
    def size(self) -> int:
        """Number of threads."""
        return len(self._threads)

    def submit(self, job_id: int, priority: int) -> None:
        """Run the job when a thread has time, after those that are more urgent or equally so and earlier."""
        with self._condition:
            if self._is_closing:
                return
            heapq.heappush(self._tasks, (priority, next(self._arrivals), job_id))
            if self._idle >= len(self._tasks):
                self._condition.notify()
                return
            thread = threading.Thread(target=self._work, name=f"Jq{next(self._numbers)}", daemon=True)
            # Started under the mutex, so that close() never meets a thread that it cannot wait for.
            thread.start()
            self._threads.add(thread)

    def set_priority(self, job_id: int, priority: int) -> None:
        """Give a job that waits for a thread another place."""
        with self._condition:
            self._tasks = [
                (priority if task_job == job_id else task_priority, arrival, task_job)
                for task_priority, arrival, task_job in self._tasks
            ]
            heapq.heapify(self._tasks)

    def close(self, timeout_s: float) -> None:
        """Take no more work and wait for the threads, each at most *timeout_s*; what did not start is dropped."""
        with self._condition:
            self._is_closing = True
            self._tasks.clear()
            self._condition.notify_all()
            threads = list(self._threads)
        for thread in threads:
            thread.join(timeout_s)

    def _work(self) -> None:
        thread = threading.current_thread()
        name = thread.name
        while (job_id := self._next()) is not None:
            try:
                self._run(job_id)
            except Exception:
                _LOG.exception("Running job %d failed inside of the queue", job_id)
            finally:
                thread.name = name

    def _next(self) -> int | None:
        """Return the next job; None when there was none for a while or the pool is closed."""
        with self._condition:
            self._idle += 1
            try:
                self._condition.wait_for(lambda: self._tasks or self._is_closing, self._idle_s)
                if self._tasks:
                    return heapq.heappop(self._tasks)[2]
                self._threads.discard(threading.current_thread())
                return None
            finally:
                self._idle -= 1
