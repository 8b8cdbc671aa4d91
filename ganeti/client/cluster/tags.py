"""gnt-cluster search-tags: find objects by their tags."""

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cli import submit
from ganeti.cli.invocation import Invocation


def search(call: Invocation) -> int:
    """Print each tag that matches the pattern, with the path of its object; fail if there is none."""
    found = submit.run_op(call, opcodes.OpTagsSearch(pattern=call.arguments[0]))
    for path, tag in sorted(tuple(pair) for pair in found):
        print(f"{path} {tag}")
    return c.EXIT_SUCCESS if found else c.EXIT_FAILURE
