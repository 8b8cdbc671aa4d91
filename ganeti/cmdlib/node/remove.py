"""Remove a node from the cluster."""

import msgspec

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cmdlib import names
from ganeti.cmdlib.base import Feedback, LogicalUnit, lu_for
from ganeti.cmdlib.cluster.ancillary import upload_ancillary_files
from ganeti.cmdlib.hooks import run_post_hooks
from ganeti.cmdlib.locks import nodes_of_instance
from ganeti.cmdlib.node import candidates, ssh_keys
from ganeti.objects import Node
from ganeti.rpc import procedures


@lu_for(opcodes.OpNodeRemove)
class LUNodeRemove(LogicalUnit[opcodes.OpNodeRemove]):
    """Remove a node that holds no instances and is not the master."""

    HPATH = "node-remove"
    HTYPE = c.HTYPE_NODE
    REQ_BGL = True

    def build_hooks_env(self) -> dict[str, object]:
        """Return the name of the node."""
        return {"OP_TARGET": self.op.node_name, "NODE_NAME": self.op.node_name}

    def build_hooks_nodes(self) -> tuple[list[str], list[str]]:
        """All other nodes, before and afterwards; the node itself has its post hooks while it still belongs to us."""
        others = [uuid for uuid in self.snapshot().nodes if uuid != self.node.uuid]
        return others, others

    def check_prereq(self) -> None:
        """Check that the node can go."""
        config = self.snapshot()
        self.node: Node = names.find_node(config, self.op.node_name, self.op.node_uuid)
        self.op = msgspec.structs.replace(self.op, node_name=self.node.name, node_uuid=self.node.uuid)
        if self.node.uuid == config.cluster.master_node:
            raise errors.OpPrereqError("The master cannot be removed; fail over to another node first", c.ECODE_INVAL)
        for instance in config.instances.values():
            if self.node.uuid in nodes_of_instance(config, instance):
                raise errors.OpPrereqError(
                    f"Instance {instance.name} is still on node {self.node.name}; remove or move it first",
                    c.ECODE_INVAL,
                )

    def exec(self, feedback: Feedback) -> None:
        """Forget the node, fill the candidate pool, let it clean up after itself."""
        node = self.node
        config = self.snapshot()
        ssh_keys.withdraw(self, node, is_leaving=True)
        if self.context.queue is not None:
            self.context.queue.remove_node(node.uuid)
        address = node.primary_ip
        if not node.offline:
            run_post_hooks(self, [node.uuid])
        self.cfg.remove_node(node.uuid)
        # Only now: a new candidate's key goes to all nodes, and this one does not let us in any more.
        candidates.maintain_pool(self)
        if not node.offline:
            # The node is no longer known by its UUID, hence the address.
            answer = self.rpc.call_one(address, procedures.node_leave_cluster, config.cluster.modify_ssh_setup)
            answer.warn(
                f"Errors encountered on the remote node {node.name} while leaving the cluster", self.log_warning
            )
        if config.cluster.modify_etc_hosts:
            self.rpc.call_one(
                config.cluster.master_node, procedures.etc_hosts_modify, c.ETC_HOSTS_REMOVE, node.name, None
            ).raise_("Can't update hosts file")
            upload_ancillary_files(self)
