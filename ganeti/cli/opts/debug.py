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
