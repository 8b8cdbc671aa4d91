"""Job queue: states, priorities, scheduling, log types, reason trail."""

from typing import Final

# jobs
JOBS_FINALIZED: Final[tuple[str, ...]] = ("canceled", "error", "success")
JOBS_PENDING: Final[tuple[str, ...]] = ("canceling", "queued", "waiting")
JOB_IDS_KEY: Final = "jobs"
JOB_NOTCHANGED: Final = "nochange"
JOB_QUEUE_FILES_PERMS: Final = 0o640
JOB_QUEUE_SIZE_HARD_LIMIT: Final = 5000
JOB_QUEUE_VERSION: Final = 1
JOB_STATUS_ALL: Final[tuple[str, ...]] = ("canceled", "canceling", "error", "queued", "running", "success", "waiting")
JOB_STATUS_CANCELED: Final = "canceled"
JOB_STATUS_CANCELING: Final = "canceling"
JOB_STATUS_ERROR: Final = "error"
JOB_STATUS_QUEUED: Final = "queued"
JOB_STATUS_RUNNING: Final = "running"
JOB_STATUS_SUCCESS: Final = "success"
JOB_STATUS_WAITING: Final = "waiting"
JSTORE_JOBS_PER_ARCHIVE_DIRECTORY: Final = 10000
OPS_FINALIZED: Final[tuple[str, ...]] = ("canceled", "error", "success")
OP_STATUS_CANCELED: Final = "canceled"
OP_STATUS_CANCELING: Final = "canceling"
OP_STATUS_ERROR: Final = "error"
OP_STATUS_QUEUED: Final = "queued"
OP_STATUS_RUNNING: Final = "running"
OP_STATUS_SUCCESS: Final = "success"
OP_STATUS_WAITING: Final = "waiting"

# job log
ELOG_DELAY_TEST: Final = "delay-test"
ELOG_JQUEUE_TEST: Final = "jqueue-test"
ELOG_MESSAGE: Final = "message"
ELOG_MESSAGE_LIST: Final = "message-list"
ELOG_REMOTE_IMPORT: Final = "remote-import"

# job priorities
OP_PRIO_DEFAULT: Final = 0
OP_PRIO_HIGH: Final = -10
OP_PRIO_HIGHEST: Final = -20
OP_PRIO_LOW: Final = 10
OP_PRIO_LOWEST: Final = 19
OP_PRIO_NORMAL: Final = 0
OP_PRIO_SUBMIT_VALID: Final[tuple[int, ...]] = (-10, 0, 10)

# job scheduling
LUXID_JOBQUEUE_POLL_INTERVAL: Final = 307
LUXID_JOB_DEATH_DELAY: Final = 100000
LUXID_JOB_DEATH_DETECTION_RETRIES: Final = 3
LUXID_MAXIMAL_RUNNING_JOBS_DEFAULT: Final = 20
LUXID_MAXIMAL_TRACKED_JOBS_DEFAULT: Final = 25

# job queue test
JQT_ALL: Final[tuple[str, ...]] = ("exec", "expandnames", "logmsg", "startmsg")
JQT_EXEC: Final = "exec"
JQT_EXPANDNAMES: Final = "expandnames"
JQT_LOGMSG: Final = "logmsg"
JQT_MSGPREFIX: Final = "TESTMSG="
JQT_STARTMSG: Final = "startmsg"

# reason trail
OPCODE_REASON: Final = "reason"
OPCODE_REASON_SOURCES: Final[tuple[str, ...]] = (
    "gnt:client",
    "gnt:daemon:masterd:pickup",
    "gnt:daemon:noded",
    "gnt:library:rlib2",
    "gnt:opcode",
    "gnt:user",
    "gnt:watcher",
)
OPCODE_REASON_SRC_CLIENT: Final = "gnt:client"
OPCODE_REASON_SRC_DAEMON: Final = "gnt:daemon"
OPCODE_REASON_SRC_MASTERD: Final = "gnt:daemon:masterd"
OPCODE_REASON_SRC_NODED: Final = "gnt:daemon:noded"
OPCODE_REASON_SRC_OPCODE: Final = "gnt:opcode"
OPCODE_REASON_SRC_PICKUP: Final = "gnt:daemon:masterd:pickup"
OPCODE_REASON_SRC_RLIB2: Final = "gnt:library:rlib2"
OPCODE_REASON_SRC_USER: Final = "gnt:user"
OPCODE_REASON_SRC_WATCHER: Final = "gnt:watcher"
OPCODE_SEQUENTIAL: Final = "sequential"
