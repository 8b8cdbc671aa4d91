"""JSON pointers, with the examples of RFC 6901."""

from typing import Any

import pytest

from ganeti.utils.json_pointer import PointerError, follow, split_pointer

DOCUMENT: Any = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, " ": 7, "m~n": 8, "~1": 9, "deep": {"x": [{"y": 5}]}}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", DOCUMENT),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/ ", 7),
        ("/m~0n", 8),
        ("/~01", 9),
        ("/deep/x/0/y", 5),
    ],
)
def test_value_at_a_pointer(pointer: str, value: object) -> None:
    assert follow(DOCUMENT, split_pointer(pointer)) == value


@pytest.mark.parametrize(
    "pointer",
    ["foo", "/nothing", "/foo/2", "/foo/-1", "/foo/-", "/foo/01", "/foo/٣", "/foo/x", "/foo/" + "9" * 5000, "/foo/0/x"],
)
def test_pointer_to_nothing(pointer: str) -> None:
    with pytest.raises(PointerError):
        follow(DOCUMENT, split_pointer(pointer))
