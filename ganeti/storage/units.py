"""Storage units of a node: the places that disks are made in, as far as they are directories."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ganeti import constants as c
from ganeti.errors import StorageError
from ganeti.storage.file import check_allowed

_MIB: Final = 1024 * 1024
#: A block in ``st_blocks``, whatever the file system (stat(2)).
_BLOCK: Final = 512
#: How long the files of one directory are looked at. It is less than masters wait for the answer.
_WALK_TIMEOUT_S: Final = 300.0

#: Types whose units are directories.
DIRECTORY_TYPES: Final = frozenset({c.ST_FILE, c.ST_SHARED_FILE})


def used_mib(directory: str, *, timeout_s: float = _WALK_TIMEOUT_S) -> int | None:
    """Return the space that everything below a directory occupies, None if looking takes too long.

    Images are sparse, so blocks count and not sizes. What vanishes meanwhile counts as nothing.
    """
    deadline = time.monotonic() + timeout_s
    blocks = 0
    pending = [directory]
    while pending:
        if time.monotonic() > deadline:
            return None
        try:
            with os.scandir(pending.pop()) as entries:
                found = list(entries)
        except FileNotFoundError:
            continue
        for entry in found:
            try:
                blocks += entry.stat(follow_symlinks=False).st_blocks
            except FileNotFoundError:
                continue
            if entry.is_dir(follow_symlinks=False):
                pending.append(entry.path)
    return blocks * _BLOCK // _MIB


def _size_mib(directory: str) -> int:
    stats = os.statvfs(directory)
    return stats.f_blocks * stats.f_frsize // _MIB


def _free_mib(directory: str) -> int:
    stats = os.statvfs(directory)
    return stats.f_bavail * stats.f_frsize // _MIB


_DIRECTORY_FIELDS: Final[Mapping[str, Callable[[str], Any]]] = {
    c.SF_NAME: str,
    c.SF_SIZE: _size_mib,
    c.SF_USED: used_mib,
    c.SF_FREE: _free_mib,
    c.SF_ALLOCATABLE: lambda _directory: True,
}


def list_directories(directories: Sequence[str], name: str | None, fields: Sequence[str]) -> list[list[Any]]:
    """Return the values of *fields* of each directory, or only of the one called *name*.

    Raises StorageError for an unknown field and for a directory that is absent or not allowed on this node.
    """
    unknown = sorted(set(fields) - set(_DIRECTORY_FIELDS))
    if unknown:
        raise StorageError(f"Unknown field(s) of a directory: {', '.join(unknown)}")
    wanted = [directory for directory in directories if name is None or directory == name]
    try:
        for directory in wanted:
            check_allowed(directory, exact_match_ok=True)
        return [[_DIRECTORY_FIELDS[field](directory) for field in fields] for directory in wanted]
    except OSError as err:
        raise StorageError(f"Cannot look at directory '{err.filename}': {err.strerror}") from err
