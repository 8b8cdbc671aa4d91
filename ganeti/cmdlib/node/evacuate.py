"""OP_NODE_EVACUATE: let the instances that use a node use another one instead."""

from typing import Final

import msgspec

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cmdlib import names
from ganeti.cmdlib.base import Feedback, LogicalUnit, ResultWithJobs, lu_for
from ganeti.cmdlib.locks import check_still_covered, groups_of_instance, nodes_of_instance
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
    """Give instances a new secondary node, which the admin names."""

    REQ_BGL = False

    def check_arguments(self) -> None:
        """Check that it is said what to move, and where to."""
        op = self.op
        if op.mode not in _MODES:
            raise errors.OpPrereqError(
                "Say whether the primary or the secondary instances of the node are to be moved, all at once is not"
                " possible",
                c.ECODE_INVAL,
            )
        if op.iallocator is not None and op.remote_node is not None:
            raise errors.OpPrereqError("Give either an iallocator or a new secondary node, not both", c.ECODE_INVAL)
        if op.remote_node is None:
            raise errors.OpPrereqError(self._without_allocator(), c.ECODE_INVAL)
        if op.mode != c.NODE_EVAC_SEC:
            raise errors.OpPrereqError(
                "With a new secondary node only the secondary instances of a node can be moved; use 'gnt-node migrate'"
                " or 'gnt-node failover' for the primary ones",
                c.ECODE_INVAL,
            )

    def _without_allocator(self) -> str:
        """Return why the call without a new secondary node is refused."""
        instead = "name a new secondary node"
        if self.op.mode == c.NODE_EVAC_PRI:
            instead = "use 'gnt-node migrate' or 'gnt-node failover'"
        name = self.op.iallocator
        if name in (None, c.DEFAULT_IALLOCATOR_SHORTCUT):
            name = self.snapshot().cluster.default_iallocator
        if not name:
            return f"No iallocator is given, and the cluster has no default one; {instead}"
        return f"Allocator '{name}' cannot be run by this version; {instead}"

    def expand_names(self) -> None:
        """Lock, shared, the instances, their groups, and the old and new node: jobs lock what they change."""
        config = self.snapshot()
        node = names.find_node(config, self.op.node_name, self.op.node_uuid)
        remote = names.find_node(config, str(self.op.remote_node), self.op.remote_node_uuid)
        self.op = msgspec.structs.replace(
            self.op, node_name=node.name, node_uuid=node.uuid, remote_node=remote.name, remote_node_uuid=remote.uuid
        )
        if node.uuid == remote.uuid:
            raise errors.OpPrereqError("The new secondary node must be another one", c.ECODE_INVAL)
        self.share_all_levels()
        wanted = [instance.name for instance in instances_to_move(config, node.uuid, self.op.mode)]
        self.needed_locks = {
            c.LEVEL_INSTANCE: wanted,
            c.LEVEL_NODEGROUP: sorted({node.group, remote.group} | self._groups_of(config)),
            c.LEVEL_NODE: [node.uuid, remote.uuid],
        }

    def _groups_of(self, config: ConfigData) -> frozenset[str]:
        found = instances_to_move(config, str(self.op.node_uuid), self.op.mode)
        return frozenset().union(*(groups_of_instance(config, instance) for instance in found))

    def check_prereq(self) -> None:
        """Check that the locked instances are still those to move, and that none of them runs on the new node."""
        config = self.snapshot()
        node, remote = str(self.op.node_uuid), str(self.op.remote_node_uuid)
        self.instances = instances_to_move(config, node, self.op.mode)
        found = [instance.name for instance in self.instances]
        check_still_covered("Node", self.op.node_name, "instances", found, self.owned(c.LEVEL_INSTANCE))
        groups = {config.nodes[uuid].group for uuid in (node, remote)} | self._groups_of(config)
        check_still_covered("Node", self.op.node_name, "node groups", groups, self.owned(c.LEVEL_NODEGROUP))
        on_target = [instance.name for instance in self.instances if instance.primary_node == remote]
        if on_target:
            raise errors.OpPrereqError(
                f"Node {self.op.remote_node} is the primary node of {', '.join(on_target)} and cannot be the secondary"
                " one too",
                c.ECODE_INVAL,
            )

    def exec(self, feedback: Feedback) -> ResultWithJobs:
        """Return one job per instance."""
        return ResultWithJobs([[self._replacement_for(instance.name)] for instance in self.instances])

    def _replacement_for(self, name: str) -> opcodes.OpInstanceReplaceDisks:
        return opcodes.OpInstanceReplaceDisks(
            instance_name=name,
            remote_node=self.op.remote_node,
            disks=[],
            mode=c.REPLACE_DISK_CHG,
            early_release=self.op.early_release,
        )
