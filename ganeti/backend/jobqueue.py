"""Node procedures that keep a copy of the master's job queue."""

import contextlib
import logging
import os
import stat
from collections.abc import Iterator
from typing import Final

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.backend.base import RPCFail, implements
from ganeti.rpc import procedures
from ganeti.rpc.procedures.files import Compressed
from ganeti.rpc.uploads import decompress
from ganeti.utils.accounts import owner
from ganeti.utils.files import flock, read_text, remove_if_exists, write_atomic

_LOG = logging.getLogger(__name__)

_LOCK_TIMEOUT_S: Final = 10.0
_DIRECTORY_MODE: Final = 0o750
_DRAIN_MODE: Final = 0o644


@contextlib.contextmanager
def _queue_lock(*, wait: bool = True) -> Iterator[None]:
    """Hold the queue's lock, which the master daemon has where it runs. Raises RPCFail."""
    with contextlib.ExitStack() as held:
        try:
            fd = held.enter_context(
                flock(
                    pathutils.JOB_QUEUE_LOCK_FILE,
                    timeout_s=_LOCK_TIMEOUT_S if wait else 0,
                    mode=c.JOB_QUEUE_FILES_PERMS,
                )
            )
            _give_away(fd)
        except (errors.LockError, OSError) as err:
            raise RPCFail(f"Cannot lock the job queue: {err}") from err
        yield


def _give_away(fd: int) -> None:
    """Give the lock file to the master daemon, which may have to run here one day."""
    uid, gid = owner("masterd", "daemons")
    found = os.fstat(fd)
    if (found.st_uid, found.st_gid) != (uid, gid):
        os.fchown(fd, uid, gid)
    if stat.S_IMODE(found.st_mode) != c.JOB_QUEUE_FILES_PERMS:
        os.fchmod(fd, c.JOB_QUEUE_FILES_PERMS)


def _write(path: str, data: bytes | str, *, mode: int = c.JOB_QUEUE_FILES_PERMS) -> None:
    uid, gid = owner("masterd", "daemons")
    write_atomic(path, data, mode=mode, uid=uid, gid=gid, fsync_directory=False)


def initialise() -> None:
    """Write the first version and serial files if there are none and nobody uses the queue."""
    try:
        with _queue_lock(wait=False):
            for path, content in (
                (pathutils.JOB_QUEUE_VERSION_FILE, f"{c.JOB_QUEUE_VERSION}\n"),
                (pathutils.JOB_QUEUE_SERIAL_FILE, "0\n"),
            ):
                if not read_text(path, default="").strip():
                    _write(path, content)
    except (RPCFail, OSError, ValueError) as err:
        # The master daemon holds the lock where it runs, and initialises the queue itself.
        _LOG.info("The job queue is left as it is: %s", err)


def _local(path: str) -> str:
    """Return the local form of a path in the queue. Raises RPCFail for others."""
    try:
        local = os.path.normpath(pathutils.from_virtual(path))
    except ValueError as err:
        raise RPCFail(str(err)) from err
    if not local.startswith(pathutils.QUEUE_DIR + "/"):
        raise RPCFail(f"Passed job queue file '{path}' does not belong to the queue directory '{pathutils.QUEUE_DIR}'")
    return local


@implements(procedures.jobqueue_update)
def jobqueue_update(file_name: str, content: Compressed) -> None:
    """Write a file of the queue."""
    jobqueue_update_many([(file_name, content)])


@implements(procedures.jobqueue_update_many)
def jobqueue_update_many(files: list[tuple[str, Compressed]]) -> None:
    """Write files of the queue; those before one that cannot be written stay."""
    contents = [(_local(file_name), content) for file_name, content in files]
    with _queue_lock():
        for path, content in contents:
            try:
                _write(path, decompress(content))
            except (OSError, ValueError) as err:
                raise RPCFail(f"Cannot write {path}: {err}") from err


@implements(procedures.jobqueue_rename)
def jobqueue_rename(rename: list[tuple[str, str]]) -> list[None]:
    """Rename files of the queue; missing directories are made."""
    pairs = [(_local(old), _local(new)) for old, new in rename]
    with _queue_lock():
        for old, new in pairs:
            try:
                _make_directory(os.path.dirname(new))
                os.rename(old, new)
            except OSError as err:
                raise RPCFail(f"Cannot rename {old} to {new}: {err}") from err
    return [None for _ in pairs]


def _make_directory(path: str) -> None:
    if os.path.isdir(path):
        return
    _make_directory(os.path.dirname(path))
    uid, gid = owner("masterd", "daemons")
    os.mkdir(path)
    os.chmod(path, _DIRECTORY_MODE)
    os.chown(path, uid, gid)


@implements(procedures.jobqueue_purge)
def jobqueue_purge() -> None:
    """Remove all files of the queue except its lock."""
    with _queue_lock():
        clean_directory(pathutils.QUEUE_DIR, keep=frozenset({pathutils.JOB_QUEUE_LOCK_FILE}))
        clean_directory(pathutils.JOB_QUEUE_ARCHIVE_DIR)


#: The only directories that are ever cleaned.
CLEANABLE: Final = frozenset(
    {
        pathutils.DATA_DIR,
        pathutils.CONFIG_HISTORY_DIR,
        pathutils.CRYPTO_KEYS_DIR,
        pathutils.QUEUE_DIR,
        pathutils.JOB_QUEUE_ARCHIVE_DIR,
    }
)


def clean_directory(path: str, keep: frozenset[str] = frozenset()) -> None:
    """Remove the regular files directly in a directory, except those in *keep*; links and directories stay.

    Raises RPCFail for directories that must never be cleaned.
    """
    if path not in CLEANABLE:
        raise RPCFail(f"Path passed to clean_directory not in allowed clean targets: '{path}'")
    if not os.path.isdir(path):
        return
    for name in os.listdir(path):
        file = f"{path}/{name}"
        if file not in keep and stat.S_ISREG(os.lstat(file).st_mode):
            remove_if_exists(file)


@implements(procedures.jobqueue_set_drain_flag)
def jobqueue_set_drain_flag(flag: bool) -> None:
    """Set or remove the mark that the queue takes no new jobs."""
    with _queue_lock():
        if flag:
            _write(pathutils.JOB_QUEUE_DRAIN_FILE, "", mode=_DRAIN_MODE)
        else:
            remove_if_exists(pathutils.JOB_QUEUE_DRAIN_FILE)
