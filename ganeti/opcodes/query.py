"""Opcodes about queries and diagnosis."""

from typing import Any, ClassVar

import msgspec

from ganeti.opcodes.base import OpCode
from ganeti.opcodes.types import NonEmptyStr, QueryFieldsResponse, QueryResource, QueryResponse


class OpExtStorageDiagnose(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_EXT_STORAGE_DIAGNOSE"
):
    """List the external storage providers found on the nodes."""

    KIND: ClassVar[str] = "query"
    RESULT: ClassVar[Any] = list[list[Any]]

    output_fields: list[NonEmptyStr]
    names: list[NonEmptyStr] = msgspec.field(default_factory=list)


class OpOsDiagnose(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_OS_DIAGNOSE"
):
    """List the OS definitions found on the nodes."""

    KIND: ClassVar[str] = "query"
    RESULT: ClassVar[Any] = list[list[Any]]

    output_fields: list[NonEmptyStr]
    names: list[NonEmptyStr] = msgspec.field(default_factory=list)


class OpQuery(OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_QUERY"):
    """Query resources by fields and a filter."""

    KIND: ClassVar[str] = "query"
    SUMMARY_FIELD: ClassVar[str | None] = "what"
    RESULT: ClassVar[Any] = QueryResponse

    what: QueryResource
    use_locking: bool = False
    fields: list[NonEmptyStr]
    qfilter: list[Any] | None = None


class OpQueryFields(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_QUERY_FIELDS"
):
    """Describe the fields of a resource."""

    KIND: ClassVar[str] = "query"
    SUMMARY_FIELD: ClassVar[str | None] = "what"
    RESULT: ClassVar[Any] = QueryFieldsResponse

    what: QueryResource
    fields: list[NonEmptyStr] | None = None
