"""Rename and remove node groups."""

from typing import Any

import msgspec

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cmdlib import names
from ganeti.cmdlib.base import Feedback, LogicalUnit, lu_for
from ganeti.objects import NodeGroup


class _OneGroup(LogicalUnit[Any]):
    """Works on one group, locked exclusively."""

    HTYPE = c.HTYPE_GROUP
    REQ_BGL = False

    def expand_names(self) -> None:
        """Lock the group."""
        group = names.find_group(self.snapshot(), self.op.group_name)
        self.uuid = group.uuid
        self.op = msgspec.structs.replace(self.op, group_name=group.name)
        self.needed_locks = {c.LEVEL_NODEGROUP: [self.uuid]}


@lu_for(opcodes.OpGroupRemove)
class LUGroupRemove(_OneGroup):
    """Remove a group without nodes."""

    HPATH = "group-remove"

    def build_hooks_env(self) -> dict[str, object]:
        """Return the name."""
        return {"GROUP_NAME": self.op.group_name}

    def build_hooks_nodes(self) -> tuple[list[str], list[str]]:
        """The master, before and afterwards."""
        nodes = [self.snapshot().cluster.master_node]
        return nodes, nodes

    def check_prereq(self) -> None:
        """Check that the group is empty, and not the last one."""
        config = self.snapshot()
        members = sorted(node.name for node in config.nodes.values() if node.group == self.uuid)
        if members:
            raise errors.OpPrereqError(
                f"Node group '{self.op.group_name}' is not empty: it has nodes {', '.join(members)}", c.ECODE_STATE
            )
        if len(config.nodegroups) == 1:
            raise errors.OpPrereqError(
                f"Node group '{self.op.group_name}' is the only one, it cannot be removed", c.ECODE_STATE
            )

    def exec(self, feedback: Feedback) -> None:
        """Remove it."""
        self.cfg.remove_group(self.uuid)


@lu_for(opcodes.OpGroupRename)
class LUGroupRename(_OneGroup):
    """Give a group another name."""

    HPATH = "group-rename"

    def build_hooks_env(self) -> dict[str, object]:
        """Return both names."""
        return {"OLD_NAME": self.op.group_name, "NEW_NAME": self.op.new_name}

    def build_hooks_nodes(self) -> tuple[list[str], list[str]]:
        """The master and the nodes of the group, before and afterwards."""
        config = self.snapshot()
        members = sorted(node.uuid for node in config.nodes.values() if node.group == self.uuid)
        nodes = list(dict.fromkeys([config.cluster.master_node, *members]))
        return nodes, nodes

    def check_prereq(self) -> None:
        """Check that the new name is free."""
        names.check_new_name("Node group", self.op.new_name, self.snapshot().nodegroups)

    def exec(self, feedback: Feedback) -> str:
        """Rename it; returns the new name."""
        new_name = str(self.op.new_name)
        self.cfg.modify(NodeGroup, self.uuid, lambda group: msgspec.structs.replace(group, name=new_name))
        return new_name
