"""Options of gnt-job."""

from ganeti.cli.options import Option

ARCHIVED = Option(("--archived",), "archived", help="also list archived jobs", action="store_true", default=False)
ERROR = Option(("--error",), "status_filter", help="jobs that failed", action="store_const", const=("error",))
FINISHED = Option(
    ("--finished",),
    "status_filter",
    help="jobs that ended in any way",
    action="store_const",
    const=("canceled", "error", "success"),
)
KILL = Option(
    ("--kill",),
    "kill",
    help="make a running job fail at the next point where it waits; what it has begun stays half done",
    action="store_true",
    default=False,
)
PENDING = Option(
    ("--pending",),
    "status_filter",
    help="jobs that did not start or are being canceled",
    action="store_const",
    const=("canceling", "queued", "waiting"),
)
QUEUED = Option(
    ("--queued",), "status_filter", help="jobs that wait in the queue", action="store_const", const=("queued",)
)
RUNNING = Option(("--running",), "status_filter", help="jobs that run", action="store_const", const=("running",))
WAITING = Option(
    ("--waiting",), "status_filter", help="jobs that wait for locks", action="store_const", const=("waiting",)
)
