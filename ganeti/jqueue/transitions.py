"""Every change that a job can go through, as functions from job to job."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from ganeti import constants as c
from ganeti import errors
from ganeti.jqueue import codec
from ganeti.jqueue.job import FINAL, Job, LogEntry, OpRecord, Timestamp
from ganeti.opcodes import OpCode

CANCELED_RESULT: Final = "Job canceled by request"
PRECEDING_FAILED: Final = errors.encode_exception(errors.OpExecError("Preceding opcode failed"))
UNCLEAN_SHUTDOWN: Final = errors.encode_exception(errors.OpExecError("Unclean master daemon shutdown"))


class Verdict(NamedTuple):
    """Answer to a client's wish: the job as it is now, whether the wish was granted, and the explanation."""

    job: Job
    granted: bool
    message: str


def next_unfinished(job: Job) -> int | None:
    """Return the index of the first opcode that is not final."""
    return next((index for index, record in enumerate(job.ops) if not record.is_final), None)


def _with_op(job: Job, index: int, record: OpRecord) -> Job:
    return replace(job, ops=(*job.ops[:index], record, *job.ops[index + 1 :]))


def _scrubbed(job: Job, now: Timestamp) -> Job:
    """Return a job that just became final: end time set, nothing confidential left."""
    ops = tuple(replace(record, input=codec.scrub_input(record.input)) for record in job.ops)
    return replace(job, ops=ops, end_timestamp=now)


def settle(job: Job, now: Timestamp) -> Job:
    """Complete a job if it just became final."""
    return _scrubbed(job, now) if job.is_final and job.end_timestamp is None else job


def mark_waiting(job: Job, index: int, now: Timestamp) -> Job:
    """A worker took the opcode up; repeated attempts keep the first start time, a canceled opcode stays so."""
    record = job.ops[index]
    if record.status not in (c.OP_STATUS_QUEUED, c.OP_STATUS_WAITING):
        return job
    if record.status == c.OP_STATUS_WAITING and record.start_timestamp:
        return job
    start = record.start_timestamp or now
    changed = replace(record, status=c.OP_STATUS_WAITING, result=None, start_timestamp=start)
    return replace(_with_op(job, index, changed), start_timestamp=job.start_timestamp or start)


def mark_running(job: Job, index: int, now: Timestamp) -> Job:
    """The locks of the opcode are held."""
    return _with_op(job, index, replace(job.ops[index], status=c.OP_STATUS_RUNNING, exec_timestamp=now))


def mark_waiting_again(job: Job, index: int) -> Job:
    """The opcode started to run, but lacks resources for now and will be tried again."""
    record = job.ops[index]
    if record.status != c.OP_STATUS_RUNNING:
        return job
    return _with_op(job, index, replace(record, status=c.OP_STATUS_WAITING))


def give_back(job: Job, index: int, now: Timestamp) -> Job:
    """The master daemon ends before the opcode started: it goes back to the queue, or ends if it is to be canceled."""
    record = job.ops[index]
    if record.status == c.OP_STATUS_CANCELING:
        return cancel_now(job, now)
    if record.status != c.OP_STATUS_WAITING:
        return job
    return _with_op(job, index, replace(record, status=c.OP_STATUS_QUEUED, result=None))


def succeed(job: Job, index: int, result: Any, now: Timestamp) -> Job:
    """The opcode ended with *result*."""
    record = replace(job.ops[index], status=c.OP_STATUS_SUCCESS, result=codec.storable(result), end_timestamp=now)
    return settle(_with_op(job, index, record), now)


def fail(job: Job, index: int, error: list[Any], now: Timestamp) -> Job:
    """The opcode ended with an encoded exception; those after it will not run."""
    record = replace(job.ops[index], status=c.OP_STATUS_ERROR, result=codec.storable(error), end_timestamp=now)
    return end_unfinished(_with_op(job, index, record), c.OP_STATUS_ERROR, PRECEDING_FAILED, now)


def end_unfinished(job: Job, status: str, result: Any, now: Timestamp) -> Job:
    """Give all opcodes that are not final the final *status*."""
    ops = tuple(
        record if record.is_final else replace(record, status=status, result=result, end_timestamp=now)
        for record in job.ops
    )
    return settle(replace(job, ops=ops), now)


def cancel_now(job: Job, now: Timestamp) -> Job:
    """The job is canceled; finished opcodes keep their results."""
    return end_unfinished(job, c.OP_STATUS_CANCELED, CANCELED_RESULT, now)


def request_cancel(job: Job, now: Timestamp) -> Verdict:
    """A client wants the job canceled."""
    status = job.status
    if status == c.JOB_STATUS_QUEUED:
        return Verdict(cancel_now(job, now), True, f"Job {job.id} canceled")
    if status == c.JOB_STATUS_WAITING:
        ops = tuple(record if record.is_final else replace(record, status=c.OP_STATUS_CANCELING) for record in job.ops)
        return Verdict(replace(job, ops=ops), True, f"Job {job.id} will be canceled")
    return Verdict(job, False, f"Job {job.id} is no longer waiting in the queue")


def check_submit_priority(priority: object) -> int:
    """Return *priority* if clients may ask for it.

    Raises GenericError.
    """
    if isinstance(priority, int) and not isinstance(priority, bool) and priority in c.OP_PRIO_SUBMIT_VALID:
        return priority
    allowed = ", ".join(str(value) for value in c.OP_PRIO_SUBMIT_VALID)
    raise errors.GenericError(f"Invalid priority {priority}, allowed are {allowed}")


def change_priority(job: Job, priority: int) -> Verdict:
    """A client wants another priority for what did not start yet."""
    status = job.status
    if status in FINAL:
        return Verdict(job, False, f"Job {job.id} is finished")
    if status == c.JOB_STATUS_CANCELING:
        return Verdict(job, False, f"Job {job.id} is cancelling")
    changeable = [not record.is_final and record.status != c.OP_STATUS_RUNNING for record in job.ops]
    if not any(changeable):
        return Verdict(job, False, f"Job {job.id} had no pending opcodes")
    ops = tuple(
        replace(record, priority=priority) if may_change else record
        for record, may_change in zip(job.ops, changeable, strict=True)
    )
    message = f"Priorities of pending opcodes for job {job.id} have been changed to {priority}"
    return Verdict(replace(job, ops=ops), True, message)


def raise_priority(job: Job, index: int, priority: int) -> Job:
    """The opcode waited too long for its locks and gets a more urgent priority."""
    return _with_op(job, index, replace(job.ops[index], priority=priority))


def replace_opcode(job: Job, index: int, op: OpCode) -> Job:
    """The next attempt of the opcode runs *op*."""
    return _with_op(job, index, replace(job.ops[index], input=codec.make_input(op)))


def append_log(job: Job, index: int, kind: str, payloads: Iterable[Any], now: Timestamp) -> Job:
    """Add one log entry per payload, all with the same time."""
    record = job.ops[index]
    serial = job.log_serial
    entries = []
    for payload in payloads:
        serial += 1
        entries.append(LogEntry(serial, now, kind, codec.storable(payload)))
    return replace(_with_op(job, index, replace(record, log=(*record.log, *entries))), log_serial=serial)
