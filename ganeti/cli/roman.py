"""Roman numerals, which the info commands have always offered."""

from typing import Any, Final

_NUMERALS: Final = (
    (1000, "M"),
    (900, "CM"),
    (500, "D"),
    (400, "CD"),
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
)
_LIMIT: Final = 4000


def to_roman(value: Any) -> Any:
    """Return a whole number from 1 to 3999 as Roman numeral, a container with its numbers so, all else unchanged."""
    if isinstance(value, dict):
        return {key: to_roman(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(to_roman(item) for item in value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < _LIMIT:
        return value
    text = ""
    for number, numeral in _NUMERALS:
        count, value = divmod(value, number)
        text += numeral * count
    return text
