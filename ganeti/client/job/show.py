"""gnt-job list, list-fields and info."""

from collections.abc import Sequence
from typing import Any, Final

from ganeti import constants as c
from ganeti.cli import filter_args, output, printer
from ganeti.cli.dates import format_precise
from ganeti.cli.invocation import Invocation
from ganeti.luxi.client import QueryFilter

_INFO_FIELDS: Final = (
    "id",
    "status",
    "ops",
    "opresult",
    "opstatus",
    "oplog",
    "opstart",
    "opexec",
    "opend",
    "received_ts",
    "start_ts",
    "end_ts",
)

#: What is shown for an opcode without OP_ID.
_NO_OPCODE: Final = "INVALID_OP"
#: Alignment groups of timestamps.
_JOB_TIMES: Final = 1
_OPCODE_TIMES: Final = 2


def _format_times(value: Any) -> str:
    return str([format_precise(timestamp) for timestamp in value])


_OVERRIDES: Final[dict[str, output.Formatter]] = {
    "summary": output.join_list,
    "opstart": _format_times,
    "opexec": _format_times,
    "opend": _format_times,
}


def status_filter(statuses: Sequence[str] | None) -> QueryFilter | None:
    """Return the filter for jobs in any of *statuses*, None without statuses."""
    if not statuses:
        return None
    return [c.QLANG_OP_OR, *([c.QLANG_OP_EQUAL, "status", status] for status in statuses)]


def list_jobs(call: Invocation) -> int:
    """List jobs."""
    if call.options.archived:
        # Whoever asks for this field gets the archived jobs too.
        wanted = ",".join(call.fields)
        call.options.output = wanted if "archived" in call.fields else f"{wanted},archived"
    return output.run_list(
        call,
        c.QR_JOB,
        name_field="id",
        has_numeric_names=True,
        extra_filter=status_filter(call.options.status_filter),
        overrides=_OVERRIDES,
    )


def list_fields(call: Invocation) -> int:
    """List the fields of jobs."""
    return output.run_list_fields(call, c.QR_JOB)


def _as_seconds(timestamp: Sequence[int]) -> float:
    return timestamp[0] + timestamp[1] / 1e6


def _job_time(timestamp: Any, previous: Any) -> str:
    """Return a time of a job, with its distance from the one before if both are known."""
    if not timestamp:
        return f"unknown ({timestamp})"
    text = format_precise(timestamp)
    if previous:
        text += f" (delta {_as_seconds(timestamp) - _as_seconds(previous):.6f}s)"
    return text


def _opcode_time(timestamp: Any) -> str:
    return format_precise(timestamp) if timestamp else "N/A"


def _opcode_info(
    op: Any, result: Any, status: str, log: Sequence[Any], start: Any, execution: Any, end: Any
) -> list[tuple[Any, ...]]:
    """Return one opcode of a job for printing; what was in the job file may be no opcode at all."""
    return [
        ("Opcode", op.get("OP_ID", _NO_OPCODE) if isinstance(op, dict) else _NO_OPCODE),
        ("Status", status),
        ("Processing start", _opcode_time(start), _OPCODE_TIMES),
        ("Execution start", _opcode_time(execution), _OPCODE_TIMES),
        ("Processing end", _opcode_time(end), _OPCODE_TIMES),
        ("Input fields", op),
        ("Result", result),
        (
            "Execution log",
            [
                [("Time", format_precise(timestamp)), ("Content", (serial, kind, message))]
                for serial, timestamp, kind, message in log
            ],
        ),
    ]


def _job_info(values: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return a job for printing."""
    received, start, end = values["received_ts"], values["start_ts"], values["end_ts"]
    total = f"{_as_seconds(end) - _as_seconds(received):.6f} seconds" if received and end else "N/A"
    per_opcode = zip(
        values["ops"],
        values["opresult"],
        values["opstatus"],
        values["oplog"],
        values["opstart"],
        values["opexec"],
        values["opend"],
        strict=True,
    )
    return [
        ("Job ID", values["id"]),
        ("Status", values["status"]),
        ("Received", _job_time(received, None), _JOB_TIMES),
        ("Processing start", _job_time(start, received), _JOB_TIMES),
        ("Processing end", _job_time(end, start), _JOB_TIMES),
        ("Total processing time", total),
        ("Opcodes", [_opcode_info(*parts) for parts in per_opcode]),
    ]


def info(call: Invocation) -> int:
    """Show everything about jobs."""
    qfilter = filter_args.names_filter("id", call.arguments, is_numeric=True)
    answer = call.client.query(c.QR_JOB, _INFO_FIELDS, qfilter)
    jobs: list[Any] = []
    for row in answer.rows:
        values = dict(zip(_INFO_FIELDS, (value for _, value in row), strict=True))
        is_known = row[_INFO_FIELDS.index("status")][0] == c.RS_NORMAL
        jobs.append(_job_info(values) if is_known else f"Job ID {values['id']} not found")
    print(printer.format_info(jobs), end="")
    return c.EXIT_SUCCESS
