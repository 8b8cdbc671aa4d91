"""gnt-node list-storage: the storage units of nodes."""

from typing import Any, Final

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cli import output, submit
from ganeti.cli.invocation import Invocation
from ganeti.utils.text import format_unit

_TITLES: Final = {
    c.SF_NODE: "Node",
    c.SF_TYPE: "Type",
    c.SF_NAME: "Name",
    c.SF_SIZE: "Size",
    c.SF_USED: "Used",
    c.SF_FREE: "Free",
    c.SF_ALLOCATABLE: "Allocatable",
}
_SIZES: Final = frozenset({c.SF_SIZE, c.SF_USED, c.SF_FREE})


def _cell(field: str, value: Any, unit: str) -> str:
    if field in _SIZES:
        return output.format_status(c.RS_NODATA, verbose=False) if value is None else format_unit(value, unit)
    if field == c.SF_ALLOCATABLE:
        return "Y" if value else "N"
    return str(value)


def list_storage(call: Invocation) -> int:
    """List storage units."""
    options = call.options
    fields = call.fields
    op = opcodes.OpNodeQueryStorage(
        nodes=list(call.arguments), storage_type=options.user_storage_type, output_fields=fields
    )
    unit = options.units or ("h" if options.separator is None else "m")
    rows = [
        [_cell(field, value, unit) for field, value in zip(fields, row, strict=True)] for row in submit.run_op(call, op)
    ]
    columns = [output.Column(_TITLES[field], field in _SIZES) for field in fields]
    lines = output.format_table(rows, columns, header=not options.no_headers, separator=options.separator)
    output.print_lines(lines)
    return c.EXIT_SUCCESS
