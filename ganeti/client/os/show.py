"""gnt-os list, info and diagnose."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cli import output, submit
from ganeti.cli.invocation import Invocation
from ganeti.utils.text import comma_join, nice_sort_key

_INFO_FIELDS: Final = (
    "name",
    "valid",
    "variants",
    "parameters",
    "api_versions",
    "blacklisted",
    "hidden",
    "os_hvp",
    "osparams",
    "trusted",
)
_DIAGNOSE_FIELDS: Final = ("name", "valid", "variants", "node_status", "hidden", "blacklisted")
#: Interface versions since which a definition may have variants and parameters.
_API_WITH_VARIANTS: Final = c.OS_API_V15
_API_WITH_PARAMETERS: Final = c.OS_API_V20


class _NodeEntry(NamedTuple):
    """One directory with an OS definition on one node."""

    path: str
    is_valid: bool
    diagnosis: str
    variants: list[str]
    parameters: list[list[str]]
    api_versions: list[int]
    is_trusted: bool


def _ask(call: Invocation, fields: Sequence[str]) -> list[dict[str, Any]]:
    """Return one dictionary per OS definition, in natural order of names."""
    rows = submit.run_op(call, opcodes.OpOsDiagnose(output_fields=list(fields), names=[]))
    found = [dict(zip(fields, row, strict=True)) for row in rows]
    return sorted(found, key=lambda item: nice_sort_key(item["name"]))


def full_names(name: str, variants: Sequence[str]) -> list[str]:
    """Return the names by which instances can use an OS definition."""
    return [f"{name}+{variant}" for variant in variants] or [name]


def usable_names(call: Invocation) -> list[str]:
    """Return the names of all operating systems that can be installed."""
    return [name for item in _ask(call, ["name", "variants"]) for name in full_names(item["name"], item["variants"])]


def list_os(call: Invocation) -> int:
    """List the operating systems that can be installed."""
    rows = [[name] for name in usable_names(call)]
    header = not call.options.no_headers
    output.print_lines(output.format_table(rows, [output.Column("Name")], header=header, separator=None))
    return c.EXIT_SUCCESS


def _info_lines(item: Mapping[str, Any]) -> list[str]:
    lines = [
        f"{item['name']}:",
        f"  - valid: {item['valid']}",
        f"  - hidden: {item['hidden']}",
        f"  - blacklisted: {item['blacklisted']}",
    ]
    if item["valid"]:
        lines.append("  - API versions:")
        lines += [f"    - {version}" for version in sorted(item["api_versions"], reverse=True)]
        lines.append("  - variants:")
        lines += [f"    - {variant}" for variant in item["variants"]]
        lines.append("  - parameters:")
        lines += [f"    - {name}: {text}" for name, text in item["parameters"]]
    return [*lines, f"  - trusted: {item['trusted']}", ""]


def _variant_lines(name: str, item: Mapping[str, Any]) -> list[str]:
    """Return what the cluster has configured for one variant."""
    lines = [f"{name}:", "  - OS-specific hypervisor parameters:"]
    for hypervisor, parameters in sorted(item["os_hvp"].get(name, {}).items()):
        lines.append(f"    - {hypervisor}:")
        lines += [f"      {key}: {value}" for key, value in sorted(parameters.items())]
    lines.append("  - OS parameters:")
    lines += [f"    - {key}: {value}" for key, value in sorted(item["osparams"].get(name, {}).items())]
    return [*lines, ""]


def info(call: Invocation) -> int:
    """Show the details of the named or all OS definitions."""
    found = {item["name"]: item for item in _ask(call, _INFO_FIELDS)}
    for name in call.arguments or list(found):
        base, has_variant, variant = name.partition("+")
        item = found.get(base)
        if item is None or (has_variant and variant not in item["variants"]):
            output.print_lines([f"{name}: Not Found", ""])
        else:
            output.print_lines(_variant_lines(name, item) if has_variant else _info_lines(item))
    return c.EXIT_SUCCESS


def _marks(entry: _NodeEntry) -> str:
    """Return what the definition declares, in brackets."""
    marks = []
    newest = max(entry.api_versions, default=0)
    if entry.api_versions:
        marks.append(f"API versions: {comma_join([str(v) for v in sorted(entry.api_versions, reverse=True)])}")
    else:
        marks.append("no API versions declared")
    if newest >= _API_WITH_VARIANTS:
        marks.append(f"variants: {comma_join(entry.variants)}" if entry.variants else "no variants")
    if newest >= _API_WITH_PARAMETERS:
        names = [name for name, _ in entry.parameters]
        marks.append(f"parameters: {comma_join(names)}" if names else "no parameters")
    marks.append("trusted" if entry.is_trusted else "untrusted")
    return " ".join(f"[{mark}]" for mark in marks)


def _entry_status(entry: _NodeEntry) -> str:
    return "valid" if entry.is_valid else f"invalid - {entry.diagnosis}"


def _node_lines(node: str, entries: Sequence[_NodeEntry]) -> list[str]:
    if not entries:
        return [f"  Node: {node}, status: OS not found"]
    first, *hidden = entries
    lines = [f"  Node: {node}, status: {_entry_status(first)} (path: {first.path}) {_marks(first)}"]
    lines += [f"      [hidden] path: {entry.path}, status: {_entry_status(entry)}" for entry in hidden]
    return lines


def _is_good(entries: Sequence[_NodeEntry]) -> bool:
    return bool(entries) and entries[0].is_valid


def _diagnose_lines(item: Mapping[str, Any], node_names: Mapping[str, str]) -> list[str]:
    nodes = {
        node_names.get(node, node): [_NodeEntry(*entry) for entry in entries]
        for node, entries in item["node_status"].items()
    }
    good = [name for name, entries in nodes.items() if _is_good(entries)]
    bad = [name for name, entries in nodes.items() if not _is_good(entries)]
    status = "valid" if not bad else "partial valid" if good else "invalid"
    marks = "".join(f" [{mark}]" for mark in ("hidden", "blacklisted") if item[mark])
    lines = [f"OS: {item['name']} [global status: {status}]{marks}"]
    if item["variants"]:
        lines.append(f"  Variants: [{comma_join(item['variants'])}]")
    for name in [*sorted(good, key=nice_sort_key), *sorted(bad, key=nice_sort_key)]:
        lines += _node_lines(name, nodes[name])
    return [*lines, ""]


def diagnose(call: Invocation) -> int:
    """Show the state of each OS definition on each node; fail unless all are valid."""
    found = _ask(call, _DIAGNOSE_FIELDS)
    if not found:
        sys.stderr.write("No operating system definitions have been found on any node\n")
        return c.EXIT_FAILURE
    node_names = {row[0]: row[1] for row in call.client.query_nodes([], ["uuid", "name"])}
    is_good = True
    for item in found:
        output.print_lines(_diagnose_lines(item, node_names))
        is_good &= all(_is_good([_NodeEntry(*entry) for entry in entries]) for entries in item["node_status"].values())
    return c.EXIT_SUCCESS if is_good else c.EXIT_FAILURE
