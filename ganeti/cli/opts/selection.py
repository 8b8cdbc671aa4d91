"""Options that tell which instances a sub-command of gnt-instance works on."""

from ganeti.cli.options import Option

FORCE_MULTIPLE = Option(
    ("--force-multiple",),
    "force_multi",
    help="do not ask for confirmation when several instances are concerned",
    action="store_true",
    default=False,
)
SELECT_ALL = Option(("--all",), "multi_mode", help="work on all instances", action="store_const", const="cluster")
SELECT_BY_INSTANCE = Option(
    ("--instance",),
    "multi_mode",
    help="the arguments are instance names (default)",
    action="store_const",
    const="instances",
)
SELECT_BY_NODE = Option(
    ("--node",),
    "multi_mode",
    help="the arguments are nodes: work on instances that have them as primary or secondary node",
    action="store_const",
    const="nodes",
)
SELECT_BY_NODE_TAGS = Option(
    ("--node-tags",),
    "multi_mode",
    help="the arguments are node tags: work on instances on nodes with any of them",
    action="store_const",
    const="nodes-by-tags",
)
SELECT_BY_PRIMARY = Option(
    ("--primary",),
    "multi_mode",
    help="the arguments are nodes: work on their primary instances",
    action="store_const",
    const="nodes-pri",
)
SELECT_BY_PRI_NODE_TAGS = Option(
    ("--pri-node-tags",),
    "multi_mode",
    help="the arguments are node tags: work on instances whose primary node has any of them",
    action="store_const",
    const="nodes-pri-by-tags",
)
SELECT_BY_SECONDARY = Option(
    ("--secondary",),
    "multi_mode",
    help="the arguments are nodes: work on their secondary instances",
    action="store_const",
    const="nodes-sec",
)
SELECT_BY_SEC_NODE_TAGS = Option(
    ("--sec-node-tags",),
    "multi_mode",
    help="the arguments are node tags: work on instances whose secondary node has any of them",
    action="store_const",
    const="nodes-sec-by-tags",
)
SELECT_BY_TAGS = Option(
    ("--tags",),
    "multi_mode",
    help="the arguments are instance tags: work on instances with any of them",
    action="store_const",
    const="instances-by-tags",
)
