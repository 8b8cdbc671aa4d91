"""gnt-node migrate and failover: all primary instances of a node."""

import sys
from typing import Final

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cli import confirm, submit
from ganeti.cli.invocation import Invocation
from ganeti.cli.jobs import JobExecutor, wait_for_result_jobs
from ganeti.client.instance.move import migration_mode
from ganeti.client.outcomes import summarise

_EXIT_DECLINED: Final = 2


def _primary_instances(call: Invocation) -> tuple[str, list[str]]:
    """Return the full name of the node and its primary instances.

    Raises OpPrereqError.
    """
    rows = call.client.query_nodes(call.arguments[:1], ["name", "pinst_list"])
    if not rows:
        raise errors.OpPrereqError(f"Node {call.arguments[0]} not found", c.ECODE_NOENT)
    name, instances = rows[0]
    return str(name), sorted(instances)


def failover(call: Invocation) -> int:
    """Stop the primary instances of a node and start them on their other nodes."""
    options = call.options
    node, instances = _primary_instances(call)
    if not instances:
        sys.stderr.write(f"No primary instances on node {node}, exiting.\n")
        return c.EXIT_SUCCESS
    names = ", ".join(f"'{name}'" for name in instances)
    if not options.force and not confirm.confirm(f"Fail over instance(s) {names}?"):
        return _EXIT_DECLINED
    executor = JobExecutor(call)
    for name in instances:
        op = opcodes.OpInstanceFailover(
            instance_name=name, ignore_consistency=options.ignore_consistency, iallocator=options.iallocator
        )
        executor.add(name, op)
    return summarise(
        executor.wait(),
        success="All instances failed over successfully.",
        failure="There were {count} errors during the failover.",
    )


def migrate(call: Invocation) -> int:
    """Migrate the primary instances of a node to their other nodes."""
    options = call.options
    mode = migration_mode(call)
    node, instances = _primary_instances(call)
    if not instances:
        print(f"No primary instances on node {node}, exiting.")
        return c.EXIT_SUCCESS
    names = ", ".join(f"'{name}'" for name in instances)
    if not options.force and not confirm.confirm(f"Migrate instance(s) {names}?"):
        return c.EXIT_CONFIRMATION
    op = opcodes.OpNodeMigrate(
        node_name=node,
        mode=mode,  # the option has just these choices
        target_node=options.dst_node,
        iallocator=options.iallocator,
        allow_runtime_changes=options.allow_runtime_chgs,
        ignore_ipolicy=options.ignore_ipolicy,
    )
    result = submit.submit_or_run(call, op)
    return summarise(
        wait_for_result_jobs(call, result, instances),
        success="All instances migrated successfully.",
        failure="There were {count} errors during the node migration.",
    )
