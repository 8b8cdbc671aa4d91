"""The JSON of job files, and what is taken out of it for storage, for clients and at the end of a job."""

from typing import Any, Final

import msgspec

from ganeti import constants as c
from ganeti import errors, opcodes, serializer
from ganeti.jqueue.job import FINAL, Dependency, Job, LogEntry, OpInput, OpRecord, Timestamp, compute_status
from ganeti.opcodes import OpCode
from ganeti.types import REDACTED, Private

_SENSITIVE: Final = frozenset({"osparams_private", "osparams_secret", "osparams_private_cluster"})
_UNKNOWN_SUMMARY: Final = "INVALID_OP"


class _OpFile(msgspec.Struct, kw_only=True):
    """One opcode of a job file."""

    input: msgspec.Raw
    status: str = c.OP_STATUS_QUEUED
    result: Any = None
    priority: int = c.OP_PRIO_DEFAULT
    log: list[LogEntry] = []
    start_timestamp: Timestamp | None = None
    exec_timestamp: Timestamp | None = None
    end_timestamp: Timestamp | None = None


class _JobFile(msgspec.Struct, kw_only=True):
    """A job file."""

    id: int
    ops: list[_OpFile]
    received_timestamp: Timestamp | None = None
    start_timestamp: Timestamp | None = None
    end_timestamp: Timestamp | None = None
    livelock: str | None = None
    process_id: int | None = None


def _plain(value: object) -> Any:
    """Encode what results may hold besides JSON values; nothing confidential gets into a file this way."""
    if isinstance(value, Private):
        return REDACTED
    return str(value)


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_plain)
_DECODER: Final = msgspec.json.Decoder(_JobFile)


def to_json_value(value: Any) -> Any:
    """Return *value* as a JSON file would give it back (tuples become lists, confidential values are redacted)."""
    return msgspec.to_builtins(value, enc_hook=_plain)


def storable(value: Any) -> Any:
    """Return *value* as plain data that is sure to fit into a job file, whatever an operation gave.

    Text of programs may hold bytes that are no text, and dictionaries keys that are none.
    """
    try:
        plain = msgspec.to_builtins(value, enc_hook=_plain, str_keys=True)
        _ENCODER.encode(plain)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return _forced(value)
    return plain


def _forced(value: Any, depth: int = 50) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else str(value)
    if depth and isinstance(value, dict):
        return {_forced(str(key)): _forced(item, depth - 1) for key, item in value.items()}
    if depth and isinstance(value, (list, tuple, set, frozenset)):
        return [_forced(item, depth - 1) for item in value]
    return _forced(str(value))


def make_input(op: OpCode) -> OpInput:
    """Return the record of an opcode that was just submitted."""
    return _input_of(op, _ENCODER.encode(opcodes.encode_for_disk(op)), lacks_secrets=False)


def _input_of(op: OpCode, stored: bytes, *, lacks_secrets: bool) -> OpInput:
    dependencies = tuple(Dependency(int(job_id), tuple(statuses)) for job_id, statuses in op.depends or ())
    return OpInput(
        op=op,
        op_id=op.op_id(),
        summary=opcodes.summary(op),
        stored=stored,
        dependencies=dependencies,
        lacks_secrets=lacks_secrets,
    )


def load_input(stored: bytes, *, may_run: bool = True) -> OpInput:
    """Return the record of an opcode read from a job file; one that this version does not know is kept as it is.

    Unless it *may_run*, it is not looked at more than needed. Raises ValueError if *stored* is not JSON.
    """
    value = serializer.loads(stored)
    if may_run:
        try:
            op = opcodes.decode(value)
        except errors.GenericError:
            pass  # Shown in job lists all the same; it fails when it is its turn.
        else:
            return _input_of(op, stored, lacks_secrets=opcodes.has_redacted_secrets(op))
    op_id = value.get("OP_ID") if isinstance(value, dict) else None
    if not isinstance(op_id, str):
        return OpInput(op=None, op_id="", summary=_UNKNOWN_SUMMARY, stored=stored)
    return OpInput(op=None, op_id=op_id, summary=opcodes.summary_of(op_id, value), stored=stored)


def _without_sensitive(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: None if key in _SENSITIVE else _without_sensitive(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_sensitive(item) for item in value]
    return value


def public_input(record: OpInput) -> Any:
    """Return the opcode as clients may see it: confidential parameters are null."""
    return _without_sensitive(serializer.loads(record.stored))


def scrub_input(record: OpInput) -> OpInput:
    """Return the record of an opcode that will not run any more: nothing confidential is left in memory or file."""
    stored = record.stored
    if any(key.encode() in stored for key in _SENSITIVE):
        stored = serializer.dumps(public_input(record))
    return msgspec.structs.replace(record, op=None, stored=stored, dependencies=())


def encode_job(job: Job) -> bytes:
    """Return the content of the job's file."""
    ops = [
        _OpFile(
            input=msgspec.Raw(record.input.stored),
            status=record.status,
            result=record.result,
            priority=record.priority,
            log=list(record.log),
            start_timestamp=record.start_timestamp,
            exec_timestamp=record.exec_timestamp,
            end_timestamp=record.end_timestamp,
        )
        for record in job.ops
    ]
    return _ENCODER.encode(
        _JobFile(
            id=job.id,
            ops=ops,
            received_timestamp=job.received_timestamp,
            start_timestamp=job.start_timestamp,
            end_timestamp=job.end_timestamp,
            livelock=job.livelock,
            process_id=job.process_id,
        )
    )


def decode_job(data: bytes) -> Job:
    """Return the job that a job file holds; keys that this version does not know are dropped.

    Raises JobFileCorrupted.
    """
    try:
        file = _DECODER.decode(data)
        # Most jobs of a queue are final.
        may_run = compute_status(op.status for op in file.ops) not in FINAL
        ops = tuple(_record_of(op, may_run=may_run) for op in file.ops)
    except (ValueError, msgspec.MsgspecError) as err:
        raise errors.JobFileCorrupted(f"Not a job file: {err}") from err
    if not ops:
        raise errors.JobFileCorrupted("Not a job file: no opcodes")
    return Job(
        id=file.id,
        ops=ops,
        received_timestamp=file.received_timestamp,
        start_timestamp=file.start_timestamp,
        end_timestamp=file.end_timestamp,
        livelock=file.livelock,
        process_id=file.process_id,
        log_serial=max((entry.serial for record in ops for entry in record.log), default=0),
    )


def _record_of(op: _OpFile, *, may_run: bool) -> OpRecord:
    if op.status not in c.JOB_STATUS_ALL:
        raise ValueError(f"unknown opcode status {op.status!r}")
    return OpRecord(
        input=load_input(bytes(op.input), may_run=may_run),
        status=op.status,
        result=op.result,
        priority=op.priority,
        log=tuple(op.log),
        start_timestamp=op.start_timestamp,
        exec_timestamp=op.exec_timestamp,
        end_timestamp=op.end_timestamp,
    )
