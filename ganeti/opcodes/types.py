"""Types of opcode parameters and results."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import msgspec

from ganeti import constants as c

if TYPE_CHECKING:
    # The values are declared once, among the constants; the type checker sees text.
    AdminStateSource: TypeAlias = str
    AllocPolicy: TypeAlias = str
    CVErrorCode: TypeAlias = str
    DiskTemplate: TypeAlias = str
    EvacMode: TypeAlias = str
    ExportMode: TypeAlias = str
    FileDriver: TypeAlias = str
    FinalizedJobStatus: TypeAlias = str
    Hypervisor: TypeAlias = str
    IAllocatorMode: TypeAlias = str
    IAllocatorTestDir: TypeAlias = str
    InstanceCreateMode: TypeAlias = str
    MigrationMode: TypeAlias = str
    NicMode: TypeAlias = str
    OobCommand: TypeAlias = str
    RebootType: TypeAlias = str
    ReplaceDisksMode: TypeAlias = str
    SshKeyType: TypeAlias = str
    StorageType: TypeAlias = str
    TagKind: TypeAlias = str
    VerifyOptionalCheck: TypeAlias = str
else:
    AdminStateSource = Literal[c.ADMIN_STATE_SOURCES]
    AllocPolicy = Literal[c.VALID_ALLOC_POLICIES]
    CVErrorCode = Literal[c.CV_ALL_ECODES_STRINGS]
    DiskTemplate = Literal[c.DISK_TEMPLATES]
    EvacMode = Literal[c.NODE_EVAC_MODES]
    ExportMode = Literal[c.EXPORT_MODES]
    FileDriver = Literal[c.FILE_DRIVER]
    FinalizedJobStatus = Literal[c.JOBS_FINALIZED]
    Hypervisor = Literal[c.HYPER_TYPES]
    IAllocatorMode = Literal[c.VALID_IALLOCATOR_MODES]
    IAllocatorTestDir = Literal[c.VALID_IALLOCATOR_DIRECTIONS]
    InstanceCreateMode = Literal[c.INSTANCE_CREATE_MODES]
    MigrationMode = Literal[c.HT_MIGRATION_MODES]
    NicMode = Literal[c.NIC_VALID_MODES]
    OobCommand = Literal[c.OOB_COMMANDS]
    RebootType = Literal[c.REBOOT_TYPES]
    ReplaceDisksMode = Literal[c.REPLACE_MODES]
    SshKeyType = Literal[c.SSHK_ALL]
    StorageType = Literal[c.STORAGE_TYPES]
    TagKind = Literal[c.VALID_TAG_TYPES]
    VerifyOptionalCheck = Literal[c.VERIFY_OPTIONAL_CHECKS]

NonEmptyStr: TypeAlias = Annotated[str, msgspec.Meta(min_length=1)]
NonNegativeInt: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
PositiveInt: TypeAlias = Annotated[int, msgspec.Meta(gt=0)]
DdmSimple: TypeAlias = Literal["add", "attach", "detach", "remove"]
DiskChange: TypeAlias = tuple[NonNegativeInt, dict[NonEmptyStr, NonEmptyStr | int]]
DiskIndex: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=15)]
ExportTarget: TypeAlias = NonEmptyStr | list[Any]
IDiskParams: TypeAlias = dict[NonEmptyStr, NonEmptyStr | int]
INicParams: TypeAlias = dict[Literal["bridge", "ip", "link", "mac", "mode", "name", "network", "vlan"], str | None]
IPv4Address: TypeAlias = Annotated[str, msgspec.Meta(extra={"check": "ipv4"})]
IPv4Network: TypeAlias = Annotated[str, msgspec.Meta(extra={"check": "ipv4net"})]
IPv6Address: TypeAlias = Annotated[str, msgspec.Meta(extra={"check": "ipv6"})]
IPv6Network: TypeAlias = Annotated[str, msgspec.Meta(extra={"check": "ipv6net"})]
InstanceMultiAllocResponse: TypeAlias = dict[Literal["jobs", "allocatable", "failed"], list[Any]]
JobId: TypeAlias = NonNegativeInt | Annotated[str, msgspec.Meta(pattern=r"^\d+$")]
RelativeJobId: TypeAlias = Annotated[int, msgspec.Meta(lt=0)]
#: (job id, or negative number of a job of the same submission; final states, none for all).
#: Constraints of the two kinds of ids would merge, hence a plain int.
JobDependency: TypeAlias = tuple[int | Annotated[str, msgspec.Meta(pattern=r"^\d+$")], list[FinalizedJobStatus]]
JobIdListItem: TypeAlias = tuple[bool, str | NonNegativeInt]
JobIdListOnly: TypeAlias = dict[Literal["jobs"], list[JobIdListItem]]
QueryFieldDef: TypeAlias = dict[Literal["name", "title", "kind", "doc"], NonEmptyStr]
QueryFieldsResponse: TypeAlias = dict[Literal["fields"], list[QueryFieldDef]]
QueryResource: TypeAlias = Literal[
    "cluster", "export", "extstorage", "filter", "group", "instance", "job", "lock", "network", "node", "os"
]
QueryResponse: TypeAlias = dict[Literal["fields", "data"], list[Any]]
QueryResultCode: TypeAlias = Literal[0, 1, 2, 3, 4]
QueryRow: TypeAlias = list[tuple[QueryResultCode, Any]]
RecreateDisksInfo: TypeAlias = Annotated[list[Any], msgspec.Meta(extra={"check": "recreate_disks"})]

#: Modifications of NICs or disks: (action, index or name or UUID, parameters), or the older form
#: (action or index, parameters).
SetNicMods: TypeAlias = Annotated[
    list[list[Any]], msgspec.Meta(extra={"check": "mods", "grammar": "SetParamsMods(INicParams)"})
]
SetDiskMods: TypeAlias = Annotated[
    list[list[Any]], msgspec.Meta(extra={"check": "mods", "grammar": "SetParamsMods(IDiskParams)"})
]
