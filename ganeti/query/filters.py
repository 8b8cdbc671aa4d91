"""Filters in list form, compiled once into functions of an item.

A filter is evaluated twice: first with configuration data only, where a condition on live data leaves the item in, and
again on the survivors once live data are there. So nodes are asked only about items that can still match.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from ganeti import errors
from ganeti.qlang.list_filter import MAX_DEPTH, check_form
from ganeti.query.fields import Field, FilterMode, Special

Item = TypeVar("Item")

_ORDER: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class _Undecided(Exception):
    """A condition needs data that were not gathered yet."""


_Condition = Callable[[Any, bool], bool]


@dataclass(frozen=True)
class Filter(Generic[Item]):
    """A compiled filter; *fields* are those it looks at."""

    fields: tuple[Field[Item], ...]
    _matches: _Condition

    def may_match(self, item: Item) -> bool:
        """Tell whether an item without live data can still match."""
        try:
            return self._matches(item, False)
        except _Undecided:
            return True

    def matches(self, item: Item) -> bool:
        """Tell whether an item with all data matches. Raises ParameterError for values of the wrong type."""
        return self._matches(item, True)


def compile_filter(expression: Any, fields: Mapping[str, Field[Item]]) -> Filter[Item]:
    """Return the compiled form of a filter in list form.

    Raises ParameterError for what is no filter, an unknown field, a value of the wrong type, a bad regular expression
    or too deep nesting.
    """
    try:
        check_form(expression)
    except ValueError as err:
        raise errors.ParameterError(str(err)) from None
    used: dict[str, Field[Item]] = {}
    condition = _compile(expression, fields, used, 0)
    return Filter(tuple(used.values()), condition)


def _compile(expression: Any, fields: Mapping[str, Any], used: dict[str, Any], depth: int) -> _Condition:
    if depth >= MAX_DEPTH:
        raise errors.ParameterError(f"Query filter is nested deeper than {MAX_DEPTH} levels")
    op, *operands = expression
    if op in ("&", "|"):
        parts = [_compile(operand, fields, used, depth + 1) for operand in operands]
        if op == "&":
            return lambda item, has_live: all(part(item, has_live) for part in parts)
        return lambda item, has_live: any(part(item, has_live) for part in parts)
    if op == "!":
        negated = _compile(operands[0], fields, used, depth + 1)
        return lambda item, has_live: not negated(item, has_live)
    field = _field(operands[0], fields, used)
    if op == "?":
        return _leaf(field, _is_true)
    if op == "!=":
        equal = _compile(["==", *operands], fields, used, depth)
        return lambda item, has_live: not equal(item, has_live)
    return _leaf(field, _test(op, field, operands[1]))


def _field(name: str, fields: Mapping[str, Any], used: dict[str, Any]) -> Field[Any]:
    field: Field[Any] | None = fields.get(name)
    if field is None:
        raise errors.ParameterError(f"Unknown field '{name}'")
    used[field.name] = field
    return field


def _literal(value: Any, field: Field[Any]) -> Any:
    """Return a literal in the form in which the field's values compare."""
    if field.mode is FilterMode.SPLIT_TIMESTAMP:
        return _seconds(value)
    if field.mode is FilterMode.JOB_ID and isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    if isinstance(value, (list, tuple)):
        raise errors.ParameterError(f"Invalid types in comparison, field '{field.name}' has no value like {value!r}")
    return int(value) if isinstance(value, float) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _seconds(value: Any) -> float:
    if isinstance(value, (list, tuple)) and len(value) == 2 and all(map(_is_number, value)):
        return float(value[0] + value[1] / 1e6)
    if _is_number(value):
        return float(value)
    raise errors.ParameterError(f"Invalid timestamp {value!r} in query filter")


def _leaf(field: Field[Any], test: Callable[[Any], bool]) -> _Condition:
    needs_live = bool(field.needs)
    compute = field.value

    def matches(item: Any, has_live: bool) -> bool:
        if needs_live and not has_live:
            raise _Undecided
        value = compute(item)
        # No data never excludes an item: who looks for trouble must see the nodes that do not answer.
        return type(value) is Special or test(value)

    return matches


def _is_true(value: Any) -> bool:
    if not isinstance(value, bool):
        raise errors.ParameterError(f"Unexpected value '{value}' in boolean context")
    return value


def _test(op: str, field: Field[Any], value: Any) -> Callable[[Any], bool]:
    if op == "=~":
        return _regex(value)
    literal = _literal(value, field)
    if op in ("==", "="):
        return _equal(field, literal)
    if op in _ORDER:
        compare = _ORDER[op]
        return lambda value: compare(_comparable(field, value, literal), literal)
    return lambda value: _contains(value, literal)


def _comparable(field: Field[Any], value: Any, literal: Any) -> Any:
    """Return *value* in a form that compares with *literal*. Raises ParameterError if there is none."""
    if field.mode is FilterMode.SPLIT_TIMESTAMP:
        return _seconds(value)
    both_text = isinstance(value, str) and isinstance(literal, str)
    both_numbers = _is_number(value) and _is_number(literal)
    if not (both_text or both_numbers):
        raise errors.ParameterError(f"Invalid types in comparison, trying to compare {value!r} with {literal!r}")
    return value


def _equal(field: Field[Any], literal: Any) -> Callable[[Any], bool]:
    if field.mode is FilterMode.HOSTNAME and isinstance(literal, str):
        wanted = literal.lower()
        return lambda value: value.lower() == wanted or value.lower().startswith(wanted + ".")
    return lambda value: bool(_comparable(field, value, literal) == literal)


def _regex(literal: str) -> Callable[[Any], bool]:
    try:
        search = re.compile(literal).search
    except re.error as err:
        raise errors.ParameterError(f"Invalid regular expression {literal!r}: {err}") from None

    def test(value: Any) -> bool:
        if not isinstance(value, str):
            raise errors.ParameterError(f"Only text can be matched by a regular expression, not {value!r}")
        return search(value) is not None

    return test


def _contains(value: Any, literal: Any) -> bool:
    if not isinstance(value, (list, tuple)) or any(type(item) is not type(literal) for item in value):
        raise errors.ParameterError(f"Invalid types in query for {literal!r} in {value!r}")
    return literal in value


def names_only(expression: Any, name_field: str) -> list[str | int] | None:
    """Return the names that a filter asks for, in order, if it does nothing else; None if it does."""
    if not isinstance(expression, (list, tuple)) or not expression:
        return None
    op, *operands = expression
    if op in ("==", "=") and len(operands) == 2 and operands[0] == name_field:
        name = operands[1]
        if isinstance(name, float) and name.is_integer():
            name = int(name)
        return [name] if isinstance(name, (str, int)) else None
    if op != "|" or not operands:
        return None
    names: list[str | int] = []
    for operand in operands:
        found = names_only(operand, name_field)
        if found is None:
            return None
        names.extend(found)
    return names
