"""Wrappers that keep confidential values out of logs, job files and answers."""

from typing import Generic, TypeVar

T = TypeVar("T")

REDACTED = "<redacted>"


class Private(Generic[T]):
    """A value that may be stored in the configuration but must never be shown."""

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        self._value = value

    def get(self) -> T:
        """Return the confidential value."""
        return self._value

    def __str__(self) -> str:
        return REDACTED

    def __repr__(self) -> str:
        return f"{type(self).__name__}({REDACTED})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and bool(self._value == other._value)

    def __hash__(self) -> int:
        return hash((type(self), repr(self._value)))


class Secret(Private[T]):
    """A value that lives in memory and in calls to nodes only and is never stored."""

    __slots__ = ()
