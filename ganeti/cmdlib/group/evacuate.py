"""OP_GROUP_EVACUATE: move all instances out of a node group."""

from collections.abc import Sequence

import msgspec

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cmdlib import names
from ganeti.cmdlib.allocation import allocator_or_default, evacuation_jobs, solve, target_groups
from ganeti.cmdlib.base import ALL_SET, Feedback, LogicalUnit, ResultWithJobs, lu_for
from ganeti.cmdlib.locks import (
    check_still_covered,
    groups_of_instance,
    instances_of_group,
    lock_nodes_of_instances,
    members_of_groups,
    owned_instances,
)
from ganeti.iallocator.requests import ChangeGroup
from ganeti.objects import Instance
from ganeti.opcodes import OpCode

#: How the job before must end so that the next one starts: the admin wants one after the other, not all or nothing.
_ENDED = (c.JOB_STATUS_SUCCESS, c.JOB_STATUS_ERROR)


def one_after_the_other(jobs: Sequence[Sequence[OpCode]]) -> list[list[OpCode]]:
    """Return jobs that start when the one before them has ended, well or not."""

    def after_previous(op: OpCode) -> OpCode:
        return msgspec.structs.replace(op, depends=[*(op.depends or []), (-1, list(_ENDED))])

    return [[after_previous(op) if index else op for op in job] for index, job in enumerate(jobs)]


def as_failover(op: OpCode) -> OpCode:
    """Return a failover instead of a migration, everything else as it is."""
    if not isinstance(op, opcodes.OpInstanceMigrate):
        return op
    return opcodes.OpInstanceFailover(
        instance_name=op.instance_name,
        instance_uuid=op.instance_uuid,
        target_node=op.target_node,
        target_node_uuid=op.target_node_uuid,
        ignore_ipolicy=op.ignore_ipolicy,
        iallocator=op.iallocator,
        depends=op.depends,
        priority=op.priority,
        comment=op.comment,
        reason=op.reason,
    )


@lu_for(opcodes.OpGroupEvacuate)
class LUGroupEvacuate(LogicalUnit[opcodes.OpGroupEvacuate]):
    """Let an allocator find nodes in other groups for all instances of a group."""

    HPATH = "group-evacuate"
    HTYPE = c.HTYPE_GROUP
    REQ_BGL = False

    #: Set by ``expand_names``.
    uuid: str
    #: Set by ``expand_names``, UUIDs; empty: all others.
    named: list[str]
    #: Set by ``check_prereq``, UUIDs.
    targets: list[str]
    instances: list[Instance]

    def check_arguments(self) -> None:
        """Find out whom to ask."""
        self.allocator = allocator_or_default(self.snapshot().cluster, self.op.iallocator, "name one")

    def expand_names(self) -> None:
        """Lock, shared, the instances of the group and what they could be moved to: jobs lock what they change."""
        config = self.snapshot()
        group = names.find_group(config, self.op.group_name)
        self.uuid = group.uuid
        self.op = msgspec.structs.replace(self.op, group_name=group.name)
        self.named = [names.find_group(config, name).uuid for name in self.op.target_groups or ()]
        self._targets_now()
        self.share_all_levels()
        self.needed_locks = {
            c.LEVEL_INSTANCE: [instance.name for instance in self._instances_now()],
            c.LEVEL_NODEGROUP: [],
            c.LEVEL_NODE: [],
        }

    def _targets_now(self) -> list[str]:
        what = f"the instances of group {self.op.group_name}"
        return target_groups(self.snapshot(), self.named, frozenset([self.uuid]), what)

    def _instances_now(self) -> list[Instance]:
        config, index = self.cfg.snapshot_with_index()
        return [item for item in instances_of_group(config, index, self.uuid) if not item.forthcoming]

    def declare_locks(self, level: int) -> None:
        """Lock the groups of the locked instances besides the targets, and the nodes of all these groups."""
        if level == c.LEVEL_NODEGROUP:
            config = self.snapshot()
            own = (groups_of_instance(config, instance) for instance in owned_instances(self))
            groups = frozenset([self.uuid, *self.named]).union(*own)
            self.needed_locks[level] = sorted(groups) if self.named else ALL_SET
        elif level == c.LEVEL_NODE:
            self.needed_locks[level] = members_of_groups(self.snapshot(), self.owned(c.LEVEL_NODEGROUP))
            lock_nodes_of_instances(self, append=True)

    def check_prereq(self) -> None:
        """Check that the locks are still the right ones."""
        config, name = self.snapshot(), self.op.group_name
        self.instances = self._instances_now()
        found = [instance.name for instance in self.instances]
        check_still_covered("Node group", name, "instances", found, self.owned(c.LEVEL_INSTANCE))
        owned = self.owned(c.LEVEL_NODEGROUP)
        self.targets = self._targets_now()
        groups = frozenset([self.uuid]).union(*(groups_of_instance(config, instance) for instance in self.instances))
        check_still_covered("Node group", name, "groups of the instances", groups, owned)
        nodes = members_of_groups(config, [self.uuid, *self.targets])
        check_still_covered("Node group", name, "nodes", nodes, self.owned(c.LEVEL_NODE))

    def build_hooks_env(self) -> dict[str, object]:
        """Return the names of the group and the UUIDs of those to which instances may go."""
        return {"GROUP_NAME": self.op.group_name, "TARGET_GROUPS": " ".join(self.targets)}

    def build_hooks_nodes(self) -> tuple[list[str], list[str]]:
        """The master and the nodes of the group, before and afterwards."""
        config = self.snapshot()
        nodes = list(dict.fromkeys([config.cluster.master_node, *sorted(members_of_groups(config, [self.uuid]))]))
        return nodes, nodes

    def exec(self, feedback: Feedback) -> ResultWithJobs:
        """Return the jobs that move the instances."""
        if not self.instances:
            self.log_info(f"There are no instances in group {self.op.group_name}")
            return ResultWithJobs([])
        request = ChangeGroup(tuple(self.instances), tuple(self.targets))
        found = solve(self, self.allocator, request, failure="Can't compute group evacuation")
        jobs = evacuation_jobs(self, found, early_release=self.op.early_release, by_group=True)
        if self.op.force_failover:
            jobs = [[as_failover(op) for op in job] for job in jobs]
        return ResultWithJobs(one_after_the_other(jobs) if self.op.sequential else jobs)
