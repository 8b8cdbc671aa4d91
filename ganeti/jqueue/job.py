"""Jobs and their opcodes as immutable values, and the status computed from them."""

import time
from collections.abc import Iterable
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from ganeti import constants as c
from ganeti.opcodes import OpCode

#: Seconds since the epoch and microseconds.
Timestamp: TypeAlias = tuple[int, int]

FINAL: Final = frozenset(c.OPS_FINALIZED)
#: Statuses of an opcode in which a worker has taken it up.
TAKEN: Final = frozenset({c.OP_STATUS_WAITING, c.OP_STATUS_RUNNING, c.OP_STATUS_CANCELING})
#: Statuses that end the scan of the opcodes when the status of a job is computed.
_DECISIVE: Final = frozenset({c.OP_STATUS_CANCELING, c.OP_STATUS_ERROR, c.OP_STATUS_CANCELED})
_UNDER_WAY: Final = frozenset({c.OP_STATUS_WAITING, c.OP_STATUS_RUNNING})


class LogEntry(NamedTuple):
    """One line of feedback; *serial* counts from 1 over all opcodes of a job."""

    serial: int
    timestamp: Timestamp
    kind: str
    payload: Any


class Dependency(NamedTuple):
    """Another job that must be final first; with *statuses* it must have ended in one of them."""

    job_id: int
    statuses: tuple[str, ...]


class OpInput(msgspec.Struct, frozen=True, kw_only=True):
    """The opcode of a job as it was submitted.

    *op* is None once the job is final (nothing confidential stays in memory) and for an opcode that this version does
    not know. *stored* is its JSON in the job file: secret values are redacted in it.
    """

    op: OpCode | None
    op_id: str
    summary: str
    stored: bytes
    dependencies: tuple[Dependency, ...] = ()
    #: The secrets went away with the master daemon that accepted them.
    lacks_secrets: bool = False


class OpRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One opcode of a job and what became of it so far."""

    input: OpInput
    status: str = c.OP_STATUS_QUEUED
    result: Any = None
    priority: int = c.OP_PRIO_DEFAULT
    log: tuple[LogEntry, ...] = ()
    start_timestamp: Timestamp | None = None
    exec_timestamp: Timestamp | None = None
    end_timestamp: Timestamp | None = None

    @property
    def is_final(self) -> bool:
        """True if nothing will happen to this opcode any more."""
        return self.status in FINAL


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job: opcodes that run one after the other. *log_serial* is the serial of the newest log entry."""

    id: int
    ops: tuple[OpRecord, ...]
    received_timestamp: Timestamp | None = None
    start_timestamp: Timestamp | None = None
    end_timestamp: Timestamp | None = None
    livelock: str | None = None
    process_id: int | None = None
    log_serial: int = 0

    @property
    def status(self) -> str:
        """The status computed from those of the opcodes."""
        return compute_status(record.status for record in self.ops)

    @property
    def is_final(self) -> bool:
        """True if the job will not change any more."""
        return self.status in FINAL

    @property
    def priority(self) -> int:
        """The most urgent (lowest) priority of the unfinished opcodes."""
        return min((record.priority for record in self.ops if not record.is_final), default=c.OP_PRIO_DEFAULT)

    @property
    def dependencies(self) -> tuple[Dependency, ...]:
        """Dependencies of all opcodes."""
        return tuple(dep for record in self.ops for dep in record.input.dependencies)

    def log_since(self, serial: int | None) -> list[LogEntry]:
        """Return the log entries newer than *serial*, all for None."""
        if serial is not None and serial >= self.log_serial:
            return []
        return [entry for record in self.ops for entry in record.log if serial is None or entry.serial > serial]


def compute_status(statuses: Iterable[str]) -> str:
    """Return the status of a job from those of its opcodes, in their order."""
    current = c.JOB_STATUS_QUEUED
    all_succeeded = True
    for status in statuses:
        if status == c.OP_STATUS_SUCCESS:
            continue
        all_succeeded = False
        if status in _DECISIVE:
            return status
        if status in _UNDER_WAY:
            current = status
    return c.JOB_STATUS_SUCCESS if all_succeeded else current


def timestamp_now() -> Timestamp:
    """Return the current time in the form of job files."""
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    return seconds, nanoseconds // 1000
