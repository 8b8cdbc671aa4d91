"""Procedures about disks and the directories of disk images."""

# mypy: disable-error-code="empty-body"

from typing import Any, TypeAlias

from ganeti.objects.wire import BlockDevStatus, WireDisk, WireInstance
from ganeti.rpc.declaration import Timeout, procedure

#: (path, size in bytes, time of the last change in Unix seconds)
StoredFile: TypeAlias = tuple[str, int, float]
#: (name, path, is valid, why not, [(parameter, description)])
FoundProvider: TypeAlias = tuple[str, str, bool, str, list[tuple[str, str]]]


@procedure()
def blockdev_create(
    bdev: WireDisk, size: int, owner: str, on_primary: bool, info: str, exclusive_storage: bool, /
) -> Any:
    """Create a disk; returns its unique id."""


@procedure()
def blockdev_assemble(disk: WireDisk, instance: WireInstance, on_primary: bool, idx: int, /) -> list[Any]:
    """Activate a disk; returns (device, link, user-space address), or (True, True) if there is nothing to do."""


@procedure()
def blockdev_shutdown(disk: WireDisk, /) -> None:
    """Deactivate a disk."""


@procedure()
def blockdev_remove(bdev: WireDisk, /) -> None:
    """Destroy a disk."""


@procedure()
def blockdev_find(disk: WireDisk, /) -> BlockDevStatus | None:
    """Return the state of a disk, None if it is absent."""


@procedure()
def blockdev_getmirrorstatus(disks: list[WireDisk], /) -> list[BlockDevStatus]:
    """Return the state of disks combined with that of what they are built on; all must be there."""


@procedure(multi=True)
def blockdev_getmirrorstatus_multi(node_disks: list[WireDisk], /) -> list[tuple[bool, BlockDevStatus | str]]:
    """Return per disk (True, state) or (False, problem); every node gets its own list."""


@procedure()
def blockdev_getdimensions(disks: list[WireDisk], /) -> list[tuple[int, int | None] | None]:
    """Return per disk (bytes, spindles), None where the size is not known."""


@procedure()
def blockdev_grow(cf_bdev: WireDisk, amount: int, dryrun: bool, backingstore: bool, es_flag: bool, /) -> None:
    """Grow a disk by *amount* MiB."""


@procedure()
def blockdev_snapshot(cf_bdev: WireDisk, snap_name: str | None, snap_size: int | None, /) -> Any:
    """Make a snapshot of a disk; returns its unique id."""


@procedure()
def blockdev_setinfo(disk: WireDisk, info: str, /) -> None:
    """Replace the text stored with a disk's device."""


@procedure()
def blockdev_rename(devlist: list[tuple[WireDisk, tuple[Any, ...]]], /) -> None:
    """Give disks new unique ids."""


@procedure()
def blockdev_open(instance_name: str, disks: list[WireDisk], exclusive: bool, /) -> None:
    """Open disks, for this node alone if *exclusive*, and make their links."""


@procedure()
def blockdev_close(instance_name: str, disks: list[WireDisk], /) -> None:
    """Close disks and remove their links."""


@procedure()
def blockdev_pause_resume_sync(disks: list[WireDisk], pause: bool, /) -> list[tuple[bool, str | None]]:
    """Pause or resume the synchronisation of disks; returns per disk (done, problem)."""


@procedure(timeout=Timeout.SLOW)
def blockdev_wipe(bdev: WireDisk, offset: int, size: int, /) -> None:
    """Overwrite *size* MiB of a disk with zeros, from *offset* MiB on."""


@procedure(timeout=Timeout.SLOW)
def blockdev_image(bdev: WireDisk, image: str, size: int, /) -> None:
    """Copy an image onto the first *size* MiB of a disk."""


@procedure(timeout=Timeout.FAST)
def file_storage_dir_create(file_storage_dir: str, /) -> None:
    """Make a directory for disk images."""


@procedure(timeout=Timeout.FAST)
def file_storage_dir_remove(file_storage_dir: str, /) -> None:
    """Remove an empty directory of disk images."""


@procedure(timeout=Timeout.FAST)
def file_storage_dir_rename(old_file_storage_dir: str, new_file_storage_dir: str, /) -> None:
    """Rename a directory of disk images."""


@procedure(multi=True)
def file_storage_list(directories: list[str], /) -> list[StoredFile]:
    """Return all files below directories of disk images; an absent directory has none. Not in the classic protocol."""


@procedure(multi=True)
def storage_list(su_name: str, su_args: list[Any], name: str | None, fields: list[str], /) -> list[list[Any]]:
    """Return the storage units of a type, or the one called *name*; each with the values of *fields* in that order."""


@procedure(timeout=Timeout.FAST, multi=True)
def extstorage_diagnose() -> list[FoundProvider]:
    """Return everything in the search path that looks like a provider of external storage."""
