"""Add a node to the cluster, or add it again."""

from typing import Any, Final

import msgspec

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cmdlib import names, ndparams
from ganeti.cmdlib.base import Feedback, LogicalUnit, lu_for
from ganeti.cmdlib.cluster.ancillary import upload_ancillary_files
from ganeti.cmdlib.cluster.params.compute import wants_kvm_daemon
from ganeti.cmdlib.locks import nodes_of_instance
from ganeti.cmdlib.node import candidates, roles, ssh_keys
from ganeti.cmdlib.node.preparation import configure_switch, ensure_kvm_daemon
from ganeti.objects import ConfigData, Node, NodeGroup
from ganeti.objects.static_states import merged_disk_state, merged_hv_state
from ganeti.rpc import procedures
from ganeti.utils import net

#: Seconds to wait for a new node to answer on the port of its node daemon.
_PING_TIMEOUT_S: Final = 5.0


@lu_for(opcodes.OpNodeAdd)
class LUNodeAdd(LogicalUnit[opcodes.OpNodeAdd]):
    """Add a node that the client has prepared: its node daemon runs with the cluster's certificate."""

    HPATH = "node-add"
    HTYPE = c.HTYPE_NODE
    REQ_BGL = True

    def check_arguments(self) -> None:
        """Resolve the name; check what does not need the cluster's state."""
        config = self.snapshot()
        family = config.cluster.primary_ip_family
        try:
            name, address = net.fqdn(self.op.node_name, family)
        except errors.ResolverError as err:
            raise errors.OpPrereqError(
                f"Cannot resolve node name '{self.op.node_name}': {err.args[2]}", c.ECODE_RESOLVER
            ) from None
        self.op = msgspec.structs.replace(self.op, node_name=name, primary_ip=address)
        master = config.nodes[config.cluster.master_node]
        if self.op.readd and name == master.name:
            raise errors.OpPrereqError("The master cannot be added again", c.ECODE_STATE)
        if self.op.readd and self.op.group:
            raise errors.OpPrereqError("A node that is added again stays in its group", c.ECODE_INVAL)
        if self.op.ndparams:
            self.op = msgspec.structs.replace(self.op, ndparams=check_ndparams(self.op.ndparams))

    def build_hooks_env(self) -> dict[str, object]:
        """Return what hooks learn about the new node."""
        return {
            "OP_TARGET": self.op.node_name,
            "NODE_NAME": self.op.node_name,
            "NODE_PIP": self.op.primary_ip,
            "NODE_SIP": self.new_node.secondary_ip,
            "MASTER_CAPABLE": str(self.new_node.master_capable),
            "VM_CAPABLE": str(self.new_node.vm_capable),
        }

    def build_hooks_nodes(self) -> tuple[list[str], list[str]]:
        """Before: all other nodes; afterwards those and the new one."""
        others = [node.uuid for node in self.snapshot().nodes.values() if node.name != self.op.node_name]
        return others, [*others, self.new_node.uuid]

    def check_prereq(self) -> None:
        """Check addresses, capabilities and that the node's daemon answers and speaks our protocol."""
        config = self.snapshot()
        old = next((node for node in config.nodes.values() if node.name == self.op.node_name), None)
        if old is None and self.op.readd:
            raise errors.OpPrereqError(f"Node {self.op.node_name} is not in the cluster", c.ECODE_NOENT)
        if old is not None and not self.op.readd:
            raise errors.OpPrereqError(f"Node {self.op.node_name} is already in the cluster", c.ECODE_EXISTS)
        self.old_node = old
        secondary_ip = self._secondary_ip(old)
        self._check_other_addresses(config, secondary_ip)
        capabilities = self._capabilities(config, old)
        self._check_homing(config, secondary_ip)
        self._check_reachable(config, secondary_ip)
        self.new_node = self._make_node(config, old, secondary_ip, capabilities)
        version = self.rpc.call_one(self.op.node_name, procedures.version)
        version.raise_(
            f"Cannot get the protocol version of node {self.op.node_name}", prereq=True, ecode=c.ECODE_ENVIRON
        )
        if version.payload != c.PROTOCOL_VERSION:
            raise errors.OpPrereqError(
                f"Protocol version mismatch: the master has {c.PROTOCOL_VERSION},"
                f" node {self.op.node_name} has {version.payload}",
                c.ECODE_ENVIRON,
            )

    def _secondary_ip(self, old: Node | None) -> str:
        primary = str(self.op.primary_ip)
        if self.op.secondary_ip is None:
            if old is not None:
                return old.secondary_ip
            if net.is_ip(primary, 6):
                raise errors.OpPrereqError(
                    "With an IPv6 primary address, a secondary IPv4 address is needed", c.ECODE_INVAL
                )
            return primary
        if not net.is_ip(self.op.secondary_ip, 4):
            raise errors.OpPrereqError(
                f"Secondary IP ({self.op.secondary_ip}) must be a valid IPv4 address", c.ECODE_INVAL
            )
        if old is not None and self.op.secondary_ip != old.secondary_ip:
            raise errors.OpPrereqError(
                f"The secondary IP of a node that is added again must stay {old.secondary_ip}", c.ECODE_INVAL
            )
        return self.op.secondary_ip

    def _check_other_addresses(self, config: ConfigData, secondary_ip: str) -> None:
        mine = {str(self.op.primary_ip), secondary_ip}
        for node in config.nodes.values():
            if node.name == self.op.node_name:
                continue
            clashing = mine & {node.primary_ip, node.secondary_ip}
            if clashing:
                raise errors.OpPrereqError(
                    f"New node's address {', '.join(sorted(clashing))} is already used by {node.name}",
                    c.ECODE_NOTUNIQUE,
                )

    def _check_homing(self, config: ConfigData, secondary_ip: str) -> None:
        master = config.nodes[config.cluster.master_node]
        master_is_single = master.primary_ip == master.secondary_ip
        if master_is_single != (secondary_ip == self.op.primary_ip):
            homed = "has no" if master_is_single else "has a"
            raise errors.OpPrereqError(
                f"The master {homed} separate secondary address, so must this node", c.ECODE_INVAL
            )

    def _check_reachable(self, config: ConfigData, secondary_ip: str) -> None:
        port = net.daemon_port(c.NODED)
        primary = str(self.op.primary_ip)
        if not net.tcp_ping(primary, port, timeout_s=_PING_TIMEOUT_S):
            raise errors.OpPrereqError(
                f"The node daemon of {self.op.node_name} does not answer on {primary} port {port}", c.ECODE_ENVIRON
            )
        source = config.nodes[config.cluster.master_node].secondary_ip
        if secondary_ip != primary and not net.tcp_ping(secondary_ip, port, timeout_s=_PING_TIMEOUT_S, source=source):
            raise errors.OpPrereqError(
                f"Secondary address {secondary_ip} of {self.op.node_name} does not answer on port {port}",
                c.ECODE_ENVIRON,
            )

    def _capabilities(self, config: ConfigData, old: Node | None) -> dict[str, bool]:
        capabilities = {
            name: getattr(self.op, name)
            if getattr(self.op, name) is not None
            else (getattr(old, name) if old is not None else True)
            for name in ("master_capable", "vm_capable")
        }
        if old is not None and not capabilities["vm_capable"] and self._holds_instances(config, old):
            raise errors.OpPrereqError(f"Node {old.name} holds instances, it must stay vm_capable", c.ECODE_STATE)
        return capabilities

    def _make_node(
        self, config: ConfigData, old: Node | None, secondary_ip: str, capabilities: dict[str, bool]
    ) -> Node:
        """Return the node as it will be stored."""
        is_candidate = capabilities["master_capable"] and roles.promotes_itself(config, [old.uuid] if old else [])
        values: dict[str, Any] = {
            "primary_ip": str(self.op.primary_ip),
            "secondary_ip": secondary_ip,
            "master_candidate": is_candidate,
            "offline": False,
            "drained": False,
            "powered": True,
            "ndparams": without_defaults(self.op.ndparams or {}),
            **capabilities,
        }
        if self.op.hv_state is not None:
            values["hv_state_static"] = merged_hv_state(old.hv_state_static if old else {}, self.op.hv_state)
        if self.op.disk_state is not None:
            values["disk_state_static"] = merged_disk_state(old.disk_state_static if old else {}, self.op.disk_state)
        if old is not None:
            return msgspec.structs.replace(old, **values)
        group: NodeGroup = names.find_group(config, self.op.group)
        uuid = self.cfg.reservations.generate_uuid(self.ec_id)
        return Node(uuid=uuid, name=self.op.node_name, group=group.uuid, **values)

    @staticmethod
    def _holds_instances(config: ConfigData, node: Node) -> bool:
        return any(node.uuid in nodes_of_instance(config, instance) for instance in config.instances.values())

    def exec(self, feedback: Feedback) -> None:
        """Store the node, give it the cluster's files, and let it become a candidate if one is missing."""
        config = self.snapshot()
        node = self.new_node
        if config.cluster.modify_etc_hosts:
            self.rpc.call_one(
                config.cluster.master_node, procedures.etc_hosts_modify, c.ETC_HOSTS_ADD, node.name, node.primary_ip
            ).raise_("Can't update hosts file with new host data")
        self._check_secondary(node)
        configure_switch(self, node)
        node = self.cfg.add_node(node) if self.old_node is None else self.cfg.update(node)
        upload_ancillary_files(self)
        if self.old_node is not None:
            ssh_keys.withdraw(self, node, is_readd=True)
        ssh_keys.announce(self, node, is_new=True)
        candidates.after_role_change(self, self.old_node, node)
        if self.old_node is not None and not self.old_node.master_candidate and not node.master_candidate:
            # It may have been a candidate when it went away, and still hold what candidates have.
            candidates.demote(self, node)
        if node.vm_capable and wants_kvm_daemon(config.cluster):
            ensure_kvm_daemon(self, [node], run=True)

    def _check_secondary(self, node: Node) -> None:
        if node.secondary_ip == node.primary_ip:
            return
        answer = self.rpc.call_one(node.primary_ip, procedures.node_has_ip_address, node.secondary_ip)
        answer.raise_(f"Cannot check the secondary address of node {node.name}")
        if not answer.payload:
            raise errors.OpExecError(
                f"Node {node.name} does not have the secondary address {node.secondary_ip}: fix it and retry"
            )


def check_ndparams(params: dict[str, Any]) -> dict[str, Any]:
    """Return node parameters with their types enforced.

    Raises OpPrereqError (wrong_input), also for parameters that only exist for groups and the cluster.
    """
    wrong = sorted(set(params) & set(c.NDC_GLOBALS))
    if wrong:
        raise errors.OpPrereqError(
            f"Node parameter(s) {', '.join(wrong)} can only be set for node groups and the cluster", c.ECODE_INVAL
        )
    return ndparams.checked(params, c.VALUE_DEFAULT)


def without_defaults(params: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters that are not left to the node group by the value ``default``."""
    return {key: value for key, value in params.items() if value != c.VALUE_DEFAULT}
