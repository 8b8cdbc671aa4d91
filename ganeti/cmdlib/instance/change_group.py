"""OP_INSTANCE_CHANGE_GROUP: move an instance to another node group."""

from collections.abc import Mapping

from ganeti import constants as c
from ganeti.cmdlib.allocation import allocator_or_default, evacuation_jobs, solve, target_groups
from ganeti.cmdlib.base import ALL_SET, Feedback, ResultWithJobs, lu_for
from ganeti.cmdlib.instance.base import InstanceLu
from ganeti.cmdlib.locks import (
    check_instance_groups,
    check_instance_nodes,
    groups_of_instance,
    locked_instance,
    members_of_groups,
)
from ganeti.cmdlib.names import find_group
from ganeti.iallocator.requests import ChangeGroup
from ganeti.opcodes.instance import OpInstanceChangeGroup


@lu_for(OpInstanceChangeGroup)
class LUInstanceChangeGroup(InstanceLu[OpInstanceChangeGroup]):
    """Let an allocator find nodes in other groups for an instance."""

    HPATH = "instance-change-group"

    #: Set by ``expand_names``, UUIDs; empty: all others.
    named: list[str]
    #: Set by ``check_prereq``, UUIDs.
    targets: list[str]

    def check_arguments(self) -> None:
        """Find out whom to ask."""
        self.allocator = allocator_or_default(self.snapshot().cluster, self.op.iallocator, "name one")

    def expand_names(self) -> None:
        """Lock the instance, and what it could be moved to, shared: jobs lock what they change."""
        super().expand_names()
        config = self.snapshot()
        self.named = [find_group(config, name).uuid for name in self.op.target_groups or ()]
        self.share_all_levels()
        self.needed_locks[c.LEVEL_NODEGROUP] = []
        self.needed_locks[c.LEVEL_NODE] = []

    def declare_locks(self, level: int) -> None:
        """Lock the groups of the instance and the targets, and the nodes of all these groups."""
        if level == c.LEVEL_NODEGROUP:
            own = groups_of_instance(self.snapshot(), locked_instance(self))
            self.needed_locks[level] = sorted(own.union(self.named)) if self.named else ALL_SET
        elif level == c.LEVEL_NODE:
            self.needed_locks[level] = members_of_groups(self.snapshot(), self.owned(c.LEVEL_NODEGROUP))

    def check_prereq(self) -> None:
        """Check that there is somewhere to go, and that the locks are still the right ones."""
        instance = self.load_instance()
        own = check_instance_groups(self, instance)
        check_instance_nodes(self, instance)
        self.targets = target_groups(self.snapshot(), self.named, own, f"instance {instance.name}")

    def extra_hooks_env(self) -> Mapping[str, object]:
        return {"TARGET_GROUPS": " ".join(self.targets)}

    def build_hooks_nodes(self) -> tuple[list[str], list[str]]:
        """The master, before and afterwards."""
        master = [self.snapshot().cluster.master_node]
        return master, master

    def exec(self, feedback: Feedback) -> ResultWithJobs:
        """Return the jobs that move the instance."""
        failure = f"Can't compute solution for changing group of instance '{self.instance.name}'"
        found = solve(self, self.allocator, ChangeGroup((self.instance,), tuple(self.targets)), failure=failure)
        return ResultWithJobs(evacuation_jobs(self, found, early_release=self.op.early_release, by_group=True))
