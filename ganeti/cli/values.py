"""Text of option values to values: sizes, switches, key=value lists and what is built from them."""

import math
from collections.abc import Callable
from typing import Any, Final

from ganeti import constants as c
from ganeti import errors
from ganeti.cli.options import ValueType
from ganeti.utils.text import parse_unit, split_escaped

#: Values of a key=value list; True, False and None stand for ``key``, ``no_key`` and ``-key``.
KeyValues = dict[str, str | bool | None]
#: An identifier with its parameters; False and None stand for ``no_ident`` and ``-ident``.
IdentKeyValues = tuple[str, KeyValues | bool | None]

_WORDS: Final = {"yes": True, "true": True, "no": False, "false": False}


class ValueSyntaxError(ValueError):
    """The text of an option value does not have the form of its type."""


def _key_value(element: str, *, prefixes: bool) -> tuple[str, str | bool | None]:
    key, has_value, value = element.partition("=")
    if has_value:
        return key, value
    if prefixes and key.startswith(c.NO_PREFIX):
        return key[len(c.NO_PREFIX) :], False
    if prefixes and key.startswith(c.UN_PREFIX):
        return key[len(c.UN_PREFIX) :], None
    return key, True


def parse_keyval(text: str, *, prefixes: bool = True) -> KeyValues:
    """Parse ``key=value,flag,no_flag,-key``.

    Raises ParameterError for a key that is given twice or is empty.
    """
    result: KeyValues = {}
    for element in split_escaped(text):
        key, value = _key_value(element, prefixes=prefixes)
        if not key:
            raise errors.ParameterError(f"Missing key in '{text}'")
        if key in result:
            raise errors.ParameterError(f"Duplicate key '{key}' in '{text}'")
        result[key] = value
    return result


def parse_keyprivateval(text: str) -> dict[str, Any]:
    """As parse_keyval, with values that will not be shown.

    Raises ParameterError without quoting the text.
    """
    from ganeti.types import Private

    try:
        plain = parse_keyval(text)
    except errors.ParameterError:
        raise errors.ParameterError("Missing or duplicate key in confidential parameters") from None
    return {key: Private(value) for key, value in plain.items()}


def parse_identkeyval(text: str) -> IdentKeyValues:
    """Parse ``ident[:key=value,...]``, ``no_ident`` or ``-ident`` (``-1`` is an identifier).

    Raises ParameterError.
    """
    ident, _, rest = text.partition(":")
    removal: bool | None
    if ident.startswith(c.NO_PREFIX):
        ident, removal = ident[len(c.NO_PREFIX) :], False
    elif ident.startswith(c.UN_PREFIX) and not ident[1:2].isdigit():
        ident, removal = ident[len(c.UN_PREFIX) :], None
    else:
        return ident, parse_keyval(rest)
    if rest:
        raise errors.ParameterError(f"Cannot pass options when removing parameter groups: {text}")
    return ident, removal


def parse_multilist(text: str) -> list[dict[str, KeyValues]]:
    """Parse ``ident:key=value,.../ident:...//...``: alternatives of groups of parameters.

    Raises ParameterError.
    """
    result = []
    for alternative in text.split("//"):
        groups: dict[str, KeyValues] = {}
        for group in alternative.split("/"):
            ident, _, rest = group.partition(":")
            if not ident or ident in groups:
                raise errors.ParameterError(f"Missing or duplicate identifier in '{alternative}'")
            groups[ident] = parse_keyval(rest, prefixes=False)
        result.append(groups)
    return result


def parse_bool(text: str) -> bool:
    """Parse yes, true, no or false, in any case.

    Raises ValueSyntaxError.
    """
    word = _WORDS.get(text.lower())
    if word is None:
        raise ValueSyntaxError(f"invalid boolean value '{text}', use yes or no")
    return word


def parse_maybefloat(text: str) -> float | str:
    """Parse a number or the word ``default``.

    Raises ValueSyntaxError.
    """
    if text.lower() == c.VALUE_DEFAULT:
        return c.VALUE_DEFAULT
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueSyntaxError(f"invalid value '{text}', use a number or 'default'")
    return number


def parse_size(text: str) -> int:
    """Parse a size with unit to MiB.

    Raises ValueSyntaxError.
    """
    try:
        return parse_unit(text)
    except errors.UnitParseError as err:
        raise ValueSyntaxError(str(err)) from None


def parse_json(text: str) -> Any:
    """Parse JSON text.

    Raises ValueSyntaxError.
    """
    import json

    try:
        return json.loads(text)
    except (ValueError, RecursionError) as err:
        raise ValueSyntaxError(f"invalid JSON: {err}") from None


def parse_filteraction(text: str) -> str | list[str | int]:
    """Parse the action of a filter rule: ``RATE_LIMIT n`` to a pair, everything else is for the server to judge.

    Raises ValueSyntaxError.
    """
    name, has_number, number = text.partition(" ")
    if name != "RATE_LIMIT" or not has_number:
        return text
    try:
        return [name, int(number)]
    except ValueError:
        raise ValueSyntaxError(f"invalid rate limit {number!r}, use a number") from None


#: Parser of every type but string and choice, which are used as they are.
PARSERS: Final[dict[ValueType, Callable[[str], Any]]] = {
    "int": int,
    "float": float,
    "unit": parse_size,
    "bool": parse_bool,
    "keyval": parse_keyval,
    "keyprivateval": parse_keyprivateval,
    "identkeyval": parse_identkeyval,
    "multilistidentkeyval": parse_multilist,
    "list": split_escaped,
    "maybefloat": parse_maybefloat,
    "json": parse_json,
    "filteraction": parse_filteraction,
}
