"""gnt-job: looking at jobs and changing their course."""

from collections.abc import Sequence

from ganeti.cli.main import run_program
from ganeti.cli.options import Argument, Command, Program
from ganeti.cli.opts import common, job

PROGRAM = Program(
    name="gnt-job",
    help="look at jobs and change their course",
    commands=(
        Command(
            "archive",
            "ganeti.client.job.changes:archive",
            "Move finished jobs to the archive",
            arguments=(Argument("jobid", "job-id", 1, None),),
        ),
        Command(
            "autoarchive",
            "ganeti.client.job.changes:auto_archive",
            "Archive finished jobs that are older than the given age",
            arguments=(Argument("suggest", "age", choices=("1d", "1w", "4w", "all")),),
        ),
        Command(
            "cancel",
            "ganeti.client.job.changes:cancel",
            "Cancel jobs",
            arguments=(Argument("jobid", "job-id", 0, None),),
            options=(
                common.FORCE,
                job.KILL,
                job.PENDING,
                job.QUEUED,
                job.WAITING,
                common.YES_DO_IT,
            ),
        ),
        Command(
            "change-priority",
            "ganeti.client.job.changes:change_priority",
            "Change the priority of jobs that did not finish",
            arguments=(Argument("jobid", "job-id", 0, None),),
            options=(
                common.FORCE,
                job.PENDING,
                common.PRIORITY,
                job.QUEUED,
                job.WAITING,
            ),
        ),
        Command(
            "info",
            "ganeti.client.job.show:info",
            "Show everything about jobs",
            arguments=(Argument("jobid", "job-id", 1, None),),
            aliases=("show",),
        ),
        Command(
            "list",
            "ganeti.client.job.show:list_jobs",
            "List jobs, or those that match a filter",
            arguments=(Argument("jobid", "job-id", 0, None),),
            options=(
                job.ARCHIVED,
                job.ERROR,
                common.FILTER,
                job.FINISHED,
                common.NO_HEADERS,
                common.OUTPUT,
                job.PENDING,
                job.RUNNING,
                common.SEPARATOR,
                common.VERBOSE,
            ),
            default_fields=("id", "status", "summary"),
        ),
        Command(
            "list-fields",
            "ganeti.client.job.show:list_fields",
            "List the fields that the list of jobs can show",
            arguments=(Argument("unknown", "field", 0, None),),
            options=(
                common.NO_HEADERS,
                common.SEPARATOR,
            ),
        ),
        Command(
            "wait",
            "ganeti.client.job.follow:wait",
            "Wait until a job has finished",
            arguments=(Argument("jobid", "job-id"),),
        ),
        Command(
            "watch",
            "ganeti.client.job.follow:watch",
            "Wait until a job has finished and print its messages",
            arguments=(Argument("jobid", "job-id"),),
        ),
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``gnt-job`` and return its exit code."""
    return run_program(PROGRAM, argv)
