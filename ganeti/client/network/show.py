"""gnt-network list, list-fields and info."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ganeti import constants as c
from ganeti.cli import output
from ganeti.cli.invocation import Invocation

_INFO_FIELDS: Final = (
    "name",
    "network",
    "gateway",
    "network6",
    "gateway6",
    "mac_prefix",
    "free_count",
    "reserved_count",
    "map",
    "group_list",
    "inst_list",
    "external_reservations",
    "serial_no",
    "uuid",
)
#: Addresses in one line of the map, and characters in one line of a list.
_WIDTH: Final = 64


def _groups(value: Sequence[Sequence[str]]) -> str:
    return ", ".join(f"{name} ({mode}, {link}, {vlan})" for name, mode, link, vlan in value)


def list_networks(call: Invocation) -> int:
    """List networks."""
    joined = dict.fromkeys(("tags", "inst_list"), output.join_list)
    return output.run_list(call, c.QR_NETWORK, overrides={"group_list": _groups, **joined})


def list_fields(call: Invocation) -> int:
    """List the fields of networks."""
    return output.run_list_fields(call, c.QR_NETWORK)


def map_lines(usage: str) -> Iterator[str]:
    """Yield the lines of the map of used addresses: number of the first one, the addresses, number of the last one."""
    for start in range(0, len(usage), _WIDTH):
        row = usage[start : start + _WIDTH]
        yield f"     {start:>4} {row:<{_WIDTH}} {start + _WIDTH - 1}"


def _connections(groups: Sequence[Sequence[str]]) -> Iterator[str]:
    if not groups:
        yield "  not connected to any node group"
        return
    yield "  connected to node groups:"
    for name, mode, link, vlan in groups:
        yield f"    {name} (mode:{mode} link:{link} vlan:{'' if vlan == '-' else vlan})"


def _users(instances: Sequence[str], addresses: Mapping[str, Sequence[str]]) -> Iterator[str]:
    if not instances:
        yield "  not used by any instances"
        return
    yield f"  used by {len(instances)} instances:"
    for name in instances:
        yield f"    {name}: {', '.join(addresses.get(name, ()))}"


def info_lines(values: Mapping[str, Any], addresses: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield the description of a network; *addresses* are the NICs in it (``index:IP``) by instance."""
    size = values["free_count"] + values["reserved_count"]
    yield f"Network name: {values['name']}"
    yield f"UUID: {values['uuid']}"
    yield f"Serial number: {values['serial_no']}"
    yield f"  Subnet: {values['network']}"
    yield f"  Gateway: {values['gateway']}"
    yield f"  IPv6 Subnet: {values['network6']}"
    yield f"  IPv6 Gateway: {values['gateway6']}"
    yield f"  Mac Prefix: {values['mac_prefix']}"
    yield f"  Size: {size}"
    yield f"  Free: {values['free_count']} ({100 * values['free_count'] / size:.2f}%)"
    yield "  Usage map:"
    yield from map_lines(values["map"])
    yield "         (X) used    (.) free"
    if values["external_reservations"]:
        yield "  externally reserved IPs:"
        for line in textwrap.wrap(values["external_reservations"], width=_WIDTH):
            yield f"    {line}"
    yield from _connections(values["group_list"])
    yield from _users(values["inst_list"], addresses)


def _addresses(call: Invocation, network: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the NICs that instances have in a network."""
    if not network["inst_list"]:
        return {}
    fields = ("name", "nic.ips", "nic.networks")
    rows = call.client.query_instances(network["inst_list"], fields)
    return {
        name: [
            f"{index}:{ip}" for index, (ip, uuid) in enumerate(zip(ips, uuids, strict=True)) if uuid == network["uuid"]
        ]
        for name, ips, uuids in rows
    }


def info(call: Invocation) -> int:
    """Show the details of the named or all networks."""
    for row in call.client.query_networks(call.arguments, _INFO_FIELDS):
        values = dict(zip(_INFO_FIELDS, row, strict=True))
        output.print_lines(list(info_lines(values, _addresses(call, values))))
    return c.EXIT_SUCCESS
