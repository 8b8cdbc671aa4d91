"""gnt-instance list and list-fields."""

from typing import Final

from ganeti import constants as c
from ganeti.cli import output
from ganeti.cli.invocation import Invocation

#: Lists of plain values, shown joined with commas.
_JOINED_FIELDS: Final = (
    "tags",
    "disk.sizes",
    "nic.macs",
    "nic.ips",
    "nic.modes",
    "nic.links",
    "nic.bridges",
    "nic.networks",
    "snodes",
    "snodes.group",
    "snodes.group.uuid",
)


def list_instances(call: Invocation) -> int:
    """List instances."""
    return output.run_list(call, c.QR_INSTANCE, overrides=dict.fromkeys(_JOINED_FIELDS, output.join_list))


def list_fields(call: Invocation) -> int:
    """List the fields of instances."""
    return output.run_list_fields(call, c.QR_INSTANCE)
