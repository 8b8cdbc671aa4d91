"""User ids for guests: each guest of security model `pool` runs as a user that nobody else is using."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.ssconf import SsconfReader
from ganeti.utils.files import remove_if_exists
from ganeti.utils.process import run_cmd

_PGREP_TIMEOUT_S = 10
_PGREP_NONE = 1


def parse_pool(text: str) -> frozenset[int]:
    """Parse one range per line (`4000-4019`, or a single id).

    Raises:
      LockError: a line is no range.
    """
    uids: set[int] = set()
    for line in text.split():
        first, _, last = line.partition("-")
        try:
            uids.update(range(int(first), int(last or first) + 1))
        except ValueError as err:
            raise errors.LockError(f"'{line}' in the cluster's uid pool is not a range of user ids") from err
    return frozenset(uids)


def read_pool() -> frozenset[int]:
    """The user ids that this cluster sets aside for guests."""
    return parse_pool(SsconfReader().read(c.SS_UID_POOL))


@contextlib.contextmanager
def taken_uid(pool: Iterable[int]) -> Iterator[int]:
    """Take an unused user id; it stays taken when the block succeeds and is given back when it raises.

    Raises:
      LockError: no user id of the pool is free.
    """
    directory = Path(pathutils.UIDPOOL_LOCKDIR)
    directory.mkdir(mode=0o750, parents=True, exist_ok=True)
    uid, fd = _lock_free_uid(pool, directory)
    try:
        yield uid
    except BaseException:
        release_uid(uid)
        raise
    finally:
        os.close(fd)


def _lock_free_uid(pool: Iterable[int], directory: Path) -> tuple[int, int]:
    taken = {path.name for path in directory.iterdir()}
    # Lock files may be left over from guests that are gone, so taken ids get their turn too, after the free ones.
    candidates = sorted(pool, key=lambda uid: (str(uid) in taken, random.random()))
    for uid in candidates:
        fd = os.open(directory / str(uid), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not _has_processes(uid):
                return uid, fd
        except BlockingIOError:
            pass
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)
    raise errors.LockError("No user id of the cluster's uid pool is free on this node")


def _has_processes(uid: int) -> bool:
    result = run_cmd(["pgrep", "-u", str(uid)], timeout_s=_PGREP_TIMEOUT_S)
    if result.exit_code not in (0, _PGREP_NONE):
        raise errors.LockError(f"Cannot find out whether user {uid} has processes: {result.fail_reason}")
    return result.exit_code == 0


def release_uid(uid: int) -> None:
    """Give a user id back to the pool."""
    remove_if_exists(str(Path(pathutils.UIDPOOL_LOCKDIR) / str(uid)))


def primary_group(uid: int) -> int:
    """Group of a user; the same number where the user is not in the password database."""
    try:
        return pwd.getpwuid(uid).pw_gid
    except KeyError:
        return uid
