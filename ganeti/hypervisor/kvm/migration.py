"""Steps of a migration, as QMP commands and as decisions about QEMU's answers."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from typing import Any

from ganeti import constants as c
from ganeti import errors
from ganeti.hvparams import ParamView
from ganeti.hypervisor.kvm.qmp import QmpClient
from ganeti.objects.wire import MigrationStatus

_log = logging.getLogger(__name__)

_MEBI = 1 << 20
_POLL_S = 0.1
_CANCEL_TIMEOUT_S = 30.0
_ARRIVAL_TIMEOUT_S = 30.0
_POSTCOPY_CAPABILITY = "postcopy-ram"

#: States of QEMU's migration in which it is still on its way.
_UNDER_WAY = frozenset(
    {
        "setup",
        "active",
        "device",
        "pre-switchover",
        "wait-unplug",
        "cancelling",
        "postcopy-recover",
        "postcopy-recover-setup",
    }
)
_POSTCOPY = frozenset({"postcopy-active", "postcopy-paused", "postcopy-recover", "postcopy-recover-setup"})
#: Run states of a guest that waits for somebody to let it go on.
_PAUSED_STATES = frozenset({"paused", "prelaunch"})
#: Run states in which a failed migration can leave the source.
_HALTED_BY_MIGRATION = frozenset({"postmigrate", "finish-migrate"})


def wanted_capabilities(params: ParamView) -> list[str]:
    """Migration capabilities that the hypervisor parameters ask for."""
    return [name for name in params.text(c.HV_KVM_MIGRATION_CAPS).split(c.MIGRATION_CAPS_DELIM) if name]


def set_capabilities(qmp: QmpClient, names: Iterable[str], state: bool) -> None:
    """Switch migration capabilities on or off; those that this QEMU does not know are left out with a warning."""
    wanted = list(names)
    if not wanted:
        return
    known = {item["capability"] for item in qmp.execute("query-migrate-capabilities")}
    for name in sorted(set(wanted) - known):
        _log.warning("QEMU %s has no migration capability '%s', leaving it out", qmp.version, name)
    changes = [{"capability": name, "state": state} for name in wanted if name in known]
    if changes:
        qmp.execute("migrate-set-capabilities", {"capabilities": changes})


def uri_of(address: str, port: int) -> str:
    """Where QEMU listens for a guest."""
    return f"tcp:[{address}]:{port}" if ":" in address else f"tcp:{address}:{port}"


def listen(qmp: QmpClient, params: ParamView, address: str) -> None:
    """Target: make QEMU listen for the guest."""
    set_capabilities(qmp, wanted_capabilities(params), True)
    qmp.execute("migrate-incoming", {"uri": uri_of(address, params.number(c.HV_MIGRATION_PORT))})


def _must_stand_still(qmp: QmpClient, *, live: bool) -> bool:
    """Source: tell whether the guest has to be stopped while its memory is copied.

    That is what a non-live migration means, and the only safe way for an emulated guest of an old QEMU.
    """
    if not live:
        return True
    return not qmp.version.tracks_emulated_writes and not qmp.execute("query-kvm").get("enabled")


def send(qmp: QmpClient, params: ParamView, address: str, *, live: bool) -> None:
    """Source: start sending the guest, which is stopped first if it has to stand still."""
    bandwidth = params.number(c.HV_MIGRATION_BANDWIDTH) * _MEBI
    if _must_stand_still(qmp, live=live):
        if live:
            _log.info("QEMU %s misses writes of emulated guests, stopping this one for the transfer", qmp.version)
        qmp.execute("stop")
    qmp.execute(
        "migrate-set-parameters",
        {
            "max-bandwidth": bandwidth,
            "downtime-limit": params.number(c.HV_MIGRATION_DOWNTIME),
            "max-postcopy-bandwidth": bandwidth,
        },
    )
    set_capabilities(qmp, wanted_capabilities(params), True)
    qmp.execute("migrate", {"uri": uri_of(address, params.number(c.HV_MIGRATION_PORT))})


def outgoing_status(answer: Mapping[str, Any]) -> str:
    """QEMU's state of the transfer from here, `none` if there was none.

    A guest that has come from another node is said to be `completed` too, without figures about its memory, until it is
    sent away itself.
    """
    status = str(answer.get("status", "none"))
    return "none" if status == "completed" and "ram" not in answer else status


def describe_status(answer: Mapping[str, Any]) -> MigrationStatus:
    """Translate the answer to `query-migrate`.

    QEMU's intermediate states count as active. Anything unknown, and no migration at all, counts as failed.
    """
    status = outgoing_status(answer)
    if status in _POSTCOPY:
        status = c.HV_KVM_MIGRATION_POSTCOPY_ACTIVE
    elif status in _UNDER_WAY:
        status = c.HV_MIGRATION_ACTIVE
    elif status not in c.HV_MIGRATION_VALID_STATUSES:
        status = c.HV_MIGRATION_FAILED
    ram = answer.get("ram", {})
    return MigrationStatus(status=status, transferred_ram=ram.get("transferred"), total_ram=ram.get("total"))


def is_due_for_postcopy(answer: Mapping[str, Any], capabilities: Iterable[str]) -> bool:
    """Tell whether memory has been copied often enough to move the guest and fetch the rest on demand."""
    return (
        _POSTCOPY_CAPABILITY in capabilities
        and answer.get("status") == "active"
        and answer.get("ram", {}).get("dirty-sync-count", 0) >= c.POSTCOPY_SYNC_COUNT_THRESHOLD
    )


def query_status(qmp: QmpClient, params: ParamView) -> MigrationStatus:
    """Source: progress of the transfer; switches to post-copy when that is wanted and due."""
    answer = qmp.execute("query-migrate")
    status = describe_status(answer)
    if status.status == c.HV_MIGRATION_FAILED and answer.get("error-desc"):
        _log.error("Migration failed: %s", answer["error-desc"])
    if not is_due_for_postcopy(answer, wanted_capabilities(params)):
        return status
    qmp.execute("migrate-start-postcopy")
    return MigrationStatus(
        status=status.status,
        transferred_ram=status.transferred_ram,
        total_ram=status.total_ram,
        postcopy_status=c.HV_KVM_MIGRATION_POSTCOPY_ACTIVE,
    )


def complete_arrival(qmp: QmpClient, params: ParamView, *, meant_to_be_paused: bool) -> None:
    """Target: wait until the guest is complete, and let it run unless it is meant to be paused.

    The run state travels along, so a guest that was stopped for a non-live migration arrives paused.

    Raises:
      HypervisorError: the guest did not arrive.
    """
    deadline = time.monotonic() + _ARRIVAL_TIMEOUT_S
    while (state := run_state(qmp)) == "inmigrate":
        if time.monotonic() > deadline:
            raise errors.HypervisorError("The migrated guest did not arrive completely")
        time.sleep(_POLL_S)
    if state in _PAUSED_STATES and not meant_to_be_paused:
        qmp.execute("cont")
    set_capabilities(qmp, wanted_capabilities(params), False)


def resume_after_failure(qmp: QmpClient, params: ParamView, *, live: bool) -> None:
    """Source: let the guest go on after a migration that did not happen.

    A guest that may be running elsewhere is never resumed: two running copies destroy its disks.

    Raises:
      HypervisorError: the guest has been handed over; only an admin can know which copy is alive.
    """
    status = _cancel(qmp)
    if status == "completed" or status in _POSTCOPY:
        raise errors.HypervisorError(
            f"The guest was already handed over to the other node (migration is '{status}'), it stays stopped here;"
            " make sure that it does not run there before you restart it"
        )
    state = run_state(qmp)
    if state in _HALTED_BY_MIGRATION or (state in _PAUSED_STATES and _must_stand_still(qmp, live=live)):
        qmp.execute("cont")
    set_capabilities(qmp, wanted_capabilities(params), False)


def _cancel(qmp: QmpClient) -> str:
    """Stop a transfer that is under way; gives the final state."""
    deadline = time.monotonic() + _CANCEL_TIMEOUT_S
    is_cancelled = False
    while True:
        status = outgoing_status(qmp.execute("query-migrate"))
        if status not in _UNDER_WAY or status in _POSTCOPY:
            return status
        if not is_cancelled:
            qmp.execute("migrate_cancel")
            is_cancelled = True
        if time.monotonic() > deadline:
            raise errors.HypervisorError(f"The migration cannot be cancelled, it is in state '{status}'")
        time.sleep(_POLL_S)


def run_state(qmp: QmpClient) -> str:
    """QEMU's run state of the guest, such as `running` or `paused`."""
    return str(qmp.execute("query-status")["status"])


def is_paused(qmp: QmpClient) -> bool:
    """Tell whether somebody has paused the guest."""
    return run_state(qmp) in _PAUSED_STATES
