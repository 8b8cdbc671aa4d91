"""OP_NODE_POWERCYCLE: reset a node by its hypervisor or kernel."""

import msgspec

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cmdlib import names
from ganeti.cmdlib.base import Feedback, LogicalUnit, lu_for
from ganeti.rpc import procedures


@lu_for(opcodes.OpNodePowercycle)
class LUNodePowercycle(LogicalUnit[opcodes.OpNodePowercycle]):
    """Reset a node. No locks: it is the last resort for nodes on which jobs hang that hold the locks."""

    REQ_BGL = False

    def expand_names(self) -> None:
        """Find the node; the master only if that is really wanted."""
        config = self.snapshot()
        node = names.find_node(config, self.op.node_name, self.op.node_uuid)
        self.op = msgspec.structs.replace(self.op, node_name=node.name, node_uuid=node.uuid)
        if node.uuid == config.cluster.master_node and not self.op.force:
            raise errors.OpPrereqError("The node is the master, and the force parameter was not set", c.ECODE_INVAL)
        self.needed_locks = {}

    def exec(self, feedback: Feedback) -> str:
        """Let the node reset itself; return what it says about that."""
        cluster = self.snapshot().cluster
        hypervisor = cluster.primary_hypervisor
        answer = self.rpc.call_one(
            str(self.op.node_uuid), procedures.node_powercycle, hypervisor, dict(cluster.hvparams.get(hypervisor, {}))
        )
        return answer.raise_(f"Failed to schedule the reboot of node {self.op.node_name}")
