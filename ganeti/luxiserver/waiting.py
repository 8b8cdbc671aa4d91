"""WaitForJobChange: long polls that are parked until the job changes."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from ganeti import constants as c
from ganeti.jqueue.fields import values_of
from ganeti.jqueue.job import Job
from ganeti.jqueue.queue import JobQueue

#: Statuses in which there may be something to wait for.
_CHANGING: Final = frozenset({c.JOB_STATUS_QUEUED, c.JOB_STATUS_WAITING, c.JOB_STATUS_RUNNING})
#: Changes that follow each other so quickly are told together, unless the job ended.
_GATHER_S: Final = 0.05


def news(job: Job, fields: Sequence[str], known_info: Any, known_serial: int | None) -> list[Any] | None:
    """Return ``[field values, new log entries]`` if they tell anything new about the job, else None."""
    info = values_of(job, fields)
    entries = [list(entry) for entry in job.log_since(known_serial)]
    if entries or info != known_info or job.status not in _CHANGING:
        return [info, entries]
    return None


async def find_job(queue: JobQueue, job_id: int) -> Job | None:
    """Return a job, live or archived."""
    job = queue.get(job_id)
    if job is None:
        found = await asyncio.to_thread(queue.find_job, job_id)
        job = found[0] if found else None
    return job


async def wait_for_news(
    queue: JobQueue,
    job_id: int,
    fields: Sequence[str],
    known_info: Any,
    known_serial: int | None,
    timeout_s: float,
) -> Any:
    """Return news about the job as soon as there are any, "nochange" when the time is over, None for no such job."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout_s
    changed = asyncio.Event()
    unsubscribe = queue.subscribe(job_id, lambda: loop.call_soon_threadsafe(changed.set))
    is_first_look = True
    try:
        while True:
            changed.clear()
            job = await find_job(queue, job_id)
            if job is None:
                return None
            if job.status in _CHANGING and not is_first_look:
                job = await _gather(queue, job, changed)
            answer = news(job, fields, known_info, known_serial)
            if answer is not None:
                return answer
            is_first_look = False
            if not await _wait(changed, deadline - loop.time()):
                return c.JOB_NOTCHANGED
    finally:
        unsubscribe()


async def _gather(queue: JobQueue, job: Job, changed: asyncio.Event) -> Job:
    """Return the job as it is a moment later, or as soon as nothing more is to be expected."""
    loop = asyncio.get_running_loop()
    end = loop.time() + _GATHER_S
    while job.status in _CHANGING and await _wait(changed, end - loop.time()):
        changed.clear()
        job = queue.get(job.id) or job
    return job


async def wait_until_canceled(queue: JobQueue, job_id: int, timeout_s: float) -> Job | None:
    """Return the job when it is not being canceled any more, or as it is when the time is over."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout_s
    changed = asyncio.Event()
    unsubscribe = queue.subscribe(job_id, lambda: loop.call_soon_threadsafe(changed.set))
    try:
        while True:
            changed.clear()
            job = await find_job(queue, job_id)
            if job is None or job.status != c.JOB_STATUS_CANCELING:
                return job
            if not await _wait(changed, deadline - loop.time()):
                return job
    finally:
        unsubscribe()


async def _wait(event: asyncio.Event, timeout_s: float) -> bool:
    """Wait for an event; False if it does not come in time."""
    if timeout_s <= 0:
        return event.is_set()
    try:
        await asyncio.wait_for(event.wait(), timeout_s)
    except TimeoutError:
        return False
    return True
