"""Placing all devices of a guest at its cold start, and checks that need the whole of them."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ganeti import constants as c
from ganeti import errors
from ganeti.hvparams import ParamView
from ganeti.hvparams.checks import is_url
from ganeti.hypervisor.base import BlockDevice
from ganeti.hypervisor.kvm.devices import check_ide_count, place_disk, place_nic
from ganeti.hypervisor.kvm.emulator import Emulator
from ganeti.objects.wire import WireNic

_URL_TIMEOUT_S = 10.0


def placed_devices(
    nics: Sequence[WireNic], blocks: Sequence[BlockDevice], params: ParamView
) -> tuple[tuple[WireNic, ...], tuple[BlockDevice, ...]]:
    """Give every disk and then every NIC its place on the guest's buses.

    Raises:
      HypervisorError: a bus is full.
    """
    check_ide_count(params, len(blocks))
    reserved = params.number(c.HV_KVM_PCI_RESERVATIONS)
    placements: list[Mapping[str, Any] | None] = []
    placed_blocks = []
    for block in blocks:
        placement = place_disk(block.disk.uuid, params.text(c.HV_DISK_TYPE), placements, reserved)
        placements.append(placement)
        placed_blocks.append(block._replace(disk=msgspec.structs.replace(block.disk, hvinfo=placement)))
    placed_nics = []
    for nic in nics:
        placement = place_nic(nic.uuid, params.text(c.HV_NIC_TYPE), placements, reserved)
        placements.append(placement)
        placed_nics.append(msgspec.structs.replace(nic, hvinfo=placement))
    return tuple(placed_nics), tuple(placed_blocks)


def check_drivers(emulator: Emulator, placements: Sequence[Mapping[str, Any] | None]) -> None:
    """Refuse devices that the emulator does not have.

    Raises:
      HypervisorError: the first such device.
    """
    for placement in placements:
        driver = placement["driver"] if placement else None
        if driver is not None and driver not in emulator.devices:
            raise errors.HypervisorError(f"{emulator.path} {emulator.version} has no device '{driver}'")


def check_remote_images(params: ParamView) -> None:
    """Make sure that CD-ROM images on web servers can be reached from this node.

    Raises:
      HypervisorError: a server does not answer, or does not have the image.
    """
    for name in (c.HV_CDROM_IMAGE_PATH, c.HV_KVM_CDROM2_IMAGE_PATH):
        url = params.text(name)
        if not is_url(url):
            continue
        try:
            request = urllib.request.Request(url, method="HEAD")
            urllib.request.urlopen(request, timeout=_URL_TIMEOUT_S).close()
        except (urllib.error.URLError, OSError, ValueError) as err:
            raise errors.HypervisorError(f"CD-ROM image {url} ({name}) cannot be reached: {err}") from err
