"""Monitoring agent and data collectors."""

from typing import Final

# monitoring
BUILTIN_DATA_COLLECTOR_VERSION: Final = "B"
CPUAVGLOAD_BUFFER_SIZE: Final = 150
CPUAVGLOAD_WINDOW_SIZE: Final = 600
DISKSTATS_FILE: Final = "/proc/diskstats"
MOND_CONFIG_TIME_INTERVAL: Final = 15
MOND_DEFAULT_CATEGORY: Final = "default"
MOND_GROUP: Final = "root"
MOND_LATEST_API_VERSION: Final = 1
MOND_TIME_INTERVAL: Final = 5
MOND_USER: Final = "root"
STAT_FILE: Final = "/proc/stat"
XENTOP_AVERAGE_THRESHOLD: Final = 100
XENTOP_COMMAND: Final = "xentop"

# data collectors
DATA_COLLECTORS_ENABLED_NAME: Final = "enabled_data_collectors"
DATA_COLLECTORS_INTERVAL_NAME: Final = "data_collector_interval"
DATA_COLLECTOR_C_P_U_LOAD: Final = "cpu-avg-load"
DATA_COLLECTOR_DISK_STATS: Final = "diskstats"
DATA_COLLECTOR_DRBD: Final = "drbd"
DATA_COLLECTOR_INST_STATUS: Final = "inst-status-xen"
DATA_COLLECTOR_LV: Final = "lv"
DATA_COLLECTOR_NAMES: Final[tuple[str, ...]] = (
    "cpu-avg-load",
    "diskstats",
    "drbd",
    "inst-status-xen",
    "lv",
    "xen-cpu-avg-load",
)
DATA_COLLECTOR_PARAMETER_INTERVAL: Final = "interval"
DATA_COLLECTOR_STATE_ACTIVE: Final = "active"
DATA_COLLECTOR_XEN_CPU_LOAD: Final = "xen-cpu-avg-load"
