"""gnt-instance activate-disks, deactivate-disks and grow-disk."""

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cli import submit
from ganeti.cli.invocation import Invocation
from ganeti.utils.text import parse_unit


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


def grow(call: Invocation) -> int:
    """Make a disk of an instance larger."""
    options = call.options
    name, disk, amount = call.arguments
    if not (disk.isascii() and disk.isdigit()):
        raise errors.OpPrereqError(f"Invalid disk index '{disk}'", c.ECODE_INVAL)
    try:
        amount_mib = parse_unit(amount)
    except errors.UnitParseError as err:
        raise errors.OpPrereqError(f"Invalid amount: {err}", c.ECODE_INVAL) from None
    op = opcodes.OpInstanceGrowDisk(
        instance_name=name,
        disk=int(disk),
        amount=amount_mib,
        absolute=options.absolute,
        wait_for_sync=options.wait_for_sync,
        ignore_ipolicy=options.ignore_ipolicy,
    )
    submit.submit_or_run(call, op)
    return c.EXIT_SUCCESS
