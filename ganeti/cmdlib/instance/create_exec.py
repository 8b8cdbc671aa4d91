"""Execution of instance creation.

The order is made for a master that dies at any moment. An instance with disks is in the configuration, on disk, before
the first device is made, and marked as forthcoming until its operating system is installed: nobody can start it by
mistake, verification names it, and ``gnt-instance remove`` removes what exists of it. A failure up to the installation
of the operating system takes everything back; afterwards the instance stays, to be installed again or removed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec

from ganeti import constants as c
from ganeti.cmdlib.base import LogicalUnit
from ganeti.cmdlib.instance.base import reason_of
from ganeti.cmdlib.instance.create_plan import InstancePlan
from ganeti.cmdlib.instance.disk_activation import shutdown_disks
from ganeti.cmdlib.instance.disk_content import wait_for_sync, wipe_disks, write_image
from ganeti.cmdlib.instance.disk_creation import DiskCreationError, create_disks, remove_disks
from ganeti.cmdlib.instance.disks import Layout, generate_disks
from ganeti.cmdlib.instance.os_install import install_os
from ganeti.cmdlib.instance.params import OS_IMAGE_PARAM, plain
from ganeti.cmdlib.instance.power import start_failure, start_guest
from ganeti.cmdlib.instance.state import current, mark_up
from ganeti.config import operations
from ganeti.config.draft import Draft
from ganeti.errors import OpExecError
from ganeti.objects import Disk, Instance
from ganeti.objects.wire import ReasonTrail
from ganeti.opcodes.instance import OpInstanceCreate


@dataclass(frozen=True)
class CreationOptions:
    """What shall be done besides making the instance."""

    file_driver: str
    wait_for_sync: bool
    no_install: bool
    start: bool
    image: str | None
    secret_osparams: dict[str, Any]
    debug_level: int
    reason: ReasonTrail

    @classmethod
    def of(cls, op: OpInstanceCreate) -> "CreationOptions":
        """Return the options of an opcode."""
        return cls(
            file_driver=op.file_driver or c.FD_DEFAULT,
            wait_for_sync=op.wait_for_sync,
            no_install=bool(op.no_install),
            start=op.start,
            image=op.osparams.get(OS_IMAGE_PARAM),
            secret_osparams=plain(op.osparams_secret),
            debug_level=op.debug_level or 0,
            reason=reason_of(op),
        )

    def runs_scripts(self, plan: InstancePlan) -> bool:
        """Tell whether the scripts of the OS definition shall be run."""
        return bool(plan.os and plan.disks) and not self.image and not self.no_install


def create_instance(lu: LogicalUnit[Any], plan: InstancePlan, options: CreationOptions) -> Instance:
    """Create the planned instance; raises OpExecError."""
    instance, disks = _register(lu, plan, options)
    with _taken_back_on_failure(lu, instance, disks):
        if disks:
            lu.cfg.wait_durable()
            lu.feedback("* creating instance disks...")
            create_disks(lu, instance, disks)
        lu.locks.release(c.LEVEL_NODE)
        if disks and lu.snapshot().cluster.prealloc_wipe_disks:
            lu.feedback("* wiping instance disks...")
            wipe_disks(lu, instance, disks)
        _require_sync(lu, instance, disks, oneshot=not options.wait_for_sync)
        if options.image and disks:
            write_image(lu, instance, disks[0], options.image)
            _require_sync(lu, instance, disks, oneshot=not options.wait_for_sync)
    lu.locks.release(c.LEVEL_NODE_RES)
    try:
        if options.runs_scripts(plan):
            lu.feedback("* running the instance OS create scripts...")
            install_os(lu, instance, options.secret_osparams, reinstall=False, debug_level=options.debug_level)
    except Exception:
        _complete(lu, instance)
        raise
    instance = _complete(lu, instance)
    if options.start:
        _start(lu, instance, options)
    elif disks:
        # Nobody needs them now, and the configuration shall say what is.
        shutdown_disks(lu, instance)
    return current(lu, instance.uuid)


def _register(lu: LogicalUnit[Any], plan: InstancePlan, options: CreationOptions) -> tuple[Instance, list[Disk]]:
    """Put the instance and its disks into the configuration."""

    def new_uuid() -> str:
        return lu.cfg.reservations.generate_uuid(lu.ec_id)

    layout = Layout(
        template=plan.template,
        primary=plan.primary,
        secondary=plan.secondary,
        directory=plan.directory,
        file_driver=options.file_driver,
    )
    disks = generate_disks(layout, plan.disks, new_uuid) if plan.disks else []
    instance = Instance(
        uuid=new_uuid(),
        name=plan.name,
        primary_node=plan.primary,
        os=plan.os,
        hypervisor=plan.hypervisor,
        hvparams=plan.hvparams,
        beparams=plan.beparams,
        osparams=plan.osparams,
        osparams_private=plan.osparams_private,
        admin_state=c.ADMINST_DOWN,
        nics=plan.nics,
        disks_active=bool(disks),
        forthcoming=bool(disks),
        tags=plan.tags,
    )

    def change(draft: Draft) -> Instance:
        port = operations.take_port(draft) if plan.hypervisor in c.HTS_REQ_PORT else None
        return operations.add_instance(draft, msgspec.structs.replace(instance, network_port=port), disks)

    lu.feedback(f"adding instance {plan.name} to cluster config")
    added = lu.cfg.transact(change, lu.ec_id)
    return added, [lu.snapshot().disks[uuid] for uuid in added.disks]


def _complete(lu: LogicalUnit[Any], instance: Instance) -> Instance:
    """Make the instance one like all others."""
    if not instance.forthcoming:
        return instance
    changed = msgspec.structs.replace(current(lu, instance.uuid), forthcoming=False)
    return lu.cfg.update(changed, lu.ec_id)


@contextmanager
def _taken_back_on_failure(lu: LogicalUnit[Any], instance: Instance, disks: list[Disk]) -> Iterator[None]:
    """Remove the instance with all that was made for it if the block fails, whatever the reason."""
    try:
        yield
    except DiskCreationError as err:
        _forget(lu, instance, err.left)
        raise
    except Exception:
        lu.log_warning(f"Creation of instance {instance.name} failed, removing what was made for it")
        _forget(lu, instance, remove_disks(lu, instance, disks) if disks else [])
        raise


def _forget(lu: LogicalUnit[Any], instance: Instance, left: list[str]) -> None:
    """Take the instance out of the configuration, unless devices of it are left that nobody would know of then."""
    if not left:
        lu.cfg.remove_instance(instance.uuid)
        return
    lu.log_warning(
        f"Instance {instance.name} stays in the configuration, since this could not be removed: {', '.join(left)}",
        hint=f"Repair the node, then run 'gnt-instance remove {instance.name}'",
    )


def _require_sync(lu: LogicalUnit[Any], instance: Instance, disks: list[Disk], *, oneshot: bool) -> None:
    if not wait_for_sync(lu, instance, disks, oneshot=oneshot):
        raise OpExecError("There are some degraded disks for this instance")


def _start(lu: LogicalUnit[Any], instance: Instance, options: CreationOptions) -> None:
    """Record that the instance shall run, then start it; it stays configured when that fails."""
    instance = mark_up(lu, instance.uuid)
    lu.feedback("* starting instance...")
    result = start_guest(lu, instance, options.reason)
    if result.fail_msg:
        raise OpExecError(start_failure(lu, instance, result.fail_msg))
