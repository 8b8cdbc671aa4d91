"""gnt-node list-drbd: the DRBD minors of a node, as the confd server of this node knows them (not the master)."""

from typing import Any, Final

import msgspec

from ganeti import constants as c
from ganeti.cli import failures, output
from ganeti.cli.invocation import Invocation
from ganeti.confd.client import connect_locally
from ganeti.confd.wire import Reply
from ganeti.errors import ConfdClientError, ConfigurationError
from ganeti.objects.lookup import match_name
from ganeti.ssconf import SsconfReader

_TITLES: Final = ("Node", "Minor", "Instance", "Disk", "Role", "PeerNode")
_COLUMNS: Final = tuple(output.Column(title, title == "Minor") for title in _TITLES)
#: What confd tells instead of a text.
_ERRORS: Final = {c.CONFD_ERROR_UNKNOWN_ENTRY: "it knows no such node", c.CONFD_ERROR_INTERNAL: "internal error"}

_Row = tuple[str, int, str, str, str, str]


def rows_of(reply: Reply, node: str) -> list[_Row]:
    """Return the sorted rows of a reply. Raises ExitError if there are none in it."""
    if reply.status != c.CONFD_REPL_STATUS_OK:
        reason: Any = reply.answer
        if isinstance(reason, int):
            reason = _ERRORS.get(reason, f"error {reason}")
        raise _failure(node, str(reason))
    try:
        return sorted(msgspec.convert(reply.answer, list[_Row]))
    except msgspec.ValidationError as err:
        raise _failure(node, f"its reply cannot be understood ({err})") from None


def _failure(node: str, reason: str) -> failures.ExitError:
    return failures.ExitError(c.EXIT_FAILURE, f"confd does not tell the DRBD minors of node {node}: {reason}")


def run(call: Invocation) -> int:
    """List the minors of a node."""
    options = call.options
    wanted = call.arguments[0]
    try:
        node = match_name(wanted, SsconfReader().node_list()) or wanted
        with connect_locally() as client:
            reply = client.ask_any(c.CONFD_REQ_NODE_DRBD, node)
    except (ConfdClientError, ConfigurationError, OSError) as err:
        raise _failure(wanted, str(err)) from None
    rows = [[str(cell) for cell in row] for row in rows_of(reply, node)]
    lines = output.format_table(rows, _COLUMNS, header=not options.no_headers, separator=options.separator)
    output.print_lines(lines)
    return c.EXIT_SUCCESS
