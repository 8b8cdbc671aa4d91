"""Disks of an instance as shown by gnt-instance info."""

from collections.abc import Mapping, Sequence
from typing import Any

from ganeti import constants as c
from ganeti.utils.text import format_unit

Section = list[tuple[Any, ...]]


def _sync_text(percent: float | None, estimated_s: int | None) -> str:
    if percent is None:
        return "in sync"
    estimate = "ETA unknown" if estimated_s is None else f"ETA {estimated_s}s"
    return f"*RECOVERING* {percent:.2f}%, {estimate}"


def _mirror_text(percent: float | None, estimated_s: int | None, is_degraded: bool, local_status: int) -> str:
    """Return the state of one side of a mirror."""
    text = f"{_sync_text(percent, estimated_s)}, status {'*DEGRADED*' if is_degraded else 'ok'}"
    if local_status == c.LDS_FAULTY:
        text += " *MISSING DISK*"
    elif local_status == c.LDS_UNKNOWN:
        text += " *UNCERTAIN STATE*"
    return text


def status_text(dev_type: str, status: Sequence[Any]) -> str:
    """Return device and state of a disk on one node, from what the node said about it."""
    path, major, minor, percent, estimated_s, is_degraded, local_status = status
    major_text = "N/A" if major is None else major
    minor_text = "N/A" if minor is None else minor
    text = f"{path} ({major_text}:{minor_text})"
    if dev_type == c.DT_DRBD8:
        text += f" {_mirror_text(percent, estimated_s, is_degraded, local_status)}"
    elif dev_type == c.DT_PLAIN and local_status == c.LDS_FAULTY:
        text += " *FAILED* (failed drive?)"
    return text


def _identity(disk: Mapping[str, Any]) -> Section:
    """Return how the disk is found on its nodes."""
    if disk["dev_type"] == c.DT_DRBD8:
        info = disk["drbd_info"]
        if not info:
            return []
        return [
            ("nodeA", f"{info['primary_node']}, minor={info['primary_minor']}"),
            ("nodeB", f"{info['secondary_node']}, minor={info['secondary_minor']}"),
            ("port", info["port"]),
        ]
    logical_id = disk["logical_id"]
    if disk["dev_type"] == c.DT_PLAIN:
        return [("logical_id", "/".join(str(part) for part in logical_id))]
    return [("logical_id", str(tuple(logical_id)))]


def disk_info(index: int, disk: Mapping[str, Any], *, is_top_level: bool) -> Section:
    """Return a disk and what it is made of for printing."""
    size = disk["size"]
    size_text = format_unit(size, "h") if isinstance(size, (int, float)) else str(size)
    section: Section = [
        (f"disk/{index}" if is_top_level else f"child {index}", f"{disk['dev_type']}, size {size_text}")
    ]
    if is_top_level:
        if disk["spindles"] is not None:
            section.append(("spindles", disk["spindles"]))
        section.append(("access mode", disk["mode"]))
    section += _identity(disk)
    for title, key in (("on primary", "pstatus"), ("on secondary", "sstatus")):
        if disk[key]:
            section.append((title, status_text(disk["dev_type"], disk[key])))
    section += [("name", disk["name"]), ("UUID", disk["uuid"])]
    children = disk["children"]
    if children:
        section.append(
            ("child devices", [disk_info(number, child, is_top_level=False) for number, child in enumerate(children)])
        )
    return section
