"""gnt-debug: tools for developers and for finding faults."""

from collections.abc import Sequence

from ganeti.cli.main import run_program
from ganeti.cli.options import Argument, Command, Program
from ganeti.cli.opts import common, debug, instance

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
            "iallocator",
            "ganeti.client.debug.iallocator:run",
            "Show what an instance allocator is asked, or what it answers",
            arguments=(Argument("unknown", "instance-or-group", 1, None),),
            options=(
                debug.ALLOC_COUNT,
                debug.ALLOC_DIRECTION,
                instance.DISK_TEMPLATE,
                debug.ALLOC_DISKS,
                common.DRY_RUN,
                debug.ALLOC_EVAC_MODE,
                common.IALLOCATOR,
                debug.ALLOC_MEMORY,
                debug.ALLOC_MODE,
                debug.ALLOC_NICS,
                instance.OS_TYPE,
                common.PRIORITY,
                debug.ALLOC_SPINDLE_USE,
                debug.ALLOC_TAGS,
                debug.ALLOC_TARGET_GROUPS,
                debug.ALLOC_VCPUS,
            ),
            aliases=("allocator",),
            opcodes=("OP_TEST_ALLOCATOR",),
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
            "metad",
            "ganeti.client.debug.metad:run",
            "Ask the metadata daemon of this node for an echo",
            arguments=(Argument("unknown", "method", 1, None),),
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
        Command(
            "test-osparams",
            "ganeti.client.debug.test_osparams:run",
            "Show secret OS parameters as they arrive in a job",
            options=(instance.OS_PARAMETERS_SECRET, common.PRINT_JOBID, common.SUBMIT),
            opcodes=("OP_TEST_OS_PARAMS",),
        ),
        Command(
            "wconfd",
            "ganeti.client.debug.wconfd:run",
            "Ask the master daemon about locks and its configuration",
            arguments=(Argument("unknown", "method", 1, None),),
        ),
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``gnt-debug`` and return its exit code."""
    return run_program(PROGRAM, argv)
