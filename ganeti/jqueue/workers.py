"""What a worker does with a job: take up the next opcode, run it, record how it ended."""

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final, NamedTuple, Protocol

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.jqueue import transitions
from ganeti.jqueue.execution import CancelRequested, LocksNotObtained, OpcodeRunner, ShutdownRequested, Submission
from ganeti.jqueue.job import FINAL, Dependency, Job, OpRecord, timestamp_now
from ganeti.jqueue.table import Flush, JobTable
from ganeti.locking.attempts import LockAttempts, raised_priority
from ganeti.opcodes import OpCode

_LOG = logging.getLogger(__name__)

_KILLED: Final = "Job killed by request"
_RESUBMIT_SECRETS: Final = "Please re-submit secret parameters to job."


class Next(Enum):
    """What happens to a job after a worker left it."""

    #: It is final.
    FINISHED = auto()
    #: It wants a worker again: more opcodes, or another attempt to get locks.
    CONTINUE = auto()
    #: It must wait for another job.
    BLOCKED = auto()
    #: It stays in the queue for the next start of the master daemon.
    LEFT = auto()


class Outcome(NamedTuple):
    """How one activation of a job ended; *dependency* is the job to wait for."""

    next: Next
    dependency: int | None = None


class QueueServices(Protocol):
    """What workers need of the queue besides the table."""

    @property
    def is_stopping(self) -> bool:
        """True if no opcode may start any more."""

    def final_status(self, job_id: int) -> str | None:
        """Return the status of a job, live or archived; None if there is none."""

    def submit_generated(self, jobs: Sequence[Sequence[OpCode]]) -> list[Submission]:
        """Submit jobs on behalf of a running job and wait until they are durable."""

    def lock_wait_ended(self, job_id: int) -> None:
        """The job got its locks."""


@dataclass(slots=True)
class _Attempts:
    """Where a job stands with the locks of one of its opcodes."""

    index: int
    round: LockAttempts = field(default_factory=LockAttempts)


class _JobContext:
    """The queue as seen by a runner while it runs one opcode of one job (see execution.OpcodeContext)."""

    def __init__(self, executor: "JobExecutor", job_id: int, index: int, kill: threading.Event) -> None:
        self._executor = executor
        self._table = executor.table
        self._job_id = job_id
        self._index = index
        self._kill = kill

    @property
    def job_id(self) -> int:
        return self._job_id

    @property
    def _record(self) -> OpRecord:
        return self._table.newest(self._job_id).ops[self._index]

    @property
    def priority(self) -> int:
        return self._record.priority

    def notify_start(self) -> None:
        self.check()
        job, durable = self._table.update(self._job_id, self._start)
        if job.ops[self._index].status != c.OP_STATUS_RUNNING:
            raise CancelRequested
        self._executor.services.lock_wait_ended(self._job_id)
        # Once this is on disk a crash makes the job an error instead of running it again.
        durable.result()

    def _start(self, job: Job) -> Job:
        if job.ops[self._index].status == c.OP_STATUS_CANCELING:
            return job
        return transitions.mark_running(job, self._index, timestamp_now())

    def feedback(self, kind: str, payload: Any) -> None:
        is_list = kind == c.ELOG_MESSAGE_LIST
        payloads = list(payload) if is_list else [payload]
        kind = c.ELOG_MESSAGE if is_list else kind
        now = timestamp_now()
        self._table.update(
            self._job_id,
            lambda job: transitions.append_log(job, self._index, kind, payloads, now),
            flush=Flush.FEEDBACK,
        )
        self.check()

    def check(self) -> None:
        status = self._record.status
        if self._kill.is_set():
            raise errors.OpExecError(_KILLED) if status == c.OP_STATUS_RUNNING else CancelRequested
        if status == c.OP_STATUS_CANCELING:
            raise CancelRequested
        if status != c.OP_STATUS_RUNNING and self._executor.services.is_stopping:
            raise ShutdownRequested

    def submit_jobs(self, jobs: Sequence[Sequence[OpCode]]) -> list[Submission]:
        return self._executor.services.submit_generated(jobs)

    def replace_opcode(self, op: OpCode) -> None:
        self._table.update(self._job_id, lambda job: transitions.replace_opcode(job, self._index, op))


class JobExecutor:
    """Runs activations of jobs. One job is never in two activations at a time: the queue sees to that."""

    def __init__(self, table: JobTable, services: QueueServices, runner: OpcodeRunner) -> None:
        self.table = table
        self.services = services
        self._runner = runner
        self._attempts: dict[int, _Attempts] = {}
        self._kills: dict[int, threading.Event] = {}

    def kill(self, job_id: int) -> None:
        """Make the running opcode of a job fail at the next point where it looks."""
        self._kill_flag(job_id).set()
        self._runner.cancel_requested(job_id)

    def wake(self, job_id: int) -> None:
        """The job is to be canceled: make it look."""
        self._runner.cancel_requested(job_id)

    def priority_changed(self, job_id: int, priority: int) -> None:
        """The job has another priority: sort its lock requests anew."""
        self._runner.priority_changed(job_id, priority)

    def _kill_flag(self, job_id: int) -> threading.Event:
        return self._kills.setdefault(job_id, threading.Event())

    def activate(self, job_id: int) -> Outcome:
        """Work on a job until its next opcode ended or cannot go on; returns when that is durable."""
        try:
            outcome = self._activate(job_id)
        except errors.JobLost:
            # Canceled before this thread came to it, and archived since.
            outcome = Outcome(Next.FINISHED)
        except Exception as err:
            _LOG.exception("Job %d failed inside of the queue", job_id)
            job = self.table.newest(job_id)
            index = transitions.next_unfinished(job)
            outcome = Outcome(Next.FINISHED) if index is None else self._fail(job_id, index, err)
        if outcome.next in (Next.FINISHED, Next.LEFT):
            self._attempts.pop(job_id, None)
            self._kills.pop(job_id, None)
        return outcome

    def _activate(self, job_id: int) -> Outcome:
        job = self.table.newest(job_id)
        index = transitions.next_unfinished(job)
        if index is None:
            return Outcome(Next.FINISHED)
        record = job.ops[index]
        if self.services.is_stopping and record.status in (c.OP_STATUS_QUEUED, c.OP_STATUS_WAITING):
            return self._leave(job_id, index)
        threading.current_thread().name += f"/Job{job_id}/{_tiny_name(record)}"
        now = timestamp_now()
        # After a crash it means the same as queued, so the disk is not waited for.
        job, _ = self.table.update(job_id, lambda job: transitions.mark_waiting(job, index, now), flush=Flush.SOON)
        record = job.ops[index]
        if record.is_final:
            # A client canceled it just now.
            return Outcome(Next.FINISHED)
        if record.status == c.OP_STATUS_CANCELING:
            return self._cancel(job_id)
        blocked = self._check_dependencies(job_id, index, record.input.dependencies)
        return blocked or self._run_opcode(job_id, index, record)

    def _check_dependencies(self, job_id: int, index: int, dependencies: Sequence[Dependency]) -> Outcome | None:
        """Return how the activation ends because of another job, None if the opcode may run."""
        for dependency in dependencies:
            status = None if dependency.job_id == job_id else self.services.final_status(dependency.job_id)
            verdict = judge_dependency(job_id, dependency, status)
            if verdict is DependencyVerdict.WAIT:
                return Outcome(Next.BLOCKED, dependency.job_id)
            if verdict is DependencyVerdict.CANCEL:
                return self._cancel(job_id)
            if isinstance(verdict, str):
                return self._fail(job_id, index, errors.OpExecError(verdict))
        return None

    def _run_opcode(self, job_id: int, index: int, record: OpRecord) -> Outcome:
        op = record.input.op
        if op is None:
            return self._fail(job_id, index, errors.OpCodeUnknown(f"Unknown opcode {record.input.op_id}"))
        if record.input.lacks_secrets:
            return self._fail(job_id, index, errors.OpPrereqError(_RESUBMIT_SECRETS, c.ECODE_INVAL))
        context = _JobContext(self, job_id, index, self._kill_flag(job_id))
        timeout_s = self._next_timeout(job_id, index)
        _LOG.info("Job %d: opcode %d/%d starts (%s)", job_id, index + 1, self._op_count(job_id), record.input.summary)
        try:
            result = self._runner.run(op, context, timeout_s)
        except LocksNotObtained:
            self.table.update(job_id, lambda job: transitions.mark_waiting_again(job, index))
            return Outcome(Next.CONTINUE)
        except ShutdownRequested:
            return self._leave(job_id, index)
        except CancelRequested:
            return self._cancel(job_id)
        except Exception as err:
            return self._fail(job_id, index, err)
        return self._succeed(job_id, index, result)

    def _op_count(self, job_id: int) -> int:
        return len(self.table.newest(job_id).ops)

    def _next_timeout(self, job_id: int, index: int) -> float | None:
        """Return the time for the next attempt to get all locks; raises the priority when a round is over."""
        attempts = self._attempts.get(job_id)
        if attempts is None or attempts.index != index:
            attempts = self._attempts[job_id] = _Attempts(index)
        timeout_s = attempts.round.next_timeout_s()
        if timeout_s is not None:
            return timeout_s
        priority = raised_priority(self.table.newest(job_id).ops[index].priority)
        if priority is None:
            return None
        _LOG.info("Job %d waited long for its locks, priority is now %d", job_id, priority)
        self.table.update(job_id, lambda job: transitions.raise_priority(job, index, priority))
        self._runner.priority_changed(job_id, priority)
        attempts.round = LockAttempts()
        return attempts.round.next_timeout_s()

    def _succeed(self, job_id: int, index: int, result: Any) -> Outcome:
        now = timestamp_now()
        job, durable = self.table.update(job_id, lambda job: transitions.succeed(job, index, result, now))
        _LOG.info("Job %d: opcode %d/%d succeeded", job_id, index + 1, len(job.ops))
        _await_disk(durable)
        return Outcome(Next.FINISHED if job.is_final else Next.CONTINUE)

    def _fail(self, job_id: int, index: int, err: Exception) -> Outcome:
        if isinstance(err, errors.GenericError):
            text = err.args[0] if err.args else ""
            _LOG.warning("Job %d: opcode %d failed: %s: %s", job_id, index + 1, type(err).__name__, text)
        else:
            _LOG.error("Job %d: opcode %d failed unexpectedly", job_id, index + 1, exc_info=err)
        now = timestamp_now()
        encoded = errors.encode_for_job(err)
        _, durable = self.table.update(job_id, lambda job: transitions.fail(job, index, encoded, now))
        _await_disk(durable)
        return Outcome(Next.FINISHED)

    def _cancel(self, job_id: int) -> Outcome:
        _LOG.info("Job %d is canceled", job_id)
        now = timestamp_now()
        _, durable = self.table.update(job_id, lambda job: transitions.cancel_now(job, now))
        _await_disk(durable)
        return Outcome(Next.FINISHED)

    def _leave(self, job_id: int, index: int) -> Outcome:
        now = timestamp_now()
        job, durable = self.table.update(job_id, lambda job: transitions.give_back(job, index, now))
        _await_disk(durable)
        return Outcome(Next.FINISHED if job.is_final else Next.LEFT)


class DependencyVerdict(Enum):
    """What another job means for an opcode, if it is no error."""

    SATISFIED = auto()
    WAIT = auto()
    CANCEL = auto()


def judge_dependency(job_id: int, dependency: Dependency, status: str | None) -> DependencyVerdict | str:
    """Return what the other job's *status* (None: there is no such job) means; a text is an error."""
    if dependency.job_id == job_id:
        return "Job can't depend on itself"
    if status is None:
        return f"Dependency error: Job {dependency.job_id} not found"
    if status not in FINAL:
        return DependencyVerdict.WAIT
    if status in dependency.statuses:
        return DependencyVerdict.SATISFIED
    if status == c.JOB_STATUS_CANCELED:
        return DependencyVerdict.CANCEL
    if not dependency.statuses:
        return DependencyVerdict.SATISFIED
    wanted = ", ".join(dependency.statuses)
    return f"Dependency job {dependency.job_id} finished with status '{status}', not one of '{wanted}' as required"


def _tiny_name(record: OpRecord) -> str:
    return opcodes.tiny_summary(record.input.op) if record.input.op is not None else record.input.summary


def _await_disk(durable: Future[None]) -> None:
    """Wait until a change is on disk; if it cannot be written, go on: the table logs it and keeps trying."""
    try:
        durable.result()
    except errors.JobQueueError as err:
        _LOG.error("%s", err)
