"""OP_RESTRICTED_COMMAND: run one of the programs that administrators of nodes allow the master to run."""

import msgspec

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cmdlib import names
from ganeti.cmdlib.base import Feedback, LogicalUnit, lu_for
from ganeti.rpc import procedures


@lu_for(opcodes.OpRestrictedCommand)
class LURestrictedCommand(LogicalUnit[opcodes.OpRestrictedCommand]):
    """Run a command on nodes at the same time."""

    REQ_BGL = False

    def expand_names(self) -> None:
        """Lock the nodes: shared, or exclusive if nothing else shall happen there meanwhile."""
        nodes = names.find_nodes(self.snapshot(), self.op.nodes)
        self.op = msgspec.structs.replace(
            self.op, nodes=[node.name for node in nodes], node_uuids=[node.uuid for node in nodes]
        )
        self.needed_locks = {c.LEVEL_NODE: [node.uuid for node in nodes]}
        self.share_locks = {c.LEVEL_NODE: not self.op.use_locking}

    def exec(self, feedback: Feedback) -> list[tuple[bool, str]]:
        """Return per node, in the order of the request, whether it worked and what the command has said."""
        uuids = self.op.node_uuids or []
        answers = self.rpc.call(dict.fromkeys(uuids), procedures.restricted_command, self.op.command)
        result: list[tuple[bool, str]] = []
        for name, uuid in zip(self.op.nodes, uuids, strict=True):
            answer = answers[uuid]
            if answer.fail_msg is None:
                result.append((True, answer.payload))
            else:
                result.append((False, f"Command '{self.op.command}' on node '{name}' failed: {answer.fail_msg}"))
        return result
