"""Options of gnt-backup."""

from ganeti.cli.options import Option

NODES = Option(
    ("-n", "--node"),
    "nodes",
    help="look at this node only; may be repeated",
    action="append",
    metavar="<node>",
    completion="one_node",
    default=[],
)
