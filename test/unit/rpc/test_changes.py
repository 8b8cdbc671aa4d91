"""Counting of changes that calls make."""

import pytest

from ganeti.rpc.changes import NodeChanges


@pytest.mark.parametrize("nodes", [["a", "b"], {"a": object(), "b": object()}, iter(["a", "b"])])
def test_changes_of_a_node_concern_it_and_all(nodes: list[str]) -> None:
    changes = NodeChanges()
    changes.note(["a"])
    before = {node: changes.count(node) for node in ("a", "b", "c", None)}
    changes.note(nodes)
    differs = {node for node, count in before.items() if changes.count(node) != count}
    assert differs == {"a", "b", None}
