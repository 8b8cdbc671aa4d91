"""Compare the OS definitions of nodes with those of a reference node."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ganeti import constants as c
from ganeti.cmdlib.verify.findings import Finding
from ganeti.objects import Node

#: Rows of ``os_diagnose`` by name, the one in use first.
Definitions = Mapping[str, Sequence[Sequence[Any]]]


def parse_definitions(rows: object) -> Definitions | None:
    """Return the answer of a node by name; None if it is no valid answer."""
    if not isinstance(rows, (list, tuple)) or not all(isinstance(r, (list, tuple)) and len(r) == 8 for r in rows):
        return None
    result: dict[str, list[Sequence[Any]]] = defaultdict(list)
    for row in rows:
        result[row[0]].append(row)
    return result


def check_definitions(node: Node, own: Definitions | None, base_node: Node, base: Definitions) -> Iterator[Finding]:
    """Check the definitions of a node, and compare them with those of the node *base_node*."""
    if own is None:
        yield Finding(c.CV_ENODEOS, node.name, "node hasn't returned valid OS data")
        return
    for name, rows in sorted(own.items()):
        yield from _check_own(node, name, rows)
        if node.uuid == base_node.uuid:
            continue
        if name not in base:
            yield Finding(c.CV_ENODEOS, node.name, f"extra OS {name} not present on reference node ({base_node.name})")
        elif base[name][0][2]:
            yield from _compare(node, name, rows[0], base_node, base[name][0])
    missing = sorted(set(base) - set(own))
    if missing:
        text = f"OSes present on reference node {base_node.name} but missing on this node: {', '.join(missing)}"
        yield Finding(c.CV_ENODEOS, node.name, text)


def _check_own(node: Node, name: str, rows: Sequence[Sequence[Any]]) -> Iterator[Finding]:
    _, path, is_valid, diagnosis, *_ = rows[0]
    if not is_valid:
        yield Finding(c.CV_ENODEOS, node.name, f"invalid OS {name} (located at {path}): {diagnosis}")
    if len(rows) > 1:
        yield Finding(c.CV_ENODEOS, node.name, f"OS '{name}' has multiple entries (first one shadows the rest): {path}")


def _compare(node: Node, name: str, own: Sequence[Any], base_node: Node, base: Sequence[Any]) -> Iterator[Finding]:
    kinds = (("variants list", 4), ("parameters", 5), ("API version", 6), ("trusted status", 7))
    for kind, position in kinds:
        if _comparable(own[position]) != _comparable(base[position]):
            text = f"OS {name} differs from reference node {base_node.name}: {kind}"
            yield Finding(c.CV_ENODEOS, node.name, text)


def _comparable(value: Any) -> Any:
    return sorted(map(str, value)) if isinstance(value, (list, tuple)) else value
