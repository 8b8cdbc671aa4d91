"""The contract between the queue and whatever runs opcodes (the opcode processor of ``ganeti.mcpu``)."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

from ganeti.opcodes import OpCode

#: Outcome of one submission of a batch: (True, job id) or (False, message).
Submission: TypeAlias = tuple[bool, int | str]


class LocksNotObtained(Exception):
    """The locks could not be had within the time of this attempt; nothing is held any more."""


class CancelRequested(Exception):
    """The job is to be canceled and the opcode did not start yet."""


class ShutdownRequested(Exception):
    """The master daemon ends and the opcode did not start yet."""


class OpcodeContext(Protocol):
    """What a runner may ask of the queue while it runs one opcode; every call comes from the thread of the job."""

    @property
    def job_id(self) -> int:
        """Id of the job; as text it is the owner of locks and reservations."""

    @property
    def priority(self) -> int:
        """Current priority of the opcode."""

    def notify_start(self) -> None:
        """All locks are held: mark the opcode as running and make that durable.

        Raises CancelRequested or ShutdownRequested if it must not start.
        """

    def feedback(self, kind: str, payload: Any) -> None:
        """Append to the log of the opcode; *kind* is one of the ELOG_* constants."""

    def check(self) -> None:
        """Raise what must stop the opcode here.

        CancelRequested or ShutdownRequested while it waits for locks, OpExecError ("killed by request") when it runs.
        """

    def submit_jobs(self, jobs: Sequence[Sequence[OpCode]]) -> list[Submission]:
        """Submit jobs that the opcode generated; negative dependencies are relative to the position in *jobs*."""

    def replace_opcode(self, op: OpCode) -> None:
        """Run *op* instead of the submitted opcode from the next attempt on."""


class OpcodeRunner(Protocol):
    """Runs one opcode from its locks to its result."""

    def run(self, op: OpCode, context: OpcodeContext, timeout_s: float | None) -> Any:
        """Run *op* and return its result.

        *timeout_s* bounds the acquisition of all locks, None waits as long as it takes. Raises LocksNotObtained,
        CancelRequested, ShutdownRequested, or the error that ends the opcode. When this returns or raises, no lock
        of the job is held.
        """

    def priority_changed(self, job_id: int, priority: int) -> None:
        """Sort pending lock requests of the job anew."""

    def cancel_requested(self, job_id: int) -> None:
        """Wake the job if it waits for locks, so that it calls ``check`` soon."""
