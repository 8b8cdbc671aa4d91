"""Move nodes between node groups."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cmdlib import names
from ganeti.cmdlib.base import Feedback, LogicalUnit, lu_for
from ganeti.cmdlib.locks import check_still_covered, nodes_of_instance
from ganeti.objects import ConfigData


class SplitInstances(NamedTuple):
    """Names of mirrored instances with nodes in several groups: since a change, and as before it."""

    new: tuple[str, ...]
    old: tuple[str, ...]


def split_instances(config: ConfigData, group_by_node: Mapping[str, str]) -> SplitInstances:
    """Return the instances that are split when nodes (by UUID) are in other groups (UUIDs)."""
    new, old = list[str](), list[str]()
    for instance in sorted(config.instances.values(), key=lambda item: item.name):
        nodes = nodes_of_instance(config, instance)
        before = {config.nodes[uuid].group for uuid in nodes}
        after = {group_by_node.get(uuid, config.nodes[uuid].group) for uuid in nodes}
        if len(after) > 1:
            (old if len(before) > 1 else new).append(instance.name)
    return SplitInstances(tuple(new), tuple(old))


@lu_for(opcodes.OpGroupAssignNodes)
class LUGroupAssignNodes(LogicalUnit[opcodes.OpGroupAssignNodes]):
    """Put nodes into a group."""

    REQ_BGL = False

    def expand_names(self) -> None:
        """Lock the nodes, the group that they go to, and those that they come from."""
        config = self.snapshot()
        self.target = names.find_group(config, self.op.group_name).uuid
        nodes = names.find_nodes(config, self.op.nodes)
        self.op = msgspec.structs.replace(self.op, node_uuids=[node.uuid for node in nodes])
        self.needed_locks = {
            c.LEVEL_NODEGROUP: sorted({self.target, *(node.group for node in nodes)}),
            c.LEVEL_NODE: sorted({node.uuid for node in nodes}),
        }

    def check_prereq(self) -> None:
        """Check that the nodes did not change groups meanwhile, and find the instances that would be split."""
        config = self.snapshot()
        group = config.nodegroups[self.target]
        groups = {config.nodes[uuid].group for uuid in self.op.node_uuids or ()}
        check_still_covered("Node group", group.name, "groups of the nodes", groups, self.owned(c.LEVEL_NODEGROUP))
        self.moves = {uuid: self.target for uuid in self.op.node_uuids or () if config.nodes[uuid].group != self.target}
        split = split_instances(config, self.moves)
        if split.new:
            text = f"These instances would have nodes in several groups: {', '.join(split.new)}"
            if not self.op.force:
                raise errors.OpExecError(f"{text}; use --force if that is wanted")
            self.log_warning(text)
            if split.old:
                self.log_warning(f"These have nodes in several groups already: {', '.join(split.old)}")

    def exec(self, feedback: Feedback) -> None:
        """Move all nodes at once."""
        if self.moves:
            self.cfg.assign_nodes(self.moves)
