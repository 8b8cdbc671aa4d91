"""Devices of running guests: where they go, QEMU's part in `hotplug`, and the runtime file that has to agree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from ganeti import constants as c
from ganeti import errors
from ganeti.hvparams import ParamView
from ganeti.hypervisor.base import BlockDevice, Device
from ganeti.hypervisor.kvm import files, hotplug, runtime
from ganeti.hypervisor.kvm.devices import place_disk, place_nic
from ganeti.hypervisor.kvm.paths import GuestPaths
from ganeti.hypervisor.kvm.qmp import QmpClient
from ganeti.hypervisor.kvm.runtime import Runtime
from ganeti.hypervisor.kvm.tap import open_tap, wanted_features
from ganeti.network.nic import NicEvent, configure_nic, configure_nic_tolerantly
from ganeti.objects.wire import WireDisk, WireInstance, WireNic


@dataclass(frozen=True, slots=True)
class Plugging:
    """Device changes of one guest.

    Attributes:
      paths: the guest's files.
      connect: opens a connection to the guest.
    """

    paths: GuestPaths
    connect: Callable[[GuestPaths], AbstractContextManager[QmpClient]]

    def check_reachable(self) -> None:
        """Raise HotplugError unless the guest listens."""
        try:
            with self.connect(self.paths):
                pass
        except errors.HypervisorError as err:
            raise errors.HotplugError(f"Instance {self.paths.name} is probably down: {err}") from err

    def verify(self, action: str, target: str) -> None:
        """Raise unless an action can be done on a kind of device."""
        if action not in c.HOTPLUG_ALL_ACTIONS:
            raise errors.HotplugError(f"Unknown hotplug action '{action}'")
        if action == c.HOTPLUG_ACTION_MODIFY and target == c.HOTPLUG_TARGET_DISK:
            raise errors.HotplugError("Disks of running instances can be added and removed, not modified")
        saved = runtime.load(self.paths)
        with self.connect(self.paths) as qmp:
            hotplug.check_support(qmp, saved.hvparams, target)

    def add_disk(self, block: BlockDevice) -> None:
        """Plug a disk in."""
        saved = runtime.load(self.paths)
        params = ParamView(saved.hvparams)
        placement = place_disk(
            block.disk.uuid,
            params.text(c.HV_DISK_TYPE),
            saved.placements(),
            params.number(c.HV_KVM_PCI_RESERVATIONS),
        )
        with self.connect(self.paths) as qmp:
            hotplug.add_disk(qmp, block, placement, params)
        placed = block._replace(disk=msgspec.structs.replace(block.disk, hvinfo=placement))
        runtime.save(replace(saved, disks=(*saved.disks, placed)), self.paths)

    def add_nic(
        self, instance: WireInstance, nic: WireNic, index: int, placement: Mapping[str, Any] | None = None
    ) -> None:
        """Plug a NIC in, at a given place or at the next free one."""
        saved = runtime.load(self.paths)
        params = ParamView(saved.hvparams)
        chosen = (
            dict(placement)
            if placement
            else place_nic(
                nic.uuid, params.text(c.HV_NIC_TYPE), saved.placements(), params.number(c.HV_KVM_PCI_RESERVATIONS)
            )
        )
        in_chroot = bool(instance.hvparams.get(c.HV_KVM_USE_CHROOT))
        tap = open_tap(wanted_features(params))
        try:
            configure_nic(NicEvent(c.NIC_ACTION_UP, tap.name, instance.name, instance.tags, nic, index))
            with self.connect(self.paths) as qmp:
                hotplug.add_nic(qmp, nic, chosen, tap, in_chroot=in_chroot)
            files.write_nic(self.paths, index, nic.uuid, tap.name)
        finally:
            tap.close()
        placed = msgspec.structs.replace(nic, hvinfo=chosen)
        nics = [*saved.nics]
        nics.insert(index, placed)
        runtime.save(replace(saved, nics=tuple(nics)), self.paths)

    def remove_disk(self, disk: WireDisk) -> Mapping[str, Any]:
        """Unplug a disk; gives its former place."""
        saved = runtime.load(self.paths)
        placement = _placement(next((block.disk for block in saved.disks if block.disk.uuid == disk.uuid), None), disk)
        with self.connect(self.paths) as qmp:
            hotplug.remove_disk(qmp, str(placement["id"]))
        remaining = tuple(block for block in saved.disks if block.disk.uuid != disk.uuid)
        runtime.save(replace(saved, disks=remaining), self.paths)
        return placement

    def remove_nic(self, instance: WireInstance, nic: WireNic, index: int) -> Mapping[str, Any]:
        """Unplug a NIC; gives its former place."""
        saved = runtime.load(self.paths)
        found = next((item for item in saved.nics if item.uuid == nic.uuid), None)
        placement = _placement(found, nic)
        with self.connect(self.paths) as qmp:
            hotplug.remove_nic(qmp, str(placement["id"]))
        self._forget_nic(instance, saved, nic, index)
        return placement

    def resize_disk(self, disk: WireDisk, size_bytes: int) -> None:
        """Tell the guest that a disk has another size."""
        saved = runtime.load(self.paths)
        placement = _placement(next((block.disk for block in saved.disks if block.disk.uuid == disk.uuid), None), disk)
        with self.connect(self.paths) as qmp:
            hotplug.resize(qmp, str(placement["id"]), size_bytes)

    def _forget_nic(self, instance: WireInstance, saved: Runtime, nic: WireNic, index: int) -> None:
        interface = files.read_nic(self.paths, index, nic.uuid)
        if interface:
            configure_nic_tolerantly(NicEvent(c.NIC_ACTION_DOWN, interface, instance.name, instance.tags, nic, index))
        files.remove_nic(self.paths, nic.uuid)
        remaining = tuple(item for item in saved.nics if item.uuid != nic.uuid)
        runtime.save(replace(saved, nics=remaining), self.paths)


def _placement(found: Device | None, wanted: Device) -> Mapping[str, Any]:
    """The place of a device in the running guest."""
    if found is None or not found.hvinfo or "id" not in found.hvinfo:
        raise errors.HotplugError(
            f"The running instance has no device {wanted.uuid} that could be changed; restart it to apply the change"
        )
    return found.hvinfo
