"""gnt-instance remove and rename."""

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cli import confirm, submit
from ganeti.cli.invocation import Invocation
from ganeti.client.instance.move import existing_name


def remove(call: Invocation) -> int:
    """Stop an instance and remove it with its disks."""
    options = call.options
    name = call.arguments[0]
    if not options.force:
        name = existing_name(call, name)
        if not confirm.confirm(f"Instance {name} and all data on its disks will be removed. Continue?"):
            return c.EXIT_FAILURE
    op = opcodes.OpInstanceRemove(
        instance_name=name, ignore_failures=options.ignore_failures, shutdown_timeout=options.shutdown_timeout
    )
    submit.submit_or_run(call, op)
    return c.EXIT_SUCCESS


def rename(call: Invocation) -> int:
    """Give a stopped instance another name."""
    options = call.options
    if options.ip_check and not options.name_check:
        raise errors.OpPrereqError("--ip-check needs --name-check", c.ECODE_INVAL)
    old_name, new_name = call.arguments
    op = opcodes.OpInstanceRename(
        instance_name=old_name, new_name=new_name, ip_check=options.ip_check, name_check=options.name_check
    )
    result = submit.submit_or_run(call, op)
    if result:
        print(f"Instance '{old_name}' renamed to '{result}'")
    return c.EXIT_SUCCESS
