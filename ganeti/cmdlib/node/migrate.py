"""OP_NODE_MIGRATE: one migration job for each primary instance of a node."""

import msgspec

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cmdlib import names
from ganeti.cmdlib.base import Feedback, LogicalUnit, ResultWithJobs, lu_for


@lu_for(opcodes.OpNodeMigrate)
class LUNodeMigrate(LogicalUnit[opcodes.OpNodeMigrate]):
    """Migrate all primary instances of a node; the jobs themselves check whether each of them can move."""

    HPATH = "node-migrate"
    HTYPE = c.HTYPE_NODE
    REQ_BGL = False

    def check_arguments(self) -> None:
        """Check that mode and target are given only in one way."""
        if self.op.mode is not None and self.op.live is not None:
            raise errors.OpPrereqError("Only one of the 'live' and 'mode' parameters are accepted", c.ECODE_INVAL)
        if self.op.target_node is not None and self.op.iallocator is not None:
            raise errors.OpPrereqError("Do not specify both, iallocator and node", c.ECODE_INVAL)

    def expand_names(self) -> None:
        """Lock the node, shared: each of the jobs locks what it changes."""
        config = self.snapshot()
        node = names.find_node(config, self.op.node_name, self.op.node_uuid)
        self.op = msgspec.structs.replace(self.op, node_name=node.name, node_uuid=node.uuid)
        if self.op.target_node is not None:
            target = names.find_node(config, self.op.target_node, self.op.target_node_uuid)
            self.op = msgspec.structs.replace(self.op, target_node=target.name, target_node_uuid=target.uuid)
        self.needed_locks = {c.LEVEL_NODE: [node.uuid]}
        self.share_all_levels()

    def build_hooks_env(self) -> dict[str, object]:
        """Return the name of the node, and whether the memory of guests may be changed."""
        return {"NODE_NAME": self.op.node_name, "ALLOW_RUNTIME_CHANGES": self.op.allow_runtime_changes}

    def build_hooks_nodes(self) -> tuple[list[str], list[str]]:
        """The master, before and afterwards."""
        master = [self.snapshot().cluster.master_node]
        return master, master

    def check_prereq(self) -> None:
        """Check that the instances would leave the node."""
        if self.op.target_node_uuid is not None and self.op.target_node_uuid == self.op.node_uuid:
            raise errors.OpPrereqError(
                f"Instances cannot be migrated from {self.op.node_name} to itself", c.ECODE_INVAL
            )

    def exec(self, feedback: Feedback) -> ResultWithJobs:
        """Return the jobs, in the order of the names of the instances."""
        instances = sorted(
            instance.name
            for instance in self.snapshot().instances.values()
            if instance.primary_node == self.op.node_uuid and not instance.forthcoming
        )
        return ResultWithJobs([[self._migration_of(name)] for name in instances])

    def _migration_of(self, name: str) -> opcodes.OpInstanceMigrate:
        return opcodes.OpInstanceMigrate(
            instance_name=name,
            mode=self.op.mode,
            live=self.op.live,
            target_node=self.op.target_node,
            iallocator=self.op.iallocator,
            allow_runtime_changes=self.op.allow_runtime_changes,
            ignore_ipolicy=self.op.ignore_ipolicy,
        )
