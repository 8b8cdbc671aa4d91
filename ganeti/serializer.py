"""JSON of dynamic shape; values of known shape are encoded and decoded by msgspec where they are declared."""

from typing import Any

import simplejson

from ganeti.types import REDACTED, Private


def _show_redacted(value: object) -> object:
    """Encode what JSON does not know: confidential values as their placeholder, sets as sorted lists."""
    if isinstance(value, Private):
        return REDACTED
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"Cannot encode {type(value).__name__} as JSON")


def dumps(value: Any, *, indent: int | None = None) -> bytes:
    """Return *value* as UTF-8 JSON without a trailing newline; confidential values are redacted."""
    separators = (",", ":") if indent is None else (",", ": ")
    text = simplejson.dumps(
        value,
        default=_show_redacted,
        indent=indent,
        separators=separators,
        ensure_ascii=False,
        namedtuple_as_object=False,
    )
    return text.encode("utf-8")


def loads(data: bytes | str) -> Any:
    """Return the value that UTF-8 JSON *data* holds.

    Raises ValueError if it is not JSON, or nested so deeply that nothing sensible can be meant.
    """
    if isinstance(data, bytes):
        data = data.decode("utf-8")
    try:
        return simplejson.loads(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None
