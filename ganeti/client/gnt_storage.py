"""gnt-storage: providers of external storage."""

from collections.abc import Sequence

from ganeti.cli.main import run_program
from ganeti.cli.options import Argument, Command, Program
from ganeti.cli.opts import common

PROGRAM = Program(
    name="gnt-storage",
    help="show the providers of external storage",
    commands=(
        Command(
            "diagnose",
            "ganeti.client.storage.show:diagnose",
            "Show the state of providers on each node",
            options=(common.PRIORITY,),
            opcodes=("OP_EXT_STORAGE_DIAGNOSE",),
        ),
        Command(
            "info",
            "ganeti.client.storage.show:info",
            "Show where providers can be used, and their parameters",
            arguments=(Argument("os", "provider", 0, None),),
            options=(common.PRIORITY,),
            opcodes=("OP_EXT_STORAGE_DIAGNOSE",),
        ),
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``gnt-storage`` and return its exit code."""
    return run_program(PROGRAM, argv)
