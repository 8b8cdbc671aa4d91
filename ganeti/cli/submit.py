"""Submitting one job and waiting for it."""

import sys
import time
from collections.abc import Sequence
from typing import Any, Final, Protocol

import msgspec

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cli.invocation import Invocation
from ganeti.luxi.client import Client, WireOpcode
from ganeti.opcodes import OpCode
from ganeti.utils.text import safe_encode

#: States in which nothing more will be heard of a job, apart from log entries not yet read.
_SETTLED: Final = frozenset({*c.JOBS_FINALIZED, c.JOB_STATUS_CANCELING})


class Reporter(Protocol):
    """Gets to know what happens to a job that is waited for."""

    def patience_s(self) -> float:
        """Return after which time without news ``unchanged`` shall be called."""

    def log_entry(self, seconds: float, kind: str, message: Any) -> None:
        """Take one entry of the log of the job."""

    def unchanged(self, job_id: int, status: str | None) -> None:
        """Take notice that nothing happened for a while."""

    def close(self) -> None:
        """Take notice that nothing more will come."""


class LineReporter:
    """Prints log entries, and once each why nothing happens."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def patience_s(self) -> float:
        """Wait as long as one request may take."""
        return c.DEFAULT_WFJC_TIMEOUT

    def log_entry(self, seconds: float, kind: str, message: Any) -> None:
        """Print the entry with its local time."""
        text = message if kind == c.ELOG_MESSAGE else str(message)
        print(f"{time.ctime(seconds)} {safe_encode(str(text))}", flush=True)

    def unchanged(self, job_id: int, status: str | None) -> None:
        """Say once per reason why the job does not go on."""
        reasons = {
            c.JOB_STATUS_QUEUED: f"Job {job_id} is waiting in queue",
            c.JOB_STATUS_WAITING: f"Job {job_id} is trying to acquire all necessary locks",
        }
        if status in reasons and status not in self._told:
            self._told.add(status)
            sys.stderr.write(f"{reasons[status]}\n")

    def close(self) -> None:
        """Nothing is left on the screen."""


class SilentReporter:
    """Prints nothing."""

    def patience_s(self) -> float:
        """Wait as long as one request may take."""
        return c.DEFAULT_WFJC_TIMEOUT

    def log_entry(self, seconds: float, kind: str, message: Any) -> None:
        """Ignore the entry."""

    def unchanged(self, job_id: int, status: str | None) -> None:
        """Ignore it."""

    def close(self) -> None:
        """Nothing is left on the screen."""


def default_reporter() -> Reporter:
    """Return what suits the place that messages go to: moving progress on a terminal, else plain lines."""
    if sys.stdout.isatty() and sys.stderr.isatty():
        from ganeti.cli.progress import ProgressReporter

        return ProgressReporter()
    return LineReporter()


def reason_trail(call: Invocation) -> list[list[Any]]:
    """Return the beginning of the reason trail: the text of the user, if any, and this command."""
    now_ns = time.time_ns()
    trail: list[list[Any]] = []
    if call.options.reason:
        trail.append([c.OPCODE_REASON_SRC_USER, call.options.reason, now_ns])
    trail.append([f"{c.OPCODE_REASON_SRC_CLIENT}:{call.program.name}", call.command.name, now_ns])
    return trail


def to_wire(call: Invocation, op: OpCode) -> WireOpcode:
    """Return the opcode as it is submitted, with what the common options say.

    Raises OpPrereqError (wrong_input) if a parameter has a value that it cannot have.
    """
    options = call.options
    changes: dict[str, Any] = {"debug_level": options.debug, "reason": [*(op.reason or []), *reason_trail(call)]}
    if getattr(options, "dry_run", False):
        changes["dry_run"] = True
    if getattr(options, "priority", None) is not None:
        changes["priority"] = options.priority
    wire = opcodes.encode_clear(msgspec.structs.replace(op, **changes))
    # Before the master is asked: to it, a wrong type is a request that cannot be read.
    opcodes.decode(wire)
    return wire


def submit(call: Invocation, ops: Sequence[OpCode], *, to_drained_queue: bool = False) -> int:
    """Submit one job and return its id, printing it if that is wanted."""
    job = [to_wire(call, op) for op in ops]
    job_id = call.client.submit_job_to_drained_queue(job) if to_drained_queue else call.client.submit_job(job)
    if getattr(call.options, "print_jobid", False):
        print(job_id, flush=True)
    return job_id


def _wait(client: Client, job_id: int, reporter: Reporter) -> None:
    """Wait until the job is settled and its log is read."""
    info: list[Any] | None = None
    serial: int | None = None
    while True:
        change = client.wait_for_job_change(job_id, ["status"], info, serial, reporter.patience_s())
        # Masters of release 3.1 repeat the known state instead of saying that there is no change.
        if change == "nochange" or (change.info == info and not change.log_entries and info[0] not in _SETTLED):
            reporter.unchanged(job_id, info[0] if info else None)
            continue
        info = change.info
        for entry_serial, (seconds, microseconds), kind, message in change.log_entries:
            reporter.log_entry(seconds + microseconds / 1e6, kind, message)
            serial = max(serial or 0, entry_serial)
        if not change.log_entries and info[0] in _SETTLED:
            return


def _raise_failure(statuses: Sequence[str], results: Sequence[Any]) -> None:
    """Raise the error of the first opcode that failed."""
    has_success = False
    for index, (status, result) in enumerate(zip(statuses, results, strict=True)):
        if status == c.OP_STATUS_SUCCESS:
            has_success = True
        elif status == c.OP_STATUS_ERROR:
            exc = errors.maybe_decode_exception(result)
            if exc is not None:
                raise exc
            raise errors.OpExecError(f"partial failure (opcode {index}): {result}" if has_success else str(result))
    raise errors.OpExecError(str(list(results)))


def poll(client: Client, job_id: int, reporter: Reporter | None = None) -> list[Any]:
    """Wait for the end of a job and return the results of its opcodes.

    Raises JobLost, JobCanceled, or the error that ended the job.
    """
    reporter = reporter or default_reporter()
    try:
        _wait(client, job_id, reporter)
    finally:
        reporter.close()
    rows = client.query_jobs([job_id], ["status", "opstatus", "opresult"])
    if not rows or rows[0] is None or rows[0][0] is None:
        raise errors.JobLost(f"Job with id {job_id} lost")
    status, statuses, results = rows[0]
    if status == c.JOB_STATUS_SUCCESS:
        return list(results)
    if status in (c.JOB_STATUS_CANCELING, c.JOB_STATUS_CANCELED):
        raise errors.JobCanceled("Job was canceled")
    _raise_failure(statuses, results)
    raise AssertionError("the function above always raises")


def run_op(call: Invocation, op: OpCode, *, reporter: Reporter | None = None) -> Any:
    """Submit an opcode, wait for it and return its result."""
    return poll(call.client, submit(call, [op]), reporter)[0]


def submit_or_run(call: Invocation, op: OpCode, *, to_drained_queue: bool = False) -> Any:
    """As run_op, but with ``--submit`` end the command after submission.

    Raises JobSubmittedException then.
    """
    job_id = submit(call, [op], to_drained_queue=to_drained_queue)
    if getattr(call.options, "submit_only", False):
        raise errors.JobSubmittedException(job_id)
    return poll(call.client, job_id)[0]
