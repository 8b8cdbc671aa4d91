"""Nested values as indented text that is also YAML: the output of the info commands.

A dictionary is printed sorted by key; a list of pairs is a mapping in the given order, where pairs with the same third
element have their values aligned; any other list has one item per line; a tuple stays on one line.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

_INDENT: Final = "  "


class _Entry(NamedTuple):
    key: str
    value: Any
    group: object = None


def _entries(value: Any) -> list[_Entry] | None:
    """Return the entries of a mapping, None for what is none."""
    if isinstance(value, dict):
        return [_Entry(str(key), value[key]) for key in sorted(value, key=str)]
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        return [_Entry(str(pair[0]), *pair[1:]) for pair in value]
    return None


def _scalar(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(str(item) for item in value)}]"
    return str(value)


def _is_block(value: Any) -> bool:
    """True for what starts on the line after its key."""
    return isinstance(value, (dict, list))


def _mapping_lines(entries: list[_Entry]) -> Iterator[str]:
    widths: dict[object, int] = {}
    for entry in entries:
        if entry.group is not None:
            widths[entry.group] = max(widths.get(entry.group, 0), len(entry.key))
    for entry in entries:
        if _is_block(entry.value):
            yield f"{entry.key}: "
            for line in _lines(entry.value):
                yield _INDENT + line
        else:
            padding = " " * (widths.get(entry.group, 0) - len(entry.key))
            yield f"{entry.key}: {padding}{_scalar(entry.value)}"


def _lines(value: Any) -> Iterator[str]:
    entries = _entries(value)
    if entries is not None:
        yield from _mapping_lines(entries)
    elif isinstance(value, list):
        for item in value:
            first, *rest = list(_lines(item)) or [""]
            yield f"- {first}"
            for line in rest:
                yield _INDENT + line
    else:
        yield _scalar(value)


def format_info(value: Any) -> str:
    """Return *value* as text that ends with a newline; nothing for an empty container."""
    return "".join(f"{line}\n" for line in _lines(value))


def format_parameters(own: dict[str, Any], effective: dict[str, Any]) -> dict[str, Any]:
    """Return parameters for printing: what is not set at this level is shown as ``default (VALUE)``."""
    return {key: own.get(key, f"default ({value})") for key, value in effective.items()}
