"""Modes of locks and which of them exclude each other (multiple granularity locking)."""

import enum
from typing import Final

from ganeti import constants as c


class Mode(enum.IntEnum):
    """How a lock is held; the intentions exist on set locks only and are held by whoever locks single names."""

    INTENT_SHARED = 0
    INTENT_EXCLUSIVE = 1
    SHARED = 2
    EXCLUSIVE = 3

    @classmethod
    def of(cls, shared: bool) -> "Mode":
        """Return the mode of a lock proper."""
        return cls.SHARED if shared else cls.EXCLUSIVE

    @property
    def text(self) -> str | None:
        """Name for the monitor; intentions are not shown."""
        return {Mode.SHARED: c.TEXT_SHARED, Mode.EXCLUSIVE: c.TEXT_EXCLUSIVE}.get(self)


#: Mode -> modes that another owner must not hold at the same time.
INCOMPATIBLE: Final[tuple[frozenset[Mode], ...]] = (
    frozenset({Mode.EXCLUSIVE}),
    frozenset({Mode.SHARED, Mode.EXCLUSIVE}),
    frozenset({Mode.INTENT_EXCLUSIVE, Mode.EXCLUSIVE}),
    frozenset(Mode),
)
