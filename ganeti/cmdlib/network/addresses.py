"""Rules about the addresses of a network, and what hooks learn about it."""

import ipaddress
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from ganeti import constants as c
from ganeti.config import ippool
from ganeti.errors import AddressPoolError, OpPrereqError
from ganeti.objects import ConfigData, Instance, Network

#: Variable of hooks -> field of the network.
_HOOK_FIELDS: Final = {
    "NETWORK_NAME": "name",
    "NETWORK_SUBNET": "network",
    "NETWORK_GATEWAY": "gateway",
    "NETWORK_SUBNET6": "network6",
    "NETWORK_GATEWAY6": "gateway6",
    "NETWORK_MAC_PREFIX": "mac_prefix",
}


def hook_variables(network: Network) -> dict[str, object]:
    """Return what hooks learn about a network; what is not set is left out."""
    variables = {name: getattr(network, field) for name, field in _HOOK_FIELDS.items()}
    variables["NETWORK_TAGS"] = " ".join(network.tags)
    return {name: value for name, value in variables.items() if value}


def check_inside(network: Network, what: str, ips: Iterable[str]) -> None:
    """Check that addresses belong to the network; raises OpPrereqError (wrong_input)."""
    outside = [ip for ip in ips if not ippool.contains(network, ip)]
    if outside:
        raise OpPrereqError(f"{what} {', '.join(outside)} is outside of network {network.network}", c.ECODE_INVAL)


def check_gateway(network: Network, gateway: str) -> None:
    """Check that a host in the network can have the address; raises OpPrereqError (wrong_input)."""
    check_inside(network, "Gateway", [gateway])
    if ippool.is_first_or_last(network, gateway):
        raise OpPrereqError(
            f"Gateway {gateway} is the first or last address of network {network.network}, which no host can have",
            c.ECODE_INVAL,
        )


def check_ipv6(network6: str | None, gateway6: str | None) -> None:
    """Check that the gateway can be reached from the network; raises OpPrereqError (wrong_input)."""
    if gateway6 is None:
        return
    address = ipaddress.IPv6Address(gateway6)
    if not address.is_link_local and (network6 is None or address not in ipaddress.IPv6Network(network6)):
        where = f"in network {network6}" if network6 else "in a network (none is given)"
        raise OpPrereqError(f"IPv6 gateway {gateway6} must be {where} or link-local", c.ECODE_INVAL)


def addresses_of_nodes(config: ConfigData) -> Iterator[tuple[str, str]]:
    """Yield (whose address, address) of all nodes and of the cluster."""
    for node in sorted(config.nodes.values(), key=lambda item: item.name):
        yield f"primary IP of node {node.name}", node.primary_ip
        if node.secondary_ip != node.primary_ip:
            yield f"secondary IP of node {node.name}", node.secondary_ip
    yield "cluster master IP", config.cluster.master_ip


def without_node_addresses(
    config: ConfigData, network: Network, note: Callable[[str], None], warn: Callable[[str], None]
) -> Network:
    """Return the network with the addresses of nodes and cluster set aside, so that no instance gets one."""
    for whose, ip in addresses_of_nodes(config):
        if not ippool.contains(network, ip):
            continue
        try:
            network = ippool.with_bit(network, ip, used=True, external=True)
            note(f"Reserved {whose} ({ip})")
        except AddressPoolError as err:
            warn(f"Cannot reserve {whose}: {err}")
    return network


def nics_in(network: Network, instances: Iterable[Instance], *, members_only: bool) -> list[str]:
    """Return ``instance: nicN/IP, ...`` for each instance with NICs that are members of the network.

    Unless *members_only*, what counts is an address in the subnet, whether the NIC is said to be a member or not.
    """
    found = []
    for instance in instances:
        nics = [
            f"nic{index}/{nic.ip}"
            for index, nic in enumerate(instance.nics)
            if (nic.network == network.uuid if members_only else nic.ip and ippool.contains(network, nic.ip))
        ]
        if nics:
            found.append(f"{instance.name}: {', '.join(nics)}")
    return found


def overlapping(config: ConfigData, network: Network, others: Iterable[str]) -> list[str]:
    """Return the names of those of the networks (UUIDs) that share addresses with *network*."""
    subnet = ipaddress.IPv4Network(network.network)
    candidates = (config.networks[uuid] for uuid in others if uuid in config.networks and uuid != network.uuid)
    return sorted(other.name for other in candidates if subnet.overlaps(ipaddress.IPv4Network(other.network)))
