"""Procedures about the machine's list of hosts."""

# mypy: disable-error-code="empty-body"

from ganeti.rpc.declaration import procedure


@procedure()
def etc_hosts_modify(mode: str, name: str, ip: str | None, /) -> None:
    """Add a host to /etc/hosts (*mode* add, with its address) or remove it (*mode* remove)."""
