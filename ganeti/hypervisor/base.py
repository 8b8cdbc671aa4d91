"""The interface that every hypervisor implements on the nodes.

Node code is handed complete values: the instance arrives with all parameters filled in, and nothing here reads the
cluster configuration. What the master needs to know about a hypervisor without touching a node (parameter table, syntax
checks, console, ancillary files) is in `ganeti.hvparams` and `ganeti.objects.console`.

An object belongs to one RPC request and is not shared between threads; operations on the same instance are serialised
by the caller (`ganeti.hypervisor.locking.instance_lock`).
"""

# Defaults of an interface ignore their arguments, and some of them have nothing to do.
# ruff: noqa: B027

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from ganeti import constants as c
from ganeti import errors
from ganeti.hypervisor import linux
from ganeti.objects.guest import GuestInfo, HostInfo
from ganeti.objects.wire import MigrationStatus, WireDisk, WireInstance, WireNic

HvParams = Mapping[str, Any]
#: A device that can be plugged into a running guest.
Device = WireDisk | WireNic


class BlockDevice(NamedTuple):
    """An activated disk of an instance, in the order of the instance's disks.

    Attributes:
      disk: the disk.
      link: path of the symbolic link to the device, None for purely user-space disks.
      uri: address for user-space access by the hypervisor, None unless the disk's access mode asks for it.
    """

    disk: WireDisk
    link: str | None
    uri: str | None


class Hypervisor(abc.ABC):
    """One hypervisor on this node.

    All methods raise `HypervisorError` (hot-plug: `HotplugError`) with a text meant for the admin.
    """

    #: Name as in the cluster's enabled hypervisors.
    NAME: ClassVar[str]
    CAN_MIGRATE: ClassVar[bool] = False

    # life cycle

    @abc.abstractmethod
    def start_instance(self, instance: WireInstance, devices: Sequence[BlockDevice], *, paused: bool) -> None:
        """Start a guest; an error when it is already up. Leaves nothing behind on failure."""

    @abc.abstractmethod
    def stop_instance(
        self,
        name: str,
        instance: WireInstance | None = None,
        *,
        force: bool = False,
        retry: bool = False,
        timeout_s: float | None = None,
    ) -> None:
        """Make one attempt to stop a guest.

        A soft stop returns at once; the caller polls `instance_info`.

        Args:
          name: the guest.
          instance: the instance; may be None only with `force`.
          force: kill the guest instead of asking it.
          retry: this is not the first attempt.
          timeout_s: upper limit for programs that a soft stop runs.
        """

    def cleanup_instance(self, name: str) -> None:
        """Remove what the guest left on the node, after it is gone."""

    @abc.abstractmethod
    def reboot_instance(self, instance: WireInstance, *, timeout_s: float = c.DEFAULT_SHUTDOWN_TIMEOUT) -> None:
        """Restart a running guest without touching its disks (soft reboot).

        Args:
          instance: the instance.
          timeout_s: how long the guest may take to shut down before it is restarted by force.
        """

    def verify_instance(self, instance: WireInstance) -> bool:
        """Tell whether the saved hypervisor state of a running guest is in order."""
        return True

    def restore_instance(self, instance: WireInstance, devices: Sequence[BlockDevice]) -> None:
        """Write the saved hypervisor state of a running guest anew."""

    @abc.abstractmethod
    def balloon_memory(self, instance: WireInstance, memory_mib: int) -> None:
        """Set the memory of a running guest."""

    # information

    @abc.abstractmethod
    def list_instances(self, hvparams: HvParams) -> list[str]:
        """Names of the running guests."""

    @abc.abstractmethod
    def instance_info(self, name: str, hvparams: HvParams) -> GuestInfo | None:
        """What is known about a guest; None when it is not running (nor shut down by its user)."""

    def all_instances_info(self, hvparams: HvParams) -> list[GuestInfo]:
        """What is known about all guests."""
        found = (self.instance_info(name, hvparams) for name in self.list_instances(hvparams))
        return [info for info in found if info is not None]

    def host_info(self, hvparams: HvParams) -> HostInfo | None:
        """Resources of this node; None when the hypervisor cannot tell."""
        return linux.host_info()

    @abc.abstractmethod
    def verify(self, hvparams: HvParams) -> str | None:
        """Check that the hypervisor can work on this node; the problems in one text joined by `; `, or None."""

    def validate_parameters(self, hvparams: HvParams) -> None:
        """Check a full parameter set against this node: files, users, programs."""

    def startup_memory_mib(self, instance: WireInstance) -> int:
        """Memory to give a starting guest: as much as is free, within its minimum and maximum."""
        host = self.host_info(instance.hvparams)
        minimum, maximum = int(instance.beparams[c.BE_MINMEM]), int(instance.beparams[c.BE_MAXMEM])
        if host is None:
            return minimum
        return max(minimum, min(maximum, host.memory_free))

    # migration

    def migration_info(self, instance: WireInstance) -> str:
        """Source node: opaque data for `accept_instance`."""
        return ""

    def accept_instance(self, instance: WireInstance, info: str, target_ip: str) -> None:
        """Target node: get ready to receive the guest."""
        raise self._cannot_migrate()

    def migrate_instance(self, cluster_name: str, instance: WireInstance, target_ip: str, *, live: bool) -> None:
        """Source node: send the guest; may return while the transfer goes on."""
        raise self._cannot_migrate()

    def migration_status(self, instance: WireInstance) -> MigrationStatus:
        """Source node: progress of the transfer."""
        raise self._cannot_migrate()

    def finalize_migration_target(self, instance: WireInstance, info: str, *, success: bool) -> None:
        """Target node: complete the take-over, or remove the half-received guest.

        Without *info*, because the source is gone, what came with ``accept_instance`` counts.
        """
        raise self._cannot_migrate()

    def finalize_migration_source(self, instance: WireInstance, *, success: bool, live: bool) -> None:
        """Source node: remove the guest that has left, or let it go on here."""
        raise self._cannot_migrate()

    def _cannot_migrate(self) -> errors.HypervisorError:
        return errors.HypervisorError(f"Hypervisor {self.NAME} cannot migrate instances")

    # devices of running guests

    def hotplug_supported(self, instance: WireInstance) -> None:
        """Raise unless devices of this running guest can be changed."""
        raise self._cannot_hotplug()

    def verify_hotplug(self, instance: WireInstance, action: str, target: str) -> None:
        """Raise unless the action (`HOTPLUG_ACTION_*`) can be done on this kind of device (`HOTPLUG_TARGET_*`)."""
        raise self._cannot_hotplug()

    def hot_add(self, instance: WireInstance, target: str, device: Device, block: BlockDevice | None, seq: int) -> None:
        """Plug a device in; `block` is given for disks, `seq` is the device's index."""
        raise self._cannot_hotplug()

    def hot_remove(self, instance: WireInstance, target: str, device: Device, seq: int) -> Mapping[str, Any]:
        """Unplug a device; returns its placement (hvinfo), so that another one can take its slot."""
        raise self._cannot_hotplug()

    def hot_modify(
        self, instance: WireInstance, target: str, device: Device, block: BlockDevice | None, seq: int
    ) -> None:
        """Change a device of a running guest."""
        raise self._cannot_hotplug()

    def resize_disk(self, instance: WireInstance, disk: WireDisk, new_size_bytes: int) -> None:
        """Tell a running guest that one of its disks has grown."""
        raise self._cannot_hotplug()

    def _cannot_hotplug(self) -> errors.HotplugError:
        return errors.HotplugError(f"Hypervisor {self.NAME} cannot change devices of running instances")

    # node

    def powercycle_node(self, hvparams: HvParams) -> None:
        """Restart this node at once, without shutting anything down."""
        linux.powercycle()


__all__ = [
    "BlockDevice",
    "Device",
    "GuestInfo",
    "HostInfo",
    "HvParams",
    "Hypervisor",
    "MigrationStatus",
]
