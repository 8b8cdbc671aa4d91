"""Typed access to a parameter set: turns configuration values into the type that the reader expects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ParamView:
    """A complete parameter set as text, numbers and switches.

    Old clusters and runtime files hold null where newer ones hold empty texts; both read as the empty value.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def text(self, name: str) -> str:
        """A text; empty when unset."""
        value = self._values.get(name)
        return "" if value is None else str(value)

    def number(self, name: str) -> int:
        """An integer; 0 when unset."""
        value = self._values.get(name)
        return int(value) if value not in (None, "") else 0

    def flag(self, name: str) -> bool:
        """A switch; off when unset."""
        return bool(self._values.get(name))

    def updated(self, other: Mapping[str, Any]) -> ParamView:
        """This set with other values laid on top."""
        return ParamView({**self._values, **other})

    def as_dict(self) -> dict[str, Any]:
        """A copy of the values as they are."""
        return dict(self._values)
