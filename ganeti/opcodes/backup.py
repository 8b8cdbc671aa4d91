"""Opcodes about exports."""

from typing import Any, ClassVar

from ganeti.opcodes.base import OpCode
from ganeti.opcodes.types import ExportMode, ExportTarget, NonEmptyStr, NonNegativeInt


class OpBackupExport(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_BACKUP_EXPORT"
):
    """Export an instance."""

    SUMMARY_FIELD: ClassVar[str | None] = "instance_name"
    RESULT: ClassVar[Any] = tuple[bool, list[bool]]

    instance_name: str
    instance_uuid: NonEmptyStr | None = None
    compress: str = "none"
    shutdown_timeout: NonNegativeInt = 120
    target_node: ExportTarget
    target_node_uuid: NonEmptyStr | None = None
    shutdown: bool = True
    remove_instance: bool = False
    ignore_remove_failures: bool = False
    mode: ExportMode = "local"
    x509_key_name: list[Any] | None = None
    destination_x509_ca: NonEmptyStr | None = None
    zero_free_space: bool = False
    zeroing_timeout_fixed: int | None = None
    zeroing_timeout_per_mib: float | None = None
    long_sleep: bool = False


class OpBackupPrepare(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_BACKUP_PREPARE"
):
    """Prepare the export of an instance to another cluster."""

    KIND: ClassVar[str] = "query"
    SUMMARY_FIELD: ClassVar[str | None] = "instance_name"
    RESULT: ClassVar[Any] = dict[str, Any] | None

    instance_name: str
    instance_uuid: NonEmptyStr | None = None
    mode: ExportMode


class OpBackupRemove(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_BACKUP_REMOVE"
):
    """Remove the exports of an instance."""

    SUMMARY_FIELD: ClassVar[str | None] = "instance_name"
    RESULT: ClassVar[Any] = None

    instance_name: str
    instance_uuid: NonEmptyStr | None = None
