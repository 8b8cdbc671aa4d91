"""Rules about single values of the cluster, for its creation and for later changes."""

import re
from collections.abc import Sequence
from typing import Final

from ganeti import constants as c
from ganeti.errors import OpPrereqError

_TOOL_RE: Final = re.compile(r"[-_A-Za-z0-9]+")
_IMAGE_SCHEMES: Final = ("http", "https", "ftp")


def _invalid(text: str) -> OpPrereqError:
    return OpPrereqError(text, c.ECODE_INVAL)


def check_compression_tools(tools: Sequence[str]) -> None:
    """Check the names of the compression tools; raises OpPrereqError (wrong_input)."""
    for tool in tools:
        if not _TOOL_RE.fullmatch(tool):
            raise _invalid(f"Invalid name of a compression tool: {tool!r}")
    if c.IEC_GZIP not in tools:
        raise _invalid("The compression tools must include gzip")
    if c.IEC_NONE in tools:
        raise _invalid("'none' is not a compression tool; it is always allowed")


def check_uid_ranges(ranges: Sequence[tuple[int, int]]) -> None:
    """Check ranges of user ids; raises OpPrereqError (wrong_input)."""
    for low, high in ranges:
        if low > high:
            raise _invalid(f"Lower user id {low} is above the higher one {high}")
        if low < c.UIDPOOL_UID_MIN or high > c.UIDPOOL_UID_MAX:
            raise _invalid(f"User ids {low}-{high} are outside of {c.UIDPOOL_UID_MIN}-{c.UIDPOOL_UID_MAX}")


def check_image(image: str | None, what: str = "OS image") -> None:
    """Check the location of an image, *what* it is for: an absolute path or a URL; raises OpPrereqError."""
    if image is None or image.startswith("/"):
        return
    scheme, separator, rest = image.partition("://")
    if scheme.lower() not in _IMAGE_SCHEMES or not separator or not rest:
        raise _invalid(f"{what} '{image}' must be an absolute path or a URL")
