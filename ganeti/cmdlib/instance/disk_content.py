"""Waiting for mirrors, wiping new disks, and writing images to them."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from ganeti import constants as c
from ganeti.cmdlib.base import LogicalUnit
from ganeti.cmdlib.instance.nodechecks import node_name
from ganeti.errors import OpExecError
from ganeti.objects import Disk, Instance
from ganeti.objects.blockdev import traits_of
from ganeti.objects.to_wire import wire_disk, wire_disks
from ganeti.objects.wire import BlockDevStatus
from ganeti.rpc import procedures

_RPC_RETRIES: Final = 10
_RPC_RETRY_S: Final = 6.0
_DEGRADED_RETRIES: Final = 10
_DEGRADED_RETRY_S: Final = 1.0
_MAX_SLEEP_S: Final = 60.0
_UNKNOWN_SLEEP_S: Final = 5.0
_REPORT_EVERY_S: Final = 60.0


def format_seconds(seconds: float) -> str:
    """Return a duration as people read it: ``5m 10s``."""
    total = round(seconds)
    parts: list[str] = []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if total >= size or parts:
            parts.append(f"{total // size}{unit}")
            total %= size
    return " ".join([*parts, f"{total}s"])


def wait_for_sync(lu: LogicalUnit[Any], instance: Instance, disks: Sequence[Disk], *, oneshot: bool = False) -> bool:
    """Wait until mirrored disks are in sync, or only look once; tells whether they are not degraded.

    A resynchronisation that goes on when looking once is fine. Raises OpExecError if the primary does not answer.
    """
    mirrored = [disk for disk in disks if disk.dev_type in c.DTS_INT_MIRROR]
    if not mirrored:
        return True
    if not oneshot:
        lu.feedback(f"* waiting for instance {instance.name} to sync disks")
    retries = _DEGRADED_RETRIES
    while True:
        statuses = _mirror_status(lu, instance, mirrored)
        running = [status for status in statuses if status.sync_percent is not None]
        degraded = any(status.is_degraded and status.sync_percent is None for status in statuses)
        estimate = _report(lu, mirrored, statuses)
        if (not running or oneshot) and degraded and retries > 0:
            # States right after connecting are transient.
            retries -= 1
            _pause(lu, _DEGRADED_RETRY_S)
            continue
        if not running or oneshot:
            break
        _pause(lu, min(_MAX_SLEEP_S, estimate or _UNKNOWN_SLEEP_S))
    if not oneshot and not degraded:
        lu.feedback(f"* instance {instance.name}'s disks are in sync")
    return not degraded


def _pause(lu: LogicalUnit[Any], seconds: float) -> None:
    lu.env.check_abort()
    time.sleep(seconds)


def _mirror_status(lu: LogicalUnit[Any], instance: Instance, disks: Sequence[Disk]) -> list[BlockDevStatus]:
    config = lu.snapshot()
    primary = instance.primary_node
    wired = wire_disks(config, disks, primary, primary)
    for attempt in range(1, _RPC_RETRIES + 1):
        result = lu.rpc.call_one(primary, procedures.blockdev_getmirrorstatus, wired)
        if not result.fail_msg:
            return [status for status in result.payload if status is not None]
        name = node_name(config, primary)
        lu.log_warning(f"Can't get any data from node {name}: {result.fail_msg}")
        if attempt < _RPC_RETRIES:
            _pause(lu, _RPC_RETRY_S)
    raise OpExecError(f"Can't contact node {node_name(config, primary)} for mirror data, aborting")


def _report(lu: LogicalUnit[Any], disks: Sequence[Disk], statuses: Sequence[BlockDevStatus]) -> float | None:
    """Log the progress of each disk; returns the last estimate in seconds."""
    estimate = None
    for disk, status in zip(disks, statuses, strict=False):
        if status.sync_percent is None:
            continue
        if status.estimated_time is not None:
            estimate = status.estimated_time
            remaining = f"{format_seconds(estimate)} remaining (estimated)"
        else:
            remaining = "no time estimate"
        lu.feedback(f"- device {disk.iv_name}: {status.sync_percent:5.2f}% done, {remaining}")
    return estimate


@contextmanager
def _paused_sync(lu: LogicalUnit[Any], instance: Instance, disks: Sequence[Disk]) -> Iterator[None]:
    """Keep mirrors from synchronising what is about to be overwritten anyway."""
    mirrored = [disk for disk in disks if traits_of(disk.dev_type).needed_children == 0]
    if not mirrored:
        yield
        return
    _set_sync(lu, instance, mirrored, pause=True)
    try:
        yield
    finally:
        _set_sync(lu, instance, mirrored, pause=False)


def _set_sync(lu: LogicalUnit[Any], instance: Instance, disks: Sequence[Disk], *, pause: bool) -> None:
    config = lu.snapshot()
    primary = instance.primary_node
    verb = "pause" if pause else "resume"
    wired = wire_disks(config, disks, primary, primary)
    result = lu.rpc.call_one(primary, procedures.blockdev_pause_resume_sync, wired, pause)
    if pause:
        result.raise_(f"Failed to {verb} disk synchronization on node {node_name(config, primary)}")
    elif result.fail_msg:
        lu.log_warning(f"Failed to {verb} disk synchronization on node {node_name(config, primary)}: {result.fail_msg}")
        return
    for disk, (done, text) in zip(disks, result.payload, strict=True):
        if not done:
            lu.log_warning(f"Could not {verb} synchronization of {disk.iv_name}: {text}")


def wipe_chunk_mib(size_mib: int) -> int:
    """Return how much of a disk is wiped with one call."""
    return max(1, min(c.MAX_WIPE_CHUNK, size_mib * c.MIN_WIPE_CHUNK_PERCENT // 100))


def wipe_disks(
    lu: LogicalUnit[Any],
    instance: Instance,
    disks: Sequence[Disk],
    *,
    offset_mib: int = 0,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Overwrite disks with zeros, from an offset on; raises OpExecError."""
    with _paused_sync(lu, instance, disks):
        for disk in disks:
            lu.log_info(f"Wiping {disk.iv_name} of instance {instance.name}")
            _wipe_disk(lu, instance, disk, offset_mib, clock)


def _wipe_disk(lu: LogicalUnit[Any], instance: Instance, disk: Disk, offset: int, clock: Callable[[], float]) -> None:
    config = lu.snapshot()
    primary = instance.primary_node
    wired = wire_disk(config, disk, primary, primary)
    chunk, first = wipe_chunk_mib(disk.size), offset
    started = last_report = clock()
    while offset < disk.size:
        lu.env.check_abort()
        amount = min(chunk, disk.size - offset)
        result = lu.rpc.call_one(primary, procedures.blockdev_wipe, wired, offset, amount)
        result.raise_(f"Could not wipe disk {disk.iv_name} at offset {offset} for size {amount}")
        offset += amount
        now = clock()
        if now - last_report >= _REPORT_EVERY_S:
            left_s = (now - started) / (offset - first) * (disk.size - offset)
            percent = 100 * offset / disk.size
            lu.log_info(f" - done: {percent:.1f}% ETA: {format_seconds(left_s)}")
            last_report = now


def write_image(lu: LogicalUnit[Any], instance: Instance, disk: Disk, image: str) -> None:
    """Copy an image (path on the primary node, or URL) onto a disk; raises OpExecError."""
    config = lu.snapshot()
    primary = instance.primary_node
    with _paused_sync(lu, instance, [disk]):
        lu.feedback(f"* imaging {disk.iv_name} of instance {instance.name} with {image}")
        wired = wire_disk(config, disk, primary, primary)
        result = lu.rpc.call_one(primary, procedures.blockdev_image, wired, image, disk.size)
        result.raise_(f"Could not image {disk.iv_name} of instance {instance.name} with {image}")


def check_consistency(
    lu: LogicalUnit[Any], disk: Disk, primary: str, node: str, *, on_primary: bool, ldisk: bool = False
) -> bool:
    """Tell whether a disk is consistent on a node; what is not active there on purpose counts as consistent.

    With *ldisk* only the node's own copy counts. Problems are warnings.
    """
    consistent = True
    if on_primary or traits_of(disk.dev_type).assemble_on_secondary:
        config = lu.snapshot()
        wired = wire_disk(config, disk, primary, node)
        result = lu.rpc.call_one(node, procedures.blockdev_find, wired)
        name = node_name(config, node)
        if result.fail_msg:
            lu.log_warning(f"Can't find disk {disk.iv_name} on node {name}: {result.fail_msg}")
            consistent = False
        elif result.payload is None:
            lu.log_warning(f"Can't find disk {disk.iv_name} on node {name}")
            consistent = False
        elif ldisk:
            consistent = result.payload.ldisk_status == c.LDS_OKAY
        else:
            consistent = not result.payload.is_degraded
    children = [
        check_consistency(lu, child, primary, node, on_primary=on_primary, ldisk=ldisk) for child in disk.children
    ]
    return consistent and all(children)
