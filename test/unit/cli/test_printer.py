"""The layout of info commands."""

from typing import Any

import pytest

from ganeti.cli import printer


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": "x"}, "a: x\nb: 1\n"),
        ([("z", 1), ("a", None)], "z: 1\na: None\n"),
        ([("a", 1, 7), ("longer", 2, 7), ("b", 3, 8)], "a:      1\nlonger: 2\nb: 3\n"),
        ({"k": {}}, "k: \n"),
        ({"k": []}, "k: \n"),
        ({"k": ""}, "k: \n"),
        ({"k": (1, "message", "hello")}, "k: [1, message, hello]\n"),
        ({"k": ["x", "y"]}, "k: \n  - x\n  - y\n"),
        ([[("a", 1), ("b", {"c": 2})], "text"], "- a: 1\n  b: \n    c: 2\n- text\n"),
        ([[("nic/0", ""), ("MAC", "aa")]], "- nic/0: \n  MAC: aa\n"),
        ([], ""),
    ],
)
def test_layout(value: Any, text: str) -> None:
    assert printer.format_info(value) == text


def test_inherited_parameters_are_marked() -> None:
    assert printer.format_parameters({"a": 1}, {"a": 1, "b": 2}) == {"a": 1, "b": "default (2)"}
