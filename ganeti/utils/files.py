"""Files: atomic replacement, locks, reading small files."""

import contextlib
import errno
import fcntl
import os
import re
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Final

from ganeti import errors

_TEMPORARY_SUFFIX: Final = ".new"


def fsync_dir(path: str) -> None:
    """Make renames inside the directory *path* durable."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def may_hold_files(path: str) -> bool:
    """Tell whether the directory *path* may have entries: false only if it is known to be missing or empty."""
    try:
        with os.scandir(path) as entries:
            return next(entries, None) is not None
    except FileNotFoundError:
        return False
    except OSError:
        return True


def write_atomic(
    path: str,
    data: bytes | str,
    *,
    mode: int = 0o600,
    uid: int = -1,
    gid: int = -1,
    times: tuple[float, float] | None = None,
    fsync: bool = True,
    fsync_directory: bool = True,
    prepare: Callable[[int], None] | None = None,
) -> None:
    """Replace *path* by a file with content *data* in one step.

    Owner, mode and *times* (access, modification) are set before the rename, so nobody sees the file without them.
    With *fsync* the content is on disk before the rename; with *fsync_directory* the rename is on disk on return.
    *prepare* is called with the descriptor of the new file just before the rename.

    Raises OSError; the old file is untouched then.
    """
    if isinstance(data, str):
        data = data.encode("utf-8")
    directory = os.path.dirname(path) or "."
    fd, temp = tempfile.mkstemp(prefix=f"{os.path.basename(path)}.", suffix=_TEMPORARY_SUFFIX, dir=directory)
    try:
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(fd, view) :]
            os.fchmod(fd, mode)
            if uid != -1 or gid != -1:
                os.fchown(fd, uid, gid)
            if times is not None:
                os.utime(fd, times)
            if fsync:
                os.fsync(fd)
            if prepare is not None:
                prepare(fd)
        finally:
            os.close(fd)
        os.rename(temp, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temp)
        raise
    if fsync and fsync_directory:
        fsync_dir(directory)


def link_atomic(path: str, target: str) -> None:
    """Make *path* a symbolic link to *target*; a file or link that is there is replaced in one step.

    Raises OSError; what was there is untouched then.
    """
    temporary = f"{path}.{secrets.token_hex(4)}{_TEMPORARY_SUFFIX}"
    os.symlink(target, temporary)
    try:
        os.rename(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def remove_leftovers(path: str) -> list[str]:
    """Remove the temporary files of ``write_atomic`` for *path* that a crash has left; returns their paths.

    Nobody may be replacing the file meanwhile.
    """
    directory, name = os.path.split(path)
    pattern = re.compile(re.escape(name) + r"\.[^.]+" + re.escape(_TEMPORARY_SUFFIX))
    found = [f"{directory}/{entry}" for entry in os.listdir(directory or ".") if pattern.fullmatch(entry)]
    return [leftover for leftover in found if remove_if_exists(leftover)]


def backup_file(path: str) -> str | None:
    """Copy *path* to ``<path>.backup-<time>`` with the same mode and owner; None if there is no such file."""
    try:
        with open(path, "rb") as original:
            data, stat = original.read(), os.fstat(original.fileno())
    except FileNotFoundError:
        return None
    target = f"{path}.backup-{time.time():.6f}"
    write_atomic(target, data, mode=stat.st_mode & 0o7777, uid=stat.st_uid, gid=stat.st_gid)
    return target


def read_text(path: str, *, default: str | None = None, limit: int = 1 << 20) -> str:
    """Return the text of a small file; *default*, if given, when it does not exist.

    Raises OSError, and ValueError if the file is larger than *limit* bytes.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(limit + 1)
    except FileNotFoundError:
        if default is not None:
            return default
        raise
    if len(data) > limit:
        raise ValueError(f"{path} is larger than {limit} bytes")
    return data.decode("utf-8", "replace")


def open_in_shared_directory(path: str, flags: int, mode: int = 0o600) -> int:
    """Return a descriptor of a file in a directory where users of other daemons may write too.

    A link that one of them made is not followed: it could lead root to any file. Those of root and of our own are.
    Raises OSError.
    """
    try:
        return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    except OSError as err:
        if err.errno != errno.ELOOP:
            raise
    link = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if os.fstat(link).st_uid not in (0, os.geteuid()):
            raise PermissionError(errno.EACCES, "This is a link that another user has made", path)
        target = os.readlink("", dir_fd=link)
    finally:
        os.close(link)
    return os.open(os.path.join(os.path.dirname(path), target), flags | os.O_CLOEXEC, mode)


def remove_if_exists(path: str) -> bool:
    """Remove a file; tell whether there was one."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    return True


@contextlib.contextmanager
def flock(path: str, *, shared: bool = False, timeout_s: float | None = None, mode: int = 0o600) -> Iterator[int]:
    """Hold a ``flock(2)`` on *path* (created if missing) and give its descriptor.

    Without *timeout_s* waits as long as it takes; 0 means try once. Raises LockError when the time is over.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, mode)
    try:
        acquire_flock(fd, path, shared=shared, timeout_s=timeout_s)
        yield fd
    finally:
        os.close(fd)


@contextlib.contextmanager
def lock_if_exists(path: str) -> Iterator[None]:
    """Hold a ``flock(2)`` on a file that is about to be replaced; without the file there is nothing to hold."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        yield
        return
    try:
        acquire_flock(fd, path)
        yield
    finally:
        os.close(fd)


def acquire_flock(fd: int, path: str, *, shared: bool = False, timeout_s: float | None = None) -> None:
    """Take a ``flock(2)`` on an open descriptor; *path* is for the message of the LockError."""
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    if timeout_s is None:
        fcntl.flock(fd, kind)
        return
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            fcntl.flock(fd, kind | fcntl.LOCK_NB)
            return
        except OSError as err:
            if err.errno not in (errno.EAGAIN, errno.EACCES):
                raise
        if time.monotonic() >= deadline:
            raise errors.LockError(f"Cannot lock {path}: another process holds it")
        # flock(2) has no time-out of its own; contention here is rare and short.
        time.sleep(0.02)
