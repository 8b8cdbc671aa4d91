"""Procedures about guests, their operating systems and hypervisors."""

# mypy: disable-error-code="empty-body"

from typing import Any, TypeAlias

from ganeti.objects.wire import ConsoleInfo, MigrationStatus, ReasonTrail, WireDisk, WireInstance
from ganeti.rpc.declaration import Client, Timeout, procedure

#: (name, path, is valid, diagnosis, variants, (parameter, description), API versions, is trusted)
OsReport: TypeAlias = tuple[
    str, str, bool, str, list[str] | None, list[tuple[str, str]] | None, list[int] | None, bool | None
]


@procedure()
def instance_start(instance_hvp_bep: WireInstance, startup_paused: bool, reason: ReasonTrail, /) -> None:
    """Start a guest."""


#: Seconds that killing a guest and starting it again may take after it was asked to stop.
_AFTER_STOP_S = 120


def _shutdown_limit(_instance: WireInstance, timeout: int, _reason: ReasonTrail, /) -> float:
    """Return the limit of a call that waits *timeout* seconds for a guest."""
    return max(float(Timeout.NORMAL), timeout + _AFTER_STOP_S)


def _reboot_limit(_instance: WireInstance, _kind: str, timeout: int, _reason: ReasonTrail, /) -> float:
    """Return the limit of a call that waits *timeout* seconds for a guest."""
    return max(float(Timeout.NORMAL), timeout + _AFTER_STOP_S)


@procedure(timeout=_shutdown_limit)
def instance_shutdown(instance: WireInstance, timeout: int, reason: ReasonTrail, /) -> None:
    """Stop a guest: ask it for *timeout* seconds, then kill it."""


@procedure(timeout=_reboot_limit)
def instance_reboot(inst: WireInstance, reboot_type: str, shutdown_timeout: int, reason: ReasonTrail, /) -> None:
    """Reboot a running guest (soft or hard)."""


@procedure()
def instance_balloon_memory(instance: WireInstance, memory: int, /) -> None:
    """Set the memory of a running guest in MiB."""


@procedure(timeout=Timeout.URGENT)
def instance_info(instance: str, hname: str, hvparams: dict[str, Any], /) -> dict[str, Any]:
    """Return memory, vcpus, state and time of a guest; empty if it does not run."""


@procedure(timeout=Timeout.URGENT, multi=True)
def instance_list(hypervisor_list: list[str], hvparams: dict[str, dict[str, Any]], /) -> list[str]:
    """Return the names of all guests of some hypervisors."""


@procedure(timeout=Timeout.URGENT, multi=True)
def all_instances_info(
    hypervisor_list: list[str], all_hvparams: dict[str, dict[str, Any]], /
) -> dict[str, dict[str, Any]]:
    """Return memory, vcpus, state and time of all guests of some hypervisors, by name."""


@procedure(timeout=Timeout.URGENT, client=Client.QUERY, multi=True, bare_body=True)
def instance_console_info(instances: dict[str, dict[str, Any]], /) -> dict[str, ConsoleInfo]:
    """Return how to reach consoles, by instance name; the request holds instance, node, group, hvParams, beParams."""


@procedure()
def instance_migratable(instance: WireInstance, /) -> None:
    """Check that a guest can leave this node."""


@procedure()
def migration_info(instance: WireInstance, /) -> str:
    """Return what the target of a migration needs to know."""


@procedure()
def accept_instance(instance: WireInstance, info: str, target: str, /) -> None:
    """Get this node ready to receive a guest on its address *target*."""


@procedure(timeout=Timeout.SLOW)
def instance_migrate(cluster_name: str, instance: WireInstance, target: str, live: bool, /) -> None:
    """Send a guest to the node with address *target*."""


@procedure(timeout=Timeout.SLOW)
def instance_get_migration_status(instance: WireInstance, /) -> MigrationStatus:
    """Return how far a migration is."""


@procedure(timeout=Timeout.SLOW)
def instance_finalize_migration_src(instance: WireInstance, success: bool, live: bool, /) -> None:
    """Remove the guest that has left this node, or let it go on here."""


@procedure()
def instance_finalize_migration_dst(instance: WireInstance, info: str, success: bool, /) -> None:
    """Complete the take-over of a guest by this node, or remove what was received."""


@procedure()
def hotplug_supported(instance: WireInstance, /) -> None:
    """Check that devices of a guest can be changed while it runs."""


@procedure()
def hotplug_device(
    instance: WireInstance,
    action: str,
    dev_type: str,
    device: dict[str, Any],
    extra: list[str | None] | None,
    seq: int,
    /,
) -> None:
    """Add, remove or change a device of a running guest."""


@procedure()
def resize_disk(instance: WireInstance, disk: WireDisk, new_size: int, /) -> None:
    """Tell a running guest that a disk has *new_size* bytes now."""


@procedure(multi=True)
def hypervisor_validate_params(hvname: str, hvfull: dict[str, Any], /) -> None:
    """Check filled hypervisor parameters on the node."""


@procedure(timeout=Timeout.ONE_DAY)
def instance_os_add(instance_osp: WireInstance, reinstall: bool, debug: int, /) -> None:
    """Install the operating system of an instance."""


@procedure(timeout=Timeout.SLOW)
def instance_run_rename(instance: WireInstance, old_name: str, debug: int, /) -> None:
    """Tell the operating system of an instance its new name."""


@procedure(timeout=Timeout.FAST, multi=True)
def os_diagnose() -> list[OsReport]:
    """Return the operating system definitions found on the node, broken ones too."""


@procedure(timeout=Timeout.FAST, multi=True)
def os_validate(
    required: bool, name: str, checks: list[str], params: dict[str, Any], force_variant: bool, /
) -> bool:
    """Check the parameters of an operating system; False if it is missing and not *required*."""
