"""gnt-group add, modify, rename, remove and assign-nodes."""

import sys
from argparse import Namespace
from typing import Any, Final

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cli import state_params, submit
from ganeti.cli.invocation import Invocation
from ganeti.client.cluster.parameters import disk_parameters
from ganeti.client.cluster.policy import ipolicy_of

_CHANGING_OPTIONS: Final = (
    "alloc_policy",
    "diskparams",
    "disk_state",
    "hv_state",
    "ipolicy_bounds_specs",
    "ipolicy_disk_templates",
    "ipolicy_spindle_ratio",
    "ipolicy_vcpu_ratio",
    "ndparams",
)


def _ipolicy(options: Namespace, *, may_reset: bool) -> dict[str, Any] | None:
    """Return the parts of the instance policy that are given; the word ``default`` resets one of them."""
    rest, resets = Namespace(**vars(options)), dict[str, Any]()
    if may_reset and options.ipolicy_bounds_specs == [{c.VALUE_DEFAULT: {}}]:
        resets[c.ISPECS_MINMAX], rest.ipolicy_bounds_specs = c.VALUE_DEFAULT, None
    if may_reset and options.ipolicy_disk_templates == [c.VALUE_DEFAULT]:
        resets[c.IPOLICY_DTS], rest.ipolicy_disk_templates = [c.VALUE_DEFAULT], None
    return {**ipolicy_of(rest), **resets} or None


def _parameters(options: Namespace, *, may_reset: bool) -> dict[str, Any]:
    return {
        "alloc_policy": options.alloc_policy,
        "ndparams": state_params.node_parameters(options.ndparams, may_reset=may_reset),
        "diskparams": disk_parameters(options.diskparams, may_reset=may_reset) or None,
        "hv_state": state_params.hypervisor_state(options.hv_state),
        "disk_state": state_params.disk_state(options.disk_state),
        "ipolicy": _ipolicy(options, may_reset=may_reset),
    }


def add(call: Invocation) -> int:
    """Add a node group."""
    op = opcodes.OpGroupAdd(group_name=call.arguments[0], **_parameters(call.options, may_reset=False))
    result = submit.submit_or_run(call, op)
    if result:
        from ganeti.cli.jobs import wait_for_result_jobs

        outcomes = wait_for_result_jobs(call, result)
        return c.EXIT_SUCCESS if all(outcome.success for outcome in outcomes) else c.EXIT_FAILURE
    return c.EXIT_SUCCESS


def modify(call: Invocation) -> int:
    """Change the parameters of a node group."""
    if all(getattr(call.options, name) in (None, []) for name in _CHANGING_OPTIONS):
        sys.stderr.write("Please give at least one of the parameters.\n")
        return c.EXIT_FAILURE
    name = call.arguments[0]
    op = opcodes.OpGroupSetParams(group_name=name, **_parameters(call.options, may_reset=True))
    changes = submit.submit_or_run(call, op)
    if changes:
        print(f"Modified node group {name}")
        for key, value in changes:
            print(f" - {key:<5} -> {value}")
    return c.EXIT_SUCCESS


def assign_nodes(call: Invocation) -> int:
    """Put nodes into a group."""
    group, *nodes = call.arguments
    submit.submit_or_run(call, opcodes.OpGroupAssignNodes(group_name=group, nodes=nodes, force=call.options.force))
    return c.EXIT_SUCCESS


def remove(call: Invocation) -> int:
    """Remove a group."""
    submit.submit_or_run(call, opcodes.OpGroupRemove(group_name=call.arguments[0]))
    return c.EXIT_SUCCESS


def rename(call: Invocation) -> int:
    """Give a group another name."""
    old, new = call.arguments
    submit.submit_or_run(call, opcodes.OpGroupRename(group_name=old, new_name=new))
    return c.EXIT_SUCCESS
