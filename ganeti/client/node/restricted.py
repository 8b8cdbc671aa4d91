"""gnt-node restricted-command: run a program on nodes that allow it."""

from typing import Final

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cli import submit
from ganeti.cli.invocation import Invocation
from ganeti.client.node_targets import query_online

_RULER: Final = "-" * 48


def _print_result(name: str, text: str, *, in_front: bool) -> None:
    """Print what a node has said, with its name once or in front of each line."""
    text = text.rstrip("\n")
    print(_RULER)
    if in_front:
        for line in text.split("\n"):
            print(f"{name}: {line}")
    else:
        print(f"Node: {name}")
        print(text)


def run(call: Invocation) -> int:
    """Run a restricted command on nodes."""
    options = call.options
    command, *names = call.arguments
    if not names and not options.nodegroup:
        raise errors.OpPrereqError("Name a node group, or at least one node", c.ECODE_INVAL)
    nodes = [row[0] for row in query_online(call, names, options.nodegroup)]
    if not nodes:
        raise errors.OpPrereqError("None of the nodes that are meant is online", c.ECODE_STATE)
    op = opcodes.OpRestrictedCommand(command=command, nodes=nodes, use_locking=options.do_locking)
    result = submit.submit_or_run(call, op)
    for name, (_, text) in zip(nodes, result, strict=True):
        _print_result(name, text, in_front=options.show_machine_names)
    return c.EXIT_SUCCESS if all(is_good for is_good, _ in result) else c.EXIT_FAILURE
