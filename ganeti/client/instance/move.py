"""gnt-instance migrate and failover."""

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cli import confirm, submit
from ganeti.cli.invocation import Invocation


def _target(call: Invocation) -> tuple[str | None, str | None]:
    """Return target node and allocator, of which at most one may be given."""
    node, allocator = call.options.dst_node, call.options.iallocator
    if node and allocator:
        raise errors.OpPrereqError("Give either a target node or an instance allocator, not both", c.ECODE_INVAL)
    return node, allocator


def migration_mode(call: Invocation) -> str | None:
    """Return the wanted mode of a migration, None for the default of the hypervisor.

    Raises OpPrereqError if both options for it are given.
    """
    options = call.options
    if options.live:
        mode: str | None = options.migration_mode
        return mode
    if options.migration_mode is not None:
        raise errors.OpPrereqError("Give either --non-live or --migration-mode, not both", c.ECODE_INVAL)
    return c.HT_MIGRATION_NONLIVE


def existing_name(call: Invocation, name: str) -> str:
    """Return the full name of an instance.

    Raises OpPrereqError (unknown_entity).
    """
    rows = call.client.query_instances([name], ["name"])
    if not rows or rows[0][0] is None:
        raise errors.OpPrereqError(f"Instance {name} not found", c.ECODE_NOENT)
    return str(rows[0][0])


def migrate(call: Invocation) -> int:
    """Move an instance to another node, by default while it runs."""
    options = call.options
    target_node, iallocator = _target(call)
    mode = migration_mode(call)
    name = call.arguments[0]
    if not options.force:
        name = existing_name(call, name)
        question = f"What an interrupted migration of {name} left behind will be repaired. Continue?"
        if not options.cleanup:
            question = f"Instance {name} will be migrated; it may suffer if something goes wrong. Continue?"
        if not confirm.confirm(question):
            return c.EXIT_FAILURE
    op = opcodes.OpInstanceMigrate(
        instance_name=name,
        mode=mode,  # the option has just these choices
        target_node=target_node,
        iallocator=iallocator,
        cleanup=options.cleanup,
        allow_failover=options.allow_failover,
        allow_runtime_changes=options.allow_runtime_chgs,
        ignore_ipolicy=options.ignore_ipolicy,
        ignore_hvversions=options.ignore_hvversions,
    )
    submit.submit_or_run(call, op)
    return c.EXIT_SUCCESS


def failover(call: Invocation) -> int:
    """Stop an instance and start it on another node."""
    options = call.options
    target_node, iallocator = _target(call)
    name = call.arguments[0]
    if not options.force:
        name = existing_name(call, name)
        if not confirm.confirm(f"Instance {name} will be stopped and started on another node. Continue?"):
            return c.EXIT_FAILURE
    # Two running copies destroy the disks, so not even --force answers this one.
    if options.ignore_consistency and not confirm.confirm(
        f"The disks of {name} may be in use or out of date. Is its present node marked offline or really down?"
    ):
        return c.EXIT_FAILURE
    op = opcodes.OpInstanceFailover(
        instance_name=name,
        target_node=target_node,
        iallocator=iallocator,
        cleanup=options.cleanup,
        ignore_consistency=options.ignore_consistency,
        ignore_ipolicy=options.ignore_ipolicy,
        shutdown_timeout=options.shutdown_timeout,
    )
    submit.submit_or_run(call, op)
    return c.EXIT_SUCCESS
