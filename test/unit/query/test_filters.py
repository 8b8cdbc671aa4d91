"""Filters in list form: meaning, errors, and what is decided without live data."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganeti import constants as c
from ganeti import errors
from ganeti.qlang.list_filter import check_form
from ganeti.query.fields import OFFLINE, UNAVAIL, Field, FilterMode
from ganeti.query.filters import compile_filter, names_only

Item = dict[str, Any]


def _field(name: str, *, live: bool = False, mode: FilterMode = FilterMode.PLAIN) -> Field[Item]:
    needs = frozenset({"live"}) if live else frozenset[str]()
    return Field(name, name.title(), c.QFT_OTHER, "Doc", lambda item: item.get(name, UNAVAIL), needs, mode)


FIELDS = {
    field.name: field
    for field in (
        _field("name", mode=FilterMode.HOSTNAME),
        _field("offline"),
        _field("count"),
        _field("tags"),
        _field("mfree", live=True),
        _field("received_ts", mode=FilterMode.SPLIT_TIMESTAMP),
        _field("id", mode=FilterMode.JOB_ID),
    )
}


def _matches(expression: Any, item: Item) -> bool:
    return compile_filter(expression, FIELDS).matches(item)


@pytest.mark.parametrize(
    ("expression", "item", "expected"),
    [
        (["==", "name", "node1"], {"name": "node1.example.com"}, True),
        (["==", "name", "NODE1.Example.com"], {"name": "node1.example.com"}, True),
        (["==", "name", "node"], {"name": "node1.example.com"}, False),
        (["=", "count", 3], {"count": 3}, True),
        (["=", "count", 3.0], {"count": 3}, True),
        (["!=", "count", 3], {"count": 3}, False),
        (["<", "count", 3], {"count": 2}, True),
        ([">=", "count", 3], {"count": 2}, False),
        (["?", "offline"], {"offline": True}, True),
        (["!", ["?", "offline"]], {"offline": True}, False),
        (["=~", "name", "(?i)^NODE"], {"name": "node1"}, True),
        (["=[]", "tags", "web"], {"tags": ["web", "db"]}, True),
        (["=[]", "tags", "web"], {"tags": []}, False),
        (["&"], {}, True),
        (["|"], {}, False),
        (["|", ["==", "count", 1], ["==", "count", 2]], {"count": 2}, True),
        ([">", "received_ts", 10], {"received_ts": [10, 5]}, True),
        (["==", "received_ts", [10, 500000]], {"received_ts": [10, 500000]}, True),
        (["<", "received_ts", 11.0], {"received_ts": [10, 500000]}, True),
        (["=[]", "tags", 3], {"tags": [3, 4]}, True),
        (["=[]", "tags", 3], {"tags": UNAVAIL}, True),
        (["!=", "name", "node1"], {"name": "node1.example.com"}, False),
        (["!=", "name", "node1"], {}, False),
        (["<", "name", "b"], {"name": "a"}, True),
        (["<", "count", 3], {"count": 2.5}, True),
        (["=~", "name", "de1"], {"name": "node1.example.com"}, True),
        (["==", "id", "12"], {"id": 12}, True),
    ],
)
def test_meaning(expression: Any, item: Item, expected: bool) -> None:
    assert _matches(expression, item) is expected


@pytest.mark.parametrize(
    "expression",
    [
        [],
        "name",
        ["==", "name"],
        ["==", "nosuch", 1],
        ["??", "name"],
        ["=~", "name", "("],
        ["=~", "name", 3],
        ["==", "count", 1.5],
        ["==", "count", True],
        ["==", "count", None],
        ["==", "count", [1, 2]],
        ["==", "received_ts", ["1", 2]],
        ["==", "received_ts", [1, True]],
        ["==", "received_ts", "yesterday"],
        ["==", "received_ts", 10.5],
        ["!", ["?", "offline"], ["?", "offline"]],
        ["?", ["name"]],
        ["&", "name"],
        [5, "name", 1],
    ],
)
def test_malformed_filter_is_refused(expression: Any) -> None:
    with pytest.raises(errors.ParameterError):
        compile_filter(expression, FIELDS)


@pytest.mark.parametrize(
    ("expression", "is_filter"),
    [
        (["?", "nosuch"], True),
        (["==", "count", [1, 2]], True),
        (["=~", "name", "("], True),
        (["==", "count", 1.5], False),
        (["&", ["!", ["~", "name"]]], False),
        ({"op": "=="}, False),
    ],
)
def test_form_is_checked_without_knowing_the_fields(expression: Any, is_filter: bool) -> None:
    if is_filter:
        check_form(expression)
    else:
        with pytest.raises(ValueError):
            check_form(expression)


def test_form_of_what_is_nested_too_deeply_is_not_looked_at() -> None:
    expression: Any = []
    for _ in range(100_000):
        expression = ["!", expression]
    check_form(expression)
    with pytest.raises(errors.ParameterError, match="nested"):
        compile_filter(expression, FIELDS)


def test_unknown_field_is_named() -> None:
    with pytest.raises(errors.ParameterError, match="Unknown field 'nosuch'"):
        compile_filter(["?", "nosuch"], FIELDS)


@pytest.mark.parametrize(
    ("expression", "item"),
    [
        (["==", "count", "3"], {"count": 3}),
        (["<", "name", 3], {"name": "x"}),
        (["?", "count"], {"count": 3}),
        (["=~", "count", "3"], {"count": 3}),
        (["=[]", "tags", 3], {"tags": ["web"]}),
        (["=[]", "count", 3], {"count": 3}),
        (["==", "name", 3], {"name": "3"}),
        (["==", "count", 1], {"count": True}),
        (["=[]", "tags", "web"], {"tags": ["web", None]}),
        (["=[]", "tags", 1], {"tags": [True]}),
    ],
)
def test_comparison_of_unlike_types_is_an_error(expression: Any, item: Item) -> None:
    with pytest.raises(errors.ParameterError):
        _matches(expression, item)


def test_items_without_data_pass_every_condition() -> None:
    item = {"mfree": OFFLINE}
    assert _matches([">", "mfree", 100], item)
    assert not _matches(["!", [">", "mfree", 100]], item)


def test_condition_on_live_data_leaves_items_in_until_data_are_there() -> None:
    compiled = compile_filter(["&", ["==", "name", "node1"], [">", "mfree", 100]], FIELDS)
    assert compiled.may_match({"name": "node1"})
    assert not compiled.may_match({"name": "node2"})
    assert not compiled.matches({"name": "node1", "mfree": 50})


def test_negated_condition_on_live_data_does_not_drop_items_early() -> None:
    assert compile_filter(["!", [">", "mfree", 100]], FIELDS).may_match({})


def test_nesting_deeper_than_ten_levels_is_refused() -> None:
    expression: Any = ["?", "offline"]
    for _ in range(9):
        expression = ["!", expression]
    assert _matches(expression, {"offline": False})
    with pytest.raises(errors.ParameterError, match="nested"):
        compile_filter(["!", expression], FIELDS)


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        (["==", "name", "b"], ["b"]),
        (["|", ["==", "name", "b"], ["|", ["=", "name", "a"]]], ["b", "a"]),
        (["|", ["==", "name", "b"], ["?", "offline"]], None),
        (["&", ["==", "name", "b"]], None),
        (["|"], None),
    ],
)
def test_filter_that_only_names_items_is_recognised(expression: Any, names: list[str] | None) -> None:
    assert names_only(expression, "name") == names


_LEAVES = st.one_of(
    st.tuples(st.sampled_from(["==", "<", "<=", ">", ">="]), st.just("count"), st.integers(0, 3)).map(list),
    st.just(["?", "offline"]),
)
_FILTERS = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        inner.map(lambda one: ["!", one]),
        st.lists(inner, max_size=3).map(lambda parts: ["&", *parts]),
        st.lists(inner, max_size=3).map(lambda parts: ["|", *parts]),
    ),
    max_leaves=6,
)


def _truth(expression: Any, item: Item) -> bool:
    """Evaluate a filter in the most direct way."""
    op, *operands = expression
    if op == "&":
        return all(_truth(part, item) for part in operands)
    if op == "|":
        return any(_truth(part, item) for part in operands)
    if op == "!":
        return not _truth(operands[0], item)
    if op == "?":
        return bool(item[operands[0]])
    left, right = item[operands[0]], operands[1]
    return {"==": left == right, "<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[op]


@given(_FILTERS, st.integers(0, 3), st.booleans())
def test_compiled_filter_agrees_with_direct_evaluation(expression: Any, count: int, offline: bool) -> None:
    item = {"count": count, "offline": offline}
    try:
        compiled = compile_filter(expression, FIELDS)
    except errors.ParameterError as err:
        assert "nested" in str(err)
        return
    assert compiled.matches(item) is _truth(expression, item)
    assert compiled.may_match(item) is compiled.matches(item)


_LIVE_LEAVES = _LEAVES | st.tuples(st.sampled_from(["==", "<", ">="]), st.just("mfree"), st.integers(0, 3)).map(list)
_LIVE_FILTERS = st.recursive(
    _LIVE_LEAVES,
    lambda inner: st.one_of(
        inner.map(lambda one: ["!", one]),
        st.lists(inner, max_size=3).map(lambda parts: ["&", *parts]),
        st.lists(inner, max_size=3).map(lambda parts: ["|", *parts]),
    ),
    max_leaves=6,
)


@given(_LIVE_FILTERS, st.integers(0, 3), st.booleans(), st.none() | st.integers(0, 3))
def test_no_item_is_left_out_before_its_live_data_are_known(
    expression: Any, count: int, offline: bool, mfree: int | None
) -> None:
    """The first pass, without live data, may let items through that do not match, but never the other way round."""
    known = {"count": count, "offline": offline}
    complete = {**known, "mfree": OFFLINE if mfree is None else mfree}
    try:
        compiled = compile_filter(expression, FIELDS)
    except errors.ParameterError as err:
        assert "nested" in str(err)
        return
    if compiled.matches(complete):
        assert compiled.may_match(known)
