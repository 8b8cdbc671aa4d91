"""gnt-job watch and wait."""

import sys

from ganeti import constants as c
from ganeti import errors
from ganeti.cli import failures, filter_args, submit
from ganeti.cli.invocation import Invocation


def _follow(call: Invocation, job_id: int, reporter: submit.Reporter) -> int:
    """Wait for the job; return 0, or the exit code that its error stands for."""
    try:
        submit.poll(call.client, job_id, reporter)
    except errors.LuxiError:
        raise
    except errors.GenericError as err:
        failure = failures.describe(err)
        sys.stderr.write(f"Job {job_id} failed: {failure.text}\n")
        return failure.exit_code
    return c.EXIT_SUCCESS


def watch(call: Invocation) -> int:
    """Print the messages of a job until it ends."""
    job_id = filter_args.parse_job_id(call.arguments[0])
    heading = f"Output from job {job_id} follows"
    print(heading)
    print("-" * len(heading), flush=True)
    return _follow(call, job_id, submit.default_reporter())


def wait(call: Invocation) -> int:
    """Wait silently until a job ends."""
    return _follow(call, filter_args.parse_job_id(call.arguments[0]), submit.SilentReporter())
