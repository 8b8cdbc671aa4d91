"""Types of parameters that come as text."""

from typing import Any

import pytest

from ganeti import constants as c
from ganeti import errors
from ganeti.utils.paramtypes import enforce

TYPES = {
    "flag": c.VTYPE_BOOL,
    "num": c.VTYPE_INT,
    "ratio": c.VTYPE_FLOAT,
    "size": c.VTYPE_SIZE,
    "name": c.VTYPE_STRING,
    "opt": c.VTYPE_MAYBE_STRING,
}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"flag": "True"}, {"flag": True}),
        ({"flag": "false"}, {"flag": False}),
        ({"num": "5"}, {"num": 5}),
        ({"ratio": "1.5"}, {"ratio": 1.5}),
        ({"size": "1g"}, {"size": 1024}),
        ({"size": 130}, {"size": 130}),
        ({"name": None}, {"name": ""}),
        ({"opt": None}, {"opt": None}),
    ],
)
def test_text_becomes_the_declared_type(given: dict[str, Any], expected: dict[str, Any]) -> None:
    assert enforce(given, TYPES) == expected


@pytest.mark.parametrize(
    "given",
    [
        {"flag": "yes"},
        {"num": "x"},
        {"ratio": "x"},
        {"ratio": "nan"},
        {"ratio": "-inf"},
        {"ratio": 10**400},
        {"size": "5q"},
        {"name": 3},
        {"z": 1},
    ],
)
def test_what_cannot_be_converted_is_refused_by_name(given: dict[str, Any]) -> None:
    with pytest.raises(errors.TypeEnforcementError, match=next(iter(given))):
        enforce(given, TYPES)


def test_allowed_values_pass_as_they_are() -> None:
    assert enforce({"num": "default"}, TYPES, allowed_values=("default",)) == {"num": "default"}
