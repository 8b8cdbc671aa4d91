"""Options that several programs know."""

from ganeti import constants as c
from ganeti.cli.options import Option

BACKEND_PARAMETERS = Option(
    ("-B", "--backend-parameters"), "beparams", help="backend parameters as KEY=VALUE,...", type="keyval", default={}
)
DISK_STATE = Option(
    ("--disk-state",),
    "disk_state",
    help="disk state as TYPE/NAME:KEY=VALUE,...",
    action="append",
    type="identkeyval",
    default=[],
)
DRY_RUN = Option(
    ("--dry-run",), "dry_run", help="only check whether the operation could be done", action="store_true", default=False
)
FILTER = Option(
    ("-F", "--filter"), "force_filter", help="understand the argument as a filter", action="store_true", default=False
)
FORCE = Option(("-f", "--force"), "force", help="do not ask for confirmation", action="store_true", default=False)
FROM = Option(("--from",), "tags_source", help="file with one tag per line, - for standard input")
HYPERVISORS_PARAMETERS = Option(
    ("-H", "--hypervisor-parameters"),
    "hvparams",
    help="hypervisor parameters as HYPERVISOR:KEY=VALUE,...; may be repeated",
    action="append",
    type="identkeyval",
    default=[],
)
HYPERVISOR_STATE = Option(
    ("--hypervisor-state",),
    "hv_state",
    help="hypervisor state as HYPERVISOR:KEY=VALUE,...",
    action="append",
    type="identkeyval",
    default=[],
)
IALLOCATOR = Option(
    ("-I", "--iallocator"),
    "iallocator",
    help="let this instance allocator choose the nodes (. for the default of the cluster)",
    metavar="<NAME>",
    completion="one_iallocator",
)
IGNORE_CONSISTENCY = Option(
    ("--ignore-consistency",),
    "ignore_consistency",
    help="go on although the disks are not consistent",
    action="store_true",
    default=False,
)
IGNORE_IPOLICY = Option(
    ("--ignore-ipolicy",),
    "ignore_ipolicy",
    help="do not enforce the instance policy",
    action="store_true",
    default=False,
)
MIGRATION_MODE = Option(
    ("--migration-mode",),
    "migration_mode",
    help="move the instance while it runs (live) or paused (non-live)",
    type="choice",
    choices=c.HT_MIGRATION_MODES,
)
NODE_GROUP = Option(
    ("-g", "--node-group"),
    "nodegroup",
    help="work on this node group",
    metavar="<nodegroup>",
    completion="one_nodegroup",
)
NODE_PARAMETERS = Option(("--node-parameters",), "ndparams", help="node parameters as KEY=VALUE,...", type="keyval")
NON_LIVE = Option(
    ("--non-live",), "live", help="pause the instance while it is moved", action="store_false", default=True
)
NO_HEADERS = Option(
    ("--no-headers",),
    "no_headers",
    help="do not print the line with the column titles",
    action="store_true",
    default=False,
)
NO_RUNTIME_CHANGES = Option(
    ("--no-runtime-changes",),
    "allow_runtime_chgs",
    help="fail rather than change the memory of the running instance",
    action="store_false",
    default=True,
)
OS_PARAMETERS = Option(
    ("-O", "--os-parameters"), "osparams", help="OS parameters as KEY=VALUE,...", type="keyval", default={}
)
OS_PARAMETERS_PRIVATE = Option(
    ("--os-parameters-private",),
    "osparams_private",
    help="OS parameters that are stored but never shown, as KEY=VALUE,...",
    type="keyprivateval",
    default={},
)
OUTPUT = Option(
    ("-o", "--output"),
    "output",
    help="comma-separated fields to show; a leading + adds them to the default ones",
    metavar="FIELDS",
)
PRINT_JOBID = Option(
    ("--print-jobid",),
    "print_jobid",
    help="print the job id on the first line of the output",
    action="store_true",
    default=False,
)
PRIORITY = Option(
    ("--priority",),
    "priority",
    help="priority of the job in the queue",
    action="callback",
    type="choice",
    choices=tuple(sorted(c.PRIORITY_NAMES)),
    metavar="low|normal|high",
    callback="priority",
)
ROMAN = Option(
    ("--roman",),
    "roman_integers",
    help="write numbers as Roman numerals where possible",
    action="store_true",
    default=False,
)
SECONDARY_IP = Option(
    ("-s", "--secondary-ip"), "secondary_ip", help="address in the network for replication", metavar="ADDRESS"
)
SEPARATOR = Option(("--separator",), "separator", help="put this text between columns instead of aligning them")
SUBMIT = Option(
    ("--submit",), "submit_only", help="submit the job and do not wait for its end", action="store_true", default=False
)
TARGET_NODE = Option(("-n", "--target-node"), "dst_node", help="node to move to", metavar="NODE", completion="one_node")
UNITS = Option(
    ("--units",),
    "units",
    help="unit of sizes: h (chosen to fit, with suffix), m, g or t",
    type="choice",
    choices=("g", "h", "m", "t"),
)
VERBOSE = Option(
    ("-v", "--verbose"),
    "verbose",
    help="be more talkative; in tables, write special values as words",
    action="store_true",
    default=False,
)
YES_DO_IT = Option(
    ("--yes-do-it", "--ya-rly"), "yes_do_it", help="confirm that this is really wanted", action="store_true"
)
