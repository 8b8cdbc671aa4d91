"""Names, addresses and TCP reachability of hosts."""

import ipaddress
import re
import socket
from typing import Final

from ganeti import constants as c
from ganeti import errors, pathutils

_FAMILY_NAMES: Final = {socket.AF_INET: "IPv4", socket.AF_INET6: "IPv6"}
_MAC_PREFIX_RE: Final = re.compile(r"^[0-9a-f]{2}(:[0-9a-f]{2}){2}$")


def own_hostname() -> str:
    """Return the fully qualified name of this node (the virtual one in a virtual cluster)."""
    return pathutils.VIRTUAL_HOSTNAME or socket.getfqdn()


def resolve(name: str, family: int | None = None) -> str:
    """Return the first address of *name* in *family* (AF_INET, AF_INET6 or any).

    Raises ResolverError.
    """
    try:
        infos = socket.getaddrinfo(name, None, family or 0, socket.SOCK_STREAM)
    except socket.gaierror as err:
        raise errors.ResolverError(name, err.errno, err.strerror) from err
    except UnicodeError as err:
        raise errors.ResolverError(name, -1, f"not a valid host name: {err}") from err
    return str(infos[0][4][0])


def fqdn(name: str, family: int | None = None) -> tuple[str, str]:
    """Return (canonical name, address) of a host.

    Raises ResolverError.
    """
    try:
        infos = socket.getaddrinfo(name, None, family or 0, socket.SOCK_STREAM, 0, socket.AI_CANONNAME)
    except socket.gaierror as err:
        raise errors.ResolverError(name, err.errno, err.strerror) from err
    except UnicodeError as err:
        raise errors.ResolverError(name, -1, f"not a valid host name: {err}") from err
    canonical = next((info[3] for info in infos if info[3]), name)
    return canonical, str(infos[0][4][0])


def is_ip(address: str, version: int | None = None) -> bool:
    """Tell whether *address* is an IP address (of *version* 4 or 6, if given)."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return version is None or parsed.version == version


def is_loopback(address: str) -> bool:
    """Tell whether a valid *address* is a loopback address."""
    return ipaddress.ip_address(address).is_loopback


def family_of(address: str) -> socket.AddressFamily:
    """Return AF_INET or AF_INET6 of an *address*.

    Raises IPAddressError.
    """
    try:
        version = ipaddress.ip_address(address).version
    except ValueError:
        raise errors.IPAddressError(f"Invalid IP address '{address}'") from None
    return socket.AF_INET6 if version == 6 else socket.AF_INET


def own_addresses() -> frozenset[str]:
    """Return all IP addresses of this machine, without scope suffixes."""
    # Only the few callers of this function shall pay for the import; every gnt-* program loads this module.
    import psutil

    return frozenset(
        entry.address.partition("%")[0]
        for entries in psutil.net_if_addrs().values()
        for entry in entries
        if entry.family in _FAMILY_NAMES
    )


def owns_address(address: str) -> bool:
    """Tell whether this machine has *address*."""
    return address in own_addresses()


def tcp_ping(target: str, port: int, *, timeout_s: float = 10.0, source: str | None = None, live: bool = True) -> bool:
    """Tell whether *target* answers on TCP *port*.

    With *live* a refused connection counts as no answer; else as an answer, since the host is there. *source* is the
    local address to connect from.
    """
    try:
        with socket.create_connection((target, port), timeout_s, (source, 0) if source else None):
            return True
    except ConnectionRefusedError:
        return not live
    except OSError:
        return False


def normalise_mac_prefix(prefix: str) -> str:
    """Return the first three octets of MAC addresses in lower case.

    Raises OpPrereqError (wrong_input).
    """
    lower = prefix.lower()
    if not _MAC_PREFIX_RE.fullmatch(lower):
        raise errors.OpPrereqError(
            f"Invalid MAC prefix '{prefix}'; three octets like aa:00:00 are needed", c.ECODE_INVAL
        )
    return lower


def daemon_port(name: str) -> int:
    """Return the port of a daemon (for example ``ganeti-noded``): from the services database, else its usual one."""
    protocol, default = c.DAEMONS_PORTS[name]
    try:
        return socket.getservbyname(name, protocol)
    except OSError:
        return int(default)
