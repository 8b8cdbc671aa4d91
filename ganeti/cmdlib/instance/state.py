"""Recorded state of instances: all changes to it, each one new value of the instance in the configuration."""

from typing import Any

from ganeti import constants as c
from ganeti.cmdlib.base import LogicalUnit
from ganeti.errors import OpExecError
from ganeti.objects import Instance

#: Sets of states for ``check_state``.
DOWN = frozenset({c.ADMINST_DOWN})
ONLINE = frozenset({c.ADMINST_DOWN, c.ADMINST_UP})
NOT_RUNNING = frozenset({c.ADMINST_DOWN, c.ADMINST_OFFLINE})


def current(lu: LogicalUnit[Any], uuid: str) -> Instance:
    """Return the instance as the configuration has it now.

    Raises OpExecError if it is gone, which the instance's lock prevents.
    """
    instance = lu.snapshot().instances.get(uuid)
    if instance is None:
        raise OpExecError(f"Instance with UUID {uuid} has vanished from the configuration")
    return instance


def mark_up(lu: LogicalUnit[Any], uuid: str) -> Instance:
    """Record that the instance shall run."""
    return lu.cfg.set_instance_state(
        uuid, admin_state=c.ADMINST_UP, disks_active=True, admin_state_source=c.ADMIN_SOURCE
    )


def mark_down(lu: LogicalUnit[Any], uuid: str, source: str = c.ADMIN_SOURCE) -> Instance:
    """Record that the instance shall not run; *source* says whether the admin or the guest's user wants that."""
    return lu.cfg.set_instance_state(uuid, admin_state=c.ADMINST_DOWN, admin_state_source=source)


def mark_offline(lu: LogicalUnit[Any], uuid: str) -> Instance:
    """Record that the instance is out of use."""
    return lu.cfg.set_instance_state(
        uuid, admin_state=c.ADMINST_OFFLINE, disks_active=False, admin_state_source=c.ADMIN_SOURCE
    )


def mark_disks(lu: LogicalUnit[Any], uuid: str, *, active: bool) -> Instance:
    """Record whether the instance's disks are supposed to be active."""
    return lu.cfg.set_instance_state(uuid, disks_active=active)
