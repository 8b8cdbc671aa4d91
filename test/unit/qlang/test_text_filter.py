"""Text filters to list form."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganeti import errors
from ganeti.qlang.pattern import pattern_regex
from ganeti.qlang.text_filter import parse_filter


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('name == "a"', ["==", "name", "a"]),
        ("name = 'a'", ["==", "name", "a"]),
        ("not offline", ["!", ["?", "offline"]]),
        (
            "not (offline or drained) and mfree > 100",
            ["&", ["!", ["|", ["?", "offline"], ["?", "drained"]]], [">", "mfree", 100]],
        ),
        ("a == 1 or b == 2 and c == 3", ["|", ["==", "a", 1], ["&", ["==", "b", 2], ["==", "c", 3]]]),
        ("a and b and c", ["&", ["?", "a"], ["?", "b"], ["?", "c"]]),
        ("a and (b and c)", ["&", ["?", "a"], ["&", ["?", "b"], ["?", "c"]]]),
        ('"web" not in tags', ["!", ["=[]", "tags", "web"]]),
        ("5 in ids", ["=[]", "ids", 5]),
        ("name =~ m/^web/i", ["=~", "name", "(?i)^web"]),
        ("name !~ #a/b#si", ["!", ["=~", "name", "(?is)a/b"]]),
        (r"name =~ m/\d+\/x/", ["=~", "name", r"\d+/x"]),
        (r"name =~ m/\\d/", ["=~", "name", r"\d"]),
        ('name !* "w?b*.x"', ["!", ["=~", "name", r"^w[^.]b[^.]*\.x(\..*)?$"]]),
        ("nota", ["?", "nota"]),
        ("be/maxmem>=-5", [">=", "be/maxmem", -5]),
        ("disk.size/0 < +7", ["<", "disk.size/0", 7]),
        (r'comment != "say ""no"" or \"yes\""', ["!=", "comment", r'say ""no"" or \"yes\"']),
    ],
)
def test_filters_become_lists(text: str, expected: list[Any]) -> None:
    assert parse_filter(text) == expected


@pytest.mark.parametrize(
    ("text", "detail", "column"),
    [
        ("status=running", "Expected number or quoted string", 7),
        ("(a", "Expected ')'", 2),
        ("a b", "Expected end of text", 2),
        ("a =~ m/x/z", "Unknown regular expression flags: 'z'", 5),
        ("a =~ /(/", "Invalid regular expression", 5),
        ("", "Expected condition", 0),
        ("not", "Expected condition", 3),
        ("1 == a", "Expected 'in'", 2),
        ("(" * 5000, "Too many nested", 0),
    ],
)
def test_errors_show_the_place(text: str, detail: str, column: int) -> None:
    with pytest.raises(errors.QueryFilterParseError) as caught:
        parse_filter(text)
    message, lines = caught.value.args
    assert message.startswith(f"Failed to parse query filter '{text}': ")
    assert detail in message
    assert lines[0] == text
    assert lines[1] == " " * column + "^"


KEYWORDS = ("and", "or", "not", "in")
FIELD = st.from_regex(r"[a-z][a-z0-9_/.]{0,8}", fullmatch=True).filter(lambda text: text not in KEYWORDS)
STRING = st.text(alphabet=st.characters(exclude_characters="'\"\\\n\r", exclude_categories=("Cs",)))
VALUE = STRING | st.integers(min_value=-(10**12), max_value=10**12)
LEAF = (
    st.tuples(st.just("?"), FIELD)
    | st.tuples(st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "=[]"]), FIELD, VALUE)
    | st.tuples(st.just("=~"), FIELD, STRING.filter(lambda text: "/" not in text).map(re.escape))
)


def _combine(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    chain = st.tuples(st.sampled_from(["&", "|"]), st.lists(inner, min_size=2, max_size=3))
    return chain.map(lambda pair: (pair[0], *pair[1])) | st.tuples(st.just("!"), inner)


def _as_list(node: tuple[Any, ...]) -> list[Any]:
    return [_as_list(part) if isinstance(part, tuple) else part for part in node]


def _value_text(value: str | int) -> str:
    return str(value) if isinstance(value, int) else f'"{value}"'


def _as_text(node: tuple[Any, ...]) -> str:
    operator, *operands = node
    if operator in ("&", "|"):
        word = {"&": " and ", "|": " or "}[operator]
        return "(" + word.join(_as_text(operand) for operand in operands) + ")"
    if operator == "!":
        return f"not {_as_text(operands[0])}"
    if operator == "?":
        return str(operands[0])
    if operator == "=[]":
        return f"{_value_text(operands[1])} in {operands[0]}"
    if operator == "=~":
        # A backslash before the delimiter or another backslash is taken away.
        return f"{operands[0]} =~ m/{operands[1].replace(chr(92) * 2, chr(92) * 4)}/"
    return f"{operands[0]} {operator} {_value_text(operands[1])}"


def test_tab_inside_of_a_string_stays_a_tab() -> None:
    assert parse_filter('name == "a\tb"') == ["==", "name", "a\tb"]


@given(st.recursive(LEAF, _combine, max_leaves=6))
def test_what_is_written_is_what_is_read(node: tuple[Any, ...]) -> None:
    assert parse_filter(_as_text(node)) == _as_list(node)


PRECEDENCE = {"|": 0, "&": 1, "!": 2}


def _as_short_text(node: tuple[Any, ...], around: int = 0) -> str:
    """Write a filter with parentheses only where they are needed: ``not`` binds closest, then ``and``, then ``or``."""
    operator, *operands = node
    strength = PRECEDENCE.get(operator)
    if strength is None:
        return _as_text(node)
    # A chain inside of a chain of the same operator stays a node of its own.
    inner = [_as_short_text(operand, strength + (operator != "!")) for operand in operands]
    text = f"not {inner[0]}" if operator == "!" else {"&": " and ", "|": " or "}[operator].join(inner)
    return f"({text})" if strength < around else text


@given(st.recursive(LEAF, _combine, max_leaves=8))
def test_parentheses_are_needed_only_against_precedence(node: tuple[Any, ...]) -> None:
    assert parse_filter(_as_short_text(node)) == _as_list(node)


@given(st.recursive(LEAF, _combine, max_leaves=4), st.sampled_from(["\n", "\t", "  "]))
def test_white_space_between_words_is_free(node: tuple[Any, ...], white: str) -> None:
    text = _as_text(node)
    if not any(mark in text for mark in ("'", '"', "=~")):
        assert parse_filter(white + text.replace(" ", white) + white) == _as_list(node)


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("web*", "web1.example.com", True),
        ("web*", "aweb1", False),
        ("*.example.com", "web1.example.com", True),
        ("w?b", "web.example.com", True),
        ("w?b", "w.b", False),
        ("web", "web1", False),
    ],
)
def test_patterns_match_short_names_of_full_ones(pattern: str, name: str, matches: bool) -> None:
    assert (re.search(pattern_regex(pattern), name) is not None) == matches
