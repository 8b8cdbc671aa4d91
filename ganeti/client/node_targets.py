"""Which nodes a command is meant for that takes names of nodes, a node group, or both."""

import sys
from collections.abc import Sequence
from typing import Any

from ganeti import constants as c
from ganeti.cli.filter_args import both
from ganeti.cli.invocation import Invocation
from ganeti.luxi.client import QueryFilter


def targets_filter(names: Sequence[str], group: str | None) -> QueryFilter | None:
    """Return the filter for the named nodes, for those of the group, or for those for which both holds."""
    by_name = [c.QLANG_OP_OR, *([c.QLANG_OP_EQUAL, "name", name] for name in names)] if names else None
    by_group = (
        [c.QLANG_OP_OR, [c.QLANG_OP_EQUAL, "group", group], [c.QLANG_OP_EQUAL, "group.uuid", group]] if group else None
    )
    return both(by_name, by_group)


def query_online(
    call: Invocation, names: Sequence[str], group: str | None, fields: Sequence[str] = ()
) -> list[list[Any]]:
    """Return name and *fields* of the wanted nodes that are not marked offline, and say which are left out.

    Raises OpPrereqError for unknown names.
    """
    answer = call.client.query(c.QR_NODE, ["offline", "name", *fields], targets_filter(names, group))
    rows = [[value for _, value in row] for row in answer.rows]
    if group and not rows:
        # To a filter, a group that does not exist is no mistake.
        call.client.query_groups([group], ["name"])
    skipped = [row[1] for row in rows if row[0]]
    if skipped:
        sys.stderr.write(f"Note: skipping offline node(s): {', '.join(skipped)}\n")
    return [row[1:] for row in rows if not row[0]]
