"""Python types in the type grammar of the interface documents."""

from typing import Annotated, Any, Literal

import msgspec
import pytest

from ganeti.opcodes.types import DiskTemplate, IDiskParams, JobDependency, NonEmptyStr, NonNegativeInt, SetDiskMods
from ganeti.tools.dump.grammar import named, type_text
from ganeti.types import Private


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Any, "Any"),
        (None, "None"),
        (bool, "Bool"),
        (NonEmptyStr, "NonEmptyString"),
        (NonEmptyStr | None, "Maybe(NonEmptyString)"),
        (NonNegativeInt | None, "Maybe(NonNegative(Int))"),
        (list[NonEmptyStr], "List(NonEmptyString)"),
        (dict[str, Any], "Object(Any)"),
        (dict[str, Private[Any]] | None, "Maybe(Object(Private(Any)))"),
        (dict[str, int], "Dict(String,Int)"),
        (tuple[bool, str | int], "Tuple(Bool,Or(String,Int))"),
        (Literal["a", "b"], "Enum(a|b)"),
        (Literal[-10, 0, 10], "Enum(-10|0|10)"),
        (Annotated[int, msgspec.Meta(ge=0, le=15)], "DiskIndex"),
        (DiskTemplate, "DiskTemplate"),
        (list[IDiskParams], "List(IDiskParams)"),
        (list[JobDependency] | None, "Maybe(List(JobDependency))"),
        (SetDiskMods, "SetParamsMods(IDiskParams)"),
    ],
)
def test_type_is_written_in_the_grammar(kind: Any, text: str) -> None:
    assert type_text(kind) == text


def test_named_sets_of_values_list_them() -> None:
    assert named()["MigrationMode"] == {"def": "Enum(live|non-live)", "values": ["live", "non-live"]}


def test_named_types_refer_to_each_other() -> None:
    assert named()["JobIdListItem"]["def"].startswith("Tuple(Bool,")
