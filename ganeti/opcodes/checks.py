"""Checks of parameter values that their types alone do not express, named by ``extra={"check": ...}`` of the type."""

import ipaddress
from collections.abc import Callable
from typing import Any, Final

_ACTIONS: Final = ("add", "attach", "detach", "modify", "remove")


def _ip_address(version: int) -> Callable[[Any], str | None]:
    def check(value: Any) -> str | None:
        try:
            parsed = ipaddress.ip_address(value)
        except ValueError:
            return f"{value!r} is not an IPv{version} address"
        return None if parsed.version == version else f"{value!r} is not an IPv{version} address"

    return check


def _ip_network(version: int) -> Callable[[Any], str | None]:
    def check(value: Any) -> str | None:
        try:
            parsed = ipaddress.ip_network(value, strict=True)
        except ValueError as err:
            return f"{value!r} is not an IPv{version} network: {err}"
        return None if parsed.version == version else f"{value!r} is not an IPv{version} network"

    return check


def _or_none(check: Callable[[Any], str | None]) -> Callable[[Any], str | None]:
    """Return *check* for values that the word ``none`` unsets."""
    return lambda value: None if value == "none" else check(value)


def _is_index(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _modifications(value: Any) -> str | None:
    """Check a list of device modifications, in the form of three or the older one of two items."""
    for item in value:
        if len(item) == 3:
            action, ident, params = item
            if action not in _ACTIONS:
                return f"{action!r} is no action, known are {', '.join(_ACTIONS)}"
            if not (_is_index(ident) or isinstance(ident, str)):
                return f"{ident!r} is neither an index nor a name"
        elif len(item) == 2:
            action, params = item
            if not (action in _ACTIONS and action != "modify") and not (_is_index(action) and action >= 0):
                return f"{action!r} is neither an action nor an index"
        else:
            return f"a modification has two or three items, not {len(item)}"
        if not isinstance(params, dict) or not all(isinstance(key, str) for key in params):
            return f"parameters of modification {action!r} must be an object"
    return None


def _recreate_disks(value: Any) -> str | None:
    """Check a list of disk indices, or of (index, changes)."""
    if all(_is_index(item) and item >= 0 for item in value):
        return None
    for item in value:
        is_pair = isinstance(item, (list, tuple)) and len(item) == 2
        if not (is_pair and _is_index(item[0]) and item[0] >= 0 and isinstance(item[1], dict)):
            return f"{item!r} is neither a disk index nor a pair of an index and changes"
    return None


#: Checks by name; each returns what is wrong, or None.
CHECKS: Final[dict[str, Callable[[Any], str | None]]] = {
    "ipv4": _ip_address(4),
    "ipv6": _ip_address(6),
    "ipv4net": _ip_network(4),
    "ipv6net": _ip_network(6),
    "ipv4_or_none": _or_none(_ip_address(4)),
    "ipv6_or_none": _or_none(_ip_address(6)),
    "ipv6net_or_none": _or_none(_ip_network(6)),
    "mods": _modifications,
    "recreate_disks": _recreate_disks,
}
