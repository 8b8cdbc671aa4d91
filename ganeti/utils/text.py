"""Text: natural order, sizes with units, safe display."""

import re
from collections.abc import Iterable
from typing import Final

from ganeti import errors

_DIGITS: Final = re.compile(r"(\d+)")
_UNIT: Final = re.compile(r"^\s*([.\d]+)\s*([a-zA-Z]+)?\s*$")
#: A part of an escaped list: a protected comma or backslash, or any other character but a comma.
_PART: Final = re.compile(r"\\[,\\]|[^,]")
_MIB: Final = 1.0
#: Factor to MiB of every accepted suffix (lower case).
_UNIT_FACTORS: Final = {
    "m": 1.0,
    "mb": 1.0,
    "mib": 1.0,
    "g": 1024.0,
    "gb": 1024.0,
    "gib": 1024.0,
    "t": 1024.0 * 1024,
    "tb": 1024.0 * 1024,
    "tib": 1024.0 * 1024,
}


def nice_sort_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """Key of natural order: digit runs compare as numbers and come before text (``a1 < a2 < a10``)."""
    return tuple((0, int(part), part) if part.isdecimal() else (1, 0, part) for part in _DIGITS.split(text) if part)


def parse_unit(text: str) -> int:
    """Return MiB of a size like ``512``, ``1.5g``, ``2T`` (no suffix: MiB), rounded up to a multiple of 4 MiB.

    Raises UnitParseError.
    """
    match = _UNIT.match(str(text))
    if not match:
        raise errors.UnitParseError(f"Invalid size: {text!r}; use a number with an optional unit m, g or t")
    try:
        number = float(match.group(1))
    except ValueError:
        raise errors.UnitParseError(f"Invalid number in size {text!r}") from None
    factor = _UNIT_FACTORS.get((match.group(2) or "m").lower())
    if factor is None:
        raise errors.UnitParseError(f"Unknown unit {match.group(2)!r} in size {text!r}; use m, g or t")
    value = int(number * factor)
    if value < number * factor:
        value += 1
    if value % 4:
        value += 4 - value % 4
    return value


def format_unit(mib: float, unit: str) -> str:
    """Return a size in MiB as text; *unit* is h (automatic, with suffix), m, g or t (without)."""
    if unit not in ("h", "m", "g", "t"):
        raise errors.ProgrammerError(f"Invalid unit {unit!r} specified")
    suffix = ""
    if unit == "m" or (unit == "h" and mib < 1024):
        suffix = "M" if unit == "h" else ""
        return f"{round(mib):d}{suffix}"
    if unit == "g" or (unit == "h" and mib < 1024 * 1024):
        suffix = "G" if unit == "h" else ""
        return f"{round(mib / 1024.0, 1):0.1f}{suffix}"
    suffix = "T" if unit == "h" else ""
    return f"{round(mib / 1024.0 / 1024.0, 1):0.1f}{suffix}"


def safe_encode(text: str) -> str:
    """Return *text* with everything unprintable escaped; line feeds and tabs stay."""
    return "".join(
        ch if ch.isprintable() or ch in "\n\t" else ch.encode("unicode_escape").decode("ascii") for ch in text
    )


def split_escaped(text: str) -> list[str]:
    r"""Split at commas; ``\,`` is a comma and ``\\`` a backslash inside a part. Empty text has no parts."""
    if not text:
        return []
    parts = [""]
    position = 0
    while position < len(text):
        match = _PART.match(text, position)
        if match is None:
            parts.append("")
            position += 1
        else:
            parts[-1] += match.group()[-1]
            position = match.end()
    return parts


def join_escaped(parts: Iterable[str]) -> str:
    """Return the text that split_escaped turns into *parts*."""
    return ",".join(part.replace("\\", "\\\\").replace(",", "\\,") for part in parts)


def comma_join(items: "list[str] | tuple[str, ...] | set[str]") -> str:
    """Return the items separated by a comma and a blank."""
    return ", ".join(str(item) for item in items)
