"""Opcodes about nodes."""

from typing import Any, ClassVar

import msgspec

from ganeti.opcodes.base import OpCode
from ganeti.opcodes.types import (
    EvacMode,
    JobIdListOnly,
    MigrationMode,
    NonEmptyStr,
    OobCommand,
    QueryResultCode,
    StorageType,
)


class OpNodeAdd(OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_NODE_ADD"):
    """Add a node to the cluster, or add it again after repair."""

    SUMMARY_FIELD: ClassVar[str | None] = "node_name"
    RESULT: ClassVar[Any] = None

    node_name: NonEmptyStr
    hv_state: dict[str, Any] | None = None
    disk_state: dict[str, Any] | None = None
    primary_ip: NonEmptyStr | None = None
    secondary_ip: NonEmptyStr | None = None
    readd: bool = False
    group: NonEmptyStr | None = None
    master_capable: bool | None = None
    vm_capable: bool | None = None
    ndparams: dict[str, Any] | None = None
    node_setup: bool = False


class OpNodeEvacuate(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_NODE_EVACUATE"
):
    """Move instances away from a node."""

    SUMMARY_FIELD: ClassVar[str | None] = "node_name"
    RESULT: ClassVar[Any] = JobIdListOnly

    early_release: bool = False
    node_name: NonEmptyStr
    node_uuid: NonEmptyStr | None = None
    remote_node: NonEmptyStr | None = None
    remote_node_uuid: NonEmptyStr | None = None
    iallocator: NonEmptyStr | None = None
    mode: EvacMode
    ignore_soft_errors: bool | None = None


class OpNodeMigrate(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_NODE_MIGRATE"
):
    """Migrate all primary instances away from a node."""

    SUMMARY_FIELD: ClassVar[str | None] = "node_name"
    RESULT: ClassVar[Any] = JobIdListOnly

    node_name: NonEmptyStr
    node_uuid: NonEmptyStr | None = None
    mode: MigrationMode | None = None
    live: bool | None = None
    target_node: NonEmptyStr | None = None
    target_node_uuid: NonEmptyStr | None = None
    allow_runtime_changes: bool = True
    ignore_ipolicy: bool = False
    iallocator: NonEmptyStr | None = None


class OpNodeModifyStorage(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_NODE_MODIFY_STORAGE"
):
    """Change a storage unit of a node."""

    SUMMARY_FIELD: ClassVar[str | None] = "node_name"
    RESULT: ClassVar[Any] = None

    node_name: NonEmptyStr
    node_uuid: NonEmptyStr | None = None
    storage_type: StorageType
    name: NonEmptyStr | None = None
    changes: dict[str, Any]


class OpNodePowercycle(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_NODE_POWERCYCLE"
):
    """Reset a node hard through its hypervisor."""

    SUMMARY_FIELD: ClassVar[str | None] = "node_name"
    RESULT: ClassVar[Any] = NonEmptyStr | None

    node_name: NonEmptyStr
    node_uuid: NonEmptyStr | None = None
    force: bool = False


class OpNodeQueryvols(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_NODE_QUERYVOLS"
):
    """List the logical volumes of nodes."""

    KIND: ClassVar[str] = "query"
    RESULT: ClassVar[Any] = list[Any]

    output_fields: list[NonEmptyStr]
    nodes: list[NonEmptyStr] = msgspec.field(default_factory=list)


class OpNodeQueryStorage(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_NODE_QUERY_STORAGE"
):
    """List the storage units of nodes."""

    KIND: ClassVar[str] = "query"
    RESULT: ClassVar[Any] = list[list[Any]]

    output_fields: list[NonEmptyStr]
    storage_type: StorageType | None = None
    nodes: list[NonEmptyStr] = msgspec.field(default_factory=list)
    name: NonEmptyStr | None = None


class OpNodeRemove(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_NODE_REMOVE"
):
    """Remove a node from the cluster."""

    SUMMARY_FIELD: ClassVar[str | None] = "node_name"
    RESULT: ClassVar[Any] = None

    node_name: NonEmptyStr
    node_uuid: NonEmptyStr | None = None


class OpNodeSetParams(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_NODE_SET_PARAMS"
):
    """Change a node's role and parameters."""

    SUMMARY_FIELD: ClassVar[str | None] = "node_name"
    RESULT: ClassVar[Any] = list[tuple[NonEmptyStr, Any]]

    node_name: NonEmptyStr
    node_uuid: NonEmptyStr | None = None
    force: bool = False
    hv_state: dict[str, Any] | None = None
    disk_state: dict[str, Any] | None = None
    master_candidate: bool | None = None
    offline: bool | None = None
    drained: bool | None = None
    auto_promote: bool = False
    master_capable: bool | None = None
    vm_capable: bool | None = None
    secondary_ip: NonEmptyStr | None = None
    ndparams: dict[str, Any] | None = None
    powered: bool | None = None


class OpOobCommand(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_OOB_COMMAND"
):
    """Run an out-of-band command (power, health) for nodes."""

    RESULT: ClassVar[Any] = list[list[tuple[QueryResultCode, Any]]]

    node_names: list[NonEmptyStr] = msgspec.field(default_factory=list)
    node_uuids: list[NonEmptyStr] | None = None
    command: OobCommand
    timeout: int = 60
    ignore_status: bool = False
    power_delay: float = 2.0


class OpRepairNodeStorage(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_REPAIR_NODE_STORAGE"
):
    """Repair a storage unit of a node."""

    SUMMARY_FIELD: ClassVar[str | None] = "node_name"
    RESULT: ClassVar[Any] = None

    node_name: NonEmptyStr
    node_uuid: NonEmptyStr | None = None
    storage_type: StorageType
    name: NonEmptyStr | None = None
    ignore_consistency: bool = False


class OpRestrictedCommand(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_RESTRICTED_COMMAND"
):
    """Run one of the administrator's restricted commands on nodes."""

    RESULT: ClassVar[Any] = list[tuple[bool, str]]

    use_locking: bool = False
    nodes: list[NonEmptyStr]
    node_uuids: list[NonEmptyStr] | None = None
    command: NonEmptyStr
