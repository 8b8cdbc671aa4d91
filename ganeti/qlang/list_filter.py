"""The list form of filters: which operators there are, and what is no filter whatever it is about."""

from collections.abc import Callable
from typing import Any, Final

#: Deepest nesting of a query filter that is accepted.
MAX_DEPTH: Final = 10

#: Number of operands of each operator, None for any; the first is a field unless the operator is a logical one.
_LOGICAL: Final = frozenset({"&", "|", "!"})
_OPERANDS: Final[dict[str, int | None]] = {
    "&": None,
    "|": None,
    "!": 1,
    "?": 1,
    **dict.fromkeys(("==", "=", "!=", "<", "<=", ">", ">=", "=~", "=[]"), 2),
}


def _is_whole(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and float(value).is_integer()


def is_query_value(value: Any) -> bool:
    """Tell whether queries compare with such values: texts, whole numbers, times as pairs."""
    is_pair = isinstance(value, (list, tuple)) and len(value) == 2 and all(map(_is_whole, value))
    return isinstance(value, str) or _is_whole(value) or is_pair


def check_form(expression: Any, is_value: Callable[[Any], bool] = is_query_value) -> None:
    """Check that *expression* is a filter as far as can be told without knowing the fields.

    *is_value* tells what may be compared with. Raises ValueError. What is nested too deeply is not looked at.
    """
    _check_form(expression, is_value, 0)


def _check_form(expression: Any, is_value: Callable[[Any], bool], depth: int) -> None:
    if depth >= MAX_DEPTH:
        return
    if not isinstance(expression, (list, tuple)) or not expression or not isinstance(expression[0], str):
        raise ValueError(f"Query filter must be a list that starts with an operator, not {expression!r}")
    op, *operands = expression
    if op not in _OPERANDS:
        raise ValueError(f"Unknown query operator '{op}'")
    count = _OPERANDS[op]
    if count is not None and len(operands) != count:
        raise ValueError(f"Query operator '{op}' takes {count} operand(s), not {len(operands)}")
    if op in _LOGICAL:
        for operand in operands:
            _check_form(operand, is_value, depth + 1)
        return
    if not isinstance(operands[0], str):
        raise ValueError(f"Query operator '{op}' needs the name of a field, not {operands[0]!r}")
    if op == "=~":
        if not isinstance(operands[1], str):
            raise ValueError(f"A regular expression must be text, not {operands[1]!r}")
    elif len(operands) > 1 and not is_value(operands[1]):
        raise ValueError(f"Query values must be text or whole numbers, not {operands[1]!r}")
