"""gnt-node evacuate: other nodes for the instances that use a node."""

import sys

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cli import confirm, submit
from ganeti.cli.invocation import Invocation
from ganeti.cli.jobs import wait_for_result_jobs
from ganeti.client.outcomes import summarise


def _mode(call: Invocation) -> str:
    """Return what is to be moved; a new secondary node implies that it is the secondary instances.

    Raises OpPrereqError if both kinds are asked for, or the new node is for primary ones.
    """
    options = call.options
    if options.primary_only and options.secondary_only:
        raise errors.OpPrereqError("Only one of --primary-only and --secondary-only can be given", c.ECODE_INVAL)
    if options.primary_only:
        return c.NODE_EVAC_PRI
    return c.NODE_EVAC_SEC if options.secondary_only or options.dst_node else c.NODE_EVAC_ALL


def _instances(call: Invocation, mode: str) -> tuple[str, list[str]]:
    """Return the full name of the node and the instances that are meant.

    Raises OpPrereqError.
    """
    rows = call.client.query_nodes(call.arguments[:1], ["name", "pinst_list", "sinst_list"])
    if not rows or rows[0][0] is None:
        raise errors.OpPrereqError(f"Node {call.arguments[0]} not found", c.ECODE_NOENT)
    name, primary, secondary = rows[0]
    found = [*(primary if mode != c.NODE_EVAC_SEC else ()), *(secondary if mode != c.NODE_EVAC_PRI else ())]
    return str(name), sorted(found)


def run(call: Invocation) -> int:
    """Move the instances of a node elsewhere."""
    options = call.options
    mode = _mode(call)
    node, instances = _instances(call, mode)
    if not instances:
        sys.stderr.write(f"No instances to evacuate on node {node}, exiting.\n")
        return c.EXIT_SUCCESS
    question = f"Relocate instance(s) {', '.join(instances)} from node {node}?"
    if not options.force and not confirm.confirm(question):
        return c.EXIT_CONFIRMATION
    op = opcodes.OpNodeEvacuate(
        node_name=node,
        remote_node=options.dst_node,
        iallocator=options.iallocator,
        mode=mode,  # one of the constants for it
        early_release=options.early_release,
        ignore_soft_errors=options.ignore_soft_errors,
    )
    result = submit.submit_or_run(call, op)
    return summarise(
        wait_for_result_jobs(call, result),
        success="All instances evacuated successfully.",
        failure="There were {count} errors during the evacuation.",
    )
