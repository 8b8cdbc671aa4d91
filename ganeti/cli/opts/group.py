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
