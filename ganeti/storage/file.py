"""Disks that are plain files, on a node's own file system (``file``) or a shared one (``sharedfile``)."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Sequence
from typing import Any

from ganeti import pathutils
from ganeti.errors import BlockDeviceError, FileStoragePathError, ProgrammerError
from ganeti.storage.base import BlockDevice, DeviceSpec
from ganeti.utils.files import fsync_dir
from ganeti.utils.storagepaths import check_path

_MIB = 1024 * 1024
_FILE_MODE = 0o600


class FileDevice(BlockDevice):
    """A file: the path in the logical id is the device, there is nothing to activate."""

    def __init__(self, spec: DeviceSpec, children: Sequence[BlockDevice | None] = ()) -> None:
        super().__init__(spec, children)
        if children:
            raise BlockDeviceError("Invalid setup for file device: it cannot have children")
        self.driver, path = _split_id(spec.logical_id)
        check_allowed(path)
        self.path = path
        self.dev_path = path
        self.attached = os.path.isfile(path)

    @classmethod
    def create(cls, spec: DeviceSpec, children: Sequence[BlockDevice | None], *, exclusive: bool) -> FileDevice:
        """Make a sparse file; an existing one is an error, and so is a size that is not free right now."""
        if exclusive:
            raise ProgrammerError("File device requested with exclusive_storage")
        _, path = _split_id(spec.logical_id)
        check_allowed(path)
        _check_space(path, spec.size)
        try:
            _create_sparse(path, spec.size * _MIB)
        except FileExistsError as err:
            raise BlockDeviceError(f"File already exists: {path}") from err
        except OSError as err:
            raise BlockDeviceError(f"Error in file creation of {path}: {err.strerror}") from err
        return cls(spec, children)

    def assemble(self) -> None:
        """Check that the file is there."""
        if not os.path.isfile(self.path):
            raise BlockDeviceError(f"{self.path}: No such file")
        self.attached = True

    def open(self, *, force: bool = False, exclusive: bool = True) -> None:
        """Nothing to do: a file can always be opened."""

    def close(self) -> None:
        """Nothing to do."""

    def shutdown(self) -> None:
        """Nothing to do."""

    def remove(self) -> None:
        """Remove the file; an absent one is fine."""
        try:
            os.unlink(self.path)
        except FileNotFoundError:
            pass
        except OSError as err:
            raise BlockDeviceError(f"Can't remove file '{self.path}': {err.strerror}") from err
        else:
            _sync_directory(self.path)
        self.attached = False

    def rename(self, new_id: tuple[Any, ...]) -> None:
        """Move the file within its file system; the target's directory must exist."""
        driver, path = _split_id(new_id)
        if driver != self.driver:
            raise BlockDeviceError(f"Can't change the driver of {self.path} from {self.driver} to {driver}")
        check_allowed(path)
        if path == self.path:
            return
        try:
            # link + unlink instead of rename(2), which would silently replace another disk's file.
            os.link(self.path, path)
            os.unlink(self.path)
        except OSError as err:
            raise BlockDeviceError(f"Can't rename file '{self.path}' to '{path}': {err.strerror}") from err
        _sync_directory(path)
        self.path = self.dev_path = path

    def grow(self, amount: int, *, dry_run: bool, backing_store: bool, exclusive: bool) -> None:
        """Make the file longer; its present size counts, not the one in the configuration."""
        if exclusive:
            raise ProgrammerError("File device requested with exclusive_storage")
        if not backing_store:
            return
        if amount < 0:
            raise BlockDeviceError(f"File devices cannot shrink (asked for {amount} MiB on {self.path})")
        _check_space(self.path, amount)
        if dry_run:
            return
        self.assemble()
        try:
            with open(self.path, "r+b") as file:
                file.truncate(self.actual_size() + amount * _MIB)
                os.fsync(file.fileno())
        except OSError as err:
            raise BlockDeviceError(f"Error in file growth of {self.path}: {err.strerror}") from err

    def actual_size(self) -> int:
        """Length of the file in bytes."""
        self.assemble()
        try:
            return os.stat(self.path).st_size
        except OSError as err:
            raise BlockDeviceError(f"Can't stat {self.path}: {err.strerror}") from err

    def set_info(self, text: str) -> None:
        """Files carry no descriptive text."""


def _split_id(logical_id: tuple[Any, ...]) -> tuple[str, str]:
    """Return (driver, path)."""
    if len(logical_id) != 2 or not all(isinstance(item, str) for item in logical_id):
        raise ProgrammerError(f"Invalid logical id of a file device: {logical_id!r}")
    driver, path = logical_id
    return driver, path


def check_allowed(path: str, *, exact_match_ok: bool = False) -> None:
    """Check that this node allows disk images at *path*; raises BlockDeviceError.

    With *exact_match_ok* it may be one of the allowed directories itself.
    """
    try:
        check_path(path, pathutils.FILE_STORAGE_PATHS_FILE, exact_match_ok=exact_match_ok)
    except FileStoragePathError as err:
        raise BlockDeviceError(str(err)) from err


def _check_space(path: str, size_mib: int) -> None:
    """Check that a file system has room for *size_mib* more; raises BlockDeviceError.

    Sparse files take no room yet, so many of them may together promise more than there is; but one that could not even
    be filled today would break the installation of its operating system half-way.
    """
    try:
        stats = os.statvfs(os.path.dirname(path))
    except OSError as err:
        raise BlockDeviceError(f"Error in file creation of {path}: {err.strerror}") from err
    free_mib = stats.f_bavail * stats.f_frsize // _MIB
    if size_mib > free_mib:
        raise BlockDeviceError(f"Not enough space for {path}: {size_mib} MiB wanted, {free_mib} MiB free")


def _create_sparse(path: str, size_bytes: int) -> None:
    """Make a new sparse file, durably; leaves nothing behind on failure."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, _FILE_MODE)
    try:
        os.ftruncate(fd, size_bytes)
        os.fsync(fd)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(path)
        raise
    finally:
        os.close(fd)
    fsync_dir(os.path.dirname(path))


def _sync_directory(path: str) -> None:
    """Make a change of the file's directory entry durable, as far as the file system can."""
    with contextlib.suppress(OSError):
        fsync_dir(os.path.dirname(path))


# directories


def create_directory(path: str) -> None:
    """Make a directory for disk images; an existing one is fine. Raises BlockDeviceError."""
    check_allowed(path)
    try:
        os.makedirs(path, mode=0o750, exist_ok=True)
    except FileExistsError as err:
        raise BlockDeviceError(f"Specified storage dir '{path}' is not a directory") from err
    except OSError as err:
        raise BlockDeviceError(f"Cannot create file storage directory '{path}': {err.strerror}") from err


def remove_directory(path: str) -> None:
    """Remove an empty directory; an absent one is fine. Raises BlockDeviceError."""
    check_allowed(path)
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(mode):
        raise BlockDeviceError(f"Specified storage directory '{path}' is not a directory")
    try:
        os.rmdir(path)
    except OSError as err:
        reason = "it is not empty" if err.errno in (errno.ENOTEMPTY, errno.EEXIST) else err.strerror
        raise BlockDeviceError(f"Cannot remove file storage directory '{path}': {reason}") from err


def rename_directory(old: str, new: str) -> None:
    """Rename a directory; done already (only *new* exists) is fine, both existing is not. Raises BlockDeviceError."""
    check_allowed(old)
    check_allowed(new)
    if os.path.lexists(new):
        if os.path.lexists(old):
            raise BlockDeviceError(f"Cannot rename '{old}' to '{new}': both locations exist")
        return
    if not os.path.isdir(old):
        raise BlockDeviceError(f"Specified storage dir '{old}' is not a directory")
    try:
        os.rename(old, new)
    except OSError as err:
        raise BlockDeviceError(f"Cannot rename '{old}' to '{new}': {err.strerror}") from err
