"""gnt-node list, list-fields and info."""

from typing import Any, Final

from ganeti import constants as c
from ganeti.cli import output, printer
from ganeti.cli.invocation import Invocation

_JOINED_FIELDS: Final = ("pinst_list", "sinst_list", "tags")
_INFO_FIELDS: Final = (
    "name",
    "pip",
    "sip",
    "pinst_list",
    "sinst_list",
    "master_candidate",
    "drained",
    "offline",
    "master_capable",
    "vm_capable",
    "powered",
    "ndparams",
    "custom_ndparams",
)


def list_nodes(call: Invocation) -> int:
    """List nodes."""
    return output.run_list(call, c.QR_NODE, overrides=dict.fromkeys(_JOINED_FIELDS, output.join_list))


def list_fields(call: Invocation) -> int:
    """List the fields of nodes."""
    return output.run_list_fields(call, c.QR_NODE)


def _node_info(values: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return a node for printing."""
    info: list[tuple[Any, ...]] = [
        ("Node name", values["name"]),
        ("primary ip", values["pip"]),
        ("secondary ip", values["sip"]),
        ("master candidate", values["master_candidate"]),
        ("drained", values["drained"]),
        ("offline", values["offline"]),
    ]
    if values["powered"] is not None:
        info.append(("powered", values["powered"]))
    info += [("master_capable", values["master_capable"]), ("vm_capable", values["vm_capable"])]
    if values["vm_capable"]:
        info.append(("primary for instances", sorted(values["pinst_list"])))
        info.append(("secondary for instances", sorted(values["sinst_list"])))
    parameters = printer.format_parameters(values["custom_ndparams"] or {}, values["ndparams"] or {})
    info.append(("node parameters", parameters))
    return info


def info(call: Invocation) -> int:
    """Show the details of the named or all nodes."""
    rows = call.client.query_nodes(call.arguments, _INFO_FIELDS)
    nodes = [_node_info(dict(zip(_INFO_FIELDS, row, strict=True))) for row in rows]
    print(printer.format_info(nodes), end="")
    return c.EXIT_SUCCESS
