"""Execution of a failover: stop here, record the new primary node, start there.

The order is what data safety rests on: the guest is gone from the source before the configuration names the target,
and the configuration is on disk before the guest starts there. A master that dies in between leaves an instance that
is down; starting it repairs that.
"""

from dataclasses import dataclass
from typing import Any

import msgspec

from ganeti import constants as c
from ganeti.cmdlib.base import LogicalUnit
from ganeti.cmdlib.instance.disk_activation import assemble_disks, shutdown_disks
from ganeti.cmdlib.instance.power import start_failure, start_guest, stop_guest
from ganeti.cmdlib.instance.relocation import Relocation
from ganeti.cmdlib.instance.relocation_disks import MovingDisks
from ganeti.cmdlib.instance.state import current
from ganeti.errors import OpExecError
from ganeti.objects import Instance
from ganeti.objects.wire import ReasonTrail


@dataclass(frozen=True)
class FailoverOptions:
    """How a failover is done; with ``ignore_consistency`` the source may be dead without being marked offline."""

    shutdown_timeout_s: int
    ignore_consistency: bool
    reason: ReasonTrail


def fail_over(lu: LogicalUnit[Any], move: Relocation, options: FailoverOptions) -> None:
    """Move an instance with a stop and a start; raises OpExecError."""
    disks = MovingDisks(lu, move)
    source_name = disks.name_of(move.source)
    source_offline = lu.snapshot().nodes[move.source].offline
    may_fail = options.ignore_consistency or source_offline
    instance = move.instance
    if instance.disks_active:
        lu.feedback("* checking disk consistency between source and target")
        _check_disks(lu, disks, source_offline=source_offline, options=options)
    else:
        lu.feedback("* not checking disk consistency as instance is not running")
    lu.feedback("* shutting down instance on source node")
    result = stop_guest(lu, instance, options.shutdown_timeout_s, options.reason)
    if result.fail_msg:
        text = f"Could not shutdown instance {instance.name} on node {source_name}"
        if not may_fail:
            raise OpExecError(f"{text}: {result.fail_msg}")
        lu.log_warning(f"{text}, proceeding anyway; please make sure node {source_name} is down: {result.fail_msg}")
    if move.is_external:
        closed = disks.close(move.source)
        if closed is not None and closed.fail_msg:
            text = f"Cannot close instance disks on node {source_name}: {closed.fail_msg}"
            if not may_fail:
                raise OpExecError(text)
            lu.log_warning(text)
    was_active = instance.disks_active
    lu.feedback("* deactivating the instance's disks on source node")
    if not shutdown_disks(lu, instance, ignore_primary=True):
        raise OpExecError("Can't shut down the instance's disks")
    instance = set_primary(lu, instance.uuid, move.target)
    if instance.admin_state == c.ADMINST_UP:
        _start(lu, instance, disks, options.reason)
    elif was_active:
        lu.log_info(f"Disks of instance {instance.name} were active and are not any more")


def set_primary(lu: LogicalUnit[Any], uuid: str, target: str) -> Instance:
    """Record the new primary node of an instance."""
    return lu.cfg.update(msgspec.structs.replace(current(lu, uuid), primary_node=target), lu.ec_id)


def _check_disks(lu: LogicalUnit[Any], disks: MovingDisks, *, source_offline: bool, options: FailoverOptions) -> None:
    for name in disks.inconsistent():
        text = f"Disk {name} is degraded on target node"
        if source_offline:
            lu.feedback(f"{text}, but the source node is offline and its copy cannot be used anyway")
        elif options.ignore_consistency:
            lu.log_warning(f"{text}, ignoring as asked")
        else:
            raise OpExecError(f"{text}, aborting failover")


def _start(lu: LogicalUnit[Any], instance: Instance, disks: MovingDisks, reason: ReasonTrail) -> None:
    name = disks.name_of(instance.primary_node)
    lu.feedback(f"* activating the instance's disks on target node {name}")
    if not assemble_disks(lu, instance, ignore_secondaries=True).ok:
        shutdown_disks(lu, instance)
        raise OpExecError("Can't activate the instance's disks")
    lu.feedback(f"* starting the instance on the target node {name}")
    result = start_guest(lu, current(lu, instance.uuid), reason)
    if result.fail_msg:
        shutdown_disks(lu, instance)
        raise OpExecError(start_failure(lu, instance, result.fail_msg))
