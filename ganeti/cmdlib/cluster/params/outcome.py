"""What a family of cluster parameters gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ganeti import constants as c
from ganeti.errors import OpPrereqError


@dataclass(frozen=True)
class Outcome:
    """New values of fields of the cluster, and what to tell the user."""

    values: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def invalid(text: str) -> OpPrereqError:
    """Return the error for a value that cannot be used."""
    return OpPrereqError(text, c.ECODE_INVAL)


def wrong_state(text: str) -> OpPrereqError:
    """Return the error for a value that does not fit what exists."""
    return OpPrereqError(text, c.ECODE_STATE)
