"""gnt-debug submit-job: jobs from files."""

import sys
import time
from typing import Any

from ganeti import constants as c
from ganeti import errors, opcodes, serializer
from ganeti.cli.invocation import Invocation
from ganeti.cli.jobs import JobExecutor
from ganeti.opcodes import OpCode


def _read_job(path: str) -> list[OpCode]:
    """Return the opcodes in a file.

    Raises OpPrereqError if it cannot be read or holds anything else.
    """
    try:
        with open(path, encoding="utf-8") as handle:
            data: Any = serializer.loads(handle.read())
    except (OSError, ValueError) as err:
        raise errors.OpPrereqError(f"Cannot read opcodes from {path}: {err}", c.ECODE_INVAL) from err
    if not isinstance(data, list):
        raise errors.OpPrereqError(f"{path} does not hold a list of opcodes", c.ECODE_INVAL)
    return [opcodes.decode(item) for item in data]


def run(call: Invocation) -> int:
    """Submit one job per file and wait for all of them."""
    options = call.options
    executor = JobExecutor(call, announce=options.verbose)
    start = time.monotonic()
    op_count = job_count = 0
    for path in call.arguments:
        job = _read_job(path) * options.rep_op
        for _ in range(options.rep_job):
            executor.add(path, *job)
            op_count += len(job)
            job_count += 1
            if options.each:
                executor.submit()
    if options.verbose:
        sys.stderr.write("Submitting jobs\n")
    executor.submit()
    submitted = time.monotonic()
    outcomes = executor.wait()
    end = time.monotonic()
    if options.timing_stats:
        print(f"C:op     {op_count:4d}")
        print(f"C:job    {job_count:4d}")
        print(f"T:submit {submitted - start:4.4f}")
        print(f"T:exec   {end - submitted:4.4f}")
        print(f"T:total  {end - start:4.4f}")
    return c.EXIT_SUCCESS if all(outcome.success for outcome in outcomes) else c.EXIT_FAILURE
