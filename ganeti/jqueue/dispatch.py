"""From the scheduler's decisions to threads: starts jobs, takes them back, applies filter rules."""

import logging
import threading
import time
from collections.abc import Iterable
from typing import Final

from ganeti import constants as c
from ganeti import errors, serializer
from ganeti.jqueue import filters, transitions
from ganeti.jqueue.job import Job, timestamp_now
from ganeti.jqueue.pool import WorkerPool
from ganeti.jqueue.scheduler import Limit, Scheduler
from ganeti.jqueue.table import JobTable
from ganeti.jqueue.workers import JobExecutor, Next
from ganeti.objects import FilterRule

_LOG = logging.getLogger(__name__)

#: How many jobs more than may execute can wait for locks at a time; each costs a thread that sleeps.
_MAX_LOCK_WAITERS: Final = 200
#: A started job that did not get its locks after this time gives its place to another one.
_LOCK_WAIT_S: Final = 1.0
#: How often to look for such jobs while others want to start.
_LOOK_INTERVAL_S: Final = 0.5


class Dispatcher:
    """Keeps the scheduler, the threads and the filter rules together. Safe for threads."""

    def __init__(self, table: JobTable, max_running: int) -> None:
        self._table = table
        self._scheduler = Scheduler(max_running, _MAX_LOCK_WAITERS)
        self._mutex = threading.Lock()
        self._pool = WorkerPool(self._run)
        self._executor: JobExecutor | None = None
        self._rules: list[FilterRule] = []
        #: When the running jobs that did not get their locks yet were started.
        self._without_locks: dict[int, float] = {}
        self._is_stopping = False
        self._look = threading.Event()
        self._timer = threading.Thread(target=self._look_after_waiters, name="JqTimer", daemon=True)

    def start(self, executor: JobExecutor) -> None:
        """Begin to start jobs."""
        self._executor = executor
        self._timer.start()
        self._start_jobs()

    def stop(self) -> None:
        """Start no more jobs, and make those that wait for locks give up."""
        self._is_stopping = True
        self._look.set()
        with self._mutex:
            waiting = list(self._without_locks)
        if self._executor is not None:
            for job_id in waiting:
                self._executor.wake(job_id)

    def close(self, timeout_s: float) -> None:
        """End the threads; waits for each."""
        self._pool.close(timeout_s)

    @property
    def is_busy(self) -> bool:
        """True if some worker has a job."""
        with self._mutex:
            return bool(self._scheduler.running)

    def waiting_for_jobs(self) -> dict[int, list[int]]:
        """Return the jobs that others wait for, each with those that do."""
        with self._mutex:
            return self._scheduler.waiting_for_jobs()

    # events

    def add(self, job: Job) -> None:
        """A job that is not final wants to run."""
        with self._mutex:
            rule, limits = self._constraints(job)
            dependencies = [dependency.job_id for dependency in job.dependencies]
            self._scheduler.add(job.id, job.priority, dependencies, limits, is_held=_is_held(rule))
        if rule is not None and rule.action == filters.REJECT:
            self._reject(job.id, rule)
        self._start_jobs()

    def left_queue(self, job: Job) -> None:
        """A queued job became final without running."""
        if job.is_final:
            with self._mutex:
                self._scheduler.finish(job.id)
            self._start_jobs()

    def set_priority(self, job_id: int, priority: int) -> None:
        """A job has another priority."""
        with self._mutex:
            self._scheduler.set_priority(job_id, priority)
        self._pool.set_priority(job_id, priority)
        if self._executor is not None:
            self._executor.priority_changed(job_id, priority)

    def set_max_running(self, maximum: int) -> None:
        """Change how many jobs run at a time; running ones go on."""
        with self._mutex:
            self._scheduler.max_running = maximum
        self._start_jobs()

    def set_rules(self, rules: Iterable[FilterRule]) -> None:
        """Apply other filter rules to everything that is not final."""
        rejected: list[tuple[int, FilterRule]] = []
        with self._mutex:
            self._rules = filters.sort_rules(rules)
            queued = self._scheduler.queued
            for job_id in queued | self._scheduler.running:
                job = self._table.visible(job_id)
                if job is None:
                    continue
                rule, limits = self._constraints(job)
                self._scheduler.set_constraints(job_id, limits, is_held=_is_held(rule))
                if rule is not None and rule.action == filters.REJECT and job_id in queued:
                    rejected.append((job_id, rule))
        for job_id, rule in rejected:
            self._reject(job_id, rule)
        self._start_jobs()

    def lock_wait_ended(self, job_id: int) -> None:
        """A running job got its locks."""
        with self._mutex:
            self._without_locks.pop(job_id, None)
            self._scheduler.set_lock_waiting(job_id, False)

    def wake(self, job_id: int) -> None:
        """A job that was taken up, but does not run, is to be canceled."""
        with self._mutex:
            waits_for_job = self._scheduler.is_queued(job_id)
        if waits_for_job:
            # No worker has it who could notice.
            self._cancel_queued(job_id)
        elif self._executor is not None:
            self._executor.wake(job_id)

    def kill(self, job_id: int) -> None:
        """A running job is to fail."""
        if self._executor is not None:
            self._executor.kill(job_id)

    # work

    def _constraints(self, job: Job) -> tuple[FilterRule | None, frozenset[Limit]]:
        """Return the rule that applies to a job and all its rate limits."""
        has_reasons = any(record.input.op is not None and b"rate-limit:" in record.input.stored for record in job.ops)
        if not self._rules and not has_reasons:
            return None, frozenset()
        ops = [serializer.loads(record.input.stored) for record in job.ops]
        view = filters.JobView(job.id, [op for op in ops if isinstance(op, dict)])
        rule = filters.applying_rule(self._rules, view)
        limits = filters.adhoc_limits(view)
        rule_limit = filters.rule_limit(rule) if rule is not None else None
        return rule, frozenset(limits | {rule_limit} if rule_limit else limits)

    def _reject(self, job_id: int, rule: FilterRule) -> None:
        _LOG.info("Job %d is rejected by filter rule %s", job_id, rule.uuid)
        try:
            job, durable = self._table.update(job_id, lambda job: transitions.request_cancel(job, timestamp_now()).job)
        except errors.JobLost:
            return
        if job.status == c.JOB_STATUS_CANCELING:
            self.wake(job_id)
        else:
            durable.add_done_callback(lambda _: self.left_queue(job))

    def _cancel_queued(self, job_id: int) -> None:
        def change(job: Job) -> Job:
            may_cancel = job.status in (c.JOB_STATUS_QUEUED, c.JOB_STATUS_CANCELING)
            return transitions.cancel_now(job, timestamp_now()) if may_cancel else job

        try:
            job, durable = self._table.update(job_id, change)
        except errors.JobLost:
            return
        durable.add_done_callback(lambda _: self.left_queue(job))

    def _start_jobs(self) -> None:
        if self._executor is None or self._is_stopping:
            return
        with self._mutex:
            started = self._scheduler.pick()
            now = time.monotonic()
            for job_id in started:
                self._without_locks[job_id] = now
            must_look = self._scheduler.has_startable_jobs
        for job_id in started:
            job = self._table.visible(job_id)
            self._pool.submit(job_id, job.priority if job else c.OP_PRIO_DEFAULT)
        if must_look:
            self._look.set()

    def _run(self, job_id: int) -> None:
        """Let the thread of a worker work on a job, and do what follows from the outcome."""
        assert self._executor is not None
        outcome = self._executor.activate(job_id)
        if outcome.next is Next.CONTINUE:
            with self._mutex:
                # Between opcodes, and between attempts, a job waits for locks again.
                self._without_locks.setdefault(job_id, time.monotonic())
            self._pool.submit(job_id, self._table.newest(job_id).priority)
            return
        with self._mutex:
            self._without_locks.pop(job_id, None)
            if outcome.next is not Next.BLOCKED or outcome.dependency is None:
                self._scheduler.finish(job_id)
            else:
                self._requeue(job_id, outcome.dependency)
        if outcome.next is Next.BLOCKED:
            self._look_at_requeued(job_id)
        self._start_jobs()

    def _requeue(self, job_id: int, dependency: int) -> None:
        job = self._table.newest(job_id)
        rule, _ = self._constraints(job)
        self._scheduler.requeue(job_id, job.priority, dependency, is_held=_is_held(rule))

    def _look_at_requeued(self, job_id: int) -> None:
        """See what happened to a job while no worker looked and it was not in the queue yet."""
        job = self._table.newest(job_id)
        rule, _ = self._constraints(job)
        if job.status == c.JOB_STATUS_CANCELING:
            self.wake(job_id)
        elif rule is not None and rule.action == filters.REJECT:
            self._reject(job_id, rule)

    def _look_after_waiters(self) -> None:
        """While jobs want to start, see which running ones only wait for locks. Runs in a thread of its own."""
        while True:
            self._look.wait(c.LUXID_JOBQUEUE_POLL_INTERVAL)
            if self._is_stopping:
                return
            time.sleep(_LOOK_INTERVAL_S)
            before = time.monotonic() - _LOCK_WAIT_S
            with self._mutex:
                for job_id, started in self._without_locks.items():
                    if started <= before:
                        self._scheduler.set_lock_waiting(job_id, True)
                if not self._scheduler.has_startable_jobs:
                    self._look.clear()
            self._start_jobs()


def _is_held(rule: FilterRule | None) -> bool:
    """Tell whether a rule keeps a job in the queue; a rejected one must not start before it is canceled."""
    return rule is not None and rule.action in (filters.PAUSE, filters.REJECT)
