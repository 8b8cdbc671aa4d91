"""gnt-instance activate-disks and deactivate-disks."""

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cli import submit
from ganeti.cli.invocation import Invocation


def activate(call: Invocation) -> int:
    """Make the disks of an instance usable on its primary node and print where they are."""
    op = opcodes.OpInstanceActivateDisks(
        instance_name=call.arguments[0],
        ignore_size=call.options.ignore_size,
        wait_for_sync=call.options.wait_for_sync,
    )
    for node, disk, path in submit.submit_or_run(call, op):
        print(f"{node}:{disk}:{path}")
    return c.EXIT_SUCCESS


def deactivate(call: Invocation) -> int:
    """Shut the disks of an instance down."""
    op = opcodes.OpInstanceDeactivateDisks(instance_name=call.arguments[0], force=call.options.force)
    submit.submit_or_run(call, op)
    return c.EXIT_SUCCESS
