"""Procedures about exported instances."""

# mypy: disable-error-code="empty-body"

from ganeti.rpc.declaration import Timeout, procedure


@procedure(timeout=Timeout.FAST, multi=True)
def export_list() -> list[str]:
    """Return the names of the exports on a node, sorted."""
