"""Types of opcode parameters and results."""

from typing import Annotated, Any, Literal, TypeAlias

import msgspec

NonEmptyStr: TypeAlias = Annotated[str, msgspec.Meta(min_length=1)]
NonNegativeInt: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
PositiveInt: TypeAlias = Annotated[int, msgspec.Meta(gt=0)]
AdminStateSource: TypeAlias = Literal["admin", "user"]
AllocPolicy: TypeAlias = Literal["last_resort", "preferred", "unallocable"]
CVErrorCode: TypeAlias = Literal[
    "ECLUSTERCERT",
    "ECLUSTERCFG",
    "ECLUSTERCLIENTCERT",
    "ECLUSTERDANGLINGINST",
    "ECLUSTERDANGLINGNODES",
    "ECLUSTERFILECHECK",
    "EEXTAGS",
    "EGROUPDIFFERENTPVSIZE",
    "EINSTANCEBADNODE",
    "EINSTANCEDOWN",
    "EINSTANCEFAULTYDISK",
    "EINSTANCELAYOUT",
    "EINSTANCEMISSINGCFGPARAMETER",
    "EINSTANCEMISSINGDISK",
    "EINSTANCEPOLICY",
    "EINSTANCESPLITGROUPS",
    "EINSTANCEUNSUITABLENODE",
    "EINSTANCEWRONGNODE",
    "ENODEDRBD",
    "ENODEDRBDHELPER",
    "ENODEDRBDVERSION",
    "ENODEFILECHECK",
    "ENODEFILESTORAGEPATHS",
    "ENODEFILESTORAGEPATHUNUSABLE",
    "ENODEGLUSTERSTORAGEPATHUNUSABLE",
    "ENODEHOOKS",
    "ENODEHV",
    "ENODELVM",
    "ENODEN1",
    "ENODENET",
    "ENODEOOBPATH",
    "ENODEORPHANINSTANCE",
    "ENODEORPHANLV",
    "ENODEOS",
    "ENODERPC",
    "ENODESETUP",
    "ENODESHAREDFILESTORAGEPATHUNUSABLE",
    "ENODESSH",
    "ENODETIME",
    "ENODEUSERSCRIPTS",
    "ENODEVERSION",
]
DdmSimple: TypeAlias = Literal["add", "attach", "detach", "remove"]
DiskChange: TypeAlias = tuple[NonNegativeInt, dict[NonEmptyStr, NonEmptyStr | int]]
DiskIndex: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=15)]
DiskTemplate: TypeAlias = Literal[
    "blockdev", "diskless", "drbd", "ext", "file", "gluster", "plain", "rbd", "sharedfile"
]
EvacMode: TypeAlias = Literal["all", "primary-only", "secondary-only"]
ExportMode: TypeAlias = Literal["local", "remote"]
ExportTarget: TypeAlias = NonEmptyStr | list[Any]
FileDriver: TypeAlias = Literal["blktap", "blktap2", "loop"]
FinalizedJobStatus: TypeAlias = Literal["canceled", "error", "success"]
Hypervisor: TypeAlias = Literal["chroot", "fake", "kvm", "lxc", "xen-hvm", "xen-pvm"]
IAllocatorMode: TypeAlias = Literal[
    "allocate", "allocate-secondary", "change-group", "multi-allocate", "node-evacuate", "relocate"
]
IAllocatorTestDir: TypeAlias = Literal["in", "out"]
IDiskParams: TypeAlias = dict[NonEmptyStr, NonEmptyStr | int]
INicParams: TypeAlias = dict[Literal["bridge", "ip", "link", "mac", "mode", "name", "network", "vlan"], str | None]
IPv4Address: TypeAlias = Annotated[str, msgspec.Meta(extra={"check": "ipv4"})]
IPv4Network: TypeAlias = Annotated[str, msgspec.Meta(extra={"check": "ipv4net"})]
IPv6Address: TypeAlias = Annotated[str, msgspec.Meta(extra={"check": "ipv6"})]
IPv6Network: TypeAlias = Annotated[str, msgspec.Meta(extra={"check": "ipv6net"})]
InstanceCreateMode: TypeAlias = Literal["create", "import", "remote-import"]
InstanceMultiAllocResponse: TypeAlias = dict[Literal["jobs", "allocatable", "failed"], list[Any]]
JobId: TypeAlias = NonNegativeInt | Annotated[str, msgspec.Meta(pattern=r"^\d+$")]
RelativeJobId: TypeAlias = Annotated[int, msgspec.Meta(lt=0)]
#: (job id, or negative number of a job of the same submission; final states, none for all).
#: Constraints of the two kinds of ids would merge, hence a plain int.
JobDependency: TypeAlias = tuple[int | Annotated[str, msgspec.Meta(pattern=r"^\d+$")], list[FinalizedJobStatus]]
JobIdListItem: TypeAlias = tuple[bool, str | NonNegativeInt]
JobIdListOnly: TypeAlias = dict[Literal["jobs"], list[JobIdListItem]]
MigrationMode: TypeAlias = Literal["live", "non-live"]
NicMode: TypeAlias = Literal["bridged", "ext", "openvswitch", "pool", "routed"]
OobCommand: TypeAlias = Literal["health", "power-cycle", "power-off", "power-on", "power-status"]
QueryFieldDef: TypeAlias = dict[Literal["name", "title", "kind", "doc"], NonEmptyStr]
QueryFieldsResponse: TypeAlias = dict[Literal["fields"], list[QueryFieldDef]]
QueryResource: TypeAlias = Literal[
    "cluster", "export", "extstorage", "filter", "group", "instance", "job", "lock", "network", "node", "os"
]
QueryResponse: TypeAlias = dict[Literal["fields", "data"], list[Any]]
QueryResultCode: TypeAlias = Literal[0, 1, 2, 3, 4]
QueryRow: TypeAlias = list[tuple[QueryResultCode, Any]]
RebootType: TypeAlias = Literal["full", "hard", "soft"]
RecreateDisksInfo: TypeAlias = Annotated[list[Any], msgspec.Meta(extra={"check": "recreate_disks"})]
ReplaceDisksMode: TypeAlias = Literal[
    "replace_auto", "replace_new_secondary", "replace_on_primary", "replace_on_secondary"
]
SshKeyType: TypeAlias = Literal["dsa", "ecdsa", "rsa"]
StorageType: TypeAlias = Literal[
    "blockdev", "diskless", "ext", "file", "gluster", "lvm-pv", "lvm-vg", "rados", "sharedfile"
]
TagKind: TypeAlias = Literal["cluster", "instance", "network", "node", "nodegroup"]
VerifyOptionalCheck: TypeAlias = Literal["hvparam_assessment", "nplusone_mem"]

#: Modifications of NICs or disks: (action, index or name or UUID, parameters), or the older form
#: (action or index, parameters).
SetNicMods: TypeAlias = Annotated[
    list[list[Any]], msgspec.Meta(extra={"check": "mods", "grammar": "SetParamsMods(INicParams)"})
]
SetDiskMods: TypeAlias = Annotated[
    list[list[Any]], msgspec.Meta(extra={"check": "mods", "grammar": "SetParamsMods(IDiskParams)"})
]
