"""gnt-node powercycle: reset a node."""

import sys
from typing import Final

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cli import confirm, submit
from ganeti.cli.invocation import Invocation

_EXIT_DECLINED: Final = 2


def run(call: Invocation) -> int:
    """Let a node reset itself without shutting anything down."""
    options = call.options
    node = call.arguments[0]
    question = f"Node {node} will be reset without shutting anything down. Continue?"
    if not options.confirm and not confirm.confirm(question):
        return _EXIT_DECLINED
    result = submit.submit_or_run(call, opcodes.OpNodePowercycle(node_name=node, force=options.force))
    if result:
        sys.stderr.write(f"{result}\n")
    return c.EXIT_SUCCESS
