"""Node procedures about disks: creation, activation, state, growth, removal."""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

from ganeti.backend import devcache, devices, disklinks
from ganeti.backend.base import RPCFail, implements
from ganeti.errors import BlockDeviceError
from ganeti.objects.wire import BlockDevStatus, WireDisk, WireInstance
from ganeti.rpc import procedures
from ganeti.storage import BlockDevice

#: A device may be busy for a while after its last user is gone (udev, a dying QEMU).
_REMOVE_RETRY_S = 3.0
_REMOVE_TIMEOUT_S = 30.0


@contextlib.contextmanager
def device_errors() -> Iterator[None]:
    """Report errors of devices to the master with their own text."""
    try:
        yield
    except BlockDeviceError as err:
        raise RPCFail(str(err)) from err


@implements(procedures.blockdev_create)
def blockdev_create(
    disk: WireDisk,
    size: int,  # noqa: ARG001 - part of the interface; the disk has its own
    owner: str,
    on_primary: bool,
    info: str,
    exclusive_storage: bool,
) -> list[Any]:
    """Create a disk."""
    with device_errors():
        device = devices.create(disk, owner, on_primary=on_primary, info=info, exclusive=exclusive_storage)
    # Of a DRBD device the id would hold its secret, and nobody uses it.
    return [] if device.children else list(disk.logical_id)


@implements(procedures.blockdev_assemble)
def blockdev_assemble(disk: WireDisk, instance: WireInstance, on_primary: bool, idx: int) -> list[Any]:
    """Activate a disk; returns (device, link, user-space address), or (True, True) if there is nothing to do."""
    with device_errors():
        device = devices.assemble(disk, instance.name, as_primary=on_primary)
        if device is None:
            return [True, True]
        if not on_primary:
            return [device.dev_path, None, None]
        linked = devices.link_and_uri(instance, disk, device, idx)
    return [device.dev_path, linked.link, linked.uri]


def _for_tree(disk: WireDisk, action: Callable[[WireDisk], None]) -> None:
    """Do something with a disk, then with its children; all are tried, then the problems are raised together."""
    problems = []
    for item in (disk, *disk.children):
        try:
            if item is disk:
                action(item)
            else:
                _for_tree(item, action)
        except (BlockDeviceError, RPCFail) as err:
            problems.append(str(err))
    if problems:
        raise RPCFail("; ".join(problems))


@implements(procedures.blockdev_shutdown)
def blockdev_shutdown(disk: WireDisk) -> None:
    """Deactivate a disk and what it is built on; an absent one is fine."""

    def shutdown(item: WireDisk) -> None:
        device = devices.find(item)
        if device is not None:
            path = device.dev_path
            device.shutdown()
            devcache.drop(path)

    _for_tree(disk, shutdown)


@implements(procedures.blockdev_remove)
def blockdev_remove(disk: WireDisk) -> None:
    """Destroy a disk and what it is built on; an absent one is fine."""
    _for_tree(disk, _remove_one)


def _remove_one(disk: WireDisk) -> None:
    device = devices.find(disk)
    if device is None:
        return
    path = device.dev_path
    deadline = time.monotonic() + _REMOVE_TIMEOUT_S
    while True:
        try:
            device.remove()
            break
        except BlockDeviceError:
            if time.monotonic() + _REMOVE_RETRY_S > deadline:
                raise
            time.sleep(_REMOVE_RETRY_S)
    devcache.drop(path)


@implements(procedures.blockdev_find)
def blockdev_find(disk: WireDisk) -> BlockDevStatus | None:
    """Return the state of a disk's own device, None if it is absent."""
    with device_errors():
        device = devices.find(disk)
        return None if device is None else device.sync_status()


@implements(procedures.blockdev_getmirrorstatus)
def blockdev_getmirrorstatus(disks: list[WireDisk]) -> list[BlockDevStatus]:
    """Return the state of disks, each combined with that of its children; all must be there."""
    with device_errors():
        return [device.combined_sync_status() for device in devices.find_all(disks)]


@implements(procedures.blockdev_getmirrorstatus_multi)
def blockdev_getmirrorstatus_multi(disks: list[WireDisk]) -> list[tuple[bool, BlockDevStatus | str]]:
    """Return per disk (True, combined state) or (False, problem)."""
    results: list[tuple[bool, BlockDevStatus | str]] = []
    for disk in disks:
        try:
            results.append((True, devices.find_all([disk])[0].combined_sync_status()))
        except BlockDeviceError as err:
            results.append((False, str(err)))
    return results


@implements(procedures.blockdev_getdimensions)
def blockdev_getdimensions(disks: list[WireDisk]) -> list[tuple[int, int | None] | None]:
    """Return per disk (bytes, spindles), None where the size is not known."""
    return [_dimensions(disk) for disk in disks]


def _dimensions(disk: WireDisk) -> tuple[int, int | None] | None:
    try:
        device = devices.find(disk)
        return None if device is None else (device.actual_size(), device.actual_spindles())
    except BlockDeviceError:
        # A disk whose size cannot be read has none; the caller reports that.
        return None


def _found(disk: WireDisk) -> BlockDevice:
    return devices.find_all([disk])[0]


@implements(procedures.blockdev_grow)
def blockdev_grow(disk: WireDisk, amount: int, dryrun: bool, backingstore: bool, es_flag: bool) -> None:
    """Grow a disk by *amount* MiB: its storage, or only the logical device on top."""
    with device_errors():
        _found(disk).grow(amount, dry_run=dryrun, backing_store=backingstore, exclusive=es_flag)


@implements(procedures.blockdev_snapshot)
def blockdev_snapshot(disk: WireDisk, snap_name: str | None, snap_size: int | None) -> list[Any]:
    """Make a snapshot of a disk; returns its logical id."""
    with device_errors():
        return list(_found(disk).snapshot(snap_name, snap_size))


@implements(procedures.blockdev_setinfo)
def blockdev_setinfo(disk: WireDisk, info: str) -> None:
    """Replace the text stored with a disk's device."""
    with device_errors():
        _found(disk).set_info(info)


@implements(procedures.blockdev_rename)
def blockdev_rename(devlist: list[tuple[WireDisk, tuple[Any, ...]]]) -> None:
    """Give disks new logical ids; all are tried, then problems are reported."""
    problems = []
    for disk, new_id in devlist:
        try:
            device = _found(disk)
            old_path = device.dev_path
            device.rename(tuple(new_id))
            if device.dev_path != old_path:
                # The owner is not known here; activation makes a new entry.
                devcache.drop(old_path)
        except BlockDeviceError as err:
            problems.append(f"Can't rename device '{devices.describe(disk)}': {err}")
    if problems:
        raise RPCFail("; ".join(problems))


@implements(procedures.blockdev_close)
def blockdev_close(instance_name: str, disks: list[WireDisk]) -> None:
    """Close disks and remove their links; all must be there."""
    problems = []
    with device_errors():
        found = devices.find_all(disks)
    for device in found:
        try:
            device.close()
        except BlockDeviceError as err:
            problems.append(str(err))
    if problems:
        raise RPCFail(f"Can't close devices: {','.join(problems)}")
    if instance_name:
        disklinks.remove_links_to(instance_name, [device.dev_path for device in found if device.dev_path])


@implements(procedures.blockdev_open)
def blockdev_open(instance_name: str, disks: list[WireDisk], exclusive: bool) -> None:
    """Open disks and make their links, the position in the list being the index; all must be there."""
    problems = []
    with device_errors():
        found = devices.find_all(disks)
    for index, device in enumerate(found):
        try:
            device.open(exclusive=exclusive)
            if device.dev_path is not None:
                disklinks.make_link(instance_name, device.dev_path, index)
        except BlockDeviceError as err:
            problems.append(str(err))
    if problems:
        raise RPCFail(f"Can't open devices: {','.join(problems)}")


@implements(procedures.blockdev_pause_resume_sync)
def blockdev_pause_resume_sync(disks: list[WireDisk], pause: bool) -> list[tuple[bool, str | None]]:
    """Pause or resume the synchronisation of disks; returns per disk (done, problem)."""
    verb = "Pause" if pause else "Resume"
    results: list[tuple[bool, str | None]] = []
    for disk in disks:
        try:
            done = _found(disk).pause_resume_sync(pause=pause)
            results.append((done, None if done else f"{verb} for device {devices.describe(disk)} failed"))
        except BlockDeviceError as err:
            results.append((False, str(err)))
    return results
