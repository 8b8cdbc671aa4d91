"""LUXI methods about jobs and the queue."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, TypeVar

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.jqueue.fields import check_fields, values_of
from ganeti.jqueue.queue import JobQueue
from ganeti.luxiserver import waiting
from ganeti.luxiserver.table import JobId, RequestRefusedError, Where, method
from ganeti.opcodes import OpCode

T = TypeVar("T")

#: Requests with more opcodes are decoded in a thread, so that they do not keep other connections waiting.
_DECODE_INLINE_OPCODES: Final = 20


class JobMethods:
    """Methods that need the job queue and nothing else."""

    def __init__(self, queue: JobQueue, is_implemented: Callable[[type[OpCode]], bool]) -> None:
        """*is_implemented* tells for which opcodes there is a logical unit; jobs with others are refused."""
        self._queue = queue
        self._is_implemented = is_implemented

    @method(c.LUXI_REQ_SUBMIT_JOB, Where.LOOP, changes_state=True)
    async def submit_job(self, ops: list[Any]) -> int:
        """Accept a job."""
        return await self._submit(ops, ignore_drain_flag=False)

    @method(c.LUXI_REQ_SUBMIT_JOB_TO_DRAINED_QUEUE, Where.LOOP, changes_state=True)
    async def submit_job_to_drained_queue(self, ops: list[Any]) -> int:
        """Accept a job even if the queue is drained."""
        return await self._submit(ops, ignore_drain_flag=True)

    async def _submit(self, ops: list[Any], *, ignore_drain_flag: bool) -> int:
        (decoded,) = await self._decode_jobs([ops])
        return await _on_disk(self._queue.submit(decoded, ignore_drain_flag=ignore_drain_flag))

    @method(c.LUXI_REQ_SUBMIT_MANY_JOBS, Where.LOOP, changes_state=True)
    async def submit_many_jobs(self, jobs: list[list[Any]]) -> list[tuple[bool, int | str]]:
        """Accept several jobs; one outcome for each."""
        return await _on_disk(self._queue.submit_many(await self._decode_jobs(jobs)))

    @method(c.LUXI_REQ_PICKUP_JOB, Where.LOOP)
    async def pickup_job(self, job_id: JobId) -> None:
        """Refuse: jobs are picked up by this process itself."""
        raise errors.GenericError(f"Job {job_id} cannot be picked up by a client")

    @method(c.LUXI_REQ_WAIT_FOR_JOB_CHANGE, Where.LOOP, is_parked=True)
    async def wait_for_job_change(
        self, job_id: JobId, fields: list[str], prev_info: Any, prev_log_serial: int | None, timeout: float
    ) -> Any:
        """Wait until there is something new about a job."""
        check_fields(fields)
        timeout_s = max(0.0, min(timeout, c.LUXI_WFJC_TIMEOUT))
        return await waiting.wait_for_news(self._queue, int(job_id), fields, prev_info, prev_log_serial, timeout_s)

    @method(c.LUXI_REQ_CANCEL_JOB, Where.LOOP, changes_state=True)
    async def cancel_job(self, job_id: JobId, kill: bool = False) -> tuple[bool, str]:
        """Cancel a job; for one that waits for locks, wait a while for the outcome."""
        number = int(job_id)
        granted, message = await _on_disk(self._queue.cancel(number, kill=kill))
        job = self._queue.get(number)
        if not granted or kill or job is None or job.status != c.JOB_STATUS_CANCELING:
            return granted, message
        job = await waiting.wait_until_canceled(self._queue, number, c.LUXI_CANCEL_JOB_TIMEOUT)
        if job is not None and job.status == c.JOB_STATUS_CANCELED:
            return True, "Job successfully cancelled"
        if job is not None and job.is_final:
            return False, f"Job {number} is no longer waiting in the queue"
        return granted, message

    @method(c.LUXI_REQ_CHANGE_JOB_PRIORITY, Where.LOOP, changes_state=True)
    async def change_job_priority(self, job_id: JobId, priority: int) -> tuple[bool, str]:
        """Change the priority of what did not start."""
        return await _on_disk(self._queue.change_priority(int(job_id), priority))

    @method(c.LUXI_REQ_ARCHIVE_JOB, Where.SHORT, changes_state=True)
    def archive_job(self, job_id: JobId) -> bool:
        """Archive a final job."""
        return self._queue.archive(int(job_id))

    @method(c.LUXI_REQ_AUTO_ARCHIVE_JOBS, Where.LONG, changes_state=True)
    def auto_archive_jobs(self, age: float, timeout: float) -> tuple[int, int]:
        """Archive old final jobs."""
        return self._queue.auto_archive(age, min(timeout, c.LUXI_WFJC_TIMEOUT))

    @method(c.LUXI_REQ_QUERY_JOBS, Where.SHORT)
    def query_jobs(self, job_ids: list[JobId] | None, fields: list[str]) -> list[list[Any]]:
        """Return plain values of the given jobs, or of all that are not archived."""
        check_fields(fields, also=("archived",))
        if job_ids is None:
            return [self._row(job.id, fields) for job in self._queue.live_jobs()]
        return [self._row(int(job_id), fields) for job_id in job_ids]

    def _row(self, job_id: int, fields: list[str]) -> list[Any]:
        found = self._queue.find_job(job_id)
        if found is None:
            return [job_id if name == "id" else None for name in fields]
        job, is_archived = found
        return [is_archived if name == "archived" else values_of(job, (name,))[0] for name in fields]

    @method(c.LUXI_REQ_SET_DRAIN_FLAG, Where.SHORT, changes_state=True)
    def set_drain_flag(self, flag: bool) -> bool:
        """Refuse or accept new jobs."""
        self._queue.set_drain_flag(flag)
        return True

    async def _decode_jobs(self, jobs: list[list[Any]]) -> list[list[OpCode]]:
        """Return the opcodes of a request; the first wrong one refuses all of it."""
        if sum(len(ops) for ops in jobs) <= _DECODE_INLINE_OPCODES:
            return self._decode(jobs)
        return await asyncio.to_thread(self._decode, jobs)

    def _decode(self, jobs: list[list[Any]]) -> list[list[OpCode]]:
        try:
            return [[self._decode_opcode(op) for op in ops] for ops in jobs]
        except errors.GenericError as err:
            raise RequestRefusedError(str(err.args[0]) if err.args else str(err)) from None

    def _decode_opcode(self, value: Any) -> OpCode:
        op = opcodes.decode(value)
        # A job that cannot but fail must not wait in the queue, and others must not come to depend on it.
        if not self._is_implemented(type(op)):
            raise errors.OpCodeUnknown(f"Opcode {op.op_id()} cannot be run by this version")
        return op


async def _on_disk(future: "Future[T]") -> T:
    """Wait for a future of the queue; giving up, because the client left, does not touch it."""
    return await asyncio.shield(asyncio.wrap_future(future))


def pause_end(until: object) -> float | None:
    """Return the end of a pause of the watcher that a client asks for.

    Raises GenericError if it is no time or over already.
    """
    if until is None:
        return None
    if isinstance(until, bool) or not isinstance(until, (int, float)):
        raise errors.GenericError(f"Pause end time must be a number, not {until!r}")
    if until < time.time():
        raise errors.GenericError("Unable to set pause end time in the past")
    return until
