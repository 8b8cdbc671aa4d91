"""From the opcodes of a request to new jobs: ids, relative dependencies, reason trail."""

import time
from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from ganeti import constants as c
from ganeti import errors
from ganeti.jqueue import codec
from ganeti.jqueue.job import Job, OpRecord, timestamp_now
from ganeti.opcodes import OpCode, summary

_NO_OPCODES: Final = "A job needs at least one opcode"
_FULL: Final = "Job queue is full, archive old jobs first"


def check_single(ops: Sequence[OpCode]) -> None:
    """Refuse a job of its own that names other jobs of its request.

    Raises GenericError.
    """
    relative = [int(job_id) for op in ops for job_id, _ in op.depends or () if int(job_id) < 0]
    if relative:
        raise errors.GenericError(f"Unable to resolve relative job ID {relative[0]}: the job was submitted alone")


def make_job(job_id: int, ops: Sequence[OpCode], earlier_ids: Sequence[int]) -> Job:
    """Return a new job; *earlier_ids* are those of the jobs before it in the same request.

    Raises GenericError if it has no opcodes or names a job that is not among them.
    """
    if not ops:
        raise errors.GenericError(_NO_OPCODES)
    received_ns = time.time_ns()
    records = tuple(
        OpRecord(input=codec.make_input(_accepted(op, job_id, index, earlier_ids, received_ns)), priority=op.priority)
        for index, op in enumerate(ops)
    )
    return Job(id=job_id, ops=records, received_timestamp=timestamp_now())


def _accepted(op: OpCode, job_id: int, index: int, earlier_ids: Sequence[int], received_ns: int) -> OpCode:
    source = f"{c.OPCODE_REASON_SRC_OPCODE}:{op.op_id().removeprefix('OP_').lower()}"
    reason = [*(op.reason or ()), [source, f"job={job_id};index={index}", received_ns]]
    depends = None if op.depends is None else [(_resolve(dep, earlier_ids), list(wanted)) for dep, wanted in op.depends]
    return replace(op, reason=reason, depends=depends)


def _resolve(dependency: int | str, earlier_ids: Sequence[int]) -> int:
    job_id = int(dependency)
    if job_id >= 0:
        return job_id
    if -job_id > len(earlier_ids):
        raise errors.GenericError(f"Unable to resolve relative job ID {job_id}")
    return earlier_ids[job_id]


def refusal(err: Exception, ops: Sequence[OpCode]) -> str:
    """Return the text that explains why one job of a request was not accepted."""
    # As an error of its own it travels without text, which every client has.
    text = _FULL if isinstance(err, errors.JobQueueFull) else str(err)
    if not ops:
        return text
    return f"{text}; opcodes {', '.join(summary(op) for op in ops)}"
