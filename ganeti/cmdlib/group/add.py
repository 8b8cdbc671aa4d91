"""Add a node group."""

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cmdlib import names
from ganeti.cmdlib.base import Feedback, LogicalUnit, ResultWithJobs, lu_for
from ganeti.cmdlib.cluster.params.communication import connecting
from ganeti.cmdlib.group import params
from ganeti.objects import NodeGroup
from ganeti.objects.static_states import merged_disk_state, merged_hv_state


@lu_for(opcodes.OpGroupAdd)
class LUGroupAdd(LogicalUnit[opcodes.OpGroupAdd]):
    """Add a group without nodes."""

    HPATH = "group-add"
    HTYPE = c.HTYPE_GROUP
    REQ_BGL = False

    def expand_names(self) -> None:
        """Lock the new group, so that nobody works on it before it is complete."""
        self.uuid = self.cfg.reservations.generate_uuid(self.ec_id)
        self.needed_locks = {}
        self.add_locks[c.LEVEL_NODEGROUP] = [self.uuid]

    def build_hooks_env(self) -> dict[str, object]:
        """Return the new name."""
        return {"GROUP_NAME": self.op.group_name}

    def build_hooks_nodes(self) -> tuple[list[str], list[str]]:
        """The master, before and afterwards."""
        nodes = [self.snapshot().cluster.master_node]
        return nodes, nodes

    def check_prereq(self) -> None:
        """Check name and parameters."""
        config, op = self.snapshot(), self.op
        names.check_new_name("Node group", op.group_name, config.nodegroups)
        self.group = NodeGroup(
            uuid=self.uuid,
            name=op.group_name,
            alloc_policy=op.alloc_policy or c.ALLOC_POLICY_PREFERRED,
            ndparams=params.changed_ndparams({}, op.ndparams or {}),
            diskparams=params.changed_diskparams({}, op.diskparams or {}),
            ipolicy=params.changed_ipolicy(config, {}, op.ipolicy or {}),
            hv_state_static=merged_hv_state({}, op.hv_state or {}),
            disk_state_static=merged_disk_state({}, op.disk_state or {}),
        )

    def exec(self, feedback: Feedback) -> ResultWithJobs | None:
        """Store the group; connect it to the network over which instances talk to their nodes, if there is one."""
        self.cfg.add_group(self.group)
        config = self.snapshot()
        wanted = config.cluster.instance_communication_network
        if not wanted or not any(network.name == wanted for network in config.networks.values()):
            return None
        return ResultWithJobs([[connecting(wanted, self.op.group_name)]])
