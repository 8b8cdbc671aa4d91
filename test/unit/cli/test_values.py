"""Option values: key=value lists, sizes, switches."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganeti import errors
from ganeti.cli import values
from ganeti.utils.text import join_escaped


@given(st.dictionaries(st.from_regex(r"[a-mo-z][a-z_]*", fullmatch=True), st.text()))
def test_any_value_can_be_given_to_any_key(params: dict[str, str]) -> None:
    text = join_escaped([f"{key}={value}" for key, value in params.items()])
    assert values.parse_keyval(text) == params


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("a=1,b=", {"a": "1", "b": ""}),
        ("flag,no_acpi,-pae", {"flag": True, "acpi": False, "pae": None}),
        (r"kvm_extra=-smp 2\,cores=2,x=1", {"kvm_extra": "-smp 2,cores=2", "x": "1"}),
        (r"path=C:\dir", {"path": r"C:\dir"}),
        ("a=b=c", {"a": "b=c"}),
        ("no_=1", {"no_": "1"}),
    ],
)
def test_keyval_forms(text: str, expected: dict[str, Any]) -> None:
    assert values.parse_keyval(text) == expected


@pytest.mark.parametrize("text", ["a=1,a=2", "a,no_a", "=1", "a=1,,b=2"])
def test_repeated_and_missing_keys_are_errors(text: str) -> None:
    with pytest.raises(errors.ParameterError):
        values.parse_keyval(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0:size=10G,mode=ro", ("0", {"size": "10G", "mode": "ro"})),
        ("kvm", ("kvm", {})),
        ("no_kvm", ("kvm", False)),
        ("-kvm", ("kvm", None)),
        ("-1:remove", ("-1", {"remove": True})),
        ("0:mac=aa:00:00:00:00:01", ("0", {"mac": "aa:00:00:00:00:01"})),
    ],
)
def test_identkeyval_forms(text: str, expected: Any) -> None:
    assert values.parse_identkeyval(text) == expected


def test_removal_takes_no_parameters() -> None:
    with pytest.raises(errors.ParameterError):
        values.parse_identkeyval("no_kvm:acpi=true")


def test_confidential_values_are_hidden_even_in_errors() -> None:
    parsed = values.parse_keyprivateval("password=hush")
    assert "hush" not in repr(parsed)
    assert parsed["password"].get() == "hush"
    with pytest.raises(errors.ParameterError) as caught:
        values.parse_keyprivateval("password=hush,password=hush")
    assert "hush" not in str(caught.value)


def test_alternatives_of_bounds() -> None:
    assert values.parse_multilist("min:memory-size=1,cpu-count=2/max:memory-size=3//min:a=1/max:a=no_x") == [
        {"min": {"memory-size": "1", "cpu-count": "2"}, "max": {"memory-size": "3"}},
        {"min": {"a": "1"}, "max": {"a": "no_x"}},
    ]


@pytest.mark.parametrize(("text", "expected"), [("YES", True), ("true", True), ("No", False), ("false", False)])
def test_switches(text: str, expected: bool) -> None:
    assert values.parse_bool(text) is expected


@pytest.mark.parametrize("parse", [values.parse_bool, values.parse_maybefloat, values.parse_size])
def test_wrong_words_are_refused(parse: Any) -> None:
    with pytest.raises(values.ValueSyntaxError):
        parse("10X")


def test_numbers_that_may_be_left_to_the_default() -> None:
    assert values.parse_maybefloat("1.5") == 1.5
    assert values.parse_maybefloat("default") == "default"
    for text in ("nan", "inf", "1e999"):
        with pytest.raises(values.ValueSyntaxError):
            values.parse_maybefloat(text)
