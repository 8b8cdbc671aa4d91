"""LUXI protocol."""

from typing import Final

# luxi
CLI_WFJC_FREQUENCY: Final = 20
DEFAULT_WFJC_TIMEOUT: Final = 60
LUXI_CANCEL_JOB_TIMEOUT: Final = 44
LUXI_DEF_CTMO: Final = 30
LUXI_DEF_RWTO: Final = 180
LUXI_EOM: Final = "\u0003"
LUXI_KEY_ARGS: Final = "args"
LUXI_KEY_METHOD: Final = "method"
LUXI_KEY_RESULT: Final = "result"
LUXI_KEY_SUCCESS: Final = "success"
LUXI_KEY_VERSION: Final = "version"
LUXI_LIVELOCK_PREFIX: Final = "luxi-daemon"
LUXI_OVERRIDE: Final = "FORCE_LUXI_SOCKET"
LUXI_OVERRIDE_MASTER: Final = "master"
LUXI_OVERRIDE_QUERY: Final = "query"
LUXI_REQ_ALL: Final[tuple[str, ...]] = (
    "ArchiveJob",
    "AutoArchiveJobs",
    "CancelJob",
    "ChangeJobPriority",
    "DeleteFilter",
    "PickupJob",
    "Query",
    "QueryClusterInfo",
    "QueryConfigValues",
    "QueryExports",
    "QueryFields",
    "QueryFilters",
    "QueryGroups",
    "QueryInstances",
    "QueryJobs",
    "QueryNetworks",
    "QueryNodes",
    "QueryTags",
    "ReplaceFilter",
    "SetDrainFlag",
    "SetWatcherPause",
    "SubmitJob",
    "SubmitJobToDrainedQueue",
    "SubmitManyJobs",
    "WaitForJobChange",
)
LUXI_REQ_ARCHIVE_JOB: Final = "ArchiveJob"
LUXI_REQ_AUTO_ARCHIVE_JOBS: Final = "AutoArchiveJobs"
LUXI_REQ_CANCEL_JOB: Final = "CancelJob"
LUXI_REQ_CHANGE_JOB_PRIORITY: Final = "ChangeJobPriority"
LUXI_REQ_DELETE_FILTER: Final = "DeleteFilter"
LUXI_REQ_PICKUP_JOB: Final = "PickupJob"
LUXI_REQ_QUERY: Final = "Query"
LUXI_REQ_QUERY_CLUSTER_INFO: Final = "QueryClusterInfo"
LUXI_REQ_QUERY_CONFIG_VALUES: Final = "QueryConfigValues"
LUXI_REQ_QUERY_EXPORTS: Final = "QueryExports"
LUXI_REQ_QUERY_FIELDS: Final = "QueryFields"
LUXI_REQ_QUERY_FILTERS: Final = "QueryFilters"
LUXI_REQ_QUERY_GROUPS: Final = "QueryGroups"
LUXI_REQ_QUERY_INSTANCES: Final = "QueryInstances"
LUXI_REQ_QUERY_JOBS: Final = "QueryJobs"
LUXI_REQ_QUERY_NETWORKS: Final = "QueryNetworks"
LUXI_REQ_QUERY_NODES: Final = "QueryNodes"
LUXI_REQ_QUERY_TAGS: Final = "QueryTags"
LUXI_REQ_REPLACE_FILTER: Final = "ReplaceFilter"
LUXI_REQ_SET_DRAIN_FLAG: Final = "SetDrainFlag"
LUXI_REQ_SET_WATCHER_PAUSE: Final = "SetWatcherPause"
LUXI_REQ_SUBMIT_JOB: Final = "SubmitJob"
LUXI_REQ_SUBMIT_JOB_TO_DRAINED_QUEUE: Final = "SubmitJobToDrainedQueue"
LUXI_REQ_SUBMIT_MANY_JOBS: Final = "SubmitManyJobs"
LUXI_REQ_WAIT_FOR_JOB_CHANGE: Final = "WaitForJobChange"
LUXI_SOCKET_PERMS: Final = 0o660
LUXI_VERSION: Final = 3010000
LUXI_WFJC_TIMEOUT: Final = 89
