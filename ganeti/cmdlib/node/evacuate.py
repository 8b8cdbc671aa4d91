"""OP_NODE_EVACUATE: let the instances that use a node use another one instead."""

from typing import Final

import msgspec

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cmdlib import names
from ganeti.cmdlib.allocation import allocator_or_node, evacuation_jobs, solve
from ganeti.cmdlib.base import Feedback, LogicalUnit, ResultWithJobs, lu_for
from ganeti.cmdlib.locks import check_still_covered, groups_of_instance, members_of_groups, nodes_of_instance
from ganeti.iallocator.requests import NodeEvacuate
from ganeti.objects import ConfigData, Instance

#: What can be moved; both at once would need an order that nobody asks for.
_MODES: Final = (c.NODE_EVAC_PRI, c.NODE_EVAC_SEC)


def instances_to_move(config: ConfigData, node_uuid: str, mode: str) -> list[Instance]:
    """Return the instances that have the node as primary or as secondary, whichever *mode* says, sorted by name."""

    def is_meant(instance: Instance) -> bool:
        primary, *secondaries = nodes_of_instance(config, instance) or ("",)
        return primary == node_uuid if mode == c.NODE_EVAC_PRI else node_uuid in secondaries

    found = [instance for instance in config.instances.values() if not instance.forthcoming and is_meant(instance)]
    return sorted(found, key=lambda instance: instance.name)


@lu_for(opcodes.OpNodeEvacuate)
class LUNodeEvacuate(LogicalUnit[opcodes.OpNodeEvacuate]):
    """Give instances other nodes: a new secondary one that the admin names, or what an allocator decides."""

    REQ_BGL = False

    #: Set by ``check_arguments``: who decides if no new secondary node is given.
    allocator: str | None = None

    def check_arguments(self) -> None:
        """Check that it is said what to move, and where to."""
        op = self.op
        if op.mode not in _MODES:
            raise errors.OpPrereqError(
                "Say whether the primary or the secondary instances of the node are to be moved, all at once is not"
                " possible",
                c.ECODE_INVAL,
            )
        instead = "name a new secondary node"
        if op.mode == c.NODE_EVAC_PRI:
            instead = "use 'gnt-node migrate' or 'gnt-node failover'"
        self.allocator = allocator_or_node(self.snapshot().cluster, op.iallocator, op.remote_node, instead)
        if op.remote_node is not None and op.mode != c.NODE_EVAC_SEC:
            raise errors.OpPrereqError(
                "With a new secondary node only the secondary instances of a node can be moved; use 'gnt-node migrate'"
                " or 'gnt-node failover' for the primary ones",
                c.ECODE_INVAL,
            )

    def expand_names(self) -> None:
        """Lock, shared, the instances, their groups, and the nodes in question: jobs lock what they change."""
        config = self.snapshot()
        node = names.find_node(config, self.op.node_name, self.op.node_uuid)
        self.op = msgspec.structs.replace(self.op, node_name=node.name, node_uuid=node.uuid)
        if self.op.remote_node is not None:
            remote = names.find_node(config, self.op.remote_node, self.op.remote_node_uuid)
            self.op = msgspec.structs.replace(self.op, remote_node=remote.name, remote_node_uuid=remote.uuid)
            if node.uuid == remote.uuid:
                raise errors.OpPrereqError("The new secondary node must be another one", c.ECODE_INVAL)
        self.share_all_levels()
        self.needed_locks = {
            c.LEVEL_INSTANCE: [item.name for item in instances_to_move(config, node.uuid, self.op.mode)],
            c.LEVEL_NODEGROUP: sorted(self._groups(config)),
            c.LEVEL_NODE: self._nodes(config),
        }

    def _nodes(self, config: ConfigData) -> list[str]:
        """Return the nodes that have to do with it: both, or all among which the allocator chooses."""
        node = str(self.op.node_uuid)
        if self.op.remote_node_uuid is not None:
            return [node, self.op.remote_node_uuid]
        return members_of_groups(config, [config.nodes[node].group])

    def _groups(self, config: ConfigData) -> frozenset[str]:
        """Return the groups of the nodes and of the instances."""
        found = instances_to_move(config, str(self.op.node_uuid), self.op.mode)
        own = frozenset(config.nodes[uuid].group for uuid in self._nodes(config))
        return own.union(*(groups_of_instance(config, instance) for instance in found))

    def check_prereq(self) -> None:
        """Check that the locked instances are still those to move, and that none of them runs on the new node."""
        config, name = self.snapshot(), self.op.node_name
        self.instances = instances_to_move(config, str(self.op.node_uuid), self.op.mode)
        found = [instance.name for instance in self.instances]
        check_still_covered("Node", name, "instances", found, self.owned(c.LEVEL_INSTANCE))
        check_still_covered("Node", name, "node groups", self._groups(config), self.owned(c.LEVEL_NODEGROUP))
        check_still_covered("Node", name, "nodes of the group", self._nodes(config), self.owned(c.LEVEL_NODE))
        remote = self.op.remote_node_uuid
        on_target = [instance.name for instance in self.instances if instance.primary_node == remote]
        if on_target:
            raise errors.OpPrereqError(
                f"Node {self.op.remote_node} is the primary node of {', '.join(on_target)} and cannot be the secondary"
                " one too",
                c.ECODE_INVAL,
            )

    def exec(self, feedback: Feedback) -> ResultWithJobs:
        """Return the jobs that move the instances."""
        if self.allocator is None or not self.instances:
            return ResultWithJobs([[self._replacement_for(instance.name)] for instance in self.instances])
        request = NodeEvacuate(tuple(self.instances), self.op.mode, bool(self.op.ignore_soft_errors))
        found = solve(self, self.allocator, request, failure="Can't compute node evacuation")
        return ResultWithJobs(evacuation_jobs(self, found, early_release=self.op.early_release))

    def _replacement_for(self, name: str) -> opcodes.OpInstanceReplaceDisks:
        return opcodes.OpInstanceReplaceDisks(
            instance_name=name,
            remote_node=self.op.remote_node,
            disks=[],
            mode=c.REPLACE_DISK_CHG,
            early_release=self.op.early_release,
        )
