"""Which directories may hold disk images: the list that the administrator keeps on each node, and its check."""

import logging
import os
from collections.abc import Sequence
from typing import Final

from ganeti.errors import FileStoragePathError
from ganeti.utils.files import read_text

_log = logging.getLogger(__name__)

_PROGRAM_DIRS: Final = ("bin", "lib", "lib32", "lib64", "sbin")
#: Directories that never hold disk images, whatever the list says.
FORBIDDEN_PREFIXES: Final[tuple[str, ...]] = (
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/proc",
    "/root",
    "/sys",
    *(f"{prefix}/{name}" for prefix in ("", "/usr", "/usr/local") for name in _PROGRAM_DIRS),
)


def parse_allowed_paths(text: str) -> tuple[str, ...]:
    """Return the entries of a file-storage-paths file, without blank lines and comments."""
    lines = (line.strip() for line in text.splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def load_allowed_paths(path_file: str) -> tuple[str, ...]:
    """Return the directories in which this node allows disk images; empty if the file cannot be read."""
    try:
        return parse_allowed_paths(read_text(path_file))
    except (OSError, ValueError) as err:
        _log.warning("Cannot read the allowed file storage paths: %s", err)
        return ()


def is_below(path: str, directory: str) -> bool:
    """Tell whether the normalised absolute *path* lies strictly below *directory*."""
    return path.startswith(directory.rstrip("/") + "/") and path != directory


def is_forbidden(path: str) -> bool:
    """Tell whether a path is relative, or is or lies below a directory of the operating system."""
    path = os.path.normpath(path)
    if not os.path.isabs(path):
        return True
    return any(path == prefix or is_below(path, prefix) for prefix in FORBIDDEN_PREFIXES)


def check_path_text(path: str, allowed: Sequence[str], path_file: str, *, exact_match_ok: bool = False) -> None:
    """Check a path against the list, by its text alone.

    With *exact_match_ok* the path may be one of the allowed directories itself. Raises FileStoragePathError.
    """
    if not allowed:
        raise FileStoragePathError(f"No paths are valid or path file '{path_file}' was not accessible.")
    normal = os.path.normpath(path)
    if is_forbidden(normal):
        raise FileStoragePathError(f"Path '{path}' uses a forbidden prefix")
    for entry in allowed:
        directory = os.path.normpath(entry)
        if not os.path.isabs(directory):
            _log.warning("Ignoring the relative path '%s' in %s", entry, path_file)
        elif is_below(normal, directory) or (exact_match_ok and normal == directory):
            return
    raise FileStoragePathError(f"Path '{path}' is not acceptable for file storage")


def check_path(path: str, path_file: str, *, exact_match_ok: bool = False) -> None:
    """Check that this node allows disk images at *path*; symbolic links on the way do not defeat the rules.

    The list may name directories by way of links, so both the text and the resolved path are compared, the latter
    with the resolved list. Raises FileStoragePathError.
    """
    allowed = load_allowed_paths(path_file)
    check_path_text(path, allowed, path_file, exact_match_ok=exact_match_ok)
    resolved = os.path.realpath(path)
    if resolved != os.path.normpath(path):
        targets = tuple(os.path.realpath(entry) for entry in allowed if os.path.isabs(entry))
        check_path_text(resolved, targets, path_file, exact_match_ok=exact_match_ok)


def directory_problem(path: str, path_file: str) -> str | None:
    """Return why *path* cannot be the directory for disk images of this node; None if it can."""
    try:
        check_path(path, path_file, exact_match_ok=True)
    except FileStoragePathError as err:
        return str(err)
    if not os.path.isdir(path):
        return f"Path '{path}' is not existing or not a directory."
    if not os.access(path, os.W_OK):
        return f"Path '{path}' is not writable"
    return None
