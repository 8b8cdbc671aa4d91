"""Who may log in where, when nodes come, go or change their role. Nothing happens unless the cluster manages SSH."""

from typing import Any, Final

from ganeti.cmdlib.base import LogicalUnit
from ganeti.objects import Node
from ganeti.rpc import procedures
from ganeti.rpc.result import RpcResult

#: About a node that leaves and cannot be told.
_CLEAN_UP: Final = (
    "if it comes back, run 'node-cleanup --yes-do-it' there and remove the cluster's keys from root's authorized_keys"
)


def announce(lu: LogicalUnit[Any], node: Node, *, is_new: bool) -> None:
    """Let a node log in where its role allows it; one that *is_new* is made known to all others, and they to it."""
    config = lu.snapshot()
    if not config.cluster.modify_ssh_setup:
        return
    names = [other.name for other in config.nodes.values()]
    result = lu.rpc.call_one(
        config.cluster.master_node,
        procedures.node_ssh_key_add,
        node.uuid,
        node.name,
        names,
        node.master_candidate,
        is_new,
        is_new,
    )
    _report(lu, result, f"Could not distribute the SSH key of node {node.name}")


def withdraw(lu: LogicalUnit[Any], node: Node, *, is_leaving: bool = False, is_readd: bool = False) -> None:
    """Do not let a node log in any more.

    One that *is_leaving* is also forgotten by all others, and forgets them. For one that is added again (*is_readd*)
    its former key is forgotten. Raises OpExecError if the master itself cannot do it.
    """
    config = lu.snapshot()
    if not config.cluster.modify_ssh_setup:
        return
    nodes = config.nodes.values()
    result = lu.rpc.call_one(
        config.cluster.master_node,
        procedures.node_ssh_key_remove,
        node.uuid,
        node.name,
        [other.uuid for other in nodes if other.master_candidate],
        [other.name for other in nodes],
        True,
        is_leaving or is_readd,
        is_leaving,
        is_leaving,
        is_readd,
    )
    _report(lu, result, f"Could not remove the SSH key of node {node.name}", leaving=node.name if is_leaving else None)


def _report(
    lu: LogicalUnit[Any], result: RpcResult[list[tuple[str, str]]], text: str, *, leaving: str | None = None
) -> None:
    for name, problem in result.raise_(text):
        hint = _CLEAN_UP if name == leaving else repair_hint(name)
        lu.log_warning(f"{text} on node {name}: {problem}", hint)


def repair_hint(node_name: str) -> str:
    """Return what to do about a node whose keys could not be changed."""
    return f"repair {node_name}, then run 'gnt-node add --readd {node_name}'"
