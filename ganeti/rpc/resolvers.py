"""Where a node is reached, from its UUID or name: by the configuration, ssconf, a given list, or DNS."""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from ganeti import constants as c
from ganeti import errors
from ganeti.objects import ConfigData
from ganeti.ssconf import SsconfReader
from ganeti.utils import net


@dataclass(frozen=True)
class Offline:
    """The node is marked offline and must not be contacted."""


@dataclass(frozen=True)
class Unresolved:
    """There is no address for the node."""

    reason: str


#: An IP address, or why there is none.
Resolution = str | Offline | Unresolved


class Resolver(Protocol):
    """Finds the address of a node; must be safe to use from several threads."""

    def resolve(self, node: str, *, offline_ok: bool) -> Resolution:
        """Return the address of *node*; with *offline_ok* also that of one that is marked offline."""


class DnsResolver:
    """Takes nodes for host names (or addresses)."""

    def __init__(self, family: int | None = None) -> None:
        """*family* is AF_INET, AF_INET6 or None for any."""
        self._family = family

    def resolve(self, node: str, *, offline_ok: bool) -> Resolution:
        """Look the host name up."""
        if net.is_ip(node):
            return node
        try:
            return net.resolve(node, self._family)
        except errors.ResolverError as err:
            return Unresolved(f"Failed to resolve {node}: {err.args[-1]}")


class StaticResolver:
    """Knows the addresses it was given; other nodes are left to *fallback*."""

    def __init__(self, addresses: Mapping[str, str], fallback: Resolver | None = None) -> None:
        self._addresses = dict(addresses)
        self._fallback = fallback

    def resolve(self, node: str, *, offline_ok: bool) -> Resolution:
        """Look the node up in the list."""
        if (address := self._addresses.get(node)) is not None:
            return address
        if self._fallback is not None:
            return self._fallback.resolve(node, offline_ok=offline_ok)
        return Unresolved(f"No address is known for node {node}")


class SsconfResolver:
    """Knows names as ssconf has them, else asks DNS; works without a configuration."""

    def __init__(self, ssconf: SsconfReader | None = None) -> None:
        self._ssconf = ssconf or SsconfReader()
        self._dns = DnsResolver()

    def resolve(self, node: str, *, offline_ok: bool) -> Resolution:
        """Look the node name up in the files as they are now."""
        try:
            address = self._ssconf.pairs(c.SS_NODE_PRIMARY_IPS, " ").get(node)
        except errors.ConfigurationError:
            address = None
        return address or self._dns.resolve(node, offline_ok=offline_ok)


class ConfigResolver:
    """Knows nodes by UUID from the newest configuration; what is no UUID is taken for a host name."""

    def __init__(self, snapshot: Callable[[], ConfigData]) -> None:
        """*snapshot* returns the newest configuration, without waiting."""
        self._snapshot = snapshot

    def resolve(self, node: str, *, offline_ok: bool) -> Resolution:
        """Look the node up in the newest configuration."""
        config = self._snapshot()
        known = config.nodes.get(node)
        if known is None:
            family = socket.AF_INET6 if config.cluster.primary_ip_family == socket.AF_INET6 else socket.AF_INET
            return DnsResolver(family).resolve(node, offline_ok=offline_ok)
        return Offline() if known.offline and not offline_ok else known.primary_ip
