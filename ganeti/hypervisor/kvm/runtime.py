"""What a guest was started with: kept in a file next to it, and sent along when it migrates.

The file is one JSON array: command line arguments, NICs, hypervisor parameters, disks with link and URI.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from ganeti import constants as c
from ganeti import errors
from ganeti.hypervisor.base import BlockDevice
from ganeti.hypervisor.kvm.devices import disk_driver, nic_driver
from ganeti.hypervisor.kvm.paths import GuestPaths
from ganeti.hypervisor.kvm.upgrade import upgrade_command
from ganeti.objects.wire import WireDisk, WireNic
from ganeti.utils.files import write_atomic

_PAUSED_OPTION = "-S"
#: Runtime files written before disks were kept in them have one element less.
_LENGTHS = (3, 4)


@dataclass(frozen=True, slots=True)
class Runtime:
    """A guest as it was started.

    Attributes:
      command: the stored part of QEMU's command line.
      nics: its NICs with their placement.
      hvparams: all hypervisor parameters at the time of the start.
      disks: its disks with their placement.
      paused: the guest is meant to be paused. Only ever set in migration data, never in the file: a stored option
        would leave the guest paused after every later migration.
    """

    command: tuple[str, ...]
    nics: tuple[WireNic, ...]
    hvparams: Mapping[str, Any]
    disks: tuple[BlockDevice, ...]
    paused: bool = False

    def placements(self) -> list[Mapping[str, Any] | None]:
        """Where its devices are."""
        return [*(nic.hvinfo for nic in self.nics), *(block.disk.hvinfo for block in self.disks)]


def dump(runtime: Runtime) -> str:
    """Encode a runtime as text."""
    command = [*runtime.command, *((_PAUSED_OPTION,) if runtime.paused else ())]
    disks = [(msgspec.to_builtins(block.disk), block.link, block.uri) for block in runtime.disks]
    return msgspec.json.encode([command, msgspec.to_builtins(runtime.nics), runtime.hvparams, disks]).decode()


def parse(text: str) -> Runtime:
    """Decode a runtime, also one that an older version or another node has written.

    Raises:
      HypervisorError: the text is not a runtime.
    """
    try:
        content = msgspec.json.decode(text)
        if not isinstance(content, list) or len(content) not in _LENGTHS:
            raise ValueError("not a list of three or four parts")
        command, nics, hvparams, *disks = content
        arguments = [str(argument) for argument in command]
        upgraded_hvparams = _upgrade_hvparams(hvparams)
        return Runtime(
            command=tuple(upgrade_command([item for item in arguments if item != _PAUSED_OPTION])),
            nics=tuple(_parse_nic(nic, hvparams) for nic in nics),
            hvparams=upgraded_hvparams,
            disks=tuple(_parse_disk(disk, hvparams) for disk in (disks[0] if disks else [])),
            paused=_PAUSED_OPTION in arguments,
        )
    except (ValueError, TypeError, KeyError, AttributeError) as err:
        raise errors.HypervisorError(f"The saved state of the instance cannot be read: {err}") from err


def _upgrade_hvparams(hvparams: dict[str, Any]) -> dict[str, Any]:
    if hvparams.get(c.HV_DISK_DISCARD) not in c.HT_VALID_DISCARD_TYPES:
        return {**hvparams, c.HV_DISK_DISCARD: c.HT_DISCARD_IGNORE}
    return hvparams


def _parse_nic(raw: dict[str, Any], hvparams: Mapping[str, Any]) -> WireNic:
    nic = msgspec.convert({"uuid": str(uuid.uuid4()), "nicparams": {}, **raw}, WireNic)
    return msgspec.structs.replace(
        nic, hvinfo=_upgrade_placement("nic", nic.hvinfo, nic.pci, nic.uuid, nic_driver(hvparams[c.HV_NIC_TYPE]))
    )


def _parse_disk(raw: list[Any], hvparams: Mapping[str, Any]) -> BlockDevice:
    description, link, *rest = raw
    disk = msgspec.convert(description, WireDisk)
    placement = _upgrade_placement("disk", disk.hvinfo, disk.pci, disk.uuid, disk_driver(hvparams[c.HV_DISK_TYPE]))
    return BlockDevice(msgspec.structs.replace(disk, hvinfo=placement), link, rest[0] if rest else None)


def _upgrade_placement(
    kind: str, placement: dict[str, Any] | None, slot: int | None, device_uuid: str, driver: str
) -> dict[str, Any]:
    """The placement of a device; old versions kept just a PCI slot, or nothing."""
    if placement:
        return placement
    if slot is None:
        return {}
    first_group = device_uuid.split("-")[0]
    return {
        "driver": driver,
        "id": f"hot{kind}-{first_group}-pci-{slot}",
        "bus": c.PCI_BUS,
        "addr": hex(slot),
    }


def save(runtime: Runtime, paths: GuestPaths) -> None:
    """Write the runtime file of a guest."""
    try:
        # Not for the eyes of others: it holds parameters and addresses. It need not survive a crash of the node.
        write_atomic(str(paths.runtime), dump(replace(runtime, paused=False)), mode=0o600, fsync=False)
    except OSError as err:
        raise errors.HypervisorError(f"Cannot save the state of instance {paths.name}: {err}") from err


def load(paths: GuestPaths) -> Runtime:
    """Read the runtime file of a guest.

    Raises:
      HypervisorError: it does not exist or is damaged.
    """
    try:
        text = paths.runtime.read_text()
    except OSError as err:
        raise errors.HypervisorError(f"Cannot read the saved state of instance {paths.name}: {err}") from err
    return parse(text)
