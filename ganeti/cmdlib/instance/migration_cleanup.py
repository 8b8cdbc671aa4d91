"""Repairing an instance after a migration or failover that did not come to its end."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from ganeti import constants as c
from ganeti.cmdlib.base import LogicalUnit
from ganeti.cmdlib.instance.failover_exec import set_primary
from ganeti.cmdlib.instance.migration_exec import abort_transfer, finalize
from ganeti.cmdlib.instance.nodechecks import node_name
from ganeti.cmdlib.instance.relocation import Relocation
from ganeti.cmdlib.instance.relocation_disks import MovingDisks
from ganeti.cmdlib.instance.state import current
from ganeti.errors import OpExecError
from ganeti.hvparams import CAN_MIGRATE
from ganeti.objects import Instance
from ganeti.objects.fill import fill_instance_hv
from ganeti.objects.to_wire import wire_instance
from ganeti.rpc import procedures

#: What Xen calls a guest while it is moved.
_TRANSFER_SUFFIXES = ("--incoming", "--migratedaway")


class Verdict(NamedTuple):
    """Where the instance belongs, and the node that must let it go (UUIDs)."""

    primary: str
    demoted: str


def runs_in(instance_name: str, guests: Collection[str]) -> bool:
    """Tell whether an instance, complete or in transfer, is among the guests of a node."""
    return any(f"{instance_name}{suffix}" in guests for suffix in ("", *_TRANSFER_SUFFIXES))


def nodes_running(lu: LogicalUnit[Any], instance: Instance) -> list[str]:
    """Return the UUIDs of all nodes on which the instance runs; raises OpExecError if an online node does not answer.

    A node that does not answer may run it: then nothing can be decided.
    """
    config = lu.snapshot()
    nodes = [node.uuid for node in config.nodes.values() if node.vm_capable and not node.offline]
    hv = instance.hypervisor
    params = {hv: fill_instance_hv(config.cluster, instance)}
    results = lu.rpc.call(nodes, procedures.instance_list, [hv], params)
    guests: Mapping[str, list[str]] = {
        node: result.raise_(f"Can't get the instances of node {node_name(config, node)}")
        for node, result in results.items()
    }
    return [node for node in nodes if runs_in(instance.name, guests[node])]


def decide(source: str, target: str | None, running: Collection[str]) -> Verdict | None:
    """Return where an instance belongs that runs on the given nodes; None if that cannot be told.

    *target* None stands for any node but the source.
    """
    others = [node for node in running if node != source]
    if source in running:
        if not others and target is not None:
            return Verdict(source, target)
        return None
    if len(others) == 1:
        return Verdict(others[0], source)
    return None


def clean_up(lu: LogicalUnit[Any], instance: Instance, target: str | None, *, is_external: bool) -> None:
    """Find out where an instance really runs, record that, and close its disks on the other node.

    *target* is where it should have gone, None if unknown. Raises OpExecError if it runs nowhere, or on several nodes
    even after its transfer was aborted.
    """
    source = instance.primary_node
    lu.feedback("* checking where the instance actually runs (if this hangs, the hypervisor might be in a bad state)")
    running = nodes_running(lu, instance)
    if source in running and target is None:
        target = next((node for node in running if node != source), None)
    if source in running and target in running and target is not None:
        _settle_transfer(lu, Relocation(instance, source, target, is_external))
        running = nodes_running(lu, instance)
    if source in running and target is None:
        lu.feedback("* the instance runs on its primary node only")
        _let_go_on(lu, instance, source)
        return
    verdict = decide(source, target, running)
    if verdict is None:
        raise OpExecError(_undecidable(lu, instance, running))
    move = Relocation(instance, verdict.demoted, verdict.primary, is_external)
    disks = MovingDisks(lu, move)
    if verdict.primary != source:
        lu.feedback(f"* instance running on {disks.name_of(verdict.primary)}, updating config")
        set_primary(lu, instance.uuid, verdict.primary)
    else:
        lu.feedback(f"* instance confirmed to be running on its primary node ({disks.name_of(source)})")
    disks.close_or_fail(verdict.demoted)
    disks.open(verdict.primary, exclusive=True)
    _let_go_on(lu, instance, verdict.primary)
    lu.feedback("* done")


def _let_go_on(lu: LogicalUnit[Any], instance: Instance, node: str) -> None:
    """Let a guest run that a transfer from or to its only node has left stopped; raises OpExecError."""
    if instance.hypervisor not in CAN_MIGRATE:
        return
    config = lu.snapshot()
    wired = wire_instance(config, current(lu, instance.uuid), node)
    if node == instance.primary_node:
        result = lu.rpc.call_one(node, procedures.instance_finalize_migration_src, wired, False, False)
    else:
        result = lu.rpc.call_one(node, procedures.instance_finalize_migration_dst, wired, "", True)
    result.raise_(f"Instance {instance.name} may be stopped on node {node_name(config, node)}")


def _settle_transfer(lu: LogicalUnit[Any], move: Relocation) -> None:
    """End a transfer that left the guest on both nodes: complete it if all of it has arrived, else abort it.

    Raises OpExecError.
    """
    config = lu.snapshot()
    wired = wire_instance(config, move.instance, move.source)
    name = node_name(config, move.source)
    status = lu.rpc.call_one(move.source, procedures.instance_get_migration_status, wired).raise_(
        f"Can't get the state of the transfer from node {name}"
    )
    info = lu.rpc.call_one(move.source, procedures.migration_info, wired).raise_(
        f"Failed fetching migration information from node {name}"
    )
    if status.status == c.HV_MIGRATION_COMPLETED:
        lu.feedback("* instance has arrived on the other node, completing its transfer")
        finalize(lu, move, info, live=False)
        return
    lu.feedback("* instance is on both nodes, aborting its transfer")
    # Not "live": a guest that the transfer had stopped must go on.
    if not abort_transfer(lu, move, info, live=False):
        raise OpExecError(f"The transfer of instance {move.instance.name} cannot be aborted")


def _undecidable(lu: LogicalUnit[Any], instance: Instance, running: Collection[str]) -> str:
    config = lu.snapshot()
    if not running:
        repair = "start it" if instance.admin_state == c.ADMINST_UP else "nothing needs to be repaired, or start it"
        return (
            f"Instance {instance.name} does not run on any node; shut it down with 'gnt-instance shutdown' to clean"
            f" its disks up, then {repair}"
        )
    names = ", ".join(node_name(config, node) for node in running)
    return f"Instance {instance.name} runs on several nodes ({names}); stop it by hand on all but one of them"
