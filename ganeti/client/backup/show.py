"""gnt-backup list and list-fields."""

from ganeti import constants as c
from ganeti.cli import filter_args, output
from ganeti.cli.invocation import Invocation


def list_exports(call: Invocation) -> int:
    """List the exports on all or the given nodes."""
    nodes = filter_args.names_filter("node", call.options.nodes)
    return output.run_list(call, c.QR_EXPORT, name_field="node", extra_filter=nodes)


def list_fields(call: Invocation) -> int:
    """List the fields of exports."""
    return output.run_list_fields(call, c.QR_EXPORT)
