"""Opcodes about the whole cluster."""

from typing import Any, ClassVar

import msgspec

from ganeti.opcodes.base import OpCode
from ganeti.opcodes.types import (
    CVErrorCode,
    DdmSimple,
    DiskTemplate,
    Hypervisor,
    INicParams,
    JobIdListOnly,
    NonEmptyStr,
    NonNegativeInt,
    PositiveInt,
    SshKeyType,
    VerifyOptionalCheck,
)
from ganeti.types import Private


class OpClusterActivateMasterIp(
    OpCode,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="OP_ID",
    tag="OP_CLUSTER_ACTIVATE_MASTER_IP",
):
    """Set the master IP address up on the master."""

    RESULT: ClassVar[Any] = None


class OpClusterConfigQuery(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_CLUSTER_CONFIG_QUERY"
):
    """Return single values of the configuration."""

    KIND: ClassVar[str] = "query"
    RESULT: ClassVar[Any] = list[Any]

    output_fields: list[NonEmptyStr]


class OpClusterDeactivateMasterIp(
    OpCode,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="OP_ID",
    tag="OP_CLUSTER_DEACTIVATE_MASTER_IP",
):
    """Remove the master IP address from the master."""

    RESULT: ClassVar[Any] = None


class OpClusterDestroy(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_CLUSTER_DESTROY"
):
    """Take the cluster apart; only the master may be left."""

    RESULT: ClassVar[Any] = NonEmptyStr


class OpClusterPostInit(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_CLUSTER_POST_INIT"
):
    """Run what follows the initialisation of a cluster: hooks and Open vSwitch set-up."""

    RESULT: ClassVar[Any] = bool


class OpClusterQuery(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_CLUSTER_QUERY"
):
    """Return the cluster's parameters."""

    KIND: ClassVar[str] = "query"
    RESULT: ClassVar[Any] = dict[str, Any]


class OpClusterRedistConf(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_CLUSTER_REDIST_CONF"
):
    """Distribute the configuration and ancillary files again."""

    RESULT: ClassVar[Any] = None


class OpClusterRename(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_CLUSTER_RENAME"
):
    """Rename the cluster and move the master IP address."""

    SUMMARY_FIELD: ClassVar[str | None] = "name"
    RESULT: ClassVar[Any] = NonEmptyStr

    name: NonEmptyStr


class OpClusterRenewCrypto(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_CLUSTER_RENEW_CRYPTO"
):
    """Renew the nodes' client certificates and SSH keys."""

    RESULT: ClassVar[Any] = None

    node_certificates: bool = False
    renew_ssh_keys: bool = False
    ssh_key_type: SshKeyType | None = None
    ssh_key_bits: PositiveInt | None = None
    verbose: bool = False
    debug: bool = False


class OpClusterRepairDiskSizes(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_CLUSTER_REPAIR_DISK_SIZES"
):
    """Correct disk sizes in the configuration from what the nodes report."""

    RESULT: ClassVar[Any] = list[tuple[NonEmptyStr, NonNegativeInt, NonEmptyStr, NonNegativeInt]]

    instances: list[NonEmptyStr] = msgspec.field(default_factory=list)


class OpClusterSetParams(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_CLUSTER_SET_PARAMS"
):
    """Change the cluster's parameters."""

    RESULT: ClassVar[Any] = None | JobIdListOnly

    force: bool = False
    hv_state: dict[str, Any] | None = None
    disk_state: dict[str, Any] | None = None
    vg_name: str | None = None
    enabled_hypervisors: list[Hypervisor] | None = None
    hvparams: dict[str, dict[str, Any]] | None = None
    beparams: dict[str, Any] | None = None
    os_hvp: dict[str, dict[str, Any]] | None = None
    osparams: dict[str, dict[str, Any]] | None = None
    osparams_private_cluster: dict[str, dict[str, Private[Any]]] | None = None
    diskparams: dict[DiskTemplate, dict[str, Any]] | None = None
    candidate_pool_size: PositiveInt | None = None
    max_running_jobs: PositiveInt | None = None
    max_tracked_jobs: PositiveInt | None = None
    uid_pool: list[tuple[int, int]] | None = None
    add_uids: list[tuple[int, int]] | None = None
    remove_uids: list[tuple[int, int]] | None = None
    maintain_node_health: bool | None = None
    prealloc_wipe_disks: bool | None = None
    nicparams: INicParams | None = None
    ndparams: dict[str, Any] | None = None
    ipolicy: dict[str, Any] | None = None
    drbd_helper: str | None = None
    default_iallocator: str | None = None
    default_iallocator_params: dict[str, Any] | None = None
    mac_prefix: NonEmptyStr | None = None
    master_netdev: str | None = None
    master_netmask: NonNegativeInt | None = None
    reserved_lvs: list[NonEmptyStr] | None = None
    hidden_os: list[tuple[DdmSimple, NonEmptyStr]] | None = None
    blacklisted_os: list[tuple[DdmSimple, NonEmptyStr]] | None = None
    use_external_mip_script: bool | None = None
    enabled_disk_templates: list[DiskTemplate] | None = None
    modify_etc_hosts: bool | None = None
    file_storage_dir: str | None = None
    shared_file_storage_dir: str | None = None
    gluster_storage_dir: str | None = None
    install_image: str | None = None
    instance_communication_network: str | None = None
    zeroing_image: str | None = None
    compression_tools: list[NonEmptyStr] | None = None
    enabled_user_shutdown: bool | None = None
    enabled_data_collectors: dict[str, bool] | None = None
    data_collector_interval: dict[str, int] | None = None


class OpClusterVerify(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_CLUSTER_VERIFY"
):
    """Verify the cluster by one job for the configuration and one per node group."""

    KIND: ClassVar[str] = "verify"
    RESULT: ClassVar[Any] = JobIdListOnly

    debug_simulate_errors: bool = False
    error_codes: bool = False
    skip_checks: set[VerifyOptionalCheck] = msgspec.field(default_factory=set)
    ignore_errors: set[CVErrorCode] = msgspec.field(default_factory=set)
    verbose: bool = False
    group_name: NonEmptyStr | None = None
    verify_clutter: bool = False


class OpClusterVerifyConfig(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_CLUSTER_VERIFY_CONFIG"
):
    """Verify the configuration and the cluster's certificates."""

    KIND: ClassVar[str] = "verify"
    RESULT: ClassVar[Any] = bool

    debug_simulate_errors: bool = False
    error_codes: bool = False
    ignore_errors: set[CVErrorCode] = msgspec.field(default_factory=set)
    verbose: bool = False


class OpClusterVerifyDisks(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_CLUSTER_VERIFY_DISKS"
):
    """Verify the disks of all or one node group by one job per group."""

    KIND: ClassVar[str] = "verify"
    RESULT: ClassVar[Any] = JobIdListOnly

    group_name: NonEmptyStr | None = None
    is_strict: bool = True


class OpClusterVerifyGroup(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_CLUSTER_VERIFY_GROUP"
):
    """Verify the nodes and instances of a node group."""

    KIND: ClassVar[str] = "verify"
    SUMMARY_FIELD: ClassVar[str | None] = "group_name"
    RESULT: ClassVar[Any] = bool

    group_name: NonEmptyStr
    debug_simulate_errors: bool = False
    error_codes: bool = False
    skip_checks: set[VerifyOptionalCheck] = msgspec.field(default_factory=set)
    ignore_errors: set[CVErrorCode] = msgspec.field(default_factory=set)
    verbose: bool = False
    verify_clutter: bool = False
