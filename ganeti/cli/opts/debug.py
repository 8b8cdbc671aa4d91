"""Options of gnt-debug."""

from ganeti.cli.options import Option

EACH = Option(
    ("--each",), "each", help="submit the jobs one by one instead of in one request", action="store_true", default=False
)
INTERRUPTIBLE = Option(
    ("-i", "--interruptible"),
    "interruptible",
    help="let a connection to a socket end the delay early",
    action="store_true",
    default=False,
)
INTERVAL = Option(
    ("--interval",), "interval", help="list again after this number of seconds, until interrupted", type="int"
)
JOB_REPEAT = Option(("--job-repeat",), "rep_job", help="number of times to submit each job", type="int", default="1")
NO_LOCKS = Option(("-l", "--no-locks"), "no_locks", help="take no locks", action="store_true", default=False)
NO_MASTER = Option(
    ("--no-master",), "on_master", help="do not wait on the master node", action="store_false", default=True
)
ON_NODES = Option(("-n",), "on_nodes", help="node to wait on; may be repeated", action="append", default=[])
OP_REPEAT = Option(
    ("--op-repeat",), "rep_op", help="number of times to repeat the opcodes in each job", type="int", default="1"
)
REPEAT = Option(("-r", "--repeat"), "repeat", help="number of times to wait", type="int", default="0")
TIMING_STATS = Option(
    ("--timing-stats",),
    "timing_stats",
    help="print how long submission and execution took",
    action="store_true",
    default=False,
)
ALLOC_COUNT = Option(("--count",), "count", help="number of instances to allocate", type="int", default=2)
ALLOC_DIRECTION = Option(
    ("--dir",),
    "direction",
    help="print the request (in) or run the allocator and print its answer (out)",
    type="choice",
    default="in",
    choices=("in", "out"),
)
ALLOC_DISKS = Option(("--disks",), "disks", help="sizes of the disks, separated by commas", default="4096,4096")
ALLOC_EVAC_MODE = Option(
    ("--evac-mode",),
    "evac_mode",
    help="which instances leave the node",
    type="choice",
    default="all",
    choices=("all", "primary-only", "secondary-only"),
)
ALLOC_MEMORY = Option(("--memory",), "memory", help="memory of the instance", type="unit", default=128)
ALLOC_MODE = Option(
    ("-m", "--mode"),
    "mode",
    help="kind of request",
    type="choice",
    default="relocate",
    choices=("allocate", "allocate-secondary", "change-group", "multi-allocate", "node-evacuate", "relocate"),
)
ALLOC_NICS = Option(
    ("--nics",), "nics", help="network interfaces as MAC[/IP[/LINK]], separated by commas", default="00:11:22:33:44:55"
)
ALLOC_SPINDLE_USE = Option(
    ("--spindle-use",), "spindle_use", help="spindles that the instance uses", type="int", default=1
)
ALLOC_TAGS = Option(("--tags",), "tags", help="tags of the instance, separated by commas")
ALLOC_TARGET_GROUPS = Option(
    ("--target-groups",),
    "target_groups",
    help="node group to move to; may be repeated",
    action="append",
    default=[],
)
ALLOC_VCPUS = Option(("-p", "--vcpus"), "vcpus", help="virtual CPUs of the instance", type="int", default=1)
