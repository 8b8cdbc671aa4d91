"""gnt-filter: listing, showing, adding, replacing and deleting filter rules."""

from typing import Final

from ganeti import constants as c
from ganeti import errors
from ganeti.cli import output, submit
from ganeti.cli.invocation import Invocation

_INFO_FIELDS: Final = ("uuid", "watermark", "priority", "predicates", "action", "reason_trail")
_INFO_TITLES: Final = ("Watermark", "Priority", "Predicates", "Action", "Reason trail")


def _replace(call: Invocation, uuid: str | None) -> int:
    """Store the rule that the options describe, and print its UUID."""
    options = call.options
    trail = submit.reason_trail(call)
    print(call.client.replace_filter(uuid, options.priority, options.predicates, options.action, trail))
    return c.EXIT_SUCCESS


def add(call: Invocation) -> int:
    """Add a rule."""
    return _replace(call, None)


def replace(call: Invocation) -> int:
    """Replace a rule, or add one with the given UUID."""
    return _replace(call, call.arguments[0])


def delete(call: Invocation) -> int:
    """Delete a rule."""
    call.client.delete_filter(call.arguments[0])
    return c.EXIT_SUCCESS


def list_rules(call: Invocation) -> int:
    """List rules."""
    return output.run_list(call, c.QR_FILTER, name_field="uuid")


def list_fields(call: Invocation) -> int:
    """List the fields of rules."""
    return output.run_list_fields(call, c.QR_FILTER)


def info(call: Invocation) -> int:
    """Show everything about rules."""
    rows = call.client.query_filters(list(call.arguments) or None, _INFO_FIELDS)
    known = {row[0] for row in rows}
    for uuid in call.arguments:
        if uuid not in known:
            raise errors.OpPrereqError(f"Filter rule with UUID {uuid} does not exist", c.ECODE_NOENT)
    for uuid, *values in rows:
        print(f"UUID: {uuid}")
        for title, value in zip(_INFO_TITLES, values, strict=True):
            print(f"  {title}: {value}")
    return c.EXIT_SUCCESS
