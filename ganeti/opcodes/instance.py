"""Opcodes about instances."""

from typing import Any, ClassVar

import msgspec

from ganeti.opcodes.base import OpCode
from ganeti.opcodes.types import (
    AdminStateSource,
    DiskIndex,
    DiskTemplate,
    FileDriver,
    Hypervisor,
    IDiskParams,
    INicParams,
    InstanceCreateMode,
    InstanceMultiAllocResponse,
    JobIdListOnly,
    MigrationMode,
    NonEmptyStr,
    NonNegativeInt,
    PositiveInt,
    RebootType,
    RecreateDisksInfo,
    ReplaceDisksMode,
    SetDiskMods,
    SetNicMods,
)
from ganeti.types import Private, Secret


class OpInstanceActivateDisks(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_INSTANCE_ACTIVATE_DISKS"
):
    """Assemble the disks of an instance."""

    SUMMARY_FIELD: ClassVar[str | None] = "instance_name"
    RESULT: ClassVar[Any] = list[tuple[NonEmptyStr, NonEmptyStr, NonEmptyStr | None]]

    instance_name: str
    instance_uuid: NonEmptyStr | None = None
    ignore_size: bool = False
    wait_for_sync: bool = False


class OpInstanceChangeGroup(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_INSTANCE_CHANGE_GROUP"
):
    """Move an instance to another node group."""

    SUMMARY_FIELD: ClassVar[str | None] = "instance_name"
    RESULT: ClassVar[Any] = JobIdListOnly

    instance_name: str
    instance_uuid: NonEmptyStr | None = None
    early_release: bool = False
    iallocator: NonEmptyStr | None = None
    target_groups: list[NonEmptyStr] | None = None


class OpInstanceConsole(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_INSTANCE_CONSOLE"
):
    """Return how to reach an instance's console."""

    KIND: ClassVar[str] = "query"
    SUMMARY_FIELD: ClassVar[str | None] = "instance_name"
    RESULT: ClassVar[Any] = dict[str, Any]

    instance_name: str
    instance_uuid: NonEmptyStr | None = None


class OpInstanceCreate(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_INSTANCE_CREATE"
):
    """Create an instance, from an OS definition, an export, or another cluster."""

    SUMMARY_FIELD: ClassVar[str | None] = "instance_name"
    RESULT: ClassVar[Any] = list[NonEmptyStr]

    instance_name: str
    force_variant: bool = False
    wait_for_sync: bool = True
    name_check: bool = False
    ignore_ipolicy: bool = False
    opportunistic_locking: bool = False
    beparams: dict[str, Any] = msgspec.field(default_factory=dict)
    disks: list[IDiskParams]
    disk_template: DiskTemplate | None = None
    group_name: NonEmptyStr | None = None
    file_driver: FileDriver | None = None
    file_storage_dir: NonEmptyStr | None = None
    hvparams: dict[str, Any] = msgspec.field(default_factory=dict)
    hypervisor: Hypervisor | None = None
    iallocator: NonEmptyStr | None = None
    identify_defaults: bool = False
    ip_check: bool = False
    conflicts_check: bool = True
    mode: InstanceCreateMode
    nics: list[INicParams]
    no_install: bool | None = None
    osparams: dict[str, Any] = msgspec.field(default_factory=dict)
    osparams_private: dict[str, Private[Any]] | None = None
    osparams_secret: dict[str, Secret[Any]] | None = None
    os_type: NonEmptyStr | None = None
    pnode: NonEmptyStr | None = None
    pnode_uuid: NonEmptyStr | None = None
    snode: NonEmptyStr | None = None
    snode_uuid: NonEmptyStr | None = None
    source_handshake: list[Any] | None = None
    source_instance_name: NonEmptyStr | None = None
    source_shutdown_timeout: NonNegativeInt = 120
    source_x509_ca: NonEmptyStr | None = None
    src_node: NonEmptyStr | None = None
    src_node_uuid: NonEmptyStr | None = None
    src_path: NonEmptyStr | None = None
    compress: str = "none"
    start: bool = True
    forthcoming: bool = False
    commit: bool = False
    tags: list[NonEmptyStr] = msgspec.field(default_factory=list)
    instance_communication: bool = False
    helper_startup_timeout: int | None = None
    helper_shutdown_timeout: int | None = None


class OpInstanceDeactivateDisks(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_INSTANCE_DEACTIVATE_DISKS"
):
    """Shut the disks of a stopped instance down."""

    SUMMARY_FIELD: ClassVar[str | None] = "instance_name"
    RESULT: ClassVar[Any] = None

    instance_name: str
    instance_uuid: NonEmptyStr | None = None
    force: bool = False


class OpInstanceFailover(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_INSTANCE_FAILOVER"
):
    """Stop an instance and start it on another node."""

    SUMMARY_FIELD: ClassVar[str | None] = "instance_name"
    RESULT: ClassVar[Any] = None

    instance_name: str
    instance_uuid: NonEmptyStr | None = None
    shutdown_timeout: NonNegativeInt = 120
    ignore_consistency: bool = False
    target_node: NonEmptyStr | None = None
    target_node_uuid: NonEmptyStr | None = None
    ignore_ipolicy: bool = False
    cleanup: bool = False
    iallocator: NonEmptyStr | None = None


class OpInstanceGrowDisk(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_INSTANCE_GROW_DISK"
):
    """Make a disk of an instance larger."""

    SUMMARY_FIELD: ClassVar[str | None] = "instance_name"
    RESULT: ClassVar[Any] = None

    instance_name: str
    instance_uuid: NonEmptyStr | None = None
    wait_for_sync: bool = True
    disk: DiskIndex
    amount: NonNegativeInt
    absolute: bool = False
    ignore_ipolicy: bool = False


class OpInstanceMigrate(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_INSTANCE_MIGRATE"
):
    """Move an instance to another node while it runs."""

    SUMMARY_FIELD: ClassVar[str | None] = "instance_name"
    RESULT: ClassVar[Any] = None

    instance_name: str
    instance_uuid: NonEmptyStr | None = None
    mode: MigrationMode | None = None
    live: bool | None = None
    target_node: NonEmptyStr | None = None
    target_node_uuid: NonEmptyStr | None = None
    allow_runtime_changes: bool = True
    ignore_ipolicy: bool = False
    cleanup: bool = False
    iallocator: NonEmptyStr | None = None
    allow_failover: bool = False
    ignore_hvversions: bool = False


class OpInstanceMove(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_INSTANCE_MOVE"
):
    """Move a stopped instance to another node by copying its disks."""

    SUMMARY_FIELD: ClassVar[str | None] = "instance_name"
    RESULT: ClassVar[Any] = None

    instance_name: str
    instance_uuid: NonEmptyStr | None = None
    shutdown_timeout: NonNegativeInt = 120
    ignore_ipolicy: bool = False
    target_node: NonEmptyStr
    target_node_uuid: NonEmptyStr | None = None
    compress: str = "none"
    ignore_consistency: bool = False


class OpInstanceMultiAlloc(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_INSTANCE_MULTI_ALLOC"
):
    """Allocate nodes for several instances at once and create them."""

    RESULT: ClassVar[Any] = InstanceMultiAllocResponse
    CARRIED: ClassVar[dict[str, type[OpCode]]] = {"instances": OpInstanceCreate}

    opportunistic_locking: bool = False
    iallocator: NonEmptyStr | None = None
    instances: list[Any] = msgspec.field(default_factory=list)


class OpInstanceQueryData(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_INSTANCE_QUERY_DATA"
):
    """Return everything known about instances."""

    KIND: ClassVar[str] = "query"
    RESULT: ClassVar[Any] = dict[str, dict[str, Any]]

    use_locking: bool = False
    instances: list[NonEmptyStr] = msgspec.field(default_factory=list)
    static: bool = False


class OpInstanceReboot(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_INSTANCE_REBOOT"
):
    """Reboot an instance."""

    SUMMARY_FIELD: ClassVar[str | None] = "instance_name"
    RESULT: ClassVar[Any] = None

    instance_name: str
    instance_uuid: NonEmptyStr | None = None
    shutdown_timeout: NonNegativeInt = 120
    ignore_secondaries: bool = False
    reboot_type: RebootType


class OpInstanceRecreateDisks(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_INSTANCE_RECREATE_DISKS"
):
    """Create missing disks of an instance again, empty."""

    SUMMARY_FIELD: ClassVar[str | None] = "instance_name"
    RESULT: ClassVar[Any] = None

    instance_name: str
    instance_uuid: NonEmptyStr | None = None
    disks: RecreateDisksInfo = msgspec.field(default_factory=list)
    nodes: list[NonEmptyStr] = msgspec.field(default_factory=list)
    node_uuids: list[NonEmptyStr] | None = None
    iallocator: NonEmptyStr | None = None


class OpInstanceReinstall(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_INSTANCE_REINSTALL"
):
    """Install the operating system of a stopped instance again."""

    SUMMARY_FIELD: ClassVar[str | None] = "instance_name"
    RESULT: ClassVar[Any] = None

    instance_name: str
    instance_uuid: NonEmptyStr | None = None
    force_variant: bool = False
    os_type: NonEmptyStr | None = None
    osparams: dict[str, Any] | None = None
    osparams_private: dict[str, Private[Any]] | None = None
    osparams_secret: dict[str, Secret[Any]] | None = None


class OpInstanceRemove(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_INSTANCE_REMOVE"
):
    """Remove an instance and its disks."""

    SUMMARY_FIELD: ClassVar[str | None] = "instance_name"
    RESULT: ClassVar[Any] = None

    instance_name: str
    instance_uuid: NonEmptyStr | None = None
    shutdown_timeout: NonNegativeInt = 120
    ignore_failures: bool = False


class OpInstanceRename(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_INSTANCE_RENAME"
):
    """Rename a stopped instance."""

    RESULT: ClassVar[Any] = NonEmptyStr

    instance_name: str
    instance_uuid: NonEmptyStr | None = None
    new_name: NonEmptyStr
    name_check: bool = False
    ip_check: bool = False


class OpInstanceReplaceDisks(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_INSTANCE_REPLACE_DISKS"
):
    """Replace disks of a mirrored instance."""

    SUMMARY_FIELD: ClassVar[str | None] = "instance_name"
    RESULT: ClassVar[Any] = None

    instance_name: str
    instance_uuid: NonEmptyStr | None = None
    early_release: bool = False
    ignore_ipolicy: bool = False
    mode: ReplaceDisksMode
    disks: list[DiskIndex] = msgspec.field(default_factory=list)
    remote_node: NonEmptyStr | None = None
    remote_node_uuid: NonEmptyStr | None = None
    iallocator: NonEmptyStr | None = None


class OpInstanceSetParams(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_INSTANCE_SET_PARAMS"
):
    """Change an instance's parameters, NICs and disks."""

    SUMMARY_FIELD: ClassVar[str | None] = "instance_name"
    RESULT: ClassVar[Any] = list[tuple[NonEmptyStr, Any]]

    instance_name: str
    instance_uuid: NonEmptyStr | None = None
    force: bool = False
    force_variant: bool = False
    ignore_ipolicy: bool = False
    nics: SetNicMods = msgspec.field(default_factory=list)
    disks: SetDiskMods = msgspec.field(default_factory=list)
    beparams: dict[str, Any] = msgspec.field(default_factory=dict)
    runtime_mem: PositiveInt | None = None
    hvparams: dict[str, Any] = msgspec.field(default_factory=dict)
    disk_template: DiskTemplate | None = None
    ext_params: dict[str, Any] = msgspec.field(default_factory=dict)
    file_driver: FileDriver | None = None
    file_storage_dir: NonEmptyStr | None = None
    pnode: NonEmptyStr | None = None
    pnode_uuid: NonEmptyStr | None = None
    remote_node: NonEmptyStr | None = None
    remote_node_uuid: NonEmptyStr | None = None
    iallocator: NonEmptyStr | None = None
    os_name: NonEmptyStr | None = None
    osparams: dict[str, Any] = msgspec.field(default_factory=dict)
    osparams_private: dict[str, Private[Any]] | None = None
    wait_for_sync: bool = True
    offline: bool | None = None
    conflicts_check: bool = True
    hotplug: bool = True
    instance_communication: bool | None = None


class OpInstanceShutdown(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_INSTANCE_SHUTDOWN"
):
    """Stop an instance."""

    SUMMARY_FIELD: ClassVar[str | None] = "instance_name"
    RESULT: ClassVar[Any] = None

    instance_name: str
    instance_uuid: NonEmptyStr | None = None
    force: bool = False
    ignore_offline_nodes: bool = False
    timeout: NonNegativeInt = 120
    no_remember: bool = False
    admin_state_source: AdminStateSource | None = None


class OpInstanceStartup(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_INSTANCE_STARTUP"
):
    """Start an instance."""

    SUMMARY_FIELD: ClassVar[str | None] = "instance_name"
    RESULT: ClassVar[Any] = None

    instance_name: str
    instance_uuid: NonEmptyStr | None = None
    force: bool = False
    ignore_offline_nodes: bool = False
    hvparams: dict[str, Any] = msgspec.field(default_factory=dict)
    beparams: dict[str, Any] = msgspec.field(default_factory=dict)
    no_remember: bool = False
    startup_paused: bool = False
    shutdown_timeout: NonNegativeInt = 120
