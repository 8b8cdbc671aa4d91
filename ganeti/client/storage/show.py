"""gnt-storage diagnose and info."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cli import output, submit
from ganeti.cli.invocation import Invocation
from ganeti.utils.text import nice_sort_key

_DIAGNOSE_FIELDS: Final = ("name", "node_status", "nodegroup_status")
_INFO_FIELDS: Final = ("name", "nodegroup_status", "parameters")


def _ask(call: Invocation, fields: Sequence[str]) -> list[dict[str, Any]]:
    """Return one dictionary per provider, in natural order of names."""
    rows = submit.run_op(call, opcodes.OpExtStorageDiagnose(output_fields=list(fields), names=[]))
    found = [dict(zip(fields, row, strict=True)) for row in rows]
    if not found:
        sys.stderr.write("No providers of external storage have been found on any node\n")
    return sorted(found, key=lambda item: nice_sort_key(item["name"]))


def _status(row: Sequence[Any]) -> str:
    """Return what is told about a provider that one node found."""
    path, is_valid, problem, parameters = row
    names = ", ".join(name for name, _ in parameters)
    marks = f"[parameters: {names}]" if names else "[no parameters]"
    return f"{'valid' if is_valid else f'invalid - {problem}'} (path: {path}) {marks}"


def _diagnose_lines(item: Mapping[str, Any], node_names: Mapping[str, str]) -> Iterator[str]:
    yield f"Provider: {item['name']}"
    yield "---"
    found = {node_names.get(uuid, uuid): rows for uuid, rows in item["node_status"].items()}

    def order(name: str) -> tuple[bool, Any]:
        is_good = bool(found[name]) and found[name][0][1]
        return not is_good, nice_sort_key(name)

    for name in sorted(found, key=order):
        status = _status(found[name][0]) if found[name] else "ExtStorage provider not found"
        yield f"  Node: {name}, status: {status}"
    yield "  --"
    for group, is_valid in sorted(item["nodegroup_status"].items(), key=lambda pair: nice_sort_key(pair[0])):
        yield f"  For nodegroup: {group} --> {'valid' if is_valid else 'invalid'}"
    yield ""


def diagnose(call: Invocation) -> int:
    """Show the state of each provider on each node."""
    found = _ask(call, _DIAGNOSE_FIELDS)
    if not found:
        return c.EXIT_FAILURE
    node_names = {row[0]: row[1] for row in call.client.query_nodes([], ["uuid", "name"])}
    for item in found:
        output.print_lines(list(_diagnose_lines(item, node_names)))
    return c.EXIT_SUCCESS


def _info_lines(item: Mapping[str, Any]) -> Iterator[str]:
    yield f"{item['name']}:"
    groups = sorted((group for group, is_valid in item["nodegroup_status"].items() if is_valid), key=nice_sort_key)
    if groups:
        yield "  - Valid for nodegroups:"
        yield from (f"      {group}" for group in groups)
        yield "  - Supported parameters:"
        yield from (f"      {name}: {text}" for name, text in item["parameters"])
    else:
        yield "  - Invalid for all nodegroups"
    yield ""


def info(call: Invocation) -> int:
    """Show the named or all providers."""
    found = {item["name"]: item for item in _ask(call, _INFO_FIELDS)}
    if not found:
        return c.EXIT_FAILURE
    for name in call.arguments or list(found):
        lines = list(_info_lines(found[name])) if name in found else [f"{name}: Not Found", ""]
        output.print_lines(lines)
    return c.EXIT_SUCCESS
