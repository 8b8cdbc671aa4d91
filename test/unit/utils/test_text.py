"""Natural order, sizes, lists with escaped commas."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganeti import errors
from ganeti.utils.text import format_unit, join_escaped, nice_sort_key, parse_unit, split_escaped


def test_numbers_inside_names_sort_as_numbers() -> None:
    assert sorted(["a10", "a2", "a1", "b", "10", "9"], key=nice_sort_key) == ["9", "10", "a1", "a2", "a10", "b"]


@given(st.lists(st.text(max_size=6)))
def test_any_texts_can_be_sorted(texts: list[str]) -> None:
    in_order = sorted(texts, key=nice_sort_key)
    assert [nice_sort_key(text) for text in in_order] == sorted(nice_sort_key(text) for text in texts)


@pytest.mark.parametrize(
    ("text", "mib"),
    [("512", 512), ("1g", 1024), ("1.5G", 1536), ("1 GiB", 1024), ("1t", 1048576), ("1", 4), ("5", 8), ("0.1m", 4)],
)
def test_sizes_are_mib_rounded_up_to_multiples_of_four(text: str, mib: int) -> None:
    assert parse_unit(text) == mib


@pytest.mark.parametrize("text", ["", "x", "-5", "5q", "1.2.3g", "1e3", "g"])
def test_bad_sizes_are_refused(text: str) -> None:
    with pytest.raises(errors.UnitParseError):
        parse_unit(text)


@pytest.mark.parametrize(
    ("mib", "unit", "text"),
    [(512, "h", "512M"), (1536, "h", "1.5G"), (1048576, "h", "1.0T"), (1536, "m", "1536"), (1536, "g", "1.5")],
)
def test_sizes_for_people(mib: int, unit: str, text: str) -> None:
    assert format_unit(mib, unit) == text


@given(st.lists(st.text(), min_size=1))
def test_escaping_protects_commas_and_backslashes(parts: list[str]) -> None:
    text = join_escaped(parts)
    assert split_escaped(text) == (parts if text else [])
