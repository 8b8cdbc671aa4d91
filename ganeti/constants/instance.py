"""Instances: states, policies, backend parameters, creation, migration, reboot."""

from typing import Any, Final

# instance status
ADMINST_ALL: Final[tuple[str, ...]] = ("down", "offline", "up")
ADMINST_DOWN: Final = "down"
ADMINST_OFFLINE: Final = "offline"
ADMINST_UP: Final = "up"
ADMIN_GROUP: Final = "root"
ADMIN_SOURCE: Final = "admin"
ADMIN_STATE_SOURCES: Final[tuple[str, ...]] = ("admin", "user")
INSTST_ADMINDOWN: Final = "ADMIN_down"
INSTST_ADMINOFFLINE: Final = "ADMIN_offline"
INSTST_ALL: Final[tuple[str, ...]] = (
    "ADMIN_down",
    "ADMIN_offline",
    "ERROR_down",
    "ERROR_nodedown",
    "ERROR_nodeoffline",
    "ERROR_up",
    "ERROR_wrongnode",
    "USER_down",
    "running",
)
INSTST_ERRORDOWN: Final = "ERROR_down"
INSTST_ERRORUP: Final = "ERROR_up"
INSTST_NODEDOWN: Final = "ERROR_nodedown"
INSTST_NODEOFFLINE: Final = "ERROR_nodeoffline"
INSTST_RUNNING: Final = "running"
INSTST_USERDOWN: Final = "USER_down"
INSTST_WRONGNODE: Final = "ERROR_wrongnode"
USER_SOURCE: Final = "user"

# instance create
INSTANCE_CREATE: Final = "create"
INSTANCE_CREATE_MODES: Final[tuple[str, ...]] = ("create", "import", "remote-import")
INSTANCE_IMPORT: Final = "import"
INSTANCE_REMOTE_IMPORT: Final = "remote-import"

# instance communication
INSTANCE_COMMUNICATION_MAC_PREFIX: Final = "52:54:00"
INSTANCE_COMMUNICATION_NETWORK4: Final = "169.254.0.0/16"
INSTANCE_COMMUNICATION_NETWORK6: Final = "fe80::/10"
INSTANCE_COMMUNICATION_NETWORK_LINK: Final = "communication_rt"
INSTANCE_COMMUNICATION_NETWORK_MODE: Final = "routed"
INSTANCE_COMMUNICATION_NIC_PREFIX: Final = "ganeti:communication:"

# ipolicy
IPOLICY_ALL_KEYS: Final[tuple[str, ...]] = ("disk-templates", "minmax", "spindle-ratio", "std", "vcpu-ratio")
IPOLICY_DEFAULTS: Final[dict[str, Any]] = {
    "disk-templates": ("blockdev", "diskless", "drbd", "ext", "file", "gluster", "plain", "rbd", "sharedfile"),
    "minmax": (
        {
            "max": {
                "cpu-count": 8,
                "disk-count": 16,
                "disk-size": 1048576,
                "memory-size": 32768,
                "nic-count": 8,
                "spindle-use": 12,
            },
            "min": {
                "cpu-count": 1,
                "disk-count": 1,
                "disk-size": 1024,
                "memory-size": 128,
                "nic-count": 1,
                "spindle-use": 1,
            },
        },
    ),
    "spindle-ratio": 32.0,
    "std": {"cpu-count": 1, "disk-count": 1, "disk-size": 1024, "memory-size": 128, "nic-count": 1, "spindle-use": 1},
    "vcpu-ratio": 4.0,
}
IPOLICY_DTS: Final = "disk-templates"
IPOLICY_PARAMETERS: Final[tuple[str, ...]] = ("spindle-ratio", "vcpu-ratio")
IPOLICY_SPINDLE_RATIO: Final = "spindle-ratio"
IPOLICY_VCPU_RATIO: Final = "vcpu-ratio"
ISPECS_MAX: Final = "max"
ISPECS_MIN: Final = "min"
ISPECS_MINMAX: Final = "minmax"
ISPECS_MINMAX_DEFAULTS: Final[dict[str, dict[str, int]]] = {
    "max": {
        "cpu-count": 8,
        "disk-count": 16,
        "disk-size": 1048576,
        "memory-size": 32768,
        "nic-count": 8,
        "spindle-use": 12,
    },
    "min": {"cpu-count": 1, "disk-count": 1, "disk-size": 1024, "memory-size": 128, "nic-count": 1, "spindle-use": 1},
}
ISPECS_MINMAX_KEYS: Final[tuple[str, ...]] = ("max", "min")
ISPECS_PARAMETERS: Final[tuple[str, ...]] = (
    "cpu-count",
    "disk-count",
    "disk-size",
    "memory-size",
    "nic-count",
    "spindle-use",
)
ISPECS_PARAMETER_TYPES: Final[dict[str, str]] = {
    "cpu-count": "int",
    "disk-count": "int",
    "disk-size": "int",
    "memory-size": "int",
    "nic-count": "int",
    "spindle-use": "int",
}
ISPECS_STD: Final = "std"
ISPEC_CPU_COUNT: Final = "cpu-count"
ISPEC_DISK_COUNT: Final = "disk-count"
ISPEC_DISK_SIZE: Final = "disk-size"
ISPEC_MEM_SIZE: Final = "memory-size"
ISPEC_NIC_COUNT: Final = "nic-count"
ISPEC_SPINDLE_USE: Final = "spindle-use"

# backend params
BEC_DEFAULTS: Final[dict[str, Any]] = {
    "always_failover": False,
    "auto_balance": True,
    "maxmem": 128,
    "minmem": 128,
    "spindle_use": 1,
    "vcpus": 1,
}
BES_PARAMETERS: Final[tuple[str, ...]] = ("always_failover", "auto_balance", "maxmem", "minmem", "spindle_use", "vcpus")
BES_PARAMETER_COMPAT: Final[dict[str, str]] = {
    "always_failover": "bool",
    "auto_balance": "bool",
    "maxmem": "size",
    "memory": "size",
    "minmem": "size",
    "spindle_use": "int",
    "vcpus": "int",
}
BES_PARAMETER_TITLES: Final[dict[str, str]] = {
    "auto_balance": "Auto_balance",
    "maxmem": "ConfigMaxMem",
    "minmem": "ConfigMinMem",
    "vcpus": "ConfigVCPUs",
}
BES_PARAMETER_TYPES: Final[dict[str, str]] = {
    "always_failover": "bool",
    "auto_balance": "bool",
    "maxmem": "size",
    "minmem": "size",
    "spindle_use": "int",
    "vcpus": "int",
}
BE_ALWAYS_FAILOVER: Final = "always_failover"
BE_AUTO_BALANCE: Final = "auto_balance"
BE_MAXMEM: Final = "maxmem"
BE_MEMORY: Final = "memory"
BE_MINMEM: Final = "minmem"
BE_SPINDLE_USE: Final = "spindle_use"
BE_VCPUS: Final = "vcpus"

# migration
HV_KVM_MIGRATION_ACTIVE_STATUSES: Final[tuple[str, ...]] = ("active", "postcopy-active")
HV_KVM_MIGRATION_POSTCOPY_ACTIVE: Final = "postcopy-active"
HV_KVM_MIGRATION_VALID_STATUSES: Final[tuple[str, ...]] = (
    "active",
    "cancelled",
    "completed",
    "failed",
    "postcopy-active",
)
HV_MIGRATION_ACTIVE: Final = "active"
HV_MIGRATION_CANCELLED: Final = "cancelled"
HV_MIGRATION_COMPLETED: Final = "completed"
HV_MIGRATION_FAILED: Final = "failed"
HV_MIGRATION_FAILED_STATUSES: Final[tuple[str, ...]] = ("cancelled", "failed")
HV_MIGRATION_VALID_STATUSES: Final[tuple[str, ...]] = ("active", "cancelled", "completed", "failed")
HV_NODEINFO_KEY_VERSION: Final = "hv_version"

# reboot
INSTANCE_REBOOT_ALLOWED: Final = "reboot"
INSTANCE_REBOOT_EXIT: Final = "exit"
INSTANCE_REBOOT_FULL: Final = "full"
INSTANCE_REBOOT_HARD: Final = "hard"
INSTANCE_REBOOT_SOFT: Final = "soft"
REBOOT_BEHAVIORS: Final[tuple[str, ...]] = ("reboot", "exit")
REBOOT_TYPES: Final[tuple[str, ...]] = ("full", "hard", "soft")

# auto repair
AUTO_REPAIR_ALL_RESULTS: Final[tuple[str, ...]] = ("enoperm", "failure", "success")
AUTO_REPAIR_ALL_TYPES: Final[tuple[str, ...]] = ("failover", "fix-storage", "migrate", "reinstall")
AUTO_REPAIR_ENOPERM: Final = "enoperm"
AUTO_REPAIR_FAILOVER: Final = "failover"
AUTO_REPAIR_FAILURE: Final = "failure"
AUTO_REPAIR_FIX_STORAGE: Final = "fix-storage"
AUTO_REPAIR_MIGRATE: Final = "migrate"
AUTO_REPAIR_REINSTALL: Final = "reinstall"
AUTO_REPAIR_SUCCESS: Final = "success"

# helper vm
HELPER_VM_SHUTDOWN: Final = 7200
HELPER_VM_STARTUP: Final = 300
ZEROING_TIMEOUT_PER_MIB: Final = 0.05

# sets
DISK_NAME_INFIX: Final[dict[str, str]] = {
    "plain": "",
    "rbd": ".rbd",
    "ext": ".ext",
    "file": ".file",
    "sharedfile": ".sharedfile",
}
INSTANCE_DOWN: Final[tuple[str, ...]] = ("down",)
INSTANCE_NOT_RUNNING: Final[tuple[str, ...]] = ("down", "offline")
INSTANCE_ONLINE: Final[tuple[str, ...]] = ("down", "up")
