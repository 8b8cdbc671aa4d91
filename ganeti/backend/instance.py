"""Node procedures that start, stop and change guests."""

import logging
import time
from typing import Any

from ganeti import constants as c
from ganeti.backend import devices, disklinks, reasons
from ganeti.backend.base import RPCFail, implements
from ganeti.backend.guests import guest_of, hypervisor_errors, is_running
from ganeti.errors import BlockDeviceError, HypervisorError
from ganeti.hypervisor import Hypervisor, get_hypervisor
from ganeti.hypervisor.locking import instance_lock
from ganeti.objects.wire import ReasonTrail, WireInstance
from ganeti.rpc import procedures

_log = logging.getLogger(__name__)

#: How often a guest that was asked to stop is looked at, and asked again. A guest that is still booting misses what
#: it is asked first.
_POLL_S = 0.5
_RETRY_S = 5.0
#: What a killed guest gets to vanish.
_KILL_GRACE_S = 10.0


@implements(procedures.instance_start)
def instance_start(instance: WireInstance, startup_paused: bool, reason: ReasonTrail) -> None:
    """Start a guest; one that runs is left alone, its saved state put in order."""
    with instance_lock(instance.name), hypervisor_errors():
        hypervisor = get_hypervisor(instance.hypervisor)
        if is_running(guest_of(instance)):
            _log.info("Instance '%s' already running, not starting", instance.name)
            if not hypervisor.verify_instance(instance):
                _log.info("Rebuilding the saved state of instance '%s'", instance.name)
                hypervisor.restore_instance(instance, _open_disks(instance))
            return
        _start(hypervisor, instance, paused=startup_paused)
        reasons.store(instance.name, reason, "start")


def _open_disks(instance: WireInstance) -> list[Any]:
    try:
        return list(devices.open_instance_disks(instance))
    except BlockDeviceError as err:
        raise RPCFail(f"Block device error: {err}") from err


def _start(hypervisor: Hypervisor, instance: WireInstance, *, paused: bool) -> None:
    disks = _open_disks(instance)
    try:
        hypervisor.start_instance(instance, disks, paused=paused)
    except HypervisorError as err:
        disklinks.remove_links(instance.name)
        raise RPCFail(f"Hypervisor error: {err}") from err


@implements(procedures.instance_shutdown)
def instance_shutdown(instance: WireInstance, timeout: int, reason: ReasonTrail) -> None:
    """Stop a guest: ask it for *timeout* seconds, then kill it; an unknown one is fine."""
    with instance_lock(instance.name), hypervisor_errors():
        if guest_of(instance) is None:
            _log.info("Instance '%s' not running, doing nothing", instance.name)
            return
        reasons.store(instance.name, reason, "shutdown")
        _stop(get_hypervisor(instance.hypervisor), instance, timeout)


def _stop(hypervisor: Hypervisor, instance: WireInstance, timeout: int) -> None:
    """Stop a guest that is known to its hypervisor and clean up after it."""
    if not _stop_softly(hypervisor, instance, timeout):
        _kill(hypervisor, instance)
    try:
        hypervisor.cleanup_instance(instance.name)
    except HypervisorError as err:
        # The guest is gone, which is what was asked for.
        _log.warning("Failed to clean up after instance %s: %s", instance.name, err)
    disklinks.remove_links(instance.name)


def _stop_softly(hypervisor: Hypervisor, instance: WireInstance, timeout: int) -> bool:
    """Ask a guest to stop until it is gone or the time is over; tells whether it is gone."""
    deadline = time.monotonic() + timeout
    is_retry = False
    while True:
        left = deadline - time.monotonic()
        try:
            hypervisor.stop_instance(instance.name, instance, retry=is_retry, timeout_s=max(left, _POLL_S))
        except HypervisorError as err:
            if guest_of(instance) is None:
                return True
            raise RPCFail(f"Failed to stop instance '{instance.name}': {err}") from err
        is_retry = True
        if _wait_gone(instance, min(deadline, time.monotonic() + _RETRY_S)):
            return True
        if time.monotonic() >= deadline:
            return False


def _wait_gone(instance: WireInstance, deadline: float) -> bool:
    """Wait until a guest is gone; looks at least once."""
    while guest_of(instance) is not None:
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(_POLL_S, left))
    return True


def _kill(hypervisor: Hypervisor, instance: WireInstance) -> None:
    _log.warning("Shutdown of '%s' unsuccessful, forcing", instance.name)
    try:
        hypervisor.stop_instance(instance.name, instance, force=True)
    except HypervisorError as err:
        if guest_of(instance) is not None:
            raise RPCFail(f"Failed to force stop instance '{instance.name}': {err}") from err
    if not _wait_gone(instance, time.monotonic() + _KILL_GRACE_S):
        raise RPCFail(f"Could not shutdown instance '{instance.name}' even by destroy")


@implements(procedures.instance_reboot)
def instance_reboot(inst: WireInstance, reboot_type: str, shutdown_timeout: int, reason: ReasonTrail) -> None:
    """Reboot a running guest: by the hypervisor (soft), or by stopping and starting it (hard)."""
    with instance_lock(inst.name), hypervisor_errors():
        if not is_running(guest_of(inst)):
            raise RPCFail(f"Cannot reboot instance '{inst.name}' that is not running")
        hypervisor = get_hypervisor(inst.hypervisor)
        if reboot_type == c.INSTANCE_REBOOT_SOFT:
            with hypervisor_errors(f"Failed to soft reboot instance '{inst.name}': "):
                hypervisor.reboot_instance(inst)
        elif reboot_type == c.INSTANCE_REBOOT_HARD:
            _stop(hypervisor, inst, shutdown_timeout)
            _start(hypervisor, inst, paused=False)
        else:
            raise RPCFail(f"Invalid reboot_type received: '{reboot_type}'")
        reasons.store(inst.name, reason, "reboot")


@implements(procedures.instance_balloon_memory)
def instance_balloon_memory(instance: WireInstance, memory: int) -> None:
    """Set the memory of a guest in MiB; nothing happens if it does not run."""
    with instance_lock(instance.name), hypervisor_errors(f"Failed to balloon instance '{instance.name}': "):
        if not is_running(guest_of(instance)):
            _log.info("Instance '%s' is not running, cannot balloon", instance.name)
            return
        get_hypervisor(instance.hypervisor).balloon_memory(instance, memory)
