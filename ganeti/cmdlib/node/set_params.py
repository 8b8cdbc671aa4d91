"""Change a node: its role, its capabilities, its parameters."""

from typing import Any

import msgspec

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cmdlib import names
from ganeti.cmdlib.base import ALL_SET, Feedback, LogicalUnit, lu_for
from ganeti.cmdlib.cluster.params.compute import wants_kvm_daemon
from ganeti.cmdlib.locks import nodes_of_instance
from ganeti.cmdlib.node import candidates, roles, secondary_ip
from ganeti.cmdlib.node.add import check_ndparams, without_defaults
from ganeti.cmdlib.node.preparation import ensure_kvm_daemon
from ganeti.objects import ConfigData, Node, fill
from ganeti.objects.static_states import merged_disk_state, merged_hv_state
from ganeti.rpc import procedures
from ganeti.utils import net

_ROLE_FLAGS = ("master_candidate", "drained", "offline")
_CAPABILITIES = ("master_capable", "vm_capable")
_OTHERS = ("powered", "secondary_ip", "ndparams", "hv_state", "disk_state")


@lu_for(opcodes.OpNodeSetParams)
class LUNodeSetParams(LogicalUnit[opcodes.OpNodeSetParams]):
    """Change a node's role, capabilities and parameters."""

    HPATH = "node-modify"
    HTYPE = c.HTYPE_NODE
    REQ_BGL = False

    def check_arguments(self) -> None:
        """Check that something is asked for, and nothing contradictory."""
        op = self.op
        if op.secondary_ip is not None and not net.is_ip(op.secondary_ip, 4):
            raise errors.OpPrereqError(f"Secondary IP ({op.secondary_ip}) must be a valid IPv4 address", c.ECODE_INVAL)
        changes = [getattr(op, name) for name in (*_ROLE_FLAGS, *_CAPABILITIES, *_OTHERS)]
        if all(change is None for change in changes):
            raise errors.OpPrereqError("Please pass at least one modification", c.ECODE_INVAL)
        if sum(bool(getattr(op, name)) for name in _ROLE_FLAGS) > 1:
            raise errors.OpPrereqError("Only one of candidate, drained and offline can be set at a time", c.ECODE_INVAL)
        if op.ndparams:
            self.op = msgspec.structs.replace(op, ndparams=check_ndparams(op.ndparams))
        # Wrong keys are found before anything is locked.
        merged_hv_state({}, op.hv_state or {})
        merged_disk_state({}, op.disk_state or {})

    @property
    def _may_demote(self) -> bool:
        op = self.op
        return op.master_candidate is False or bool(op.offline) or bool(op.drained) or op.master_capable is False

    def expand_names(self) -> None:
        """Lock the node; all nodes if another one might have to take its place as candidate."""
        node = names.find_node(self.snapshot(), self.op.node_name, self.op.node_uuid)
        self.op = msgspec.structs.replace(self.op, node_name=node.name, node_uuid=node.uuid)
        wanted = ALL_SET if self.op.auto_promote and self._may_demote else [node.uuid]
        self.needed_locks = {c.LEVEL_NODE: wanted, c.LEVEL_NODE_RES: wanted}
        if self.op.secondary_ip is not None:
            affected = secondary_ip.mirrored_instances(self.snapshot(), node.uuid)
            self.needed_locks[c.LEVEL_INSTANCE] = [instance.name for instance in affected]
            self.share_locks[c.LEVEL_INSTANCE] = True

    def build_hooks_env(self) -> dict[str, object]:
        """Return what was asked for."""
        asked = {name.upper(): str(getattr(self.op, name)) for name in (*_ROLE_FLAGS, *_CAPABILITIES)}
        return {"OP_TARGET": self.op.node_name, **asked}

    def build_hooks_nodes(self) -> tuple[list[str], list[str]]:
        """The master and the node, before and afterwards."""
        nodes = [self.snapshot().cluster.master_node, self.node.uuid]
        return nodes, nodes

    def check_prereq(self) -> None:
        """Decide the new role; refuse what the cluster or the node's instances do not allow."""
        config = self.snapshot()
        node = config.nodes.get(str(self.op.node_uuid))
        if node is None:
            raise errors.OpPrereqError(f"Node {self.op.node_name} was removed meanwhile", c.ECODE_NOENT)
        self.node = node
        self._check_master(config, node)
        self._check_capabilities(config, node)
        asked = self._asked_role(node)
        is_demoted = node.master_candidate and asked != roles.CANDIDATE
        if is_demoted and not self.op.auto_promote and roles.leaves_too_few(config, node.uuid):
            raise errors.OpPrereqError(
                f"Not enough master candidates would be left without {node.name};"
                " use --auto-promote to let another node take its place",
                c.ECODE_STATE,
            )
        self._check_power(config, node)
        self.new_role = self._with_promotion(config, node, asked)
        if node.offline and self.new_role != roles.OFFLINE:
            self._check_is_back(node)
        if self.op.secondary_ip is not None:
            secondary_ip.check_change(self, node, self.op.secondary_ip, force=self.op.force)

    def _check_master(self, config: ConfigData, node: Node) -> None:
        if node.uuid != config.cluster.master_node:
            return
        if any(getattr(self.op, name) is not None for name in _ROLE_FLAGS):
            raise errors.OpPrereqError("The role of the master can only be changed by a master failover", c.ECODE_INVAL)
        if self.op.master_capable is False:
            raise errors.OpPrereqError("The master must stay master capable; fail over first", c.ECODE_STATE)

    def _check_capabilities(self, config: ConfigData, node: Node) -> None:
        if self.op.master_candidate and not self._is_capable(self.op, node):
            raise errors.OpPrereqError(
                f"Node {node.name} is not master capable, it cannot become a candidate", c.ECODE_STATE
            )
        if self.op.vm_capable is False:
            held = [i.name for i in config.instances.values() if node.uuid in nodes_of_instance(config, i)]
            if held:
                raise errors.OpPrereqError(
                    f"Node {node.name} holds {len(held)} instance(s), it must stay vm_capable", c.ECODE_STATE
                )

    def _check_power(self, config: ConfigData, node: Node) -> None:
        has_oob = bool(fill.fill_nd(config.cluster, config.nodegroups[node.group], node)[c.ND_OOB_PROGRAM])
        if not has_oob and self.op.powered is not None:
            raise errors.OpPrereqError(
                f"Node {node.name} has no out-of-band program, so its power state is not recorded", c.ECODE_STATE
            )
        if has_oob and self.op.offline is False and not (node.powered or self.op.powered):
            raise errors.OpPrereqError(
                f"Node {node.name} is recorded as powered off; switch it on before it leaves offline", c.ECODE_STATE
            )

    @staticmethod
    def _is_capable(op: opcodes.OpNodeSetParams, node: Node) -> bool:
        """Tell whether the node will be able to be a candidate."""
        return node.master_capable if op.master_capable is None else op.master_capable

    def _asked_role(self, node: Node) -> str:
        """Return the role that the opcode asks for, or that the node keeps."""
        old = roles.role_of(node)
        for role, flag in roles.FLAG_OF_ROLE.items():
            if getattr(self.op, flag):
                return role
        new = old
        for role, flag in roles.FLAG_OF_ROLE.items():
            if getattr(self.op, flag) is False:
                if old == role:
                    new = roles.REGULAR
                else:
                    self.log_info(f"Ignoring request to unset flag {flag}, already unset")
        return roles.REGULAR if new == roles.CANDIDATE and not self._is_capable(self.op, node) else new

    def _with_promotion(self, config: ConfigData, node: Node, new: str) -> str:
        """Return the role the node will have: a regular one may be missing among the candidates."""
        if new != roles.REGULAR or not self._is_capable(self.op, node) or self.op.master_candidate is False:
            return new
        comes_back = roles.role_of(node) in (roles.DRAINED, roles.OFFLINE)
        becomes_capable = bool(self.op.master_capable) and not node.master_capable
        if (comes_back or becomes_capable) and roles.promotes_itself(config, [node.uuid]):
            self.log_info("Auto-promoting node to master candidate")
            return roles.CANDIDATE
        return new

    def _check_is_back(self, node: Node) -> None:
        answer = self.rpc.call_one(node.uuid, procedures.version)
        answer.raise_(f"Node {node.name} is still not reachable", prereq=True, ecode=c.ECODE_STATE)
        self.log_warning(
            f"Bringing node {node.name} back from offline state does not update what it missed meanwhile",
            "gnt-node add --readd does",
        )

    def exec(self, feedback: Feedback) -> list[tuple[str, Any]]:
        """Store the changes; return (name, new value) of each."""
        old, op = self.node, self.op
        copied = (*_CAPABILITIES, "secondary_ip", "powered")
        changes: dict[str, Any] = {name: getattr(op, name) for name in copied if getattr(op, name) is not None}
        # Scripts know the list without the power state.
        result = [(name, changes[name]) for name in copied if name in changes and name != "powered"]
        if op.ndparams is not None:
            changes["ndparams"] = without_defaults({**old.ndparams, **op.ndparams})
        if op.hv_state is not None:
            changes["hv_state_static"] = merged_hv_state(old.hv_state_static, op.hv_state)
        if op.disk_state is not None:
            changes["disk_state_static"] = merged_disk_state(old.disk_state_static, op.disk_state)
        new = roles.with_role(msgspec.structs.replace(old, **changes), self.new_role)
        result += [(name, getattr(new, name)) for name in _ROLE_FLAGS if getattr(new, name) != getattr(old, name)]
        new = self.cfg.update(new)
        if roles.role_of(old) != self.new_role:
            if old.master_candidate and op.auto_promote:
                candidates.maintain_pool(self, [new.uuid])
            candidates.after_role_change(self, old, new)
        if old.vm_capable != new.vm_capable and wants_kvm_daemon(self.snapshot().cluster):
            ensure_kvm_daemon(self, [new], run=new.vm_capable)
        return [(name, str(value)) for name, value in result]
