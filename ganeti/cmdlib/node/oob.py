"""OP_OOB_COMMAND: power and health of nodes through a program of the site that runs on the master."""

import time
from typing import Any, Final, TypeAlias

import msgspec

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cmdlib import names
from ganeti.cmdlib.base import Feedback, LogicalUnit, lu_for
from ganeti.cmdlib.node import oob_answers
from ganeti.objects import ConfigData, Node, fill
from ganeti.rpc import procedures
from ganeti.utils.text import nice_sort_key

#: (status of a query result, value)
Cell: TypeAlias = tuple[int, Any]

#: Between looks at whether the job was cancelled, while nodes are switched on one after the other.
_POLL_S: Final = 0.5


def oob_program(config: ConfigData, node: Node) -> str | None:
    """Return the out-of-band program in force for a node, None if there is none."""
    return fill.fill_nd(config.cluster, config.nodegroups[node.group], node)[c.ND_OOB_PROGRAM] or None


@lu_for(opcodes.OpOobCommand)
class LUOobCommand(LogicalUnit[opcodes.OpOobCommand]):
    """Run one command for the named or all nodes."""

    REQ_BGL = False

    def expand_names(self) -> None:
        """Lock the nodes; those that switch something off leave the master out unless it is named."""
        config = self.snapshot()
        nodes = names.find_nodes(config, self.op.node_names, all_if_empty=True)
        if not self.op.node_names and self.op.command in oob_answers.DESTRUCTIVE:
            nodes = [node for node in nodes if node.uuid != config.cluster.master_node]
        self.op = msgspec.structs.replace(
            self.op, node_names=[node.name for node in nodes], node_uuids=[node.uuid for node in nodes]
        )
        self.needed_locks = {c.LEVEL_NODE: [node.uuid for node in nodes]}

    def check_prereq(self) -> None:
        """Check that the master survives, and that nodes were marked offline before they are switched off."""
        config = self.snapshot()
        gone = [uuid for uuid in self.op.node_uuids or () if uuid not in config.nodes]
        if gone:
            raise errors.OpPrereqError(f"Node(s) {', '.join(gone)} were removed meanwhile", c.ECODE_NOENT)
        self.nodes = sorted(
            (config.nodes[uuid] for uuid in self.op.node_uuids or ()), key=lambda node: nice_sort_key(node.name)
        )
        master = config.nodes[config.cluster.master_node]
        if self.op.command in oob_answers.DESTRUCTIVE and master in self.nodes:
            self._refuse_for_master(config, master)
        if self.op.command == c.OOB_POWER_OFF and not self.op.ignore_status:
            online = [node.name for node in self.nodes if not node.offline]
            if online:
                raise errors.OpPrereqError(f"Cannot power off {', '.join(online)}: not marked offline", c.ECODE_STATE)

    def _refuse_for_master(self, config: ConfigData, master: Node) -> None:
        program = oob_program(config, master)
        hint = f"if this is really wanted, run '{program} {self.op.command} {master.name}'"
        if program is None:
            hint = "it has no out-of-band program either"
        raise errors.OpPrereqError(
            f"Operating on the master node {master.name} is not allowed for {self.op.command}; {hint}", c.ECODE_INVAL
        )

    def exec(self, feedback: Feedback) -> list[list[Cell]]:
        """Run the program once per node; return name and answer of each."""
        config = self.snapshot()
        result: list[list[Cell]] = []
        for position, node in enumerate(self.nodes):
            program = oob_program(config, node)
            if program is None:
                answer: Cell = (c.RS_UNAVAIL, None)
            else:
                if position > 0 and self.op.command == c.OOB_POWER_ON:
                    self._pause(self.op.power_delay)
                answer = self._run(program, config.cluster.master_node, node)
            result.append([(c.RS_NORMAL, node.name), answer])
        return result

    def _pause(self, seconds: float) -> None:
        """Wait so that not all machines draw their starting current at once."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.env.check_abort()
            time.sleep(min(left, _POLL_S))

    def _run(self, program: str, master: str, node: Node) -> Cell:
        command = self.op.command
        answer = self.rpc.call_one(master, procedures.run_oob, program, command, node.name, float(self.op.timeout))
        if answer.warn(f"Out-of-band RPC failed on node '{node.name}'", self.log_warning):
            return (c.RS_NODATA, None)
        problem = oob_answers.problem_of(command, answer.payload)
        if problem is not None:
            self.log_warning(f"Payload returned by node '{node.name}' is not valid: {problem}")
            return (c.RS_NODATA, None)
        self._note(node, answer.payload)
        return (c.RS_NORMAL, answer.payload)

    def _note(self, node: Node, payload: Any) -> None:
        """Record or tell what an answer means for the node."""
        command = self.op.command
        if command == c.OOB_HEALTH:
            for item, state in oob_answers.bad_items(payload):
                self.log_warning(f"Item '{item}' on node '{node.name}' has status '{state}'")
        elif command == c.OOB_POWER_STATUS:
            powered = payload[c.OOB_POWER_STATUS_POWERED]
            if powered != node.powered:
                self.log_warning(
                    f"Recorded power state ({node.powered}) of node '{node.name}' does not match actual power state"
                    f" ({powered})"
                )
        elif command in oob_answers.RECORDED:
            self.cfg.update(msgspec.structs.replace(node, powered=oob_answers.RECORDED[command]))
