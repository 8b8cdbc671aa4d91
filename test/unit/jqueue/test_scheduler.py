"""The scheduler against a brute-force model that looks at everything each time."""

from collections import Counter
from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ganeti.jqueue.scheduler import Limit, Scheduler

LIMITS = (Limit("a", 1), Limit("b", 2), Limit("c", 3))


@dataclass
class ModelJob:
    job_id: int
    priority: int
    dependencies: frozenset[int]
    limits: frozenset[Limit]
    is_held: bool


class Model:
    """The rules of the specification, without any cleverness."""

    def __init__(self, max_running: int, max_waiting: int) -> None:
        self.max_running = max_running
        self.max_waiting = max_waiting
        self.queued: dict[int, ModelJob] = {}
        self.running: dict[int, frozenset[Limit]] = {}
        self.lock_waiting: set[int] = set()

    def pick(self) -> list[int]:
        started: list[int] = []
        live = self.queued.keys() | self.running.keys()
        usage = Counter(limit.key for limits in self.running.values() for limit in limits)
        candidates = sorted(self.queued.values(), key=lambda job: (job.priority, job.job_id))
        for job in candidates:
            executing = len(self.running) - len(self.lock_waiting)
            if executing >= self.max_running or len(self.running) >= self.max_running + self.max_waiting:
                break
            if job.is_held or (job.dependencies - {job.job_id}) & live:
                continue
            if any(usage[limit.key] >= limit.maximum for limit in job.limits):
                continue
            usage.update(limit.key for limit in job.limits)
            self.running[job.job_id] = job.limits
            started.append(job.job_id)
        for job_id in started:
            del self.queued[job_id]
        return started


class SchedulerMachine(RuleBasedStateMachine):
    """Any sequence of events gives the same starts as the model."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model(3, 2)
        self.scheduler = Scheduler(3, 2)
        self.next_id = 1

    def some(self, data: st.DataObject, ids: object) -> int | None:
        choices = sorted(ids)  # type: ignore[call-overload]
        return data.draw(st.sampled_from(choices)) if choices else None

    @rule(
        priority=st.sampled_from([-10, 0, 10]),
        back=st.frozensets(st.integers(-3, 3), max_size=2),
        limits=st.frozensets(st.sampled_from(LIMITS), max_size=2),
        is_held=st.booleans(),
    )
    def add(self, priority: int, back: frozenset[int], limits: frozenset[Limit], is_held: bool) -> None:
        job_id = self.next_id
        self.next_id += 1
        dependencies = frozenset(job_id + distance for distance in back)
        self.model.queued[job_id] = ModelJob(job_id, priority, dependencies, limits, is_held)
        self.scheduler.add(job_id, priority, dependencies, limits, is_held=is_held)

    @rule()
    def pick(self) -> None:
        assert self.scheduler.pick() == self.model.pick()

    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        job_id = self.some(data, self.model.queued.keys() | self.model.running.keys())
        if job_id is not None:
            self.model.queued.pop(job_id, None)
            self.model.running.pop(job_id, None)
            self.model.lock_waiting.discard(job_id)
            self.scheduler.finish(job_id)

    @rule(data=st.data(), priority=st.sampled_from([-10, 0, 10]))
    def set_priority(self, data: st.DataObject, priority: int) -> None:
        job_id = self.some(data, self.model.queued)
        if job_id is not None:
            self.model.queued[job_id].priority = priority
            self.scheduler.set_priority(job_id, priority)

    @rule(data=st.data(), limits=st.frozensets(st.sampled_from(LIMITS), max_size=2), is_held=st.booleans())
    def set_constraints(self, data: st.DataObject, limits: frozenset[Limit], is_held: bool) -> None:
        job_id = self.some(data, self.model.queued.keys() | self.model.running.keys())
        if job_id is None:
            return
        if job_id in self.model.queued:
            self.model.queued[job_id].limits = limits
            self.model.queued[job_id].is_held = is_held
        else:
            self.model.running[job_id] = limits
        self.scheduler.set_constraints(job_id, limits, is_held=is_held)

    @rule(data=st.data(), is_waiting=st.booleans())
    def set_lock_waiting(self, data: st.DataObject, is_waiting: bool) -> None:
        job_id = self.some(data, self.model.running)
        if job_id is not None:
            (self.model.lock_waiting.add if is_waiting else self.model.lock_waiting.discard)(job_id)
            self.scheduler.set_lock_waiting(job_id, is_waiting)

    @rule(data=st.data())
    def requeue(self, data: st.DataObject) -> None:
        job_id = self.some(data, self.model.running)
        dependency = self.some(data, range(1, self.next_id + 2))
        if job_id is not None and dependency is not None:
            limits = self.model.running.pop(job_id)
            self.model.lock_waiting.discard(job_id)
            self.model.queued[job_id] = ModelJob(job_id, 0, frozenset({dependency}), limits, False)
            self.scheduler.requeue(job_id, 0, dependency)

    @invariant()
    def same_jobs(self) -> None:
        assert self.scheduler.queued == self.model.queued.keys()
        assert self.scheduler.running == self.model.running.keys()


TestScheduler = SchedulerMachine.TestCase
TestScheduler.settings = settings(max_examples=60, stateful_step_count=40)


def test_long_queue_costs_no_more_per_start() -> None:
    scheduler = Scheduler(1)
    for job_id in range(1, 5001):
        scheduler.add(job_id, 0)
    assert scheduler.pick() == [1]
    scheduler.finish(1)
    assert scheduler.pick() == [2]


def test_waiters_are_bounded() -> None:
    scheduler = Scheduler(1, 1)
    for job_id in (1, 2, 3):
        scheduler.add(job_id, 0)
    assert scheduler.pick() == [1]
    scheduler.set_lock_waiting(1, True)
    assert scheduler.pick() == [2]
    scheduler.set_lock_waiting(2, True)
    assert scheduler.pick() == []
