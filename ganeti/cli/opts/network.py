"""Options of gnt-network."""

from ganeti.cli.options import Option

ADD_RESERVED_IPS = Option(
    ("--add-reserved-ips",), "add_reserved_ips", help="comma-separated addresses that instances do not get"
)
GATEWAY = Option(("--gateway",), "gateway", help="IPv4 gateway of the network")
GATEWAY6 = Option(("--gateway6",), "gateway6", help="IPv6 gateway of the network")
NETWORK = Option(("--network",), "network", help="IPv4 network with prefix length (/12 to /30)")
NETWORK6 = Option(("--network6",), "network6", help="IPv6 network with prefix length")
NIC_PARAMETERS = Option(
    ("-N", "--nic-parameters"),
    "nicparams",
    help="mode, link and VLAN of network interfaces in the network as KEY=VALUE,...",
    type="keyval",
    default={},
)
NO_CONFLICTS_CHECK = Option(
    ("--no-conflicts-check",),
    "conflicts_check",
    help="do not look for nodes and instances that have addresses of the network",
    action="store_false",
    default=True,
)
REMOVE_RESERVED_IPS = Option(
    ("--remove-reserved-ips",), "remove_reserved_ips", help="comma-separated addresses that instances may get again"
)
