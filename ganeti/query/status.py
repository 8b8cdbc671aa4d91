"""The status of an instance, from the configuration and what the nodes report: a pure decision."""

from dataclasses import dataclass

from ganeti import constants as c
from ganeti.objects import Instance


@dataclass(frozen=True)
class Sighting:
    """What is known about an instance from the nodes that were asked.

    ``on_primary`` and ``elsewhere`` say where a hypervisor knows it, ``is_shut_down`` that its user stopped it from
    inside, ``primary_failed`` and ``primary_offline`` why the primary said nothing.
    """

    on_primary: bool = False
    elsewhere: bool = False
    is_shut_down: bool = False
    primary_failed: bool = False
    primary_offline: bool = False


def instance_status(instance: Instance, seen: Sighting, *, allows_user_shutdown: bool) -> str:
    """Return the status (an INSTST constant) of an instance.

    *allows_user_shutdown*: the cluster, and for KVM the instance too, lets users stop instances from inside.
    """
    is_up = instance.admin_state == c.ADMINST_UP
    if seen.primary_offline:
        return c.INSTST_NODEOFFLINE
    if seen.primary_failed and not (seen.on_primary or seen.elsewhere):
        return c.INSTST_NODEDOWN
    if seen.elsewhere and not seen.on_primary:
        return c.INSTST_WRONGNODE
    if seen.on_primary:
        if not seen.is_shut_down:
            return c.INSTST_RUNNING if is_up else c.INSTST_ERRORUP
        if is_up:
            return c.INSTST_USERDOWN if allows_user_shutdown else c.INSTST_ERRORDOWN
        return c.INSTST_ADMINDOWN
    if is_up:
        return c.INSTST_ERRORDOWN
    if instance.admin_state == c.ADMINST_OFFLINE:
        return c.INSTST_ADMINOFFLINE
    return c.INSTST_USERDOWN if instance.admin_state_source == c.USER_SOURCE else c.INSTST_ADMINDOWN
