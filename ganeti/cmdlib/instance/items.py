"""Rules that NICs and disks share: their names and the types of their parameters."""

from collections.abc import Iterable, Mapping
from typing import Any

from ganeti import constants as c
from ganeti.errors import OpPrereqError, TypeEnforcementError
from ganeti.utils.paramtypes import enforce


def item_name(value: str | None) -> str | None:
    """Return the name that *value* gives to a NIC or disk; the value ``none`` and an empty one give none."""
    if value is None or value.strip().lower() in (c.VALUE_NONE, ""):
        return None
    return value


def check_item_names(kind: str, names: Iterable[str | None]) -> None:
    """Check the names of the NICs or disks (*kind*) of one instance: unique, and no numbers, which are indexes.

    Raises OpPrereqError.
    """
    seen = set()
    for name in names:
        if name is None:
            continue
        if name.isdigit():
            raise OpPrereqError(
                f"Invalid name '{name}' of a {kind}: a number would be taken for an index", c.ECODE_INVAL
            )
        if name in seen:
            raise OpPrereqError(f"{kind} name '{name}' is used more than once", c.ECODE_NOTUNIQUE)
        seen.add(name)


def enforce_types(params: Mapping[str, Any], types: Mapping[str, str], *allowed: Any) -> dict[str, Any]:
    """Return *params* with the types that *types* demands; raises OpPrereqError (wrong_input)."""
    try:
        return enforce(params, types, allowed_values=allowed)
    except TypeEnforcementError as err:
        raise OpPrereqError(str(err), c.ECODE_INVAL) from err
