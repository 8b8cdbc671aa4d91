"""All files below a directory of disk images."""

import os
import stat
from collections.abc import Iterator

from ganeti.errors import BlockDeviceError
from ganeti.storage.file import check_allowed

#: Levels of directories below the one for images: an optional one named by the user, then one per instance.
_MAX_DEPTH = 8


def list_files(directory: str) -> Iterator[tuple[str, int, float]]:
    """Yield (path, size in bytes, time of the last change) of regular files; an absent directory has none.

    Symbolic links below the directory are not followed. Raises BlockDeviceError for a directory that this node does
    not allow or cannot read.
    """
    check_allowed(directory, exact_match_ok=True)
    yield from _walk(directory, _MAX_DEPTH)


def _walk(directory: str, depth: int) -> Iterator[tuple[str, int, float]]:
    try:
        with os.scandir(directory) as entries:
            found = list(entries)
    except FileNotFoundError:
        return
    except OSError as err:
        raise BlockDeviceError(f"Cannot read directory '{directory}': {err.strerror}") from err
    for entry in found:
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue
        if stat.S_ISREG(status.st_mode):
            yield entry.path, status.st_size, status.st_mtime
        elif stat.S_ISDIR(status.st_mode) and depth > 0:
            yield from _walk(entry.path, depth - 1)
