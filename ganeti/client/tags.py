"""Tags of any kind of object: add-tags, remove-tags and list-tags of several programs."""

import sys
from collections.abc import Sequence

from ganeti import constants as c
from ganeti import errors
from ganeti.cli import output
from ganeti.cli.invocation import Invocation
from ganeti.cli.options import TagKind
from ganeti.utils.text import nice_sort_key


def _object(call: Invocation) -> tuple[TagKind, str, Sequence[str]]:
    """Return kind and name of the object, and the arguments after them; the cluster needs no name."""
    kind = call.program.tag_kind
    assert kind is not None, "only programs with a kind of tagged objects declare these sub-commands"
    if kind == c.TAG_CLUSTER:
        return kind, "", call.arguments
    return kind, call.arguments[0], call.arguments[1:]


def _wanted_tags(call: Invocation, given: Sequence[str]) -> list[str]:
    """Return the tags on the command line and in the file that it names.

    Raises OpPrereqError if there are none or the file cannot be read.
    """
    tags = list(given)
    source = call.options.tags_source
    if source == "-":
        tags += [line.strip() for line in sys.stdin]
    elif source is not None:
        try:
            with open(source, encoding="utf-8") as handle:
                tags += [line.strip() for line in handle]
        except (OSError, UnicodeDecodeError) as err:
            raise errors.OpPrereqError(f"Cannot read tags from {source}: {err}", c.ECODE_INVAL) from err
    if not tags:
        raise errors.OpPrereqError("No tags given", c.ECODE_INVAL)
    return tags


def list_tags(call: Invocation) -> int:
    """Print the tags of an object, sorted."""
    kind, name, _ = _object(call)
    output.print_lines(sorted(call.client.query_tags(kind, name), key=nice_sort_key))
    return c.EXIT_SUCCESS


def add(call: Invocation) -> int:
    """Add tags to an object."""
    from ganeti import opcodes
    from ganeti.cli import submit

    kind, name, given = _object(call)
    op = opcodes.OpTagsSet(kind=kind, name=name or None, tags=_wanted_tags(call, given))
    submit.submit_or_run(call, op)
    return c.EXIT_SUCCESS


def remove(call: Invocation) -> int:
    """Remove tags from an object."""
    from ganeti import opcodes
    from ganeti.cli import submit

    kind, name, given = _object(call)
    op = opcodes.OpTagsDel(kind=kind, name=name or None, tags=_wanted_tags(call, given))
    submit.submit_or_run(call, op)
    return c.EXIT_SUCCESS
