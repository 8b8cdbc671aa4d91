"""Values of the job fields of queries and long polls."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ganeti import constants as c
from ganeti import errors
from ganeti.jqueue import codec
from ganeti.jqueue.job import Job

#: Every field except ``archived``, which is about where the job is and not about the job.
JOB_FIELDS: Final[Mapping[str, Callable[[Job], Any]]] = {
    "id": lambda job: job.id,
    "status": lambda job: job.status,
    "priority": lambda job: job.priority,
    "ops": lambda job: [codec.public_input(record.input) for record in job.ops],
    "opresult": lambda job: [record.result for record in job.ops],
    "opstatus": lambda job: [record.status for record in job.ops],
    "oplog": lambda job: [record.log for record in job.ops],
    "opstart": lambda job: [record.start_timestamp for record in job.ops],
    "opexec": lambda job: [record.exec_timestamp for record in job.ops],
    "opend": lambda job: [record.end_timestamp for record in job.ops],
    "oppriority": lambda job: [record.priority for record in job.ops],
    "summary": lambda job: [record.input.summary for record in job.ops],
    "received_ts": lambda job: job.received_timestamp,
    "start_ts": lambda job: job.start_timestamp,
    "end_ts": lambda job: job.end_timestamp,
}


def check_fields(fields: Sequence[str], *, also: Sequence[str] = ()) -> None:
    """Refuse unknown fields.

    Raises OpPrereqError (wrong_input).
    """
    unknown = [name for name in fields if name not in JOB_FIELDS and name not in also]
    if unknown:
        raise errors.OpPrereqError(f"Unknown output fields selected: {', '.join(unknown)}", c.ECODE_INVAL)


def values_of(job: Job, fields: Sequence[str]) -> list[Any]:
    """Return the values of *fields* as JSON would give them back."""
    return [codec.to_json_value(JOB_FIELDS[name](job)) for name in fields]
