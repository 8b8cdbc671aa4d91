"""Text filters (``status == "running" and not offline``) to filters in list form."""

import re
from functools import cache
from typing import Any, Final, NoReturn

import pyparsing as pp

from ganeti import constants as c
from ganeti import errors
from ganeti.qlang.pattern import pattern_regex

#: A filter in list form: operator and operands.
Filter = list[Any]

_COMPARISONS: Final = {"==": "==", "=": "==", "!=": "!=", "<=": "<=", "<": "<", ">=": ">=", ">": ">"}
_STRING: Final = r"""'(?:[^'\n\r\\]|''|\\.)*'|"(?:[^"\n\r\\]|""|\\.)*\""""
_FIELD_CHARACTERS: Final = "A-Za-z0-9_/."


class _RegexError(pp.ParseFatalException):
    """A regular expression in the filter is wrong."""


def _keyword(word: str) -> pp.ParserElement:
    return pp.Regex(rf"{word}(?![{_FIELD_CHARACTERS}])").suppress().set_name(f"'{word}'")


def _negated(condition: Filter) -> Filter:
    return [c.QLANG_OP_NOT, condition]


def _regex_value(text: str, location: int, tokens: pp.ParseResults) -> str:
    """Turn ``m/text/flags`` into a regular expression with inline flags."""
    literal = str(tokens[0]).removeprefix("m")
    delimiter = literal[0]
    body, _, flags = literal[1:].rpartition(delimiter)
    # Only what protects the delimiter or a backslash is taken away, so that classes like \d can be written.
    body = re.sub(rf"\\([\\{re.escape(delimiter)}])", r"\1", body)
    unknown = sorted(set(flags) - set(c.KNOWN_REGEXP_FLAGS))
    if unknown:
        raise _RegexError(text, location, f"Unknown regular expression flags: '{''.join(unknown)}'")
    if flags:
        body = f"(?{''.join(sorted(set(flags)))}){body}"
    try:
        re.compile(body)
    except re.error as err:
        raise _RegexError(text, location, f"Invalid regular expression: {err}") from err
    return body


def _regex_literal() -> pp.ParserElement:
    delimiters = re.escape(c.KNOWN_REGEXP_DELIM)
    literal = pp.Regex(rf"m?([{delimiters}])(?:\\.|(?!\1)[^\\])*\1[A-Za-z]*")
    return literal.set_name("regular expression").set_parse_action(_regex_value)


def _condition() -> pp.ParserElement:
    """Return the grammar of one condition on one field."""
    field = pp.Regex(rf"(?!(?:and|or|not|in)(?![{_FIELD_CHARACTERS}]))[A-Za-z][{_FIELD_CHARACTERS}]*").set_name("field")
    number = pp.Regex(r"[-+]?\d+").set_parse_action(lambda tokens: int(tokens[0]))
    string = pp.Regex(_STRING).set_parse_action(lambda tokens: tokens[0][1:-1])
    value = (number | string).set_name("number or quoted string")
    comparison = pp.Regex("==|!=|<=|>=|<|>|=(?![~*])")
    operator_regex, operator_not_regex = pp.Literal("=~").suppress(), pp.Literal("!~").suppress()
    operator_glob, operator_not_glob = pp.Literal("=*").suppress(), pp.Literal("!*").suppress()
    regex = _regex_literal()
    word_in, word_not = _keyword("in"), _keyword("not")

    def action(element: pp.ParserElement, build: Any) -> pp.ParserElement:
        return element.set_parse_action(lambda tokens: [build(*tokens)])

    return (
        action(field + comparison - value, lambda name, op, item: [_COMPARISONS[op], name, item])
        | action(field + operator_regex - regex, lambda name, item: [c.QLANG_OP_REGEXP, name, item])
        | action(field + operator_not_regex - regex, lambda name, item: _negated([c.QLANG_OP_REGEXP, name, item]))
        | action(field + operator_glob - string, lambda name, item: [c.QLANG_OP_REGEXP, name, pattern_regex(item)])
        | action(
            field + operator_not_glob - string,
            lambda name, item: _negated([c.QLANG_OP_REGEXP, name, pattern_regex(item)]),
        )
        | action(value + word_in - field, lambda item, name: [c.QLANG_OP_CONTAINS, name, item])
        | action(value + word_not - word_in - field, lambda item, name: _negated([c.QLANG_OP_CONTAINS, name, item]))
        | action(field.copy(), lambda name: [c.QLANG_OP_TRUE, name])
    )


def _chain(operator: str) -> Any:
    """Return the action that makes one node of all operands of a chain."""

    def build(tokens: pp.ParseResults) -> list[Filter]:
        operands = list(tokens)
        return [operands[0]] if len(operands) == 1 else [[operator, *operands]]

    return build


@cache
def _grammar() -> pp.ParserElement:
    """Return the grammar of a whole filter; ``not`` binds closest, then ``and``, then ``or``."""
    expression = pp.Forward()
    unary = pp.Forward()
    negation = (_keyword("not") - unary).set_parse_action(lambda tokens: [_negated(tokens[0])])
    group = pp.Literal("(").suppress() - expression - pp.Literal(")").suppress()
    unary <<= (negation | group | _condition()).set_name("condition")
    conjunction = unary.set_name("condition") + (_keyword("and") - unary)[...]
    conjunction.set_parse_action(_chain(c.QLANG_OP_AND))
    disjunction = conjunction + (_keyword("or") - conjunction)[...]
    disjunction.set_parse_action(_chain(c.QLANG_OP_OR))
    expression <<= disjunction.set_name("condition")
    return expression


def _fail(text: str, detail: str, column: int) -> NoReturn:
    """Raise the error with the line and a caret below the place that is wrong."""
    line = text.replace("\n", " ")
    raise errors.QueryFilterParseError(
        f"Failed to parse query filter '{text}': {detail}", [line, " " * (column - 1) + "^", detail]
    )


def parse_filter(text: str) -> Filter:
    """Return the list form of a text filter.

    Raises QueryFilterParseError with the text of the error and three lines that show its place.
    """
    try:
        # Tabs inside of strings must stay what they are.
        result: Filter = _grammar().parse_with_tabs().parse_string(text, parse_all=True)[0]
    except pp.ParseBaseException as err:
        _fail(text, str(err.msg), err.loc + 1)
    except RecursionError:
        _fail(text, "Too many nested parentheses or negations", 1)
    return result
