"""Node procedures that tell which guests run here and what they use."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ganeti.backend.base import RPCFail, implements
from ganeti.errors import HypervisorError
from ganeti.hypervisor import get_hypervisor
from ganeti.objects.guest import GuestInfo, GuestState
from ganeti.objects.wire import WireInstance
from ganeti.rpc import procedures

_SHOWN = ("memory", "vcpus")


@contextmanager
def hypervisor_errors(prefix: str = "") -> Iterator[None]:
    """Report errors of hypervisors to the master with their own text, after *prefix*."""
    try:
        yield
    except HypervisorError as err:
        raise RPCFail(f"{prefix}{err}") from err


def guest_of(instance: WireInstance) -> GuestInfo | None:
    """Return what the hypervisor knows about an instance."""
    return get_hypervisor(instance.hypervisor).instance_info(instance.name, instance.hvparams)


def is_running(guest: GuestInfo | None) -> bool:
    """Tell whether a guest is up; one that shut itself down is not."""
    return guest is not None and guest.state != GuestState.SHUTDOWN


@implements(procedures.instance_info)
def instance_info(instance: str, hname: str, hvparams: dict[str, Any]) -> dict[str, Any]:
    """Return memory, vcpus, state and time of a guest; empty if it is unknown."""
    with hypervisor_errors():
        guest = get_hypervisor(hname).instance_info(instance, hvparams)
    return {} if guest is None else guest.to_wire()


@implements(procedures.instance_list)
def instance_list(hypervisor_list: list[str], hvparams: dict[str, dict[str, Any]]) -> list[str]:
    """Return the names of all guests of some hypervisors."""
    names: list[str] = []
    for name in hypervisor_list:
        with hypervisor_errors(f"Failed to list instances of hypervisor {name}: "):
            names += get_hypervisor(name).list_instances(hvparams.get(name, {}))
    return names


@implements(procedures.all_instances_info)
def all_instances_info(
    hypervisor_list: list[str], all_hvparams: dict[str, dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Return what ``instance_info`` gives for all guests of some hypervisors, by name."""
    found: dict[str, dict[str, Any]] = {}
    for name in hypervisor_list:
        with hypervisor_errors(f"Failed to get the instances of hypervisor {name}: "):
            guests = get_hypervisor(name).all_instances_info(all_hvparams.get(name, {}))
        _merge(found, guests)
    return found


def _merge(found: dict[str, dict[str, Any]], guests: Sequence[GuestInfo]) -> None:
    """Add guests; the same name under two hypervisors is an error unless they look the same.

    The Xen hypervisors of a node each see the guests of the other.
    """
    for guest in guests:
        values = guest.to_wire()
        known = found.get(guest.name)
        if known is not None and _differ(known, values):
            raise RPCFail(f"Instance {guest.name} is running twice with different parameters")
        found[guest.name] = values


def _differ(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    return any(first[key] != second[key] for key in _SHOWN)
