"""JSON of dynamic shape; values of known shape are encoded and decoded by msgspec where they are declared."""

import contextlib
import functools
import gc
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import simplejson

from ganeti.types import REDACTED, Private
from ganeti.utils.old_names import finder

if TYPE_CHECKING:
    import msgspec


@dataclass(frozen=True, slots=True)
class JsonPieces:
    """A JSON value that is encoded already: UTF-8 text in pieces, so that a large one need not be copied together."""

    pieces: tuple[bytes, ...]


#: Texts of this length hold so many values that looking for garbage among them takes longer than decoding.
_LARGE: Final = 256 * 1024


#: The fraction 0 of a number in compact JSON, or text in a string that looks like one. Looking for it, which begins
#: with a fixed text, and then at what is before it is fifty times as fast as looking for the whole number.
_ZERO_FRACTION: Final = re.compile(rb"\.0(?![^\],}])")
_WHOLE_PART: Final = re.compile(rb"(?<![^\[,:])-?\d+\Z")
#: Floats of more digits are written with an exponent.
_MAX_WHOLE_PART: Final = 24
_ESCAPE: Final = re.compile(rb"\\.", re.DOTALL)


@contextlib.contextmanager
def _paused_collector() -> Iterator[None]:
    """Keep the garbage collector from running: the more objects there are, the more often it looks at all of them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


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


def dumps_fast(value: Any) -> bytes:
    """Return *value* as ``dumps`` does, several times faster; sets have no order.

    The encoder takes longer to import than a short-lived program needs for all it says: for daemons.
    """
    return _fast_encoder().encode(value)


@functools.cache
def _fast_encoder() -> "msgspec.json.Encoder":
    import msgspec

    return msgspec.json.Encoder(enc_hook=_show_redacted)


def drop_zero_fractions(data: bytes) -> bytes:
    """Return compact JSON with ``1.0`` written as ``1``: clients with static types take a fraction for a wrong type."""
    parts: list[bytes] = []
    done = 0
    in_string = False
    for match in _ZERO_FRACTION.finditer(data):
        point = match.start()
        if not _WHOLE_PART.search(data, max(0, point - _MAX_WHOLE_PART), point):
            continue
        before = data[done:point]
        in_string ^= bool(_count_quotes(before) % 2)
        parts += (before, match[0] if in_string else b"")
        done = match.end()
    return b"".join((*parts, data[done:])) if parts else data


def _count_quotes(data: bytes) -> int:
    """Return the number of quotes that begin or end strings."""
    escaped = _ESCAPE.findall(data).count(b'\\"') if b"\\" in data else 0
    return data.count(b'"') - escaped


def loads(data: bytes | str) -> Any:
    """Return the value that UTF-8 JSON *data* holds.

    Raises ValueError if it is not JSON, or nested so deeply that nothing sensible can be meant.
    """
    if isinstance(data, bytes):
        data = data.decode("utf-8")
    try:
        if len(data) < _LARGE:
            return simplejson.loads(data)
        with _paused_collector():
            return simplejson.loads(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None


if not TYPE_CHECKING:
    # Names that programs of other projects know.
    __getattr__ = finder(__name__)
