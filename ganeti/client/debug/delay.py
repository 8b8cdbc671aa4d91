"""gnt-debug delay: a job that only waits."""

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cli import submit
from ganeti.cli.invocation import Invocation


def run(call: Invocation) -> int:
    """Submit a job that waits for the given number of seconds."""
    options = call.options
    try:
        duration = float(call.arguments[0])
    except ValueError:
        raise errors.OpPrereqError(f"Invalid duration '{call.arguments[0]}', use seconds", c.ECODE_INVAL) from None
    op = opcodes.OpTestDelay(
        duration=duration,
        on_master=options.on_master,
        on_nodes=options.on_nodes,
        repeat=options.repeat,
        interruptible=options.interruptible,
        no_locks=options.no_locks,
    )
    submit.submit_or_run(call, op)
    return c.EXIT_SUCCESS
