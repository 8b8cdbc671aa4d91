"""Parameter value types, special values, patterns, tags, limits."""

from typing import Final

# value types
ENFORCEABLE_TYPES: Final[tuple[str, ...]] = ("bool", "float", "int", "maybe-string", "size", "string")
IFACE_NO_IP_VERSION_SPECIFIED: Final = 0
VALID_SERIAL_SPEEDS: Final[tuple[int, ...]] = (
    75,
    110,
    300,
    600,
    1200,
    1800,
    2400,
    4800,
    9600,
    14400,
    19200,
    28800,
    38400,
    57600,
    115200,
    230400,
    345600,
    460800,
)
VTYPE_BOOL: Final = "bool"
VTYPE_FLOAT: Final = "float"
VTYPE_INT: Final = "int"
VTYPE_MAYBE_STRING: Final = "maybe-string"
VTYPE_SIZE: Final = "size"
VTYPE_STRING: Final = "string"

# special values
ALLOCATABLE_KEY: Final = "allocatable"
FAILED_KEY: Final = "failed"
PP_DEFAULT: Final = "default"
VALUE_AUTO: Final = "auto"
VALUE_DEFAULT: Final = "default"
VALUE_FALSE: Final = "false"
VALUE_GENERATE: Final = "generate"
VALUE_NONE: Final = "none"
VALUE_TRUE: Final = "true"

# patterns
EXT_PLUGIN_MASK: Final = r"^[a-zA-Z0-9_-]+$"
IE_MAGIC_RE: Final = r"^[-_.a-zA-Z0-9]{5,100}$"
JOB_FILE_RE: Final = r"^job-(\d+)$"
JOB_ID_TEMPLATE: Final = "\\d+"
MAC_ADDRESS: Final = r"^[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}$"
MAC_PREFIX: Final = r"^[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}$"
PARSE_UNIT: Final = r"^([.\d]+)\s*([a-zA-Z]+)?$"
QUERY_FIELD_NAME: Final = r"^[a-z0-9/._]+$"
QUERY_FIELD_TITLE: Final = r"^[^\s]+$"
SERVICE_NAME: Final = r"^[-_.a-zA-Z0-9]{1,128}$"
X509_SIGNATURE_LINE: Final = r"^X\-Ganeti\-Signature:\s*(?P<salt>[a-zA-Z0-9]+)/(?P<sign>[a-zA-Z0-9]+)$"
X509_SIGNATURE_SALT: Final = r"^[a-zA-Z0-9]+$"

# tags
MAX_TAGS_PER_OBJ: Final = 4096
MAX_TAG_LEN: Final = 128
TAG_CLUSTER: Final = "cluster"
TAG_INSTANCE: Final = "instance"
TAG_NETWORK: Final = "network"
TAG_NODE: Final = "node"
TAG_NODEGROUP: Final = "nodegroup"
VALID_TAG_TYPES: Final[tuple[str, ...]] = ("cluster", "instance", "network", "node", "nodegroup")

# limits
MASTER_POOL_SIZE_DEFAULT: Final = 10
MAX_DISKS: Final = 16
MAX_NICS: Final = 8

# directories
ADOPTABLE_BLOCKDEV_ROOT: Final = "/dev/disk/"
RUN_DIRS_MODE: Final = 0o775
SECURE_DIR_MODE: Final = 0o700
SECURE_FILE_MODE: Final = 0o600

# general
BLOCKDEV_DRIVER_MANUAL: Final = "manual"
CLASSIC_DRBD_SYNC_SPEED: Final = 61440
DEFAULT_BRIDGE: Final = "xen-br0"
DEFAULT_DRBD_HELPER: Final = "/bin/true"
DEFAULT_MAC_PREFIX: Final = "aa:00:00"
DEFAULT_OVS: Final = "switch1"
DEFAULT_SHUTDOWN_TIMEOUT: Final = 120
DEFAULT_VG: Final = "xenvg"
DEV_CONSOLE: Final = "/dev/console"
DISK_SEPARATOR: Final = ":"
DISK_TRANSFER_CONNECT_TIMEOUT: Final = 60
IP4_ADDRESS_ANY: Final = "0.0.0.0"
IP4_ADDRESS_LOCALHOST: Final = "127.0.0.1"
IP4_VERSION: Final = 4
IP6_ADDRESS_ANY: Final = "::"
IP6_ADDRESS_LOCALHOST: Final = "::1"
IP6_VERSION: Final = 6
IP_COMMAND_PATH: Final = "/usr/sbin/ip"
MIN_VG_SIZE: Final = 20480
NODE_MAX_CLOCK_SKEW: Final = 150
PGREP: Final = "pgrep"
PROC_MOUNTS: Final = "/proc/mounts"
QEMUIMG_PATH: Final = ""
RANDOM_UUID_FILE: Final = "/proc/sys/kernel/random/uuid"
STAT_SIZE: Final = "size"
TCP_PING_TIMEOUT: Final = 10
UUID_REGEX: Final = "^[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$"
VALID_IP_VERSIONS: Final[tuple[int, ...]] = (4, 6)
