"""Fields of jobs, locks and filter rules."""

from dataclasses import dataclass
from typing import Any, Final

from ganeti import constants as c
from ganeti.jqueue.fields import JOB_FIELDS
from ganeti.jqueue.job import Job
from ganeti.locking import LockInfo
from ganeti.objects import FilterRule
from ganeti.query.fields import UNAVAIL, Field, FilterMode, Resource, optional, table


@dataclass(frozen=True)
class JobItem:
    """A job, live or archived; *job* is None for an id that does not exist."""

    id: int
    job: Job | None
    is_archived: bool = False


#: The field that makes archived jobs visible.
ARCHIVED: Final = "archived"


def _field(name: str, title: str, kind: str, doc: str, mode: FilterMode = FilterMode.PLAIN) -> Field[JobItem]:
    compute = JOB_FIELDS[name]

    def value(item: JobItem) -> Any:
        return UNAVAIL if item.job is None else optional(compute(item.job))

    return Field(name, title, kind, doc, value, mode=mode)


JOBS: Final = Resource(
    c.QR_JOB,
    "id",
    table(
        [
            Field("id", "ID", c.QFT_NUMBER, "Job ID", lambda item: item.id, mode=FilterMode.JOB_ID),
            Field(
                ARCHIVED,
                "Archived",
                c.QFT_BOOL,
                "Whether the job is archived; asking for it includes archived jobs",
                lambda item: UNAVAIL if item.job is None else item.is_archived,
            ),
            _field("status", "Status", c.QFT_TEXT, "Status of the job"),
            _field("priority", "Priority", c.QFT_NUMBER, "Current priority"),
            _field("received_ts", "Received", c.QFT_OTHER, "Time of submission", FilterMode.SPLIT_TIMESTAMP),
            _field("start_ts", "Start", c.QFT_OTHER, "Time of the start", FilterMode.SPLIT_TIMESTAMP),
            _field("end_ts", "End", c.QFT_OTHER, "Time of the end", FilterMode.SPLIT_TIMESTAMP),
            _field("ops", "OpCodes", c.QFT_OTHER, "Opcodes with their parameters"),
            _field("summary", "Summary", c.QFT_OTHER, "Summary of each opcode"),
            _field("opstatus", "OpCode_status", c.QFT_OTHER, "Status of each opcode"),
            _field("opresult", "OpCode_result", c.QFT_OTHER, "Result of each opcode"),
            _field("oplog", "OpCode_log", c.QFT_OTHER, "Log of each opcode"),
            _field("oppriority", "OpCode_prio", c.QFT_OTHER, "Priority of each opcode"),
            _field("opstart", "OpCode_start", c.QFT_OTHER, "Start of each opcode"),
            _field("opexec", "OpCode_exec", c.QFT_OTHER, "Execution start of each opcode"),
            _field("opend", "OpCode_end", c.QFT_OTHER, "End of each opcode"),
        ]
    ),
)


#: The field whose filters also find locks that nobody uses.
LOCK_NAME: Final = "name"

LOCKS: Final[Resource[LockInfo]] = Resource(
    c.QR_LOCK,
    LOCK_NAME,
    table(
        [
            Field(LOCK_NAME, "Name", c.QFT_TEXT, "Lock name", lambda info: info.name),
            Field("mode", "Mode", c.QFT_OTHER, "Mode in which it is held", lambda info: info.mode),
            Field("owner", "Owner", c.QFT_OTHER, "Who holds it", lambda info: list(info.owners) or None),
            Field(
                "pending",
                "Pending",
                c.QFT_OTHER,
                "Who waits for it",
                lambda info: [[mode, list(owners)] for mode, owners in info.pending],
            ),
        ]
    ),
)


FILTERS: Final[Resource[FilterRule]] = Resource(
    c.QR_FILTER,
    "uuid",
    table(
        [
            Field("uuid", "UUID", c.QFT_TEXT, "UUID of the rule", lambda rule: rule.uuid),
            Field("watermark", "Watermark", c.QFT_NUMBER, "First job the rule concerns", lambda rule: rule.watermark),
            Field("priority", "Priority", c.QFT_NUMBER, "Order of the rule", lambda rule: rule.priority),
            Field("predicates", "Predicates", c.QFT_OTHER, "Conditions", lambda rule: list(rule.predicates)),
            Field("action", "Action", c.QFT_OTHER, "What happens to matching jobs", lambda rule: rule.action),
            Field("reason_trail", "ReasonTrail", c.QFT_OTHER, "Reason trail", lambda rule: list(rule.reason_trail)),
        ]
    ),
)
