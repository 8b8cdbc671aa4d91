"""Submitting several jobs at once and waiting for all of them."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ganeti import constants as c
from ganeti import errors
from ganeti.cli import failures
from ganeti.cli.invocation import Invocation
from ganeti.cli.submit import poll, to_wire
from ganeti.opcodes import OpCode

#: How many jobs are looked at to find one that does something.
_LOOK_AHEAD: Final = 25
_NOT_STARTED: Final = frozenset({c.JOB_STATUS_QUEUED, c.JOB_STATUS_WAITING, c.JOB_STATUS_CANCELING})


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """How one job ended: its results, or the text of its failure."""

    success: bool
    result: Any


@dataclass(frozen=True, slots=True)
class _Submitted:
    """One job of the batch; without an id it was refused."""

    index: int
    name: str
    job_id: int | None
    refusal: str = ""


def _for_name(name: str) -> str:
    return f" for {name}" if name else ""


class JobExecutor:
    """Jobs that belong to one command, each with a name for the user."""

    def __init__(self, call: Invocation, *, announce: bool = True) -> None:
        """*announce*: print the ids of the submitted jobs."""
        self._call = call
        self._announce = announce
        self._queued: list[tuple[str, Sequence[OpCode]]] = []
        self._submitted: list[_Submitted] = []

    def add(self, name: str, *ops: OpCode) -> None:
        """Add a job to be submitted."""
        self._queued.append((name, ops))

    def add_submitted(self, jobs: Iterable[Sequence[Any]], names: Sequence[str] | None = None) -> None:
        """Add jobs that the master daemon has submitted itself: pairs of success and id or message."""
        for position, (accepted, what) in enumerate(jobs):
            name = names[position] if names else ""
            self._record(name, bool(accepted), what)

    def _record(self, name: str, accepted: bool, what: Any) -> None:
        index = len(self._submitted)
        job_id, refusal = (int(what), "") if accepted else (None, str(what))
        self._submitted.append(_Submitted(index, name, job_id, refusal))

    def submit(self) -> None:
        """Submit everything that was added, in one request."""
        queued, self._queued = self._queued, []
        if not queued:
            return
        wire_jobs = [[to_wire(self._call, op) for op in ops] for _, ops in queued]
        for (name, _), (accepted, what) in zip(queued, self._call.client.submit_many_jobs(wire_jobs), strict=True):
            if accepted and getattr(self._call.options, "print_jobid", False):
                print(what)
            self._record(name, accepted, what)

    def wait_or_show(self) -> list[JobOutcome]:
        """Submit, then wait for the jobs, or with ``--submit`` only show their ids."""
        self.submit()
        if getattr(self._call.options, "submit_only", False):
            return self._show()
        return self.wait()

    def _show(self) -> list[JobOutcome]:
        for job in self._submitted:
            if job.job_id is None:
                sys.stderr.write(f"Failure for {job.name}: {job.refusal}\n")
            else:
                print(f"{job.job_id}: {job.name}")
        return [
            JobOutcome(True, job.job_id) if job.job_id is not None else JobOutcome(False, job.refusal)
            for job in self._submitted
        ]

    def wait(self) -> list[JobOutcome]:
        """Wait for all jobs and return their outcomes in the order they were added."""
        self.submit()
        accepted = [job for job in self._submitted if job.job_id is not None]
        if self._announce and accepted:
            print(f"Submitted jobs {', '.join(str(job.job_id) for job in accepted)}", flush=True)
        outcomes: dict[int, JobOutcome] = {}
        for job in self._submitted:
            if job.job_id is None:
                sys.stderr.write(f"Failed to submit job{_for_name(job.name)}: {job.refusal}\n")
                outcomes[job.index] = JobOutcome(False, job.refusal)
        while accepted:
            job = self._choose(accepted)
            accepted.remove(job)
            outcomes[job.index] = self._wait_for(job)
        return [outcomes[job.index] for job in self._submitted]

    def _choose(self, waiting: Sequence[_Submitted]) -> _Submitted:
        """Return a job that has started, so that its messages appear early; the first one if none has."""
        candidates = waiting[:_LOOK_AHEAD]
        if len(candidates) == 1:
            return candidates[0]
        job_ids = [job.job_id for job in candidates if job.job_id is not None]
        rows = self._call.client.query_jobs(job_ids, ["status"])
        for job, row in zip(candidates, rows, strict=True):
            if row and row[0] is not None and row[0] not in _NOT_STARTED:
                return job
        return candidates[0]

    def _wait_for(self, job: _Submitted) -> JobOutcome:
        assert job.job_id is not None
        suffix = _for_name(job.name)
        print(f"Waiting for job {job.job_id}{suffix} ...", flush=True)
        try:
            return JobOutcome(True, poll(self._call.client, job.job_id))
        except errors.JobLost as err:
            text = failures.describe(err).text
            sys.stderr.write(f"Job {job.job_id}{suffix} has been archived, cannot check its result\n")
        except errors.LuxiError:
            # The connection is gone: the other jobs cannot be followed either.
            raise
        except errors.GenericError as err:
            text = failures.describe(err).text
            sys.stderr.write(f"Job {job.job_id}{suffix} has failed: {text}\n")
        return JobOutcome(False, text)


def wait_for_result_jobs(call: Invocation, result: Any, names: Sequence[str] | None = None) -> list[JobOutcome]:
    """Wait for the jobs in the result of an opcode that submits jobs, ``{"jobs": [[success, id], ...]}``."""
    executor = JobExecutor(call)
    executor.add_submitted(result["jobs"], names)
    return executor.wait()
