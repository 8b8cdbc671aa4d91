"""Keep a marked block of lines in a file that others edit too (/etc/hosts)."""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from typing import Final

from ganeti.tools.common import ToolError
from ganeti.utils.files import read_text, write_atomic

_BEGIN: Final = "# BEGIN virtual cluster {}"
_END: Final = "# END virtual cluster {}"


def without_block(text: str, tag: str) -> str:
    """Return *text* without the block of *tag*; a block whose end was lost ends with the file.

    Raises ToolError in that case, since what follows may be somebody else's.
    """
    begin, end = _BEGIN.format(tag), _END.format(tag)
    kept: list[str] = []
    is_inside = False
    for line in text.splitlines(keepends=True):
        stripped = line.rstrip("\n")
        if stripped == begin:
            is_inside = True
        elif stripped == end:
            is_inside = False
        elif not is_inside:
            kept.append(line)
    if is_inside:
        raise ToolError(f"The line '{end}' is missing: remove the block '{begin}' by hand")
    return "".join(kept)


def with_block(text: str, tag: str, content: str) -> str:
    """Return *text* with *content* as the block of *tag*."""
    rest = without_block(text, tag)
    if rest and not rest.endswith("\n"):
        rest += "\n"
    return f"{rest}{_BEGIN.format(tag)}\n{content}{_END.format(tag)}\n"


def _entries(text: str) -> Iterator[tuple[str, str]]:
    """Yield (name, address) of each name in a hosts file."""
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        for name in words[1:]:
            yield name, words[0]


def conflicts(text: str, content: str) -> list[str]:
    """Return the names of *content* that *text* gives another address already."""
    existing: dict[str, set[str]] = {}
    for name, address in _entries(text):
        existing.setdefault(name, set()).add(address)
    return [name for name, address in _entries(content) if existing.get(name, {address}) != {address}]


@contextlib.contextmanager
def _locked(path: str) -> Iterator[None]:
    """Keep other users of this module off the file."""
    # A lock on the directory: the file itself may be replaced meanwhile.
    fd = os.open(os.path.dirname(path) or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _replace(path: str, text: str) -> None:
    """Give the file new content."""
    try:
        write_atomic(path, text, mode=0o644)
    except OSError as err:
        # In a container the file is a mount point and cannot be renamed over; in a user namespace the directory is not
        # ours.
        if err.errno not in (errno.EBUSY, errno.EXDEV, errno.EROFS, errno.EACCES):
            raise
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


def put(path: str, tag: str, content: str) -> None:
    """Make *content* the block of *tag* in the file.

    Raises ToolError if the file gives one of the names another address.
    """
    with _locked(path):
        text = read_text(path, default="")
        wrong = conflicts(without_block(text, tag), content)
        if wrong:
            raise ToolError(f"{path} has other addresses for: {', '.join(wrong)}")
        new = with_block(text, tag, content)
        if new != text:
            _replace(path, new)


def remove(path: str, tag: str) -> None:
    """Take the block of *tag* out of the file, if it is there."""
    with _locked(path):
        text = read_text(path, default="")
        new = without_block(text, tag)
        if new != text:
            _replace(path, new)
