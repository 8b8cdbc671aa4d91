"""Opcodes about tags."""

from typing import Any, ClassVar

from ganeti.opcodes.base import OpCode
from ganeti.opcodes.types import NonEmptyStr, TagKind


class OpTagsDel(OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_TAGS_DEL"):
    """Remove tags from an object."""

    RESULT: ClassVar[Any] = None

    kind: TagKind
    tags: list[str]
    name: str | None = None


class OpTagsGet(OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_TAGS_GET"):
    """Return the tags of an object."""

    KIND: ClassVar[str] = "query"
    SUMMARY_FIELD: ClassVar[str | None] = "name"
    RESULT: ClassVar[Any] = list[NonEmptyStr]

    kind: TagKind
    use_locking: bool = False
    name: str | None = None


class OpTagsSearch(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_TAGS_SEARCH"
):
    """Search the tags of all objects by a regular expression."""

    KIND: ClassVar[str] = "query"
    SUMMARY_FIELD: ClassVar[str | None] = "pattern"
    RESULT: ClassVar[Any] = list[tuple[NonEmptyStr, NonEmptyStr]]

    pattern: NonEmptyStr


class OpTagsSet(OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_TAGS_SET"):
    """Add tags to an object."""

    RESULT: ClassVar[Any] = None

    kind: TagKind
    tags: list[str]
    name: str | None = None
