"""Which jobs may start now: pure bookkeeping of queued and running jobs, without threads, files or clocks.

Jobs that must meet the same rate limits form a class. Within a class the first job by (priority, id) either can start
or no other can, so a pass looks at one job per class however long the queue is. Jobs that wait for other jobs, and jobs
held by a filter rule, are in no class until that changes.
"""

import bisect
import heapq
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias


class Limit(NamedTuple):
    """At most *maximum* jobs that share *key* run at a time."""

    key: Hashable
    maximum: int


Limits: TypeAlias = frozenset[Limit]
NO_LIMITS: Final[Limits] = frozenset()


@dataclass(slots=True)
class _Queued:
    priority: int
    dependencies: frozenset[int]
    limits: Limits
    is_held: bool
    blockers: set[int] = field(default_factory=set)


class Scheduler:
    """Queued and running jobs of one queue. Not safe for threads: the caller serialises.

    Running means handed to a worker and not final. Of those, jobs that wait for locks count against *max_waiting*
    and the others against *max_running*, so that a heap of jobs waiting for one node does not stop the cluster.
    """

    def __init__(self, max_running: int, max_waiting: int = 0) -> None:
        self.max_running = max_running
        self.max_waiting = max_waiting
        self._queued: dict[int, _Queued] = {}
        self._ready: dict[Limits, list[tuple[int, int]]] = {}
        self._running: dict[int, Limits] = {}
        self._lock_waiting: set[int] = set()
        self._usage: Counter[Hashable] = Counter()
        #: Which queued jobs name a job as dependency, also one that does not exist (yet).
        self._dependants: dict[int, set[int]] = {}

    @property
    def queued(self) -> frozenset[int]:
        """Jobs that did not start."""
        return frozenset(self._queued)

    @property
    def running(self) -> frozenset[int]:
        """Jobs that a worker has."""
        return frozenset(self._running)

    @property
    def has_startable_jobs(self) -> bool:
        """True if some job only waits for a free slot or for a rate limit."""
        return bool(self._ready)

    def is_queued(self, job_id: int) -> bool:
        """Tell whether a job is here and did not start."""
        return job_id in self._queued

    def waiting_for_jobs(self) -> dict[int, list[int]]:
        """Return the jobs that others wait for, each with those that do."""
        waits: dict[int, list[int]] = {}
        for job_id, entry in sorted(self._queued.items()):
            for blocker in entry.blockers:
                waits.setdefault(blocker, []).append(job_id)
        return waits

    def add(
        self,
        job_id: int,
        priority: int,
        dependencies: Iterable[int] = (),
        limits: Limits = NO_LIMITS,
        *,
        is_held: bool = False,
    ) -> None:
        """Put a job into the queue."""
        entry = _Queued(priority, frozenset(dependencies) - {job_id}, limits, is_held)
        self._queued[job_id] = entry
        for dependency in entry.dependencies:
            self._dependants.setdefault(dependency, set()).add(job_id)
            if dependency in self._queued or dependency in self._running:
                entry.blockers.add(dependency)
        for dependant in self._dependants.get(job_id, ()):
            waiting = self._queued[dependant]
            self._leave_ready(dependant, waiting)
            waiting.blockers.add(job_id)
        self._enter_ready(job_id, entry)

    def requeue(self, job_id: int, priority: int, dependency: int, *, is_held: bool = False) -> None:
        """A running job found that it must wait for another one."""
        limits = self._stop_running(job_id)
        self.add(job_id, priority, (dependency,), limits, is_held=is_held)

    def finish(self, job_id: int) -> None:
        """A job, queued or running, became final or left the queue; jobs that waited for it may start."""
        entry = self._queued.pop(job_id, None)
        if entry is not None:
            self._leave_ready(job_id, entry)
            self._forget_dependencies(job_id, entry)
        if job_id in self._running:
            self._stop_running(job_id)
        for dependant in self._dependants.get(job_id, ()):
            waiting = self._queued[dependant]
            waiting.blockers.discard(job_id)
            self._enter_ready(dependant, waiting)

    def set_priority(self, job_id: int, priority: int) -> None:
        """Move a queued job to its new place; of no effect for others."""
        entry = self._queued.get(job_id)
        if entry is not None:
            self._leave_ready(job_id, entry)
            entry.priority = priority
            self._enter_ready(job_id, entry)

    def set_constraints(self, job_id: int, limits: Limits, *, is_held: bool) -> None:
        """The filter rules changed what applies to a job."""
        entry = self._queued.get(job_id)
        if entry is not None:
            self._leave_ready(job_id, entry)
            entry.limits, entry.is_held = limits, is_held
            self._enter_ready(job_id, entry)
        elif job_id in self._running:
            self._use(self._running[job_id], -1)
            self._running[job_id] = limits
            self._use(limits, 1)

    def set_lock_waiting(self, job_id: int, is_waiting: bool) -> None:
        """A running job began or ceased to wait for locks."""
        if is_waiting and job_id in self._running:
            self._lock_waiting.add(job_id)
        else:
            self._lock_waiting.discard(job_id)

    def pick(self) -> list[int]:
        """Return the jobs to start now, most urgent first, and count them as running."""
        free = self._free_slots()
        started: list[int] = []
        heads = [(jobs[0], index, limits) for index, (limits, jobs) in enumerate(self._ready.items())]
        heapq.heapify(heads)
        while heads and len(started) < free:
            (_, job_id), index, limits = heapq.heappop(heads)
            if any(self._usage[limit.key] >= limit.maximum for limit in limits):
                continue
            self._start(job_id)
            started.append(job_id)
            rest = self._ready.get(limits)
            if rest:
                heapq.heappush(heads, (rest[0], index, limits))
        return started

    def _free_slots(self) -> int:
        executing = len(self._running) - len(self._lock_waiting)
        return min(self.max_running - executing, self.max_running + self.max_waiting - len(self._running))

    def _start(self, job_id: int) -> None:
        entry = self._queued.pop(job_id)
        self._leave_ready(job_id, entry)
        self._forget_dependencies(job_id, entry)
        self._running[job_id] = entry.limits
        self._use(entry.limits, 1)

    def _stop_running(self, job_id: int) -> Limits:
        limits = self._running.pop(job_id)
        self._lock_waiting.discard(job_id)
        self._use(limits, -1)
        return limits

    def _use(self, limits: Limits, change: int) -> None:
        for limit in limits:
            self._usage[limit.key] += change
            if not self._usage[limit.key]:
                del self._usage[limit.key]

    def _forget_dependencies(self, job_id: int, entry: _Queued) -> None:
        for dependency in entry.dependencies:
            dependants = self._dependants[dependency]
            dependants.discard(job_id)
            if not dependants:
                del self._dependants[dependency]

    def _enter_ready(self, job_id: int, entry: _Queued) -> None:
        if not entry.blockers and not entry.is_held:
            jobs = self._ready.setdefault(entry.limits, [])
            key = (entry.priority, job_id)
            position = bisect.bisect_left(jobs, key)
            if position == len(jobs) or jobs[position] != key:
                jobs.insert(position, key)

    def _leave_ready(self, job_id: int, entry: _Queued) -> None:
        jobs = self._ready.get(entry.limits)
        if jobs is None:
            return
        key = (entry.priority, job_id)
        position = bisect.bisect_left(jobs, key)
        if position < len(jobs) and jobs[position] == key:
            del jobs[position]
        if not jobs:
            del self._ready[entry.limits]
