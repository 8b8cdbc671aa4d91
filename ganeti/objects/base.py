"""What all configuration objects share: frozen structs, and JSON in which absent optional fields are left out."""

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import msgspec

from ganeti.types import Private

T = TypeVar("T")

#: A dictionary of parameters; never changed in place once it is part of an object.
Params: TypeAlias = dict[str, Any]


def written(make: Callable[[], T]) -> T:
    """Declare a field that is written to JSON even when it has its default (``written(dict)``, ``written(lambda: 1)``).

    Optional fields with a plain default are left out while they have it. msgspec recognises defaults by identity and
    by the factories ``list``, ``dict`` and ``set``; any other factory counts as a value of its own.
    """
    return msgspec.field(default_factory=lambda: make())


class ConfigObject(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A value of the configuration; changes make new values (``msgspec.structs.replace``)."""


class TopLevelObject(ConfigObject, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """An object with an identity of its own.

    ``serial_no`` grows by one with every committed change, ``mtime`` is the time of the last one (Unix seconds).
    """

    uuid: str
    serial_no: int = written(lambda: 1)
    ctime: float | None = None
    mtime: float | None = None


class TaggedObject(TopLevelObject, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """An object that carries tags, kept sorted and without duplicates."""

    tags: tuple[str, ...] = written(tuple)


def _reveal(value: object) -> Any:
    """Encode confidential values as they are."""
    if isinstance(value, Private):
        return value.get()
    raise TypeError(f"Cannot encode {type(value).__name__} as JSON")


def _wrap(kind: type, value: object) -> Any:
    """Decode confidential values into their wrapper."""
    origin = getattr(kind, "__origin__", kind)
    if isinstance(origin, type) and issubclass(origin, Private):
        return value if isinstance(value, Private) else origin(value)
    raise TypeError(f"Cannot decode {kind}")


_ENCODER = msgspec.json.Encoder(enc_hook=_reveal)


def encode_clear(value: Any) -> bytes:
    """Return JSON with confidential values in clear: for the configuration file and calls to nodes only."""
    return _ENCODER.encode(value)


def to_clear_builtins(value: Any) -> Any:
    """Return *value* as dictionaries and lists, confidential values in clear."""
    return msgspec.to_builtins(value, enc_hook=_reveal)


def decode_as(data: bytes | str, kind: type[T]) -> T:
    """Return the *kind* that JSON *data* holds.

    Raises msgspec.ValidationError (wrong shape) or msgspec.DecodeError (no JSON); both are ValueErrors.
    """
    return msgspec.json.decode(data, type=kind, dec_hook=_wrap)


def convert_to(value: Any, kind: type[T]) -> T:
    """Return the *kind* that plain dictionaries and lists describe.

    Raises msgspec.ValidationError.
    """
    return msgspec.convert(value, type=kind, dec_hook=_wrap)
