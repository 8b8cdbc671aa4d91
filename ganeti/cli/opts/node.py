"""Options of gnt-node."""

from ganeti import constants as c
from ganeti.cli.options import Option

AUTO_PROMOTE = Option(
    ("--auto-promote",),
    "auto_promote",
    help="make other nodes master candidates if too few would be left",
    action="store_true",
    default=False,
)
DRAINED = Option(
    ("-D", "--drained"), "drained", help="whether the node gets no new instances", type="bool", metavar="yes|no"
)
EARLY_RELEASE = Option(
    ("--early-release",),
    "early_release",
    help="release the locks of the old secondary node as soon as it is not needed any more",
    action="store_true",
    default=False,
)
FORCE_JOIN = Option(
    ("--force-join",),
    "force_join",
    help="accepted for compatibility, has no effect",
    action="store_true",
    default=False,
)
IGNORE_SOFT_ERRORS = Option(
    ("--ignore-soft-errors",),
    "ignore_soft_errors",
    help="let the instance allocator ignore policies that would only be nice to keep",
    action="store_true",
    default=False,
)
MASTER_CANDIDATE = Option(
    ("-C", "--master-candidate"),
    "master_candidate",
    help="whether the node is a master candidate",
    type="bool",
    metavar="yes|no",
)
MASTER_CAPABLE = Option(
    ("--master-capable",),
    "master_capable",
    help="whether the node may become master candidate",
    type="bool",
    metavar="yes|no",
)
NEW_SECONDARY = Option(
    ("-n", "--new-secondary"),
    "dst_node",
    help="new secondary node of all instances",
    metavar="NODE",
    completion="one_node",
)
NODE_OFFLINE = Option(
    ("-O", "--offline"), "offline", help="whether the node is marked offline", type="bool", metavar="yes|no"
)
NODE_POWERED = Option(
    ("--node-powered",),
    "node_powered",
    help="whether the node is recorded as powered on",
    type="bool",
    metavar="yes|no",
)
NO_NODE_SETUP = Option(
    ("--no-node-setup",),
    "node_setup",
    help="accepted for compatibility, has no effect",
    action="store_false",
    default=True,
)
NO_SSH_KEY_CHECK = Option(
    ("--no-ssh-key-check",),
    "ssh_key_check",
    help="do not check the SSH host key of the node",
    action="store_false",
    default=True,
)
PRIMARY_ONLY = Option(
    ("-p", "--primary-only"),
    "primary_only",
    help="move only the instances that have the node as primary node",
    action="store_true",
    default=False,
)
READD = Option(
    ("--readd",),
    "readd",
    help="add a node again that is in the configuration already, after it was installed anew",
    action="store_true",
    default=False,
)
SECONDARY_ONLY = Option(
    ("-s", "--secondary-only"),
    "secondary_only",
    help="move only the instances that have the node as secondary node",
    action="store_true",
    default=False,
)
STORAGE_TYPE = Option(
    ("-t", "--storage-type"),
    "user_storage_type",
    help="kind of storage to list",
    type="choice",
    choices=tuple(sorted(c.STS_REPORT_NODE_STORAGE)),
    metavar="STORAGE_TYPE",
)
SYNC = Option(
    ("--sync",),
    "do_locking",
    help="run the command while no other job works on the nodes",
    action="store_true",
    default=False,
)
VM_CAPABLE = Option(
    ("--vm-capable",), "vm_capable", help="whether the node may hold instances", type="bool", metavar="yes|no"
)
