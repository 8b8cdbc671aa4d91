"""gnt-node remove: take a node out of the cluster."""

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cli import submit
from ganeti.cli.invocation import Invocation


def run(call: Invocation) -> int:
    """Remove a node that holds no instances."""
    submit.run_op(call, opcodes.OpNodeRemove(node_name=call.arguments[0]))
    return c.EXIT_SUCCESS
