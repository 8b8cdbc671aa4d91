"""JSON pointers: the path to a value inside of another one (RFC 6901)."""

from collections.abc import Iterable
from typing import Any


class PointerError(LookupError):
    """The pointer is malformed or leads nowhere."""


def split_pointer(pointer: str) -> tuple[str, ...]:
    """Return the steps of a pointer (``/cluster/cluster_name``); the empty one means the whole value.

    Raises PointerError.
    """
    if not pointer:
        return ()
    if not pointer.startswith("/"):
        raise PointerError(f"'{pointer}' does not begin with a slash")
    return tuple(_unescape(step) for step in pointer[1:].split("/"))


def _unescape(step: str) -> str:
    # In this order: "~01" means "~1".
    return step.replace("~1", "/").replace("~0", "~")


def follow(value: Any, steps: Iterable[str]) -> Any:
    """Return what the steps lead to in a value of dictionaries and lists; raises PointerError."""
    for step in steps:
        if isinstance(value, dict):
            if step not in value:
                raise PointerError(f"There is no key '{step}'")
            value = value[step]
        elif isinstance(value, (list, tuple)):
            value = value[_index(step, len(value))]
        else:
            raise PointerError(f"Nothing is below a {type(value).__name__}, so no '{step}'")
    return value


def _index(step: str, length: int) -> int:
    is_number = step.isascii() and step.isdecimal() and (step == "0" or not step.startswith("0"))
    # Compared by digits first: a long number is not worth being computed.
    if not is_number or len(step) > len(str(length)) or int(step) >= length:
        raise PointerError(f"There is no list item '{step}'")
    return int(step)
