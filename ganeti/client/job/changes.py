"""gnt-job cancel, change-priority, archive and autoarchive."""

import sys
from collections.abc import Callable, Sequence
from typing import Final

from ganeti import constants as c
from ganeti import errors
from ganeti.cli import confirm, dates, failures, filter_args, output
from ganeti.cli.invocation import Invocation
from ganeti.client.job.show import status_filter

_CANDIDATE_FIELDS: Final = ("id", "status", "summary")
#: The master daemon gets this long to look at jobs before it answers with what it has done so far.
_AUTO_ARCHIVE_TIMEOUT_S: Final = 60
_ALL_AGES: Final = -1


def _select(call: Invocation, question: str) -> Sequence[int]:
    """Return the jobs given by id, or those in the wanted states after the user has agreed.

    Raises OpPrereqError, or ExitError if the user does not agree.
    """
    statuses = call.options.status_filter
    if bool(statuses) == bool(call.arguments):
        raise errors.OpPrereqError(
            "Either job IDs or one of the options that select jobs by status must be given", c.ECODE_INVAL
        )
    if call.arguments:
        return [filter_args.parse_job_id(argument) for argument in call.arguments]
    answer = call.client.query(c.QR_JOB, _CANDIDATE_FIELDS, status_filter(statuses))
    if not answer.rows:
        raise errors.OpPrereqError("No jobs with the wanted status have been found", c.ECODE_STATE)
    output.print_lines(output.format_answer(answer, header=True, overrides={"summary": output.join_list}))
    sys.stdout.flush()
    if not call.options.force and not confirm.confirm(question):
        raise failures.ExitError(c.EXIT_CONFIRMATION)
    return [row[0][1] for row in answer.rows]


def _change_each(job_ids: Sequence[int], change: Callable[[int], tuple[bool, str]]) -> int:
    """Change job after job, print what is answered, and fail if anything was refused."""
    exit_code = c.EXIT_SUCCESS
    for job_id in job_ids:
        success, message = change(job_id)
        print(message)
        if not success:
            exit_code = c.EXIT_FAILURE
    return exit_code


def cancel(call: Invocation) -> int:
    """Cancel jobs."""
    if call.options.kill and not call.options.yes_do_it:
        raise errors.OpPrereqError(
            "Killing jobs may leave things half done; confirm with --yes-do-it that this is wanted", c.ECODE_INVAL
        )
    job_ids = _select(call, "Cancel job(s) listed above?")
    return _change_each(job_ids, lambda job_id: call.client.cancel_job(job_id, kill=call.options.kill))


def change_priority(call: Invocation) -> int:
    """Change the priority of jobs."""
    priority = call.options.priority
    if priority is None:
        sys.stderr.write("--priority option must be given.\n")
        return c.EXIT_FAILURE
    job_ids = _select(call, "Change priority of job(s) listed above?")
    return _change_each(job_ids, lambda job_id: call.client.change_job_priority(job_id, priority))


def archive(call: Invocation) -> int:
    """Move finished jobs to the archive."""
    exit_code = c.EXIT_SUCCESS
    for argument in call.arguments:
        if not call.client.archive_job(filter_args.parse_job_id(argument)):
            sys.stderr.write(f"Failed to archive job with ID '{argument}'\n")
            exit_code = c.EXIT_FAILURE
    return exit_code


def auto_archive(call: Invocation) -> int:
    """Archive finished jobs of a certain age."""
    text = call.arguments[0]
    age_s = _ALL_AGES if text == "all" else dates.parse_span(text)
    archived, left = call.client.auto_archive_jobs(age_s, _AUTO_ARCHIVE_TIMEOUT_S)
    print(f"Archived {archived} jobs, {left} unchecked left")
    return c.EXIT_SUCCESS
