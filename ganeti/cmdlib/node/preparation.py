"""What nodes get besides files and keys: a virtual switch, the daemon that notices guests shutting down."""

from collections.abc import Iterable
from typing import Any

from ganeti import constants as c
from ganeti.cmdlib.base import LogicalUnit
from ganeti.objects import Node, fill
from ganeti.rpc import procedures


def configure_switch(lu: LogicalUnit[Any], node: Node) -> None:
    """Make the Open vSwitch of a node that is to have one; the node need not be in the configuration yet.

    Raises OpExecError.
    """
    config = lu.snapshot()
    params = fill.fill_nd(config.cluster, config.nodegroups[node.group], node)
    if not params[c.ND_OVS]:
        return
    link = params[c.ND_OVS_LINK] or None
    if link is None:
        lu.log_info(f"No interface is given as ovs_link: the virtual switch of node {node.name} has no uplink")
    answer = lu.rpc.call_one(node.primary_ip, procedures.node_configure_ovs, params[c.ND_OVS_NAME], link)
    answer.raise_(f"Cannot set up the virtual switch of node {node.name}")


def ensure_kvm_daemon(lu: LogicalUnit[Any], nodes: Iterable[Node], *, run: bool) -> None:
    """Start, or stop, the daemon on nodes that notices guests of KVM shutting down; failures are warnings."""
    names = {node.uuid: node.name for node in nodes}
    for uuid, result in lu.rpc.call(list(names), procedures.node_ensure_daemon, c.KVMD, run).items():
        failure = f"Could not {'start' if run else 'stop'} {c.KVMD} on {names[uuid]}"
        if result.offline or result.warn(failure, lu.log_warning):
            continue
        if not result.payload:
            lu.log_warning(f"{failure}, see the log of its node daemon")
