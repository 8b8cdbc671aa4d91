"""JSON of dynamic shape."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganeti import serializer

#: Text full of what could be mistaken for the numbers and quotes of JSON.
TRICKY = st.text(alphabet='"\\,:[]{}10.-é\n', max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-1e6, 1e6) | st.sampled_from((1.0, -3.0, 0.5)) | TRICKY,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TRICKY, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (-2.0, "-2"),
        (1700000000.0, "1700000000"),
        (0.5, "0.5"),
        (10.01, "10.01"),
        ({"cpu_speed": 1.0, "name": "v1.0"}, '{"cpu_speed":1,"name":"v1.0"}'),
        ([1.0, [2.0], "[1.0,", ",1.0]", 3.0], '[1,[2],"[1.0,",",1.0]",3]'),
        (['\\",1.0,"', 4.0], '["\\\\\\",1.0,\\"",4]'),
    ],
)
def test_whole_numbers_have_no_fraction(value: Any, text: str) -> None:
    assert serializer.drop_zero_fractions(serializer.dumps_fast(value)).decode() == text


def _without_whole_floats(value: Any) -> Any:
    if isinstance(value, float) and math.trunc(value) == value:
        return int(value)
    if isinstance(value, list):
        return [_without_whole_floats(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_whole_floats(item) for key, item in value.items()}
    return value


@given(JSON)
def test_only_whole_numbers_change(value: Any) -> None:
    changed = serializer.drop_zero_fractions(serializer.dumps_fast(value))
    assert repr(serializer.loads(changed)) == repr(_without_whole_floats(serializer.loads(serializer.dumps(value))))
