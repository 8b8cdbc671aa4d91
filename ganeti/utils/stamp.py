"""Notices that a file was replaced."""

import os
from typing import TypeAlias

#: Inode, size and modification time in nanoseconds of a file; None if there is none.
FileStamp: TypeAlias = tuple[int, int, int] | None


def file_stamp(path: str) -> FileStamp:
    """Return what changes whenever the file is replaced. Raises OSError other than for a missing file."""
    try:
        stat = os.stat(path)
    except FileNotFoundError:
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns
