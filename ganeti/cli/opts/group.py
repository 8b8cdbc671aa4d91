"""Options of gnt-group."""

from ganeti.cli.options import Option

ALLOC_POLICY = Option(
    ("--alloc-policy",),
    "alloc_policy",
    help="whether new instances may be put into the group: preferred, last_resort or unallocable",
    metavar="POLICY",
)
INCLUDE_DEFAULTS = Option(
    ("--include-defaults",),
    "include_defaults",
    help="show what the cluster says where the group says nothing, too",
    action="store_true",
    default=False,
)
FORCE_FAILOVER = Option(
    ("--force-failover",),
    "force_failover",
    help="stop instances and start them elsewhere instead of migrating them",
    action="store_true",
    default=False,
)
SEQUENTIAL = Option(
    ("--sequential",),
    "sequential",
    help="move one instance after the other instead of many at the same time",
    action="store_true",
    default=False,
)
TO = Option(
    ("--to",),
    "to",
    help="node group to move to; may be repeated; without it, all others",
    metavar="<group>",
    action="append",
    completion="one_nodegroup",
)
