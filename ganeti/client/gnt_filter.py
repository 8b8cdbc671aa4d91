"""gnt-filter: rules about which jobs may start."""

from collections.abc import Sequence

from ganeti.cli.main import run_program
from ganeti.cli.options import Argument, Command, Program
from ganeti.cli.opts import common
from ganeti.cli.opts import filter as rule

_UUIDS = (Argument("filter", "filter-uuid", 0, None),)
_UUID = (Argument("filter", "filter-uuid"),)

PROGRAM = Program(
    name="gnt-filter",
    help="rules about which jobs may start",
    commands=(
        Command(
            "add",
            "ganeti.client.filter.rules:add",
            "Add a filter rule and print its UUID",
            options=(rule.ACTION, rule.PREDICATES, rule.PRIORITY),
        ),
        Command(
            "delete",
            "ganeti.client.filter.rules:delete",
            "Delete a filter rule",
            arguments=_UUID,
        ),
        Command(
            "info",
            "ganeti.client.filter.rules:info",
            "Show everything about filter rules",
            arguments=_UUIDS,
        ),
        Command(
            "list",
            "ganeti.client.filter.rules:list_rules",
            "List filter rules",
            arguments=_UUIDS,
            options=(common.NO_HEADERS, common.OUTPUT, common.SEPARATOR, common.VERBOSE),
            default_fields=("uuid", "watermark", "priority", "predicates", "action", "reason_trail"),
        ),
        Command(
            "list-fields",
            "ganeti.client.filter.rules:list_fields",
            "List the fields that the list of filter rules can show",
            arguments=(Argument("unknown", "field", 0, None),),
            options=(common.NO_HEADERS, common.SEPARATOR),
        ),
        Command(
            "replace",
            "ganeti.client.filter.rules:replace",
            "Replace a filter rule, or add one with this UUID",
            arguments=_UUID,
            options=(rule.ACTION, rule.PREDICATES, rule.PRIORITY),
        ),
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``gnt-filter`` and return its exit code."""
    return run_program(PROGRAM, argv)
