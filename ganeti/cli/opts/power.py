"""Options of the commands that switch nodes on and off through out-of-band programs."""

from ganeti import constants as c
from ganeti.cli.options import Option

ALL = Option(("--all",), "show_all", help="all nodes of the cluster", action="store_true", default=False)
GROUPS = Option(("--groups",), "groups", help="the arguments are node groups", action="store_true", default=False)
IGNORE_STATUS = Option(
    ("--ignore-status",),
    "ignore_status",
    help="switch nodes off although they are not marked offline, and leave them unmarked",
    action="store_true",
    default=False,
)
ON = Option(("--on",), "on", help="switch nodes on and start their instances", action="store_true", default=False)
OOB_TIMEOUT = Option(
    ("--oob-timeout",),
    "oob_timeout",
    help="seconds that the out-of-band program gets for one node",
    type="int",
    default=c.OOB_TIMEOUT,
)
POWER_DELAY = Option(
    ("--power-delay",),
    "power_delay",
    help="seconds between two nodes that are switched on",
    type="float",
    default=c.OOB_POWER_DELAY,
)
