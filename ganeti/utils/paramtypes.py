"""Enforce the types of parameter dictionaries that come from users, often as text."""

import math
from collections.abc import Collection, Mapping
from typing import Any

from ganeti import constants as c
from ganeti import errors
from ganeti.utils.text import parse_unit


def _as_bool(key: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in (c.VALUE_FALSE, c.VALUE_TRUE):
        return value.lower() == c.VALUE_TRUE
    # An empty value switches off, as in "key=".
    if value in ("", None):
        return False
    raise errors.TypeEnforcementError(f"'{key}' (value {value}) is not a valid boolean; use true or false")


def _as_int(key: str, value: Any) -> int:
    try:
        return int(value)
    except (ValueError, TypeError):
        raise errors.TypeEnforcementError(f"'{key}' (value {value}) is not a valid integer") from None


def _as_float(key: str, value: Any) -> float:
    try:
        number = float(value)
    except (ValueError, TypeError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        # There is no way to write infinity in JSON.
        raise errors.TypeEnforcementError(f"'{key}' (value {value}) is not a valid floating-point number")
    return number


def _as_size(key: str, value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        return parse_unit(value)
    except errors.UnitParseError as err:
        raise errors.TypeEnforcementError(f"'{key}' (value {value}) is not a valid size: {err}") from None


def _as_string(key: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or value is False:
        return ""
    raise errors.TypeEnforcementError(f"'{key}' (value {value}) is not a valid string")


def enforce_one(key: str, value: Any, kind: str) -> Any:
    """Return *value* as the type *kind* (a VTYPE constant).

    Raises TypeEnforcementError naming the key.
    """
    if kind == c.VTYPE_MAYBE_STRING:
        return None if value is None else _as_string(key, value)
    if kind == c.VTYPE_STRING:
        return _as_string(key, value)
    if kind == c.VTYPE_BOOL:
        return _as_bool(key, value)
    if kind == c.VTYPE_SIZE:
        return _as_size(key, value)
    if kind == c.VTYPE_INT:
        return _as_int(key, value)
    if kind == c.VTYPE_FLOAT:
        return _as_float(key, value)
    raise errors.ProgrammerError(f"'{key}' has unhandled type {kind}")


def enforce(
    params: Mapping[str, Any], types: Mapping[str, str], *, allowed_values: Collection[Any] = ()
) -> dict[str, Any]:
    """Return *params* with each value as the type that *types* names for its key.

    Values in *allowed_values* (``default``) pass as they are. Raises TypeEnforcementError for an unknown key or a
    value that cannot be converted.
    """
    result = {}
    for key, value in params.items():
        if key not in types:
            raise errors.TypeEnforcementError(f"Unknown parameter '{key}'")
        is_allowed = any(type(value) is type(allowed) and value == allowed for allowed in allowed_values)
        result[key] = value if is_allowed else enforce_one(key, value, types[key])
    return result
