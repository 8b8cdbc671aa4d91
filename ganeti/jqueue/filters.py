"""Which filter rule applies to a job, and which rate limits its reason trail asks for."""

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from ganeti import errors
from ganeti.jqueue.scheduler import Limit
from ganeti.objects import FilterRule
from ganeti.qlang.list_filter import check_form

ACCEPT: Final = "ACCEPT"
PAUSE: Final = "PAUSE"
REJECT: Final = "REJECT"
CONTINUE: Final = "CONTINUE"
RATE_LIMIT: Final = "RATE_LIMIT"

_SIMPLE_ACTIONS: Final = (ACCEPT, PAUSE, REJECT, CONTINUE)
_PREDICATES: Final = ("jobid", "opcode", "reason")
_WATERMARK: Final = "watermark"
_ADHOC_LIMIT: Final = re.compile(r"rate-limit:([1-9][0-9]*):(.*)", re.DOTALL)

_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_EQUALITIES: Final = frozenset({"==", "=", "!="})
_MISSING: Final = object()

#: A leaf of an expression: (operator, operands) to truth; raises _InvalidComparison.
_Leaf: TypeAlias = Callable[[str, Sequence[Any]], bool]


class _InvalidComparison(Exception):
    """The comparison makes no sense, which makes the whole predicate false."""


class JobView(NamedTuple):
    """What rules look at: the opcodes as JSON objects and all elements of their reason trails."""

    job_id: int
    opcodes: Sequence[Mapping[str, Any]]

    @property
    def reasons(self) -> list[tuple[Any, Any, Any]]:
        """Return (source, text, ns) of all opcodes."""
        return [
            (entry[0], entry[1], entry[2])
            for op in self.opcodes
            for entry in op.get("reason") or ()
            if isinstance(entry, Sequence) and len(entry) == 3
        ]


def sort_rules(rules: Iterable[FilterRule]) -> list[FilterRule]:
    """Return the rules in the order in which they are tried."""
    return sorted(rules, key=lambda rule: (rule.priority, rule.watermark, rule.uuid))


def applying_rule(rules: Iterable[FilterRule], job: JobView) -> FilterRule | None:
    """Return the first of the sorted *rules* that matches the job and decides something."""
    return next((rule for rule in rules if rule.action != CONTINUE and matches(rule, job)), None)


def matches(rule: FilterRule, job: JobView) -> bool:
    """Tell whether all predicates of the rule hold."""
    return all(_holds(name, expression, rule, job) for name, expression in rule.predicates)


def rule_limit(rule: FilterRule) -> Limit | None:
    """Return the limit that a RATE_LIMIT rule sets."""
    return None if isinstance(rule.action, str) else Limit(("rule", rule.uuid), int(rule.action[1]))


def adhoc_limits(job: JobView) -> set[Limit]:
    """Return the limits asked for by reasons of the form ``rate-limit:<n>:<label>``."""
    found = (_ADHOC_LIMIT.fullmatch(text) for _, text, _ in job.reasons if isinstance(text, str))
    return {Limit(("reason", match[1], match[2]), int(match[1])) for match in found if match}


def check_rule(priority: object, predicates: object, action: object) -> None:
    """Refuse what is no rule: wrong priority, unknown predicate, malformed expression or action.

    Raises GenericError.
    """
    if not isinstance(priority, int) or isinstance(priority, bool) or priority < 0:
        raise errors.GenericError(f"Filter priority must be a number >= 0, not {priority!r}")
    if not isinstance(predicates, Sequence) or isinstance(predicates, str):
        raise errors.GenericError("Filter predicates must be a list")
    for item in predicates:
        if not isinstance(item, Sequence) or len(item) != 2 or item[0] not in _PREDICATES:
            known = ", ".join(_PREDICATES)
            raise errors.GenericError(f"Filter predicate {item!r} is not a pair of a name ({known}) and an expression")
        _check_expression(item[0], item[1])
    if isinstance(action, str):
        is_valid = action in _SIMPLE_ACTIONS
    else:
        is_valid = (
            isinstance(action, Sequence)
            and len(action) == 2
            and action[0] == RATE_LIMIT
            and isinstance(action[1], int)
            and not isinstance(action[1], bool)
            and action[1] >= 1
        )
    if not is_valid:
        known = ", ".join(_SIMPLE_ACTIONS)
        raise errors.GenericError(f"Filter action {action!r} is none of {known} or [{RATE_LIMIT}, number >= 1]")


def _check_expression(name: str, expression: object) -> None:
    """Refuse what could never match anything because it is no expression."""
    try:
        # Values are those of opcodes, so fractions and truth values are among them.
        check_form(expression, lambda value: isinstance(value, (str, int, float)))
    except ValueError as err:
        raise errors.GenericError(f"Expression of filter predicate {name!r} is malformed: {err}") from None


def _holds(name: str, expression: Sequence[Any], rule: FilterRule, job: JobView) -> bool:
    if name == "jobid":
        return _evaluate_or_false(expression, _job_id_leaf(job.job_id, rule.watermark))
    if name == "opcode":
        fields = _fields_of(expression)
        return any(_opcode_holds(expression, fields, op) for op in job.opcodes)
    if name == "reason":
        return any(_evaluate_or_false(expression, _reason_leaf(entry)) for entry in job.reasons)
    return False


def _opcode_holds(expression: Sequence[Any], fields: Iterable[str], op: Mapping[str, Any]) -> bool:
    if any(_lookup(op, field) is _MISSING for field in fields):
        return False
    return _evaluate_or_false(expression, _opcode_leaf(op))


def _evaluate_or_false(expression: Sequence[Any], leaf: _Leaf) -> bool:
    try:
        return _evaluate(expression, leaf)
    except (_InvalidComparison, RecursionError):
        return False


def _evaluate(expression: Any, leaf: _Leaf) -> bool:
    if not isinstance(expression, Sequence) or isinstance(expression, str) or not expression:
        raise _InvalidComparison
    name, *operands = expression
    if name == "&":
        return all(_evaluate(operand, leaf) for operand in operands)
    if name == "|":
        return any(_evaluate(operand, leaf) for operand in operands)
    if name == "!":
        if len(operands) != 1:
            raise _InvalidComparison
        return not _evaluate(operands[0], leaf)
    return leaf(name, operands)


def _fields_of(expression: Any) -> set[str]:
    """Return every field that an expression names."""
    if not isinstance(expression, Sequence) or isinstance(expression, str) or not expression:
        return set()
    name, *operands = expression
    if name in ("&", "|", "!"):
        return {field for operand in operands for field in _fields_of(operand)}
    return {operands[0]} if operands and isinstance(operands[0], str) else set()


def _lookup(value: Any, path: str) -> Any:
    """Return the value at a dotted path of nested objects; a key may itself hold dots."""
    if not isinstance(value, Mapping):
        return _MISSING
    if path in value:
        return value[path]
    first, dot, rest = path.partition(".")
    return _lookup(value.get(first), rest) if dot else _MISSING


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _compare(name: str, left: Any, right: Any) -> bool:
    is_alike = (isinstance(left, str) and isinstance(right, str)) or (_is_number(left) and _is_number(right))
    if name not in _COMPARISONS or not is_alike:
        raise _InvalidComparison
    return _COMPARISONS[name](left, right)


def _search(pattern: Any, text: Any) -> bool:
    if not isinstance(pattern, str) or not isinstance(text, str):
        raise _InvalidComparison
    try:
        return re.search(pattern, text) is not None
    except re.error:
        raise _InvalidComparison from None


def _job_id_leaf(job_id: int, watermark: int) -> _Leaf:
    def leaf(name: str, operands: Sequence[Any]) -> bool:
        if len(operands) != 2 or operands[0] != "id":
            raise _InvalidComparison
        return _compare(name, job_id, watermark if operands[1] == _WATERMARK else operands[1])

    return leaf


def _reason_leaf(entry: tuple[Any, Any, Any]) -> _Leaf:
    values = dict(zip(("source", "reason", "timestamp"), entry, strict=True))

    def leaf(name: str, operands: Sequence[Any]) -> bool:
        if len(operands) != 2 or operands[0] not in values:
            raise _InvalidComparison
        field, literal = operands
        if name == "=~" and field != "timestamp":
            return _search(literal, values[field])
        return _compare(name, values[field], literal)

    return leaf


def _opcode_leaf(op: Mapping[str, Any]) -> _Leaf:
    def leaf(name: str, operands: Sequence[Any]) -> bool:
        if not operands or not isinstance(operands[0], str):
            raise _InvalidComparison
        value = _lookup(op, operands[0])
        if name == "?" and len(operands) == 1 and isinstance(value, bool):
            return value
        if len(operands) != 2:
            raise _InvalidComparison
        if name == "=~":
            return _search(operands[1], value)
        if name in _EQUALITIES and isinstance(value, bool) and isinstance(operands[1], bool):
            return _COMPARISONS[name](value, operands[1])
        if name == "=[]":
            if not isinstance(value, Sequence) or isinstance(value, str):
                raise _InvalidComparison
            return any(item == operands[1] and isinstance(item, type(operands[1])) for item in value)
        return _compare(name, value, operands[1])

    return leaf
