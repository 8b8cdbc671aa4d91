"""Procedures about the machine's list of hosts."""

from ganeti import constants as c
from ganeti.backend.base import RPCFail, implements
from ganeti.rpc import procedures
from ganeti.utils import hosts


@implements(procedures.etc_hosts_modify)
def etc_hosts_modify(mode: str, name: str, ip: str | None, /) -> None:
    """Add a host to /etc/hosts or remove it."""
    if mode == c.ETC_HOSTS_ADD:
        if not ip:
            raise RPCFail(f"Cannot add {name} to {mode}: an address is needed")
        hosts.add_host(name, ip)
    elif mode == c.ETC_HOSTS_REMOVE:
        hosts.remove_host(name)
    else:
        raise RPCFail(f"Unknown mode '{mode}' for changing the list of hosts")
