"""Executes opcodes: the order of everything between a job that is picked up and a result that is told.

Locks -> prerequisites under the locks -> pre hooks -> work -> post hooks -> locks released -> changes durable -> jobs
that the work asked for -> result. Nothing of one attempt survives it: every attempt has a new logical unit.
"""

import dataclasses
import logging
from typing import Any, Final

import msgspec

from ganeti import constants as c
from ganeti import opcodes
from ganeti.errors import (
    OpPrereqError,
    OpResultError,
    OpRetryNotSupportedError,
    ProgrammerError,
)
from ganeti.jqueue.execution import LocksNotObtained, OpcodeContext
from ganeti.mcpu.acquire import Deadline, LockTaker
from ganeti.mcpu.context import MasterContext
from ganeti.mcpu.generated import with_inherited
from ganeti.mcpu.hooks import HooksMaster
from ganeti.mcpu.joblocks import JobLocks
from ganeti.mcpu.lu import LogicalUnitApi, LuEnv, ResultWithJobs
from ganeti.mcpu.lulog import LuLog
from ganeti.opcodes import OpCode

_LOG = logging.getLogger(__name__)

#: Owner of what opcodes outside of jobs reserve.
QUERY_OWNER: Final = "query"


class OpcodeProcessor:
    """Runs opcodes for the job queue (``jqueue.execution.OpcodeRunner``) and in-process queries."""

    def __init__(self, context: MasterContext) -> None:
        """Use the services in *context*."""
        self._context = context

    def run(self, op: OpCode, context: OpcodeContext, timeout_s: float | None) -> Any:
        """Run *op* for a job and return its result as plain data; see ``OpcodeRunner.run``."""
        return _Execution(self._context, op, context, timeout_s).run()

    def priority_changed(self, job_id: int, priority: int) -> None:
        """Let the job wait for its locks with another priority."""
        self._context.locks.change_priority(str(job_id), priority)

    def cancel_requested(self, job_id: int) -> None:
        """Let the job, if it waits for locks, look whether it was canceled."""
        self._context.locks.wake(str(job_id))

    def query(self, op: OpCode) -> Any:
        """Run an opcode that only asks, in the calling thread, without job, locks, hooks and feedback.

        Raises ProgrammerError for opcodes that need the cluster for themselves or submit jobs.
        """
        locks = JobLocks(self._context.locks, QUERY_OWNER, self._context.config)
        env = LuEnv(self._context, QUERY_OWNER, locks, _discard, _never)
        lu = self._context.create_lu(op, env)
        if lu.REQ_BGL:
            raise ProgrammerError(f"{op.op_id()} cannot run outside of a job")
        lu.check_arguments()
        lu.expand_names()
        lu.check_prereq()
        result = lu.exec(_discard)
        if isinstance(result, ResultWithJobs):
            raise ProgrammerError(f"{op.op_id()} submits jobs and cannot run outside of a job")
        return checked_result(op, result)


class _Execution:
    """One attempt to run one opcode of a job."""

    def __init__(self, context: MasterContext, op: OpCode, job: OpcodeContext, timeout_s: float | None) -> None:
        self._context = context
        self._op = op
        self._job = job
        self._owner = str(job.job_id)
        self._log = LuLog(self._feedback)
        locks = JobLocks(context.locks, self._owner, context.config)
        # A killed job makes no more calls.
        checked = dataclasses.replace(context, rpc=context.rpc.with_check(job.check, self._owner))
        self._env = LuEnv(checked, self._owner, locks, self._feedback, job.check)
        self._locks = LockTaker(
            manager=context.locks,
            owner=self._owner,
            store=context.config,
            deadline=Deadline.after(timeout_s),
            priority=lambda: job.priority,
            check_abort=job.check,
        )

    def run(self) -> Any:
        """Run the opcode and return its result."""
        if opcodes.has_redacted_secrets(self._op):
            raise OpPrereqError("Please re-submit secret parameters to job.", c.ECODE_INVAL)
        lu = self._context.create_lu(self._op, self._env)
        serial = None
        try:
            self._take_locks(lu)
            serial = self._context.config.snapshot().serial_no
            self._check_prereq(lu)
            with self._context.config.reporting_to(self._log.warning):
                result = self._execute(lu)
        finally:
            self._context.locks.release_all(self._owner)
            self._context.config.reservations.release_owner(self._owner)
            self._make_durable(serial)
        if isinstance(result, ResultWithJobs):
            # After the locks are free, so that these jobs do not queue behind the one that made them.
            result = self._submit_jobs(result)
        return self._checked_result(result)

    def _take_locks(self, lu: LogicalUnitApi) -> None:
        self._locks.take_cluster_lock(exclusive=lu.REQ_BGL)
        lu.check_arguments()
        lu.expand_names()
        self._locks.take_declared(lu)
        self._record_expanded(lu)
        self._job.notify_start()

    def _record_expanded(self, lu: LogicalUnitApi) -> None:
        """Show the completed names and UUIDs in the job."""
        if lu.op != self._op:
            self._op = lu.op
            self._job.replace_opcode(lu.op)

    def _check_prereq(self, lu: LogicalUnitApi) -> None:
        """Check prerequisites; if resources are missing only for now, let the job try again where that is supported."""
        try:
            lu.check_prereq()
        except OpPrereqError as err:
            if err.args[1:2] != (c.ECODE_TEMP_NORES,):
                raise
            try:
                retry = lu.prepare_retry()
            except OpRetryNotSupportedError:
                raise err from None
            self._job.replace_opcode(retry)
            raise LocksNotObtained from err

    def _execute(self, lu: LogicalUnitApi) -> Any:
        hooks = HooksMaster(self._env.context, self._op, lu, self._log)
        lu.hooks_callback(c.HOOKS_PHASE_PRE, hooks.run_pre(), self._feedback, None)
        if self._op.dry_run:
            self._log.info("dry-run mode requested, not actually executing the operation")
            return lu.dry_run_result
        serial = self._context.config.snapshot().serial_no
        try:
            # Killed since it started, maybe by somebody who saw what a hook was doing.
            self._job.check()
            result = lu.exec(self._feedback)
            result = lu.hooks_callback(c.HOOKS_PHASE_POST, hooks.run_post(), self._feedback, result)
            self._job.check()
            return result
        finally:
            if self._context.config.snapshot().serial_no != serial:
                hooks.run_config_update(self._context.rpc)

    def _make_durable(self, serial: int | None) -> None:
        """Wait until what the opcode changed is on disk: only then may anybody be told about it."""
        if serial is not None and self._context.config.snapshot().serial_no != serial:
            self._context.config.wait_durable()

    def _submit_jobs(self, result: ResultWithJobs) -> dict[str, Any]:
        jobs = [[with_inherited(op, self._op, self._job.priority) for op in job] for job in result.jobs]
        return {**result.extra, c.JOB_IDS_KEY: [list(item) for item in self._job.submit_jobs(jobs)]}

    def _checked_result(self, result: Any) -> Any:
        try:
            return checked_result(self._op, result)
        except OpResultError:
            if not self._op.dry_run:
                raise
            _LOG.warning("Result of a dry run of %s is not of the declared type", self._op.op_id())
            return msgspec.to_builtins(result)

    def _feedback(self, payload: Any, log_type: str = c.ELOG_MESSAGE) -> None:
        self._job.feedback(log_type, payload)


def checked_result(op: OpCode, result: Any) -> Any:
    """Return *result* as plain data.

    Raises OpResultError if it is not of the type that the opcode declares.
    """
    try:
        plain = msgspec.to_builtins(result, str_keys=True)
        msgspec.convert(plain, op.RESULT)
    except (msgspec.ValidationError, TypeError) as err:
        raise OpResultError(f"Result of {op.op_id()} is not of the declared type: {err}") from err
    return plain


def _discard(payload: Any, log_type: str = c.ELOG_MESSAGE) -> None:
    """Take feedback nobody waits for."""


def _never() -> None:
    """Abort nothing."""
