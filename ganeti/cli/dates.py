"""Points and spans of time as text, in local time."""

import re
import time
from typing import Any, Final

from ganeti import constants as c
from ganeti import errors

_SPAN: Final = re.compile(r"(\d+)([smhdw]?)")
_SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def format_time(timestamp: float) -> str:
    """Return seconds since the epoch as ``YYYY-MM-DD HH:MM:SS``."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(timestamp))


def format_optional_time(timestamp: Any) -> str:
    """As format_time, but ``N/A`` for what is no time."""
    return format_time(timestamp) if isinstance(timestamp, (int, float)) else "N/A"


def format_precise(timestamp: Any) -> str:
    """Return a pair of seconds and microseconds as ``YYYY-MM-DD HH:MM:SS.uuuuuu``, ``?`` for anything else."""
    if not (isinstance(timestamp, (list, tuple)) and len(timestamp) == 2):
        return "?"
    seconds, microseconds = timestamp
    return f"{format_time(seconds)}.{microseconds:06d}"


def parse_span(text: str) -> int:
    """Return the seconds of a span: a number with optional suffix s, m, h, d or w.

    Raises OpPrereqError.
    """
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise errors.OpPrereqError(
            f"Invalid time specification '{text}', use a number with optional suffix s, m, h, d or w", c.ECODE_INVAL
        )
    return int(match.group(1)) * _SECONDS[match.group(2)]
