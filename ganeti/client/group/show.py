"""gnt-group list, list-fields, info and show-ispecs-cmd."""

from collections.abc import Mapping
from typing import Any, Final

from ganeti import constants as c
from ganeti.cli import output, printer
from ganeti.cli.invocation import Invocation
from ganeti.utils.text import comma_join

_INFO_FIELDS: Final = (
    "name",
    "ndparams",
    "custom_ndparams",
    "diskparams",
    "custom_diskparams",
    "ipolicy",
    "custom_ipolicy",
)
Section = list[tuple[Any, ...]]


def _pairs(params: Mapping[str, Any]) -> str:
    """Return parameters on one line."""
    return ", ".join(f"{key}={params[key]}" for key in sorted(params)) or "(empty)"


def list_groups(call: Invocation) -> int:
    """List node groups."""
    joined = dict.fromkeys(("node_list", "pinst_list", "tags"), output.join_list)
    return output.run_list(call, c.QR_GROUP, overrides={"ndparams": _pairs, **joined})


def list_fields(call: Invocation) -> int:
    """List the fields of node groups."""
    return output.run_list_fields(call, c.QR_GROUP)


def _bounds(pairs: list[Mapping[str, Mapping[str, Any]]]) -> list[Section]:
    return [
        [(f"{bound}/{index}", dict(pair[bound])) for bound in (c.ISPECS_MIN, c.ISPECS_MAX)]
        for index, pair in enumerate(pairs)
    ]


def _policy(own: Mapping[str, Any], effective: Mapping[str, Any]) -> Section:
    """Return an instance policy for printing; what the group does not set is shown as default."""
    bounds = own.get(c.ISPECS_MINMAX)
    templates = comma_join(list(effective[c.IPOLICY_DTS]))
    section: Section = [
        ("bounds specs", _bounds(bounds) if bounds else [_default_bounds(effective)]),
        ("allowed disk templates", templates if c.IPOLICY_DTS in own else f"default ({templates})"),
    ]
    ratios = {key: effective[key] for key in sorted(c.IPOLICY_PARAMETERS)}
    return section + list(printer.format_parameters(dict(own), ratios).items())


def _default_bounds(effective: Mapping[str, Any]) -> Section:
    return [
        (f"{name}", {key: f"default ({value})" for key, value in values.items()})
        for pair in _bounds(effective[c.ISPECS_MINMAX])
        for name, values in pair
    ]


def _group(values: Mapping[str, Any]) -> Section:
    """Return a group for printing."""
    own_disks = values["custom_diskparams"] or {}
    disks = {
        template: printer.format_parameters(own_disks.get(template, {}), params)
        for template, params in values["diskparams"].items()
    }
    return [
        ("Node group", values["name"]),
        ("Node parameters", printer.format_parameters(values["custom_ndparams"] or {}, values["ndparams"])),
        ("Disk parameters", disks),
        ("Instance policy", _policy(values["custom_ipolicy"] or {}, values["ipolicy"])),
    ]


def _query(call: Invocation) -> list[dict[str, Any]]:
    rows = call.client.query_groups(call.arguments, _INFO_FIELDS)
    return [dict(zip(_INFO_FIELDS, row, strict=True)) for row in rows]


def info(call: Invocation) -> int:
    """Show the details of the named or all groups."""
    print(printer.format_info([_group(values) for values in _query(call)]), end="")
    return c.EXIT_SUCCESS


def show_ispecs_command(call: Invocation) -> int:
    """Print for each group the command that makes one with the same bounds."""
    from ganeti.client.cluster.show import bounds_option

    for values in _query(call):
        policy = values["ipolicy"] if call.options.include_defaults else values["custom_ipolicy"] or {}
        print(" ".join(["gnt-group add", *bounds_option(policy), str(values["name"])]))
    return c.EXIT_SUCCESS
