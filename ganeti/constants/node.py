"""Nodes, node groups, evacuation, node parameters and verification keys."""

from typing import Any, Final

# node crypto
CRYPTO_ACTIONS: Final[tuple[str, ...]] = ("create", "delete", "get")
CRYPTO_ACTION_CREATE: Final = "create"
CRYPTO_ACTION_DELETE: Final = "delete"
CRYPTO_ACTION_GET: Final = "get"
CRYPTO_BOOTSTRAP: Final = "bootstrap"
CRYPTO_OPTION_CERT_FILE: Final = "cert_file"
CRYPTO_OPTION_SERIAL_NO: Final = "serial_no"
CRYPTO_TYPES: Final[tuple[str, ...]] = ("ssl",)
CRYPTO_TYPE_SSH: Final = "ssh"
CRYPTO_TYPE_SSL_DIGEST: Final = "ssl"

# node daemon setup
NDS_ACTION: Final = "action"
NDS_CLUSTER_NAME: Final = "cluster_name"
NDS_HMAC: Final = "hmac_key"
NDS_NODE_DAEMON_CERTIFICATE: Final = "node_daemon_certificate"
NDS_NODE_NAME: Final = "node_name"
NDS_SSCONF: Final = "ssconf"
NDS_START_NODE_DAEMON: Final = "start_node_daemon"

# node evacuation
NODE_EVAC_ALL: Final = "all"
NODE_EVAC_MODES: Final[tuple[str, ...]] = ("all", "primary-only", "secondary-only")
NODE_EVAC_PRI: Final = "primary-only"
NODE_EVAC_SEC: Final = "secondary-only"

# node groups
ALLOC_POLICY_LAST_RESORT: Final = "last_resort"
ALLOC_POLICY_PREFERRED: Final = "preferred"
ALLOC_POLICY_UNALLOCABLE: Final = "unallocable"
INITIAL_NODE_GROUP_NAME: Final = "default"
VALID_ALLOC_POLICIES: Final[tuple[str, ...]] = ("preferred", "last_resort", "unallocable")

# node params
NDC_DEFAULTS: Final[dict[str, Any]] = {
    "cpu_speed": 1.0,
    "exclusive_storage": False,
    "oob_program": "",
    "ovs": False,
    "ovs_link": "",
    "ovs_name": "switch1",
    "spindle_count": 1,
    "ssh_port": 22,
}
NDC_GLOBALS: Final[tuple[str, ...]] = ("exclusive_storage",)
NDS_PARAMETERS: Final[tuple[str, ...]] = (
    "cpu_speed",
    "exclusive_storage",
    "oob_program",
    "ovs",
    "ovs_link",
    "ovs_name",
    "spindle_count",
    "ssh_port",
)
NDS_PARAMETER_TITLES: Final[dict[str, str]] = {
    "exclusive_storage": "ExclusiveStorage",
    "oob_program": "OutOfBandProgram",
    "ovs": "OpenvSwitch",
    "ovs_link": "OpenvSwitchLink",
    "ovs_name": "OpenvSwitchName",
    "spindle_count": "SpindleCount",
}
NDS_PARAMETER_TYPES: Final[dict[str, str]] = {
    "cpu_speed": "float",
    "exclusive_storage": "bool",
    "oob_program": "string",
    "ovs": "bool",
    "ovs_link": "maybe-string",
    "ovs_name": "maybe-string",
    "spindle_count": "int",
    "ssh_port": "int",
}
ND_CPU_SPEED: Final = "cpu_speed"
ND_EXCLUSIVE_STORAGE: Final = "exclusive_storage"
ND_OOB_PROGRAM: Final = "oob_program"
ND_OVS: Final = "ovs"
ND_OVS_LINK: Final = "ovs_link"
ND_OVS_NAME: Final = "ovs_name"
ND_SPINDLE_COUNT: Final = "spindle_count"
ND_SSH_PORT: Final = "ssh_port"

# node roles
NR_ALL: Final[tuple[str, ...]] = ("C", "D", "M", "O", "R")
NR_DRAINED: Final = "D"
NR_MASTER: Final = "M"
NR_MCANDIDATE: Final = "C"
NR_OFFLINE: Final = "O"
NR_REGULAR: Final = "R"

# node verify
NV_ACCEPTED_STORAGE_PATHS: Final = "allowed-file-storage-paths"
NV_BRIDGES: Final = "bridges"
NV_CLIENT_CERT: Final = "client-cert"
NV_DRBDHELPER: Final = "drbd-helper"
NV_DRBDLIST: Final = "drbd-list"
NV_DRBDVERSION: Final = "drbd-version"
NV_EXCLUSIVEPVS: Final = "exclusive-pvs"
NV_FILELIST: Final = "filelist"
NV_FILE_STORAGE_PATH: Final = "file-storage-path"
NV_GLUSTER_STORAGE_PATH: Final = "gluster-storage-path"
NV_HVINFO: Final = "hvinfo"
NV_HVPARAMS: Final = "hvparms"
NV_HYPERVISOR: Final = "hypervisor"
NV_INSTANCELIST: Final = "instancelist"
NV_LVLIST: Final = "lvlist"
NV_MASTERIP: Final = "master-ip"
NV_NODELIST: Final = "nodelist"
NV_NODENETTEST: Final = "node-net-test"
NV_NODESETUP: Final = "nodesetup"
NV_NONVMNODES: Final = "nonvmnodes"
NV_OOB_PATHS: Final = "oob-paths"
NV_OSLIST: Final = "oslist"
NV_PVLIST: Final = "pvlist"
NV_SHARED_FILE_STORAGE_PATH: Final = "shared-file-storage-path"
NV_SSH_CLUTTER: Final = "ssh-clutter"
NV_SSH_SETUP: Final = "ssh-setup"
NV_TIME: Final = "time"
NV_USERSCRIPTS: Final = "user-scripts"
NV_VERSION: Final = "version"
NV_VGLIST: Final = "vglist"

# oob
OOB_COMMANDS: Final[tuple[str, ...]] = ("health", "power-cycle", "power-off", "power-on", "power-status")
OOB_HEALTH: Final = "health"
OOB_POWER_CYCLE: Final = "power-cycle"
OOB_POWER_DELAY: Final = 2.0
OOB_POWER_OFF: Final = "power-off"
OOB_POWER_ON: Final = "power-on"
OOB_POWER_STATUS: Final = "power-status"
OOB_POWER_STATUS_POWERED: Final = "powered"
OOB_STATUSES: Final[tuple[str, ...]] = ("CRITICAL", "OK", "UNKNOWN", "WARNING")
OOB_STATUS_CRITICAL: Final = "CRITICAL"
OOB_STATUS_OK: Final = "OK"
OOB_STATUS_UNKNOWN: Final = "UNKNOWN"
OOB_STATUS_WARNING: Final = "WARNING"
OOB_TIMEOUT: Final = 60

# restricted commands
INVALID_DELAY: Final = 10
LOCK_TIMEOUT: Final = 8.0
MAX_MODE: Final = 0o755

# etc hosts
ETC_HOSTS_ADD: Final = "add"
ETC_HOSTS_REMOVE: Final = "remove"
