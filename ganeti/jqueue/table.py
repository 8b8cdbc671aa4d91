"""All live jobs in memory: the newest value of each, and the one that clients may see.

A worker changes its job, clients cancel it or change its priority; each change is a function from job to job under the
mutex of the table, which is never held over I/O. What clients see lags behind in one case: that an opcode ended is
shown only when it is on disk, so that nobody is told of a success that a crash would turn into an error.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from enum import Enum, auto
from typing import Final

from ganeti import errors
from ganeti.jqueue import codec, storage
from ganeti.jqueue.commit import GroupCommit
from ganeti.jqueue.job import Job
from ganeti.jqueue.watch import Watchers

_LOG = logging.getLogger(__name__)

#: Feedback of a chatty job rewrites its file at most this often.
FEEDBACK_FLUSH_S: Final = 1.0
#: Changes that nobody waits for are written with the next one that somebody does, at the latest after this time.
_SOON_S: Final = 0.05
#: After this time a file that could not be written is tried again.
_RETRY_S: Final = 5.0


class Flush(Enum):
    """When a change has to be on disk."""

    #: At once: somebody waits for it.
    NOW = auto()
    #: Soon: a crash that undoes it does no harm.
    SOON = auto()
    #: Lines of feedback gather, and other nodes are not told.
    FEEDBACK = auto()


class _Slot:
    """One job: newest value, visible value, and how far the disk is."""

    __slots__ = ("durable_version", "held", "job", "version", "visible")

    def __init__(self, job: Job) -> None:
        self.job = job
        self.visible = job
        #: Number of ended opcodes that are not on disk yet.
        self.held = 0
        self.version = 0
        self.durable_version = 0


class JobTable:
    """Live jobs by id."""

    def __init__(self, commit: GroupCommit, watchers: Watchers, *, feedback_flush_s: float = FEEDBACK_FLUSH_S) -> None:
        self._commit = commit
        self._watchers = watchers
        self._delays_s = {Flush.NOW: 0.0, Flush.SOON: min(_SOON_S, feedback_flush_s), Flush.FEEDBACK: feedback_flush_s}
        self._mutex = threading.Lock()
        self._slots: dict[int, _Slot] = {}

    def __len__(self) -> int:
        return len(self._slots)

    def insert(self, job: Job) -> None:
        """Add a job that is on disk already."""
        with self._mutex:
            self._slots[job.id] = _Slot(job)

    def remove(self, job_id: int) -> None:
        """Forget a job."""
        with self._mutex:
            self._slots.pop(job_id, None)
        self._watchers.notify(job_id)

    def visible(self, job_id: int) -> Job | None:
        """Return the job as clients may see it."""
        slot = self._slots.get(job_id)
        return slot.visible if slot else None

    def all_visible(self) -> list[Job]:
        """Return all jobs as clients may see them, by ascending id."""
        with self._mutex:
            jobs = [slot.visible for slot in self._slots.values()]
        return sorted(jobs, key=lambda job: job.id)

    def newest(self, job_id: int) -> Job:
        """Return the newest value of a live job.

        Raises JobLost.
        """
        slot = self._slots.get(job_id)
        if slot is None:
            raise errors.JobLost(f"Job {job_id} not found")
        return slot.job

    def is_settled(self, job_id: int) -> bool:
        """True if the job is final and on disk like that."""
        slot = self._slots.get(job_id)
        return slot is not None and slot.visible.is_final and slot.durable_version == slot.version

    def update(
        self, job_id: int, change: Callable[[Job], Job], *, flush: Flush = Flush.NOW
    ) -> tuple[Job, Future[None]]:
        """Replace the job by ``change(job)``; return the new value and when it is on disk.

        A failed write is the exception of the future and is tried again until it works. Raises JobLost if the job is
        not live.
        """
        with self._mutex:
            slot = self._slots.get(job_id)
            if slot is None:
                raise errors.JobLost(f"Job {job_id} not found")
            before = slot.job
            job = change(before)
            if job is before:
                return job, _done()
            slot.job = job
            slot.version += 1
            version = slot.version
            ends_opcode = _ended(job) > _ended(before)
            if ends_opcode:
                slot.held += 1
            elif not slot.held:
                slot.visible = job
        future = self._commit.put(
            storage.job_file(job_id),
            lambda: codec.encode_job(slot.job),
            delay_s=self._delays_s[flush],
            is_replicated=flush is not Flush.FEEDBACK,
        )
        if not ends_opcode:
            self._watchers.notify(job_id)
        shown: Future[None] = Future()
        future.add_done_callback(lambda done: self._written(job_id, slot, version, ends_opcode, done, shown))
        return job, shown

    def _written(
        self, job_id: int, slot: _Slot, version: int, ends_opcode: bool, done: Future[None], shown: Future[None]
    ) -> None:
        """A write ended, well or not: show what was held back and try again what failed."""
        error = done.exception()
        with self._mutex:
            if error is None:
                slot.durable_version = max(slot.durable_version, version)
            if ends_opcode:
                slot.held -= 1
                if not slot.held:
                    # After a failed write too: the job did end, and the admin has to learn that the disk is full.
                    slot.visible = slot.job
        if ends_opcode:
            self._watchers.notify(job_id)
        if error is None:
            shown.set_result(None)
        else:
            if not self._commit.is_closed:
                self._write_again(job_id, slot)
            shown.set_exception(error)

    def _write_again(self, job_id: int, slot: _Slot) -> None:
        version = slot.version
        future = self._commit.put(storage.job_file(job_id), lambda: codec.encode_job(slot.job), delay_s=_RETRY_S)
        ignored: Future[None] = Future()
        future.add_done_callback(lambda done: self._written(job_id, slot, version, False, done, ignored))


def _ended(job: Job) -> int:
    return sum(record.is_final for record in job.ops)


def _done() -> Future[None]:
    future: Future[None] = Future()
    future.set_result(None)
    return future
