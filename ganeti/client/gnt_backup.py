"""gnt-backup: exported instances."""

from collections.abc import Sequence

from ganeti.cli.main import run_program
from ganeti.cli.options import Argument, Command, Program
from ganeti.cli.opts import backup, common

PROGRAM = Program(
    name="gnt-backup",
    help="show exported instances",
    commands=(
        Command(
            "list",
            "ganeti.client.backup.show:list_exports",
            "List the exports that the nodes have",
            options=(
                common.NO_HEADERS,
                backup.NODES,
                common.OUTPUT,
                common.SEPARATOR,
                common.UNITS,
                common.VERBOSE,
            ),
            default_fields=("node", "export"),
        ),
        Command(
            "list-fields",
            "ganeti.client.backup.show:list_fields",
            "List the fields that the list of exports can show",
            arguments=(Argument("unknown", "field", 0, None),),
            options=(common.NO_HEADERS, common.SEPARATOR),
        ),
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``gnt-backup`` and return its exit code."""
    return run_program(PROGRAM, argv)
