"""The mark of a take-over that the old master has not confirmed: on disk, so that a crash cannot lose it.

While it exists, a master daemon that starts on this node waits until the tenure of the old master has certainly ended.
"""

import os

from ganeti import pathutils
from ganeti.utils.files import fsync_dir, read_text, remove_if_exists, write_atomic

_FILE = "takeover-unconfirmed"
_MODE = 0o600


def path() -> str:
    """Return the path of the mark."""
    return f"{pathutils.DATA_DIR}/{_FILE}"


def set_mark(old_master: str) -> None:
    """Note that this node takes over from *old_master*."""
    write_atomic(path(), f"{old_master}\n", mode=_MODE)


def is_set() -> bool:
    """Tell whether there is a take-over that was not confirmed."""
    return os.path.exists(path())


def old_master() -> str | None:
    """Return the name of the master before a take-over that was not confirmed, None if there is none.

    Raises OSError.
    """
    return read_text(path(), default="").strip() or None


def clear() -> None:
    """Note that the old master cannot act any more."""
    if remove_if_exists(path()):
        fsync_dir(pathutils.DATA_DIR)
