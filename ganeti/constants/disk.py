"""Disks, disk templates and storage types."""

from typing import Any, Final

# disk access
DISK_ACCESS_SET: Final[tuple[str, ...]] = ("ro", "rw")
DISK_KERNELSPACE: Final = "kernelspace"
DISK_RDONLY: Final = "ro"
DISK_RDWR: Final = "rw"
DISK_USERSPACE: Final = "userspace"
DISK_VALID_ACCESS_MODES: Final[tuple[str, ...]] = ("kernelspace", "userspace")

# disk item
IDISK_ACCESS: Final = "access"
IDISK_ADOPT: Final = "adopt"
IDISK_METAVG: Final = "metavg"
IDISK_MODE: Final = "mode"
IDISK_NAME: Final = "name"
IDISK_PARAMS: Final[tuple[str, ...]] = (
    "access",
    "adopt",
    "dev_type",
    "metavg",
    "mode",
    "name",
    "provider",
    "size",
    "spindles",
    "vg",
)
IDISK_PARAMS_TYPES: Final[dict[str, str]] = {
    "access": "string",
    "adopt": "string",
    "dev_type": "string",
    "metavg": "string",
    "mode": "string",
    "name": "maybe-string",
    "provider": "string",
    "size": "size",
    "spindles": "int",
    "vg": "string",
}
IDISK_PROVIDER: Final = "provider"
IDISK_SIZE: Final = "size"
IDISK_SPINDLES: Final = "spindles"
IDISK_TYPE: Final = "dev_type"
IDISK_VG: Final = "vg"
MODIFIABLE_IDISK_PARAMS: Final[tuple[str, ...]] = ("mode", "name")
MODIFIABLE_IDISK_PARAMS_TYPES: Final[dict[str, str]] = {"mode": "string", "name": "string"}

# disk params
DDP_LOCAL_IP: Final = "local-ip"
DDP_LOCAL_MINOR: Final = "local-minor"
DDP_PORT: Final = "port"
DDP_REMOTE_IP: Final = "remote-ip"
DDP_REMOTE_MINOR: Final = "remote-minor"
DEFAULT_DELAY_TARGET: Final = 1
DEFAULT_DISK_CUSTOM: Final = ""
DEFAULT_DISK_RESYNC: Final = False
DEFAULT_FILL_TARGET: Final = 0
DEFAULT_MIN_RATE: Final = 4096
DEFAULT_NET_CUSTOM: Final = ""
DEFAULT_PLAN_AHEAD: Final = 20
DEFAULT_RBD_POOL: Final = "rbd"
DEFAULT_RBD_USER_ID: Final = ""
DISK_DT_DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    "blockdev": {},
    "diskless": {},
    "drbd": {
        "c-delay-target": 1,
        "c-fill-target": 0,
        "c-max-rate": 61440,
        "c-min-rate": 4096,
        "c-plan-ahead": 20,
        "data-stripes": 1,
        "disk-barriers": "n",
        "disk-custom": "",
        "dynamic-resync": False,
        "meta-barriers": False,
        "meta-stripes": 1,
        "metavg": "xenvg",
        "net-custom": "",
        "protocol": "C",
        "resync-rate": 61440,
    },
    "ext": {"access": "kernelspace"},
    "file": {},
    "gluster": {"access": "kernelspace", "host": "127.0.0.1", "port": 24007, "volume": "gv0"},
    "plain": {"stripes": 1},
    "rbd": {"access": "kernelspace", "pool": "rbd", "user-id": ""},
    "sharedfile": {},
}
DISK_DT_PARAMETERS: Final[tuple[str, ...]] = (
    "access",
    "c-delay-target",
    "c-fill-target",
    "c-max-rate",
    "c-min-rate",
    "c-plan-ahead",
    "data-stripes",
    "disk-barriers",
    "disk-custom",
    "dynamic-resync",
    "host",
    "meta-barriers",
    "meta-stripes",
    "metavg",
    "net-custom",
    "pool",
    "port",
    "protocol",
    "resync-rate",
    "stripes",
    "user-id",
    "volume",
)
DISK_DT_TYPES: Final[dict[str, str]] = {
    "access": "string",
    "c-delay-target": "int",
    "c-fill-target": "int",
    "c-max-rate": "int",
    "c-min-rate": "int",
    "c-plan-ahead": "int",
    "data-stripes": "int",
    "disk-barriers": "string",
    "disk-custom": "string",
    "dynamic-resync": "bool",
    "host": "string",
    "meta-barriers": "bool",
    "meta-stripes": "int",
    "metavg": "string",
    "net-custom": "string",
    "pool": "string",
    "port": "int",
    "protocol": "string",
    "resync-rate": "int",
    "stripes": "int",
    "user-id": "string",
    "volume": "string",
}
DISK_LD_DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    "blockdev": {},
    "drbd": {
        "c-delay-target": 1,
        "c-fill-target": 0,
        "c-max-rate": 61440,
        "c-min-rate": 4096,
        "c-plan-ahead": 20,
        "default-metavg": "xenvg",
        "disable-meta-flush": False,
        "disabled-barriers": "n",
        "disk-custom": "",
        "dynamic-resync": False,
        "net-custom": "",
        "protocol": "C",
        "resync-rate": 61440,
    },
    "ext": {"access": "kernelspace"},
    "file": {},
    "gluster": {"access": "kernelspace", "host": "127.0.0.1", "port": 24007, "volume": "gv0"},
    "plain": {"stripes": 1},
    "rbd": {"access": "kernelspace", "pool": "rbd", "user-id": ""},
    "sharedfile": {},
}
DISK_LD_PARAMETERS: Final[tuple[str, ...]] = (
    "access",
    "c-delay-target",
    "c-fill-target",
    "c-max-rate",
    "c-min-rate",
    "c-plan-ahead",
    "default-metavg",
    "disable-meta-flush",
    "disabled-barriers",
    "disk-custom",
    "dynamic-resync",
    "net-custom",
    "pool",
    "protocol",
    "resync-rate",
    "stripes",
    "user-id",
)
DISK_LD_TYPES: Final[dict[str, str]] = {
    "access": "string",
    "c-delay-target": "int",
    "c-fill-target": "int",
    "c-max-rate": "int",
    "c-min-rate": "int",
    "c-plan-ahead": "int",
    "default-metavg": "string",
    "disable-meta-flush": "bool",
    "disabled-barriers": "string",
    "disk-custom": "string",
    "dynamic-resync": "bool",
    "net-custom": "string",
    "pool": "string",
    "protocol": "string",
    "resync-rate": "int",
    "stripes": "int",
    "user-id": "string",
}
DRBD_DATA_STRIPES: Final = "data-stripes"
DRBD_DEFAULT_METAVG: Final = "metavg"
DRBD_DELAY_TARGET: Final = "c-delay-target"
DRBD_DISK_BARRIERS: Final = "disk-barriers"
DRBD_DISK_CUSTOM: Final = "disk-custom"
DRBD_DYNAMIC_RESYNC: Final = "dynamic-resync"
DRBD_FILL_TARGET: Final = "c-fill-target"
DRBD_MAX_RATE: Final = "c-max-rate"
DRBD_META_BARRIERS: Final = "meta-barriers"
DRBD_META_STRIPES: Final = "meta-stripes"
DRBD_MIN_RATE: Final = "c-min-rate"
DRBD_NET_CUSTOM: Final = "net-custom"
DRBD_PLAN_AHEAD: Final = "c-plan-ahead"
DRBD_PROTOCOL: Final = "protocol"
DRBD_RESYNC_RATE: Final = "resync-rate"
LDP_ACCESS: Final = "access"
LDP_BARRIERS: Final = "disabled-barriers"
LDP_DEFAULT_METAVG: Final = "default-metavg"
LDP_DELAY_TARGET: Final = "c-delay-target"
LDP_DISK_CUSTOM: Final = "disk-custom"
LDP_DYNAMIC_RESYNC: Final = "dynamic-resync"
LDP_FILL_TARGET: Final = "c-fill-target"
LDP_MAX_RATE: Final = "c-max-rate"
LDP_MIN_RATE: Final = "c-min-rate"
LDP_NET_CUSTOM: Final = "net-custom"
LDP_NO_META_FLUSH: Final = "disable-meta-flush"
LDP_PLAN_AHEAD: Final = "c-plan-ahead"
LDP_POOL: Final = "pool"
LDP_PROTOCOL: Final = "protocol"
LDP_RESYNC_RATE: Final = "resync-rate"
LDP_STRIPES: Final = "stripes"
LDP_USER_ID: Final = "user-id"
LV_STRIPES: Final = "stripes"
RBD_ACCESS: Final = "access"
RBD_POOL: Final = "pool"
RBD_USER_ID: Final = "user-id"

# disk replacement
REPLACE_DISK_AUTO: Final = "replace_auto"
REPLACE_DISK_CHG: Final = "replace_new_secondary"
REPLACE_DISK_PRI: Final = "replace_on_primary"
REPLACE_DISK_SEC: Final = "replace_on_secondary"
REPLACE_MODES: Final[tuple[str, ...]] = (
    "replace_auto",
    "replace_new_secondary",
    "replace_on_primary",
    "replace_on_secondary",
)

# disk state
DSS_PARAMETERS: Final[tuple[str, ...]] = ("disk_overhead", "disk_reserved", "disk_total")
DSS_PARAMETER_TYPES: Final[dict[str, str]] = {"disk_overhead": "int", "disk_reserved": "int", "disk_total": "int"}
DS_DEFAULTS: Final[dict[str, int]] = {"disk_overhead": 0, "disk_reserved": 0, "disk_total": 0}
DS_DISK_OVERHEAD: Final = "disk_overhead"
DS_DISK_RESERVED: Final = "disk_reserved"
DS_DISK_TOTAL: Final = "disk_total"
DS_VALID_TYPES: Final[tuple[str, ...]] = ("plain",)

# disk status
LDS_FAULTY: Final = 4
LDS_NAMES: Final[dict[int, str]] = {1: "ok", 2: "syncing", 3: "unknown", 4: "faulty"}
LDS_OKAY: Final = 1
LDS_SYNC: Final = 2
LDS_UNKNOWN: Final = 3

# disk templates
DEFAULT_ENABLED_DISK_TEMPLATES: Final[tuple[str, ...]] = ("drbd", "plain")
DISK_TEMPLATES: Final[tuple[str, ...]] = (
    "blockdev",
    "diskless",
    "drbd",
    "ext",
    "file",
    "gluster",
    "plain",
    "rbd",
    "sharedfile",
)
DISK_TEMPLATE_PREFERENCE: Final[tuple[str, ...]] = (
    "blockdev",
    "diskless",
    "drbd",
    "ext",
    "file",
    "plain",
    "rbd",
    "sharedfile",
    "gluster",
)
DTS_BLOCK: Final[tuple[str, ...]] = ("blockdev", "drbd", "ext", "plain", "rbd")
DTS_COPYABLE: Final[tuple[str, ...]] = ("file", "plain")
DTS_EXCL_STORAGE: Final[tuple[str, ...]] = ("plain",)
DTS_EXT_MIRROR: Final[tuple[str, ...]] = ("blockdev", "diskless", "ext", "gluster", "rbd", "sharedfile")
DTS_FILEBASED: Final[tuple[str, ...]] = ("file", "gluster", "sharedfile")
DTS_GROWABLE: Final[tuple[str, ...]] = ("drbd", "ext", "file", "gluster", "plain", "rbd", "sharedfile")
DTS_HAVE_ACCESS: Final[tuple[str, ...]] = ("ext", "gluster", "rbd")
DTS_INSTANCE_DEPENDENT_PATH: Final[tuple[str, ...]] = ("file", "sharedfile")
DTS_INT_MIRROR: Final[tuple[str, ...]] = ("drbd",)
DTS_LVM: Final[tuple[str, ...]] = ("drbd", "plain")
DTS_MAY_ADOPT: Final[tuple[str, ...]] = ("blockdev", "plain")
DTS_MIRRORED: Final[tuple[str, ...]] = ("blockdev", "diskless", "drbd", "ext", "gluster", "rbd", "sharedfile")
DTS_MUST_ADOPT: Final[tuple[str, ...]] = ("blockdev",)
DTS_NOT_CONVERTIBLE_FROM: Final[tuple[str, ...]] = ("diskless",)
DTS_NOT_CONVERTIBLE_TO: Final[tuple[str, ...]] = ("blockdev", "diskless")
DTS_NOT_LVM: Final[tuple[str, ...]] = ("blockdev", "diskless", "ext", "file", "gluster", "rbd", "sharedfile")
DTS_NO_FREE_SPACE_CHECK: Final[tuple[str, ...]] = ("ext", "file", "gluster", "rbd", "sharedfile")
DTS_SNAPSHOT_CAPABLE: Final[tuple[str, ...]] = ("drbd", "ext", "plain")
DT_BLOCK: Final = "blockdev"
DT_DISKLESS: Final = "diskless"
DT_DRBD8: Final = "drbd"
DT_EXT: Final = "ext"
DT_FILE: Final = "file"
DT_GLUSTER: Final = "gluster"
DT_MIXED: Final = "mixed"
DT_PLAIN: Final = "plain"
DT_RBD: Final = "rbd"
DT_SHARED_FILE: Final = "sharedfile"
MAP_DISK_TEMPLATE_STORAGE_TYPE: Final[dict[str, str]] = {
    "blockdev": "blockdev",
    "diskless": "diskless",
    "drbd": "lvm-vg",
    "ext": "ext",
    "file": "file",
    "gluster": "gluster",
    "plain": "lvm-vg",
    "rbd": "rados",
    "sharedfile": "sharedfile",
}

# disk wipe
DD_BLOCK_SIZE: Final = 1048576
DD_CMD: Final = "dd"
MAX_WIPE_CHUNK: Final = 1024
MIN_WIPE_CHUNK_PERCENT: Final = 10

# drbd
DRBD_B_DISK_BARRIERS: Final = "b"
DRBD_B_DISK_DRAIN: Final = "d"
DRBD_B_DISK_FLUSH: Final = "f"
DRBD_B_NONE: Final = "n"
DRBD_DEFAULT_NET_PROTOCOL: Final = "C"
DRBD_HMAC_ALG: Final = "md5"
DRBD_META_SIZE: Final = 128
DRBD_MIGRATION_NET_PROTOCOL: Final = "C"
DRBD_SECRET_LENGTH: Final = 20
DRBD_STATUS_FILE: Final = "/proc/drbd"
DRBD_VALID_BARRIER_OPT: Final = (("b", "d", "f"), ("b", "d"), ("b", "f"), ("b",), ("d", "f"), ("d",), ("f",), ("n",))
RBD_CMD: Final = "rbd"

# file driver
DTS_DRBD: Final[tuple[str, ...]] = ("drbd",)
FD_BLKTAP: Final = "blktap"
FD_BLKTAP2: Final = "blktap2"
FD_DEFAULT: Final = "loop"
FD_LOOP: Final = "loop"
FILE_DRIVER: Final[tuple[str, ...]] = ("blktap", "blktap2", "loop")

# gluster
GLUSTER_HOST: Final = "host"
GLUSTER_HOST_DEFAULT: Final = "127.0.0.1"
GLUSTER_PORT: Final = "port"
GLUSTER_PORT_DEFAULT: Final = 24007
GLUSTER_VOLUME: Final = "volume"
GLUSTER_VOLUME_DEFAULT: Final = "gv0"

# exclusive storage
PART_MARGIN: Final = 0.01
PART_RESERVED: Final = 0.02

# storage build defaults
DRBD_BARRIERS: Final = "n"
DRBD_NO_META_FLUSH: Final = False
LVM_STRIPECOUNT: Final = 1

# storage fields
MODIFIABLE_STORAGE_FIELDS: Final[dict[str, tuple[str, ...]]] = {"lvm-pv": ("allocatable",)}
SF_ALLOCATABLE: Final = "allocatable"
SF_FREE: Final = "free"
SF_NAME: Final = "name"
SF_NODE: Final = "node"
SF_SIZE: Final = "size"
SF_TYPE: Final = "type"
SF_USED: Final = "used"
VALID_STORAGE_FIELDS: Final[tuple[str, ...]] = ("allocatable", "free", "name", "node", "size", "type", "used")

# storage types
SO_FIX_CONSISTENCY: Final = "fix-consistency"
STORAGE_TYPES: Final[tuple[str, ...]] = (
    "blockdev",
    "diskless",
    "ext",
    "file",
    "gluster",
    "lvm-pv",
    "lvm-vg",
    "rados",
    "sharedfile",
)
STS_REPORT: Final[tuple[str, ...]] = ("file", "lvm-pv", "lvm-vg")
STS_REPORT_NODE_STORAGE: Final[tuple[str, ...]] = ("file", "gluster", "lvm-pv", "lvm-vg", "sharedfile")
ST_BLOCK: Final = "blockdev"
ST_DISKLESS: Final = "diskless"
ST_EXT: Final = "ext"
ST_FILE: Final = "file"
ST_GLUSTER: Final = "gluster"
ST_LVM_PV: Final = "lvm-pv"
ST_LVM_VG: Final = "lvm-vg"
ST_RADOS: Final = "rados"
ST_SHARED_FILE: Final = "sharedfile"
VALID_STORAGE_OPERATIONS: Final[dict[str, tuple[str, ...]]] = {"lvm-vg": ("fix-consistency",)}

# volume fields
VF_DEV: Final = "dev"
VF_INSTANCE: Final = "instance"
VF_NAME: Final = "name"
VF_NODE: Final = "node"
VF_PHYS: Final = "phys"
VF_SIZE: Final = "size"
VF_VG: Final = "vg"

# device modification
DDMS_VALUES: Final[tuple[str, ...]] = ("add", "attach", "detach", "remove")
DDMS_VALUES_WITH_MODIFY: Final[tuple[str, ...]] = ("add", "attach", "detach", "modify", "remove")
DDM_ADD: Final = "add"
DDM_ATTACH: Final = "attach"
DDM_DETACH: Final = "detach"
DDM_MODIFY: Final = "modify"
DDM_REMOVE: Final = "remove"

# extstorage interface
ES_ACTION_ATTACH: Final = "attach"
ES_ACTION_CLOSE: Final = "close"
ES_ACTION_CREATE: Final = "create"
ES_ACTION_DETACH: Final = "detach"
ES_ACTION_GROW: Final = "grow"
ES_ACTION_OPEN: Final = "open"
ES_ACTION_REMOVE: Final = "remove"
ES_ACTION_SETINFO: Final = "setinfo"
ES_ACTION_SNAPSHOT: Final = "snapshot"
ES_ACTION_VERIFY: Final = "verify"
ES_PARAMETERS_FILE: Final = "parameters.list"
ES_SCRIPTS: Final[tuple[str, ...]] = (
    "attach",
    "close",
    "create",
    "detach",
    "grow",
    "open",
    "remove",
    "setinfo",
    "snapshot",
    "verify",
)
ES_SCRIPT_ATTACH: Final = "attach"
ES_SCRIPT_CLOSE: Final = "close"
ES_SCRIPT_CREATE: Final = "create"
ES_SCRIPT_DETACH: Final = "detach"
ES_SCRIPT_GROW: Final = "grow"
ES_SCRIPT_OPEN: Final = "open"
ES_SCRIPT_REMOVE: Final = "remove"
ES_SCRIPT_SETINFO: Final = "setinfo"
ES_SCRIPT_SNAPSHOT: Final = "snapshot"
ES_SCRIPT_VERIFY: Final = "verify"

# xen
DOM0_NAME: Final = "Domain-0"
FILE_DRIVER_MAP: Final[dict[str, str]] = {"loop": "file", "blktap": "tap:aio", "blktap2": "tap2:tapdisk:aio"}
XEN_COMMAND: Final = "xl"
