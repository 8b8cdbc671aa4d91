"""Change of the secondary address of a node: the one for the traffic of mirrored disks."""

from typing import Any, Final

from ganeti import constants as c
from ganeti import errors
from ganeti.cmdlib.base import LogicalUnit
from ganeti.cmdlib.locks import check_still_covered, nodes_of_instance
from ganeti.objects import ConfigData, Instance, Node
from ganeti.rpc import procedures
from ganeti.utils import net

_PING_TIMEOUT_S: Final = 5.0


def mirrored_instances(config: ConfigData, node_uuid: str) -> list[Instance]:
    """Return the instances with disks that are mirrored from or to the node, sorted by name."""
    found = [
        instance
        for instance in config.instances.values()
        if any(config.disks[uuid].dev_type in c.DTS_INT_MIRROR for uuid in instance.disks)
        and node_uuid in nodes_of_instance(config, instance)
    ]
    return sorted(found, key=lambda instance: instance.name)


def check_change(lu: LogicalUnit[Any], node: Node, address: str, *, force: bool) -> None:
    """Check that *node* can get the secondary address, with the locks of its mirrored instances held.

    Raises OpPrereqError.
    """
    config = lu.snapshot()
    _check_free(config, node, address)
    _check_homing(lu, config, node, address, force=force)
    affected = mirrored_instances(config, node.uuid)
    names = [instance.name for instance in affected]
    check_still_covered("Node", node.name, "instances", names, lu.owned(c.LEVEL_INSTANCE))
    if node.offline:
        if affected:
            raise errors.OpPrereqError(
                f"Cannot change the secondary address of offline node {node.name}: it is used by the disks of"
                f" {', '.join(names)}",
                c.ECODE_STATE,
            )
        return
    running = [instance.name for instance in affected if instance.admin_state == c.ADMINST_UP or instance.disks_active]
    if running:
        raise errors.OpPrereqError(
            f"Cannot change the secondary address of node {node.name} while instances with mirrored disks on it are in"
            f" use: {', '.join(running)}",
            c.ECODE_STATE,
        )
    _check_reachable(lu, config, node, address)


def _check_free(config: ConfigData, node: Node, address: str) -> None:
    for other in config.nodes.values():
        if other.uuid != node.uuid and address in (other.primary_ip, other.secondary_ip):
            raise errors.OpPrereqError(f"Address {address} belongs to node {other.name}", c.ECODE_NOTUNIQUE)


def _check_homing(lu: LogicalUnit[Any], config: ConfigData, node: Node, address: str, *, force: bool) -> None:
    """Check that all nodes have a separate secondary address or none; the master may begin with the change."""
    master = config.nodes[config.cluster.master_node]
    is_single_homed = master.primary_ip == master.secondary_ip
    wants_single_homed = address == node.primary_ip
    if is_single_homed == wants_single_homed:
        return
    change = "from single to dual homed" if is_single_homed else "from dual to single homed"
    if node.uuid != master.uuid:
        raise errors.OpPrereqError(
            f"A change {change} must begin with the master; this is node {node.name}", c.ECODE_INVAL
        )
    if not force:
        raise errors.OpPrereqError(
            f"This changes the cluster {change}; with --force that is done, and then all other nodes must follow",
            c.ECODE_INVAL,
        )
    lu.log_warning(f"The cluster changes {change}, the secondary addresses of all other nodes must be changed too")


def _check_reachable(lu: LogicalUnit[Any], config: ConfigData, node: Node, address: str) -> None:
    if address == node.primary_ip:
        return
    answer = lu.rpc.call_one(node.uuid, procedures.node_has_ip_address, address)
    answer.raise_(f"Failure checking secondary address on node {node.name}", prereq=True, ecode=c.ECODE_ENVIRON)
    if not answer.payload:
        raise errors.OpPrereqError(
            f"Node {node.name} does not have the secondary address {address}: configure it there first", c.ECODE_ENVIRON
        )
    master = config.nodes[config.cluster.master_node]
    if node.uuid == master.uuid:
        return
    port = net.daemon_port(c.NODED)
    if not net.tcp_ping(address, port, timeout_s=_PING_TIMEOUT_S, source=master.secondary_ip):
        raise errors.OpPrereqError(
            f"The master does not reach the node daemon of {node.name} at {address}, port {port}, from its secondary"
            f" address {master.secondary_ip}",
            c.ECODE_ENVIRON,
        )
