"""Tables: alignment, separators, units, missing values."""

from typing import Any

import pytest

from ganeti.cli import output
from ganeti.luxi.client import FieldDefinition, QueryAnswer

NODES = QueryAnswer(
    [
        FieldDefinition("name", "Node", "text", ""),
        FieldDefinition("dtotal", "DTotal", "unit", ""),
        FieldDefinition("mfree", "MFree", "unit", ""),
        FieldDefinition("pinst_cnt", "Pinst", "number", ""),
    ],
    [
        [(0, "node1.example.com"), (0, 512000), (0, 1000), (0, 3)],
        [(0, "node2.example.com"), (4, None), (4, None), (0, 10)],
    ],
)


def test_columns_are_aligned_by_kind_and_sizes_carry_their_unit() -> None:
    assert output.format_answer(NODES, header=True) == [
        "Node              DTotal MFree Pinst",
        "node1.example.com 500.0G 1000M     3",
        "node2.example.com      *     *    10",
    ]


def test_with_separator_nothing_is_padded_and_sizes_are_mib() -> None:
    assert output.format_answer(NODES, header=False, separator="--##") == [
        "node1.example.com--##512000--##1000--##3",
        "node2.example.com--##*--##*--##10",
    ]
    assert output.format_answer(NODES, header=True, separator=":", unit="g", verbose=True) == [
        "Node:DTotal:MFree:Pinst",
        "node1.example.com:500.0:1.0:3",
        "node2.example.com:(offline):(offline):10",
    ]


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("bool", True, "Y"),
        ("bool", False, "N"),
        ("float", 1.5, "1.5"),
        ("other", {"a": None, "b": [1, True]}, "{'a': None, 'b': [1, True]}"),
        ("other", ["x", "y"], "['x', 'y']"),
        ("other", None, "None"),
        ("timestamp", None, "N/A"),
    ],
)
def test_kinds_have_their_form(kind: str, value: Any, text: str) -> None:
    answer = QueryAnswer([FieldDefinition("f", "F", kind, "")], [[(0, value)]])
    assert output.format_answer(answer, header=False) == [text]


@pytest.mark.parametrize(
    ("status", "short", "words"), [(1, "??", "(unknown)"), (2, "?", "(nodata)"), (3, "-", "(unavail)")]
)
def test_missing_values(status: int, short: str, words: str) -> None:
    assert output.format_status(status, verbose=False) == short
    assert output.format_status(status, verbose=True) == words


def test_a_left_aligned_last_column_leaves_no_trailing_blanks() -> None:
    lines = output.format_table(
        [["1", "a"], ["22", "bbb"]], [output.Column("ID", True), output.Column("Summary")], header=True, separator=None
    )
    assert lines == ["ID Summary", " 1 a", "22 bbb"]


def test_no_rows_leave_the_header_alone() -> None:
    answer = QueryAnswer(NODES.fields, [])
    assert output.format_answer(answer, header=True) == ["Node DTotal MFree Pinst"]
    assert output.format_answer(answer, header=False) == []
