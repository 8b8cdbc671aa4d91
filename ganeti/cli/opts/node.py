"""Options of gnt-node."""

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
FORCE_JOIN = Option(
    ("--force-join",),
    "force_join",
    help="accepted for compatibility, has no effect",
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
READD = Option(
    ("--readd",),
    "readd",
    help="add a node again that is in the configuration already, after it was installed anew",
    action="store_true",
    default=False,
)
VM_CAPABLE = Option(
    ("--vm-capable",), "vm_capable", help="whether the node may hold instances", type="bool", metavar="yes|no"
)
