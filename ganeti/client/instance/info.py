"""gnt-instance info: everything about instances."""

import sys
from collections.abc import Mapping
from typing import Any

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cli import dates, printer, submit
from ganeti.cli.invocation import Invocation
from ganeti.cli.roman import to_roman
from ganeti.client.instance.disk_info import disk_info
from ganeti.utils import net
from ganeti.utils.text import comma_join, nice_sort_key

Section = list[tuple[Any, ...]]


def _state(values: Mapping[str, Any]) -> str:
    text = f"configured to be {values['config_state']}"
    if values["run_state"] is not None:
        text += f", actual state is {values['run_state']}"
    return text


def _nodes(values: Mapping[str, Any]) -> list[Section]:
    """Return primary and secondary nodes with their groups."""
    group = f"{values['pnode_group_name']} (UUID {values['pnode_group_uuid']})"
    secondaries = [
        f"{name} (group {group_name}, group UUID {group_uuid})"
        for name, group_name, group_uuid in zip(
            values["snodes"], values["snodes_group_names"], values["snodes_group_uuids"], strict=True
        )
    ]
    return [[("primary", values["pnode"]), ("group", group)], [("secondaries", comma_join(secondaries))]]


def vnc_text(address: Any, port: int, node: str) -> str:
    """Return where the graphical console of an instance listens."""
    display = port - c.VNC_BASE_PORT
    if address == c.VNC_DEFAULT_BIND_ADDRESS:
        return f"{node}:{port} (display {display})"
    if net.is_ip(str(address), 4):
        return f"{address}:{port} (node {node}) (display {display})"
    return f"{node}:{address}"


def _console(values: Mapping[str, Any]) -> Section:
    """Return the line about the graphical console, if there is one."""
    address = values["hv_actual"].get(c.HV_VNC_BIND_ADDRESS)
    port = values["network_port"]
    if not address or port is None:
        return []
    return [("console connection", f"vnc to {vnc_text(address, int(port), values['pnode'])}")]


def _nic(index: int, nic: Any) -> Section:
    name, uuid, ip, mac, mode, link, vlan, _, network = nic
    network_name = network.get("name") if isinstance(network, Mapping) else network
    return [
        (f"nic/{index}", ""),
        ("MAC", mac),
        ("IP", ip),
        ("mode", mode),
        ("link", link),
        ("vlan", vlan),
        ("network", network_name),
        ("UUID", uuid),
        ("name", name),
    ]


def _backend_parameters(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return backend parameters for printing, with ``memory`` as the older name of the upper limit."""
    own, effective = dict(values["be_instance"]), dict(values["be_actual"])
    effective.setdefault(c.BE_MEMORY, effective.get(c.BE_MAXMEM))
    return printer.format_parameters(own, effective)


def _instance(values: Mapping[str, Any]) -> Section:
    """Return an instance for printing."""
    return [
        ("Instance name", values["name"]),
        ("UUID", values["uuid"]),
        ("Serial number", values["serial_no"]),
        ("Creation time", dates.format_optional_time(values["ctime"])),
        ("Modification time", dates.format_optional_time(values["mtime"])),
        ("State", _state(values)),
        ("Nodes", _nodes(values)),
        ("Operating system", values["os"]),
        ("Operating system parameters", printer.format_parameters(values["os_instance"], values["os_actual"])),
        ("Allocated network port", values["network_port"]),
        ("Hypervisor", values["hypervisor"]),
        *_console(values),
        ("Hypervisor parameters", printer.format_parameters(values["hv_instance"], values["hv_actual"])),
        ("Back-end parameters", _backend_parameters(values)),
        ("NICs", [_nic(index, nic) for index, nic in enumerate(values["nics"])]),
        ("Disk template", values["disk_template"]),
        ("Disks", [disk_info(index, disk, is_top_level=True) for index, disk in enumerate(values["disks"])]),
    ]


def run(call: Invocation) -> int:
    """Show the details of the named or all instances."""
    options = call.options
    if bool(call.arguments) == options.show_all:
        sys.stderr.write("Please give either instance names or --all.\n")
        return c.EXIT_FAILURE
    op = opcodes.OpInstanceQueryData(
        instances=list(call.arguments), static=options.static, use_locking=not options.static
    )
    result: dict[str, dict[str, Any]] = submit.run_op(call, op)
    if not result:
        sys.stderr.write("No instances.\n")
        return c.EXIT_FAILURE
    found = [to_roman(result[name]) if options.roman_integers else result[name] for name in _order(result)]
    print(printer.format_info([_instance(values) for values in found]), end="")
    return c.EXIT_SUCCESS


def _order(result: Mapping[str, Any]) -> list[str]:
    return sorted(result, key=nice_sort_key)
