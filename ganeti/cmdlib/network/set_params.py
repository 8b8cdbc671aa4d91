"""Change an IP network: its gateways, its MAC prefix, the addresses that instances do not get."""

from typing import Any, Final

import msgspec

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cmdlib import names
from ganeti.cmdlib.base import Feedback, LogicalUnit, lu_for
from ganeti.cmdlib.network import addresses
from ganeti.config import ippool
from ganeti.objects import Network
from ganeti.utils import net

#: Parameters that replace a field of the network; the word ``none`` unsets it.
_PLAIN_FIELDS: Final = ("network6", "gateway6", "mac_prefix")


def with_gateway(network: Network, gateway: str | None) -> Network:
    """Return the network with another gateway set aside, the old one free again; raises AddressPoolError."""
    if network.gateway is not None and not ippool.is_first_or_last(network, network.gateway):
        network = ippool.with_bit(network, network.gateway, used=False, external=True)
    if gateway is not None:
        network = ippool.with_bit(network, gateway, used=True, external=True)
    return msgspec.structs.replace(network, gateway=gateway)


def with_changed_reservations(network: Network, add: list[str], remove: list[str], problems: list[str]) -> Network:
    """Return the network with addresses set aside for other uses, and others for instances again.

    What is not possible goes to *problems*, one by one; the rest is done.
    """
    for ip, used in [*((ip, True) for ip in add), *((ip, False) for ip in remove)]:
        try:
            if not used and ippool.is_reserved_by_nature(network, ip):
                problems.append(f"Cannot release {ip}: it is the gateway, or the first or last address of the network")
                continue
            network = ippool.with_bit(network, ip, used=used, external=True)
        except errors.AddressPoolError as err:
            problems.append(f"Cannot {'reserve' if used else 'release'} {ip}: {err}")
    return network


@lu_for(opcodes.OpNetworkSetParams)
class LUNetworkSetParams(LogicalUnit[opcodes.OpNetworkSetParams]):
    """Change a network; NICs that are in it keep what they have."""

    HPATH = "network-modify"
    HTYPE = c.HTYPE_NETWORK
    REQ_BGL = False

    def check_arguments(self) -> None:
        """Refuse what contradicts itself."""
        op = self.op
        if op.gateway and (op.add_reserved_ips or op.remove_reserved_ips):
            raise errors.OpPrereqError("The gateway and reserved IPs cannot be changed at the same time", c.ECODE_INVAL)

    def expand_names(self) -> None:
        """Lock the network."""
        network = names.find_network(self.snapshot(), self.op.network_name)
        self.uuid = network.uuid
        self.op = msgspec.structs.replace(self.op, network_name=network.name)
        self.needed_locks = {c.LEVEL_NETWORK: [network.uuid]}

    def build_hooks_env(self) -> dict[str, object]:
        """Return the network as it will be."""
        return addresses.hook_variables(self.future)

    def build_hooks_nodes(self) -> tuple[list[str], list[str]]:
        """The master, before and afterwards."""
        nodes = [self.snapshot().cluster.master_node]
        return nodes, nodes

    def check_prereq(self) -> None:
        """Check the new values."""
        network = self.snapshot().networks[self.uuid]
        changing = [*(self.op.add_reserved_ips or ()), *(self.op.remove_reserved_ips or ())]
        addresses.check_inside(network, "Reserved IP", changing)
        self.new_gateway = self._changed_gateway(network)
        self.fields: dict[str, Any] = {}
        for field in _PLAIN_FIELDS:
            value: str | None = getattr(self.op, field)
            if value is not None:
                self.fields[field] = None if value == c.VALUE_NONE else value
        if self.fields.get("mac_prefix"):
            self.fields["mac_prefix"] = net.normalise_mac_prefix(self.fields["mac_prefix"])
        changed = msgspec.structs.replace(network, **self.fields)
        addresses.check_ipv6(changed.network6, changed.gateway6)
        self.problems: list[str] = []
        self.future = self._changed(network)

    def _changed_gateway(self, network: Network) -> tuple[str | None] | None:
        """Return the new gateway in a tuple, None if the gateway stays; raises OpPrereqError."""
        if not self.op.gateway:
            return None
        gateway = None if self.op.gateway == c.VALUE_NONE else self.op.gateway
        if gateway == network.gateway:
            self.log_warning(f"The gateway of network '{network.name}' is {gateway or 'not set'} already")
            return None
        if gateway is not None:
            addresses.check_gateway(network, gateway)
            if ippool.is_used(network, gateway):
                raise errors.OpPrereqError(f"Gateway {gateway} is used by an instance", c.ECODE_STATE)
            if ippool.is_external(network, gateway):
                raise errors.OpPrereqError(
                    f"Gateway {gateway} is reserved for another use; release it with --remove-reserved-ips first",
                    c.ECODE_STATE,
                )
        return (gateway,)

    def _changed(self, network: Network) -> Network:
        """Return a version of the network with all changes; raises OpExecError if its pool does not permit them."""
        self.problems.clear()
        network = msgspec.structs.replace(network, **self.fields)
        if self.new_gateway is not None:
            try:
                network = with_gateway(network, self.new_gateway[0])
            except errors.AddressPoolError as err:
                raise errors.OpExecError(f"Cannot change the gateway of network '{network.name}': {err}") from err
        add, remove = list(self.op.add_reserved_ips or ()), list(self.op.remove_reserved_ips or ())
        return with_changed_reservations(network, add, remove, self.problems)

    def exec(self, feedback: Feedback) -> None:
        """Change the newest version of the network: jobs that work on instances take addresses meanwhile."""
        self.future = self.cfg.modify(Network, self.uuid, self._changed)
        for problem in self.problems:
            self.log_warning(problem)
