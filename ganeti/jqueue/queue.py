"""The job queue as the rest of the master daemon sees it."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from typing import Final

from ganeti import constants as c
from ganeti import errors
from ganeti.jqueue import codec, storage, submission, transitions
from ganeti.jqueue.commit import GroupCommit
from ganeti.jqueue.dispatch import Dispatcher
from ganeti.jqueue.execution import OpcodeRunner, Submission
from ganeti.jqueue.job import Job, timestamp_now
from ganeti.jqueue.recovery import recover
from ganeti.jqueue.replication import CandidateTransport, Replicator
from ganeti.jqueue.storage import QueueStorage
from ganeti.jqueue.table import FEEDBACK_FLUSH_S, JobTable
from ganeti.jqueue.watch import Watchers
from ganeti.jqueue.workers import JobExecutor
from ganeti.objects import FilterRule, Node
from ganeti.opcodes import OpCode

_LOG = logging.getLogger(__name__)

_LOAD_REPORT_JOBS: Final = 1000
_LOAD_REPORT_S: Final = 10.0
_ARCHIVE_BATCH: Final = 10
_DRAINED: Final = "Job queue is drained, refusing job"
_SHUTTING_DOWN: Final = "Job queue is shutting down, refusing job"


class JobQueue:
    """Accepts, runs, shows and archives jobs.

    Methods that return a future are done when their effect is on disk; the others may do file I/O where they say so.
    """

    def __init__(
        self,
        queue_storage: QueueStorage,
        transport: CandidateTransport,
        *,
        max_running_jobs: int = c.LUXID_MAXIMAL_RUNNING_JOBS_DEFAULT,
        feedback_flush_s: float = FEEDBACK_FLUSH_S,
        refusal: Callable[[], str | None] = lambda: None,
    ) -> None:
        """*refusal* returns why no job may be accepted now, None if jobs may; it must not wait."""
        self._storage = queue_storage
        self._refusal = refusal
        self._replicator = Replicator(transport, queue_storage)
        self._commit = GroupCommit(queue_storage, self._replicator.put)
        self._watchers = Watchers()
        self._table = JobTable(self._commit, self._watchers, feedback_flush_s=feedback_flush_s)
        self._dispatcher = Dispatcher(self._table, max_running_jobs)
        self._mutex = threading.Lock()
        self._serial = 0
        #: Accepted jobs that are not on disk yet.
        self._arriving = 0
        self._is_drained = False
        self._is_stopping = False

    # start and end

    def open(self) -> None:
        """Take the queue directory, load all jobs and decide what becomes of those that were under way.

        Waits for the lock file. Raises JobQueueError.
        """
        self._storage.open()
        self._is_drained = self._storage.is_drained
        self._commit.start()
        ids = self._storage.job_ids()
        self._serial = max([self._storage.read_serial(), *ids])
        changed: list[Future[None]] = []
        last_report = time.monotonic()
        for number, job_id in enumerate(ids, 1):
            changed.extend(self._load(job_id))
            if number % _LOAD_REPORT_JOBS == 0 or time.monotonic() > last_report + _LOAD_REPORT_S:
                last_report = time.monotonic()
                _LOG.info("Job queue: %d of %d jobs loaded", number, len(ids))
        for future in changed:
            future.result()
        _LOG.info("Job queue: %d jobs loaded, last job id is %d", len(self._table), self._serial)

    def _load(self, job_id: int) -> list[Future[None]]:
        try:
            job = self._storage.load(job_id)
        except (OSError, errors.JobFileCorrupted) as err:
            _LOG.error("Cannot read job %d, moving it to the archive: %s", job_id, err)
            self._storage.archive([job_id])
            return []
        self._table.insert(job)
        recovered, durable = self._table.update(job_id, lambda job: recover(job, timestamp_now()))
        if recovered is not job:
            _LOG.info("Job %d was %s, is now %s", job_id, job.status, recovered.status)
        return [durable]

    def start(self, runner: OpcodeRunner) -> None:
        """Start to run jobs with *runner*."""
        self._dispatcher.start(JobExecutor(self._table, self, runner))
        for job in self._table.all_visible():
            if not job.is_final:
                self._dispatcher.add(job)

    def stop_accepting(self) -> None:
        """Refuse new jobs and start no more opcodes; running ones go on."""
        self._is_stopping = True
        self._dispatcher.stop()

    @property
    def is_stopping(self) -> bool:
        """True if no opcode may start any more."""
        return self._is_stopping

    def has_running_jobs(self) -> bool:
        """True if some worker has a job."""
        return self._dispatcher.is_busy

    def close(self, *, timeout_s: float = 10.0) -> None:
        """End all threads and give the queue directory back; what jobs still run are lost with the process."""
        self.stop_accepting()
        self._dispatcher.close(timeout_s)
        self._commit.close()
        self._replicator.wait_idle(timeout_s)
        self._replicator.close()
        self._storage.close()

    # submission

    def submit(self, ops: Sequence[OpCode], *, ignore_drain_flag: bool = False) -> Future[int]:
        """Accept one job; its id when it is on disk.

        Raises JobQueueDrainError, JobQueueFull, JobQueueError or GenericError.
        """
        submission.check_single(ops)
        self._check_accepting(1, ignore_drain_flag=ignore_drain_flag)
        job = submission.make_job(self._allocate_ids(1)[0], ops, ())
        answer: Future[int] = Future()

        def finish(error: Exception | None) -> None:
            if error is None:
                answer.set_result(job.id)
            else:
                answer.set_exception(error)

        self._write_new([job], [finish])
        return answer

    def submit_many(self, jobs: Sequence[Sequence[OpCode]]) -> Future[list[Submission]]:
        """Accept several jobs that may depend on each other; one outcome per job, when all are on disk.

        Raises JobQueueDrainError or JobQueueError; what concerns one job is in its outcome.
        """
        self._check_accepting(0)
        ids = self._allocate_ids(len(jobs))
        outcomes: list[Submission | None] = [None] * len(jobs)
        answer: Future[list[Submission]] = Future()
        accepted: list[Job] = []
        callbacks: list[Callable[[Exception | None], None]] = []
        for position, (job_id, ops) in enumerate(zip(ids, jobs, strict=True)):
            try:
                self._check_accepting(len(accepted) + 1)
                accepted.append(submission.make_job(job_id, ops, ids[:position]))
            except errors.GenericError as err:
                outcomes[position] = (False, submission.refusal(err, ops))
            else:
                callbacks.append(_outcome_setter(outcomes, position, job_id, answer))
        if accepted:
            self._write_new(accepted, callbacks)
        else:
            answer.set_result([outcome for outcome in outcomes if outcome is not None])
        return answer

    def submit_generated(self, jobs: Sequence[Sequence[OpCode]]) -> list[Submission]:
        """Accept jobs that a running opcode generated and wait until they are on disk."""
        return self.submit_many(jobs).result()

    def _check_accepting(self, count: int, *, ignore_drain_flag: bool = False) -> None:
        if self._is_drained and not ignore_drain_flag:
            raise errors.JobQueueDrainError(_DRAINED)
        if self._is_stopping:
            raise errors.JobQueueError(_SHUTTING_DOWN)
        if (reason := self._refusal()) is not None:
            raise errors.JobQueueError(reason)
        if len(self._table) + self._arriving + count > c.JOB_QUEUE_SIZE_HARD_LIMIT:
            raise errors.JobQueueFull

    def _allocate_ids(self, count: int) -> list[int]:
        with self._mutex:
            first = self._serial + 1
            self._serial += count
            return list(range(first, self._serial + 1))

    def _write_new(self, jobs: Sequence[Job], callbacks: Sequence[Callable[[Exception | None], None]]) -> None:
        """Write new jobs; each callback hears when its job is on disk and in the queue, or why not."""
        with self._mutex:
            self._arriving += len(jobs)
        # Asked for first, so it is on disk no later than the jobs.
        serial = self._commit.put(storage.SERIAL, lambda: storage.serial_content(self._serial))
        for job, callback in zip(jobs, callbacks, strict=True):
            future = self._commit.put(storage.job_file(job.id), _renderer(job))
            future.add_done_callback(_arrival(self._arrived, job, serial, callback))

    def _arrived(
        self, job: Job, serial: Future[None], written: Future[None], callback: Callable[[Exception | None], None]
    ) -> None:
        error = serial.exception() or written.exception()
        with self._mutex:
            self._arriving -= 1
        if error is None:
            self._table.insert(job)
            callback(None)
            self._dispatcher.add(job)
            return
        if written.exception() is None:
            # Without its id in the serial file the job must not come to life with the next start.
            self._storage.remove_job(job.id)
        callback(errors.JobQueueError(f"Job was not accepted: {error}"))

    # wishes of clients

    def cancel(self, job_id: int, *, kill: bool = False) -> Future[tuple[bool, str]]:
        """Cancel a job that did not start; with *kill* make a running one fail."""
        verdicts: list[transitions.Verdict] = []

        def change(job: Job) -> Job:
            verdicts.append(transitions.request_cancel(job, timestamp_now()))
            return verdicts[-1].job

        try:
            job, durable = self._table.update(job_id, change)
        except errors.JobLost as err:
            return _settled((False, str(err)))
        verdict = verdicts[-1]
        if job.status == c.JOB_STATUS_CANCELING and verdict.granted:
            self._dispatcher.wake(job_id)
        elif kill and job.status in (c.JOB_STATUS_RUNNING, c.JOB_STATUS_CANCELING):
            self._dispatcher.kill(job_id)
            return _settled((True, f"Job {job_id} will be killed"))
        return _after(durable, (verdict.granted, verdict.message), lambda: self._dispatcher.left_queue(job))

    def change_priority(self, job_id: int, priority: int) -> Future[tuple[bool, str]]:
        """Change the priority of the opcodes that did not start.

        Raises GenericError if clients may not ask for this priority.
        """
        transitions.check_submit_priority(priority)
        verdicts: list[transitions.Verdict] = []

        def change(job: Job) -> Job:
            verdicts.append(transitions.change_priority(job, priority))
            return verdicts[-1].job

        try:
            job, durable = self._table.update(job_id, change)
        except errors.JobLost as err:
            return _settled((False, str(err)))
        verdict = verdicts[-1]
        if verdict.granted:
            self._dispatcher.set_priority(job_id, job.priority)
        return _after(durable, (verdict.granted, verdict.message))

    def archive(self, job_id: int) -> bool:
        """Move a final job to the archive; tell whether that was done. Does file I/O."""
        return bool(self._archive([job_id]))

    def auto_archive(self, age_s: float, timeout_s: float) -> tuple[int, int]:
        """Archive jobs that are final for longer than *age_s* (-1: all final ones); does file I/O.

        Returns how many were archived and how many were not looked at because *timeout_s* was over.
        """
        deadline = time.monotonic() + timeout_s
        now = time.time()
        jobs = self._table.all_visible()
        archived = 0
        batch: list[int] = []
        for number, job in enumerate(jobs):
            if time.monotonic() >= deadline:
                return archived + len(self._archive(batch)), len(jobs) - number
            if job.is_final and (age_s == -1 or _age_s(job, now) > age_s):
                batch.append(job.id)
            if len(batch) >= _ARCHIVE_BATCH:
                archived += len(self._archive(batch))
                batch = []
        return archived + len(self._archive(batch)), 0

    def _archive(self, job_ids: Iterable[int]) -> list[int]:
        moved = self._storage.archive([job_id for job_id in job_ids if self._table.is_settled(job_id)])
        for job_id in moved:
            self._table.remove(job_id)
        if moved:
            self._replicator.put_archived(moved)
        return moved

    # looking at jobs

    def get(self, job_id: int) -> Job | None:
        """Return a live job, None if there is none of this id."""
        return self._table.visible(job_id)

    def live_jobs(self) -> list[Job]:
        """Return all live jobs by ascending id."""
        return self._table.all_visible()

    def find_job(self, job_id: int) -> tuple[Job, bool] | None:
        """Return a job and whether it is archived, None if there is none; may read a file."""
        job = self.get(job_id)
        if job is not None:
            return job, False
        archived = self._storage.load_archived(job_id)
        return None if archived is None else (archived, True)

    def archived_jobs(self) -> Iterator[Job]:
        """Yield all archived jobs by ascending id; reads their files."""
        for job_id in self._storage.archived_job_ids():
            job = self._storage.load_archived(job_id)
            if job is not None:
                yield job

    def final_status(self, job_id: int) -> str | None:
        """Return the status of a job, live or archived; None if there is none. May read a file."""
        found = self.find_job(job_id)
        return found[0].status if found else None

    def waiting_for_jobs(self) -> dict[int, list[int]]:
        """Return the jobs that others wait for, each with those that do."""
        return self._dispatcher.waiting_for_jobs()

    def subscribe(self, job_id: int, callback: Callable[[], object]) -> Callable[[], None]:
        """Call *callback*, from any thread, after each visible change of a job; returns how to end this."""
        return self._watchers.subscribe(job_id, callback)

    @property
    def serial(self) -> int:
        """The last job id given out."""
        return self._serial

    # settings

    def is_drained(self) -> bool:
        """True if no new jobs are accepted."""
        return self._is_drained

    def set_drain_flag(self, is_drained: bool) -> None:
        """Refuse or accept new jobs; writes a file."""
        self._storage.set_drained(is_drained)
        self._is_drained = is_drained
        self._replicator.put_drain_flag(is_drained)

    def set_max_running_jobs(self, maximum: int) -> None:
        """Change how many jobs run at a time."""
        self._dispatcher.set_max_running(maximum)

    def set_filter_rules(self, rules: Iterable[FilterRule]) -> None:
        """Change the rules that decide which jobs may start."""
        self._dispatcher.set_rules(rules)

    def start_replication(self, node_uuids: Iterable[str]) -> None:
        """Keep copies on these nodes, which have had copies before; what they may have missed is sent again."""
        self._replicator.set_nodes(node_uuids, are_in_sync=True)
        self._replicator.put(dict(self._storage.iter_live_files()))
        self._replicator.put_drain_flag(self._is_drained)

    def set_candidates(self, node_uuids: Iterable[str]) -> None:
        """Keep copies on exactly these nodes; new ones get the whole live queue."""
        self._replicator.set_nodes(node_uuids)

    def add_node(self, node: Node) -> None:
        """Copy the live queue to a new, re-added or promoted candidate and replicate to it from now on."""
        self._replicator.add_node(node.uuid)

    def remove_node(self, node_uuid: str) -> None:
        """Stop replicating to a node."""
        self._replicator.remove_node(node_uuid)

    def lock_wait_ended(self, job_id: int) -> None:
        """A running job got its locks."""
        self._dispatcher.lock_wait_ended(job_id)


def _outcome_setter(
    outcomes: list[Submission | None], position: int, job_id: int, answer: Future[list[Submission]]
) -> Callable[[Exception | None], None]:
    """Return the callback that fills in one outcome and, with the last one, gives the answer."""

    def finish(error: Exception | None) -> None:
        outcomes[position] = (True, job_id) if error is None else (False, str(error))
        complete = [outcome for outcome in outcomes if outcome is not None]
        if len(complete) == len(outcomes):
            answer.set_result(complete)

    return finish


def _renderer(job: Job) -> Callable[[], bytes]:
    return lambda: codec.encode_job(job)


def _arrival(
    arrived: Callable[[Job, Future[None], Future[None], Callable[[Exception | None], None]], None],
    job: Job,
    serial: Future[None],
    callback: Callable[[Exception | None], None],
) -> Callable[[Future[None]], None]:
    return lambda written: serial.add_done_callback(lambda _: arrived(job, serial, written, callback))


def _settled(value: tuple[bool, str]) -> Future[tuple[bool, str]]:
    future: Future[tuple[bool, str]] = Future()
    future.set_result(value)
    return future


def _after(
    durable: Future[None], value: tuple[bool, str], then: Callable[[], None] | None = None
) -> Future[tuple[bool, str]]:
    """Return *value* once a change is on disk; a failed write is logged by the table and tried again."""
    answer: Future[tuple[bool, str]] = Future()

    def finish(_: Future[None]) -> None:
        if then is not None:
            then()
        answer.set_result(value)

    durable.add_done_callback(finish)
    return answer


def _age_s(job: Job, now: float) -> float:
    stamp = job.end_timestamp or job.start_timestamp or job.received_timestamp
    return now - (stamp[0] + stamp[1] / 1e6) if stamp else now
