"""gnt-debug: tools for developers and for finding faults."""

from collections.abc import Sequence

from ganeti.cli.main import run_program
from ganeti.cli.options import Argument, Command, Program
from ganeti.cli.opts import common, debug

PROGRAM = Program(
    name="gnt-debug",
    help="tools for developers and for finding faults",
    commands=(
        Command(
            "delay",
            "ganeti.client.debug.delay:run",
            "Run a job that only waits",
            arguments=(Argument("unknown", "seconds"),),
            options=(
                common.DRY_RUN,
                debug.INTERRUPTIBLE,
                debug.NO_LOCKS,
                debug.NO_MASTER,
                common.PRINT_JOBID,
                common.PRIORITY,
                debug.REPEAT,
                common.SUBMIT,
                debug.ON_NODES,
            ),
            opcodes=("OP_TEST_DELAY",),
        ),
        Command(
            "locks",
            "ganeti.client.debug.locks:run",
            "List the locks of the master daemon",
            options=(
                debug.INTERVAL,
                common.NO_HEADERS,
                common.OUTPUT,
                common.SEPARATOR,
                common.VERBOSE,
            ),
            default_fields=("name", "mode", "owner", "pending"),
        ),
        Command(
            "submit-job",
            "ganeti.client.debug.submit_job:run",
            "Submit jobs whose opcodes are read from JSON files",
            arguments=(Argument("file", "json-file", 1, None),),
            options=(
                common.DRY_RUN,
                debug.EACH,
                debug.JOB_REPEAT,
                debug.OP_REPEAT,
                common.PRIORITY,
                debug.TIMING_STATS,
                common.VERBOSE,
            ),
            opcodes=("*",),
        ),
        Command(
            "test-jobqueue",
            "ganeti.client.debug.test_jobqueue:run",
            "Test the job queue of a running cluster",
            options=(common.PRIORITY,),
            opcodes=("OP_TEST_DELAY", "OP_TEST_JQUEUE"),
        ),
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``gnt-debug`` and return its exit code."""
    return run_program(PROGRAM, argv)
