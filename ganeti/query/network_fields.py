"""Fields of networks."""

from functools import cached_property
from typing import Any, Final

from ganeti import constants as c
from ganeti.config import ippool
from ganeti.objects import Network
from ganeti.query.fields import Field, Resource, common_fields, optional, table
from ganeti.query.view import View


class NetworkItem:
    """A network with what its fields show."""

    def __init__(self, view: View, network: Network) -> None:
        self.view = view
        self.network = network

    @cached_property
    def taken(self) -> str:
        """The pool with one character per address: X taken, . free."""
        return ippool.taken(self.network)

    @property
    def external(self) -> str:
        """Addresses reserved for another use, joined by a comma and a blank."""
        return ", ".join(ippool.external_addresses(self.network))

    @property
    def groups(self) -> list[list[str]]:
        """[group name, mode, link, vlan] of each group the network is connected to."""
        return [
            [group.name, *(str(group.networks[self.network.uuid].get(key) or "-") for key in _NET_PARAMS)]
            for group in self.view.in_order(self.view.config.nodegroups)
            if self.network.uuid in group.networks
        ]

    @property
    def instances(self) -> list[str]:
        """Names of the instances with a NIC in the network."""
        return [inst.name for inst in self.view.network_users.get(self.network.uuid, ())]


_NET_PARAMS: Final = (c.NIC_MODE, c.NIC_LINK, c.NIC_VLAN)


def _optional(name: str, title: str, doc: str) -> Field[NetworkItem]:
    def value(item: NetworkItem) -> Any:
        return optional(getattr(item.network, name))

    return Field(name, title, c.QFT_OTHER, doc, value)


NETWORKS: Final = Resource(
    c.QR_NETWORK,
    "name",
    table(
        [
            Field("name", "Network", c.QFT_TEXT, "Network name", lambda item: item.network.name),
            Field("network", "Subnet", c.QFT_TEXT, "IPv4 subnet", lambda item: item.network.network),
            _optional("gateway", "Gateway", "IPv4 gateway"),
            _optional("network6", "IPv6Subnet", "IPv6 subnet"),
            _optional("gateway6", "IPv6Gateway", "IPv6 gateway"),
            _optional("mac_prefix", "MacPrefix", "Prefix of MAC addresses"),
            Field("map", "Map", c.QFT_TEXT, "Pool of addresses, X is taken", lambda item: item.taken),
            Field("free_count", "FreeCount", c.QFT_NUMBER, "Free addresses", lambda item: item.taken.count(".")),
            Field("reserved_count", "ReservedCount", c.QFT_NUMBER, "Taken addresses", lambda i: i.taken.count("X")),
            Field(
                "external_reservations",
                "ExternalReservations",
                c.QFT_TEXT,
                "Addresses reserved for another use",
                lambda item: item.external,
            ),
            Field("group_cnt", "NodeGroups", c.QFT_NUMBER, "Number of connected groups", lambda i: len(i.groups)),
            Field("group_list", "GroupList", c.QFT_OTHER, "Connected groups", lambda item: item.groups),
            Field("inst_cnt", "Instances", c.QFT_NUMBER, "Number of instances", lambda item: len(item.instances)),
            Field("inst_list", "InstanceList", c.QFT_OTHER, "Instances", lambda item: item.instances),
            *common_fields("network", lambda item: item.network),
        ]
    ),
)
