"""Opcodes about node groups."""

from typing import Any, ClassVar

from ganeti.opcodes.base import OpCode
from ganeti.opcodes.types import AllocPolicy, DiskTemplate, JobIdListOnly, NonEmptyStr


class OpGroupAdd(OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_GROUP_ADD"):
    """Add a node group."""

    SUMMARY_FIELD: ClassVar[str | None] = "group_name"
    RESULT: ClassVar[Any] = None | JobIdListOnly

    group_name: NonEmptyStr
    alloc_policy: AllocPolicy | None = None
    ndparams: dict[str, Any] | None = None
    diskparams: dict[DiskTemplate, dict[str, Any]] | None = None
    hv_state: dict[str, Any] | None = None
    disk_state: dict[str, Any] | None = None
    ipolicy: dict[str, Any] | None = None


class OpGroupAssignNodes(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_GROUP_ASSIGN_NODES"
):
    """Assign nodes to a node group."""

    SUMMARY_FIELD: ClassVar[str | None] = "group_name"
    RESULT: ClassVar[Any] = None

    group_name: NonEmptyStr
    force: bool = False
    nodes: list[NonEmptyStr]
    node_uuids: list[NonEmptyStr] | None = None


class OpGroupEvacuate(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_GROUP_EVACUATE"
):
    """Move all instances out of a node group."""

    SUMMARY_FIELD: ClassVar[str | None] = "group_name"
    RESULT: ClassVar[Any] = JobIdListOnly

    group_name: NonEmptyStr
    early_release: bool = False
    iallocator: NonEmptyStr | None = None
    target_groups: list[NonEmptyStr] | None = None
    sequential: bool = False
    force_failover: bool = False


class OpGroupRemove(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_GROUP_REMOVE"
):
    """Remove an empty node group."""

    SUMMARY_FIELD: ClassVar[str | None] = "group_name"
    RESULT: ClassVar[Any] = None

    group_name: NonEmptyStr


class OpGroupRename(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_GROUP_RENAME"
):
    """Rename a node group."""

    RESULT: ClassVar[Any] = NonEmptyStr

    group_name: NonEmptyStr
    new_name: NonEmptyStr


class OpGroupSetParams(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_GROUP_SET_PARAMS"
):
    """Change a node group's parameters."""

    SUMMARY_FIELD: ClassVar[str | None] = "group_name"
    RESULT: ClassVar[Any] = list[tuple[NonEmptyStr, Any]]

    group_name: NonEmptyStr
    alloc_policy: AllocPolicy | None = None
    ndparams: dict[str, Any] | None = None
    diskparams: dict[DiskTemplate, dict[str, Any]] | None = None
    hv_state: dict[str, Any] | None = None
    disk_state: dict[str, Any] | None = None
    ipolicy: dict[str, Any] | None = None


class OpGroupVerifyDisks(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_GROUP_VERIFY_DISKS"
):
    """Find instances of a group whose disks are not all active."""

    KIND: ClassVar[str] = "verify"
    SUMMARY_FIELD: ClassVar[str | None] = "group_name"
    RESULT: ClassVar[Any] = tuple[dict[str, str], list[str], dict[str, list[list[str]]]]

    group_name: NonEmptyStr
    is_strict: bool = True
