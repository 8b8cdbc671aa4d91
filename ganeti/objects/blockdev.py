"""Merging the states of block devices, and the properties of disk types that master and nodes both rely on."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from ganeti import constants as c
from ganeti.objects.wire import BlockDevStatus


def merge_status(own: BlockDevStatus, children: Sequence[BlockDevStatus]) -> BlockDevStatus:
    """Return the state of a device and what it is built on: least progress, longest time, worst disk."""
    every = (own, *children)
    percents = [item.sync_percent for item in every if item.sync_percent is not None]
    times = [item.estimated_time for item in every if item.estimated_time is not None]
    disks = [item.ldisk_status for item in every if item.ldisk_status is not None]
    return msgspec.structs.replace(
        own,
        sync_percent=min(percents, default=None),
        estimated_time=max(times, default=None),
        is_degraded=any(item.is_degraded for item in every),
        ldisk_status=max(disks, default=None),
    )


class DiskTraits(NamedTuple):
    """How devices of one type are treated on an instance's secondary nodes, and how many children they need.

    ``needed_children`` None means all of them.
    """

    create_on_secondary: bool = False
    assemble_on_secondary: bool = False
    open_on_secondary: bool = False
    needed_children: int | None = None


_NONE: Final = DiskTraits()
_TRAITS: Final[dict[str, DiskTraits]] = {
    c.DT_PLAIN: DiskTraits(create_on_secondary=True, assemble_on_secondary=True, open_on_secondary=True),
    # A DRBD device works without its local disk (through the peer's), hence without children.
    c.DT_DRBD8: DiskTraits(create_on_secondary=True, assemble_on_secondary=True, needed_children=0),
}


def traits_of(dev_type: str) -> DiskTraits:
    """Return the traits of a disk type."""
    return _TRAITS.get(dev_type, _NONE)
