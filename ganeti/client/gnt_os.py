"""gnt-os: operating system definitions."""

from collections.abc import Sequence

from ganeti.cli.main import run_program
from ganeti.cli.options import Argument, Command, Program
from ganeti.cli.opts import common, os

PROGRAM = Program(
    name="gnt-os",
    help="show and configure operating system definitions",
    commands=(
        Command(
            "diagnose",
            "ganeti.client.os.show:diagnose",
            "Show the state of operating system definitions on each node",
            options=(common.PRIORITY,),
            opcodes=("OP_OS_DIAGNOSE",),
        ),
        Command(
            "info",
            "ganeti.client.os.show:info",
            "Show the details of operating system definitions",
            arguments=(Argument("os", "os", 0, None),),
            options=(common.PRIORITY,),
            aliases=("show",),
            opcodes=("OP_OS_DIAGNOSE",),
        ),
        Command(
            "list",
            "ganeti.client.os.show:list_os",
            "List the operating systems that can be installed",
            options=(
                common.NO_HEADERS,
                common.PRIORITY,
            ),
            opcodes=("OP_OS_DIAGNOSE",),
        ),
        Command(
            "modify",
            "ganeti.client.os.modify:run",
            "Change the parameters of an operating system definition",
            arguments=(Argument("os", "os"),),
            options=(
                os.BLACKLISTED,
                common.DRY_RUN,
                os.HIDDEN,
                common.HYPERVISORS_PARAMETERS,
                common.OS_PARAMETERS,
                common.OS_PARAMETERS_PRIVATE,
                common.PRINT_JOBID,
                common.PRIORITY,
                common.SUBMIT,
            ),
            opcodes=("OP_CLUSTER_SET_PARAMS",),
        ),
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``gnt-os`` and return its exit code."""
    return run_program(PROGRAM, argv)
