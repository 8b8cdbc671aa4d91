"""gnt-network add, modify, rename and remove."""

import sys
from typing import Final

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cli import submit
from ganeti.cli.invocation import Invocation
from ganeti.client.cluster.parameters import split_list

_CHANGING_OPTIONS: Final = (
    "gateway",
    "gateway6",
    "network6",
    "mac_prefix",
    "add_reserved_ips",
    "remove_reserved_ips",
)


def add(call: Invocation) -> int:
    """Add a network."""
    options = call.options
    if options.network is None:
        raise errors.OpPrereqError("The --network option must be given", c.ECODE_INVAL)
    op = opcodes.OpNetworkAdd(
        network_name=call.arguments[0],
        network=options.network,
        gateway=options.gateway,
        network6=options.network6,
        gateway6=options.gateway6,
        mac_prefix=options.mac_prefix,
        add_reserved_ips=split_list(options.add_reserved_ips),
        conflicts_check=options.conflicts_check,
        tags=split_list(options.tags) or [],
    )
    submit.submit_or_run(call, op)
    return c.EXIT_SUCCESS


def modify(call: Invocation) -> int:
    """Change a network."""
    options = call.options
    if all(getattr(options, name) is None for name in _CHANGING_OPTIONS):
        sys.stderr.write("Please give at least one of the parameters.\n")
        return c.EXIT_FAILURE
    op = opcodes.OpNetworkSetParams(
        network_name=call.arguments[0],
        gateway=options.gateway,
        network6=options.network6,
        gateway6=options.gateway6,
        mac_prefix=options.mac_prefix,
        add_reserved_ips=split_list(options.add_reserved_ips),
        remove_reserved_ips=split_list(options.remove_reserved_ips),
    )
    submit.submit_or_run(call, op)
    return c.EXIT_SUCCESS


def remove(call: Invocation) -> int:
    """Remove a network."""
    op = opcodes.OpNetworkRemove(network_name=call.arguments[0], force=call.options.force)
    submit.submit_or_run(call, op)
    return c.EXIT_SUCCESS


def rename(call: Invocation) -> int:
    """Give a network another name."""
    old, new = call.arguments
    submit.submit_or_run(call, opcodes.OpNetworkRename(network_name=old, new_name=new))
    return c.EXIT_SUCCESS
