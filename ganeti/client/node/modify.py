"""gnt-node modify: change role, addresses and parameters of a node."""

import sys
from typing import Final

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cli import confirm, state_params, submit
from ganeti.cli.invocation import Invocation

_CHANGING_OPTIONS: Final = (
    "master_candidate",
    "drained",
    "offline",
    "master_capable",
    "vm_capable",
    "secondary_ip",
    "ndparams",
    "node_powered",
    "hv_state",
    "disk_state",
)


def _is_confirmed(call: Invocation) -> bool:
    """Ask before a node is marked online that was offline: its data may be out of date."""
    options = call.options
    if options.offline is not False or options.force:
        return True
    return confirm.confirm(
        "The safe way to bring back an offline node is 'gnt-node add --readd', because its files and certificates may"
        " be out of date. Continue without?"
    )


def run(call: Invocation) -> int:
    """Change a node."""
    options = call.options
    if all(getattr(options, name) in (None, []) for name in _CHANGING_OPTIONS):
        sys.stderr.write("Please give at least one of the parameters.\n")
        return c.EXIT_FAILURE
    if not _is_confirmed(call):
        return c.EXIT_FAILURE
    name = call.arguments[0]
    op = opcodes.OpNodeSetParams(
        node_name=name,
        master_candidate=options.master_candidate,
        offline=options.offline,
        drained=options.drained,
        master_capable=options.master_capable,
        vm_capable=options.vm_capable,
        secondary_ip=options.secondary_ip,
        force=options.force,
        ndparams=state_params.node_parameters(options.ndparams, may_reset=True),
        auto_promote=options.auto_promote,
        powered=options.node_powered,
        hv_state=state_params.hypervisor_state(options.hv_state),
        disk_state=state_params.disk_state(options.disk_state),
    )
    changes = submit.submit_or_run(call, op)
    if changes:
        print(f"Modified node {name}")
        for key, value in changes:
            print(f" - {key:<5} -> {value}")
    return c.EXIT_SUCCESS
