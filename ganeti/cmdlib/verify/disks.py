"""OP_CLUSTER_VERIFY_DISKS and OP_GROUP_VERIFY_DISKS: are the disks of instances that should be active all there?"""

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cmdlib.base import ALL_SET, Feedback, LogicalUnit, ResultWithJobs, lu_for
from ganeti.cmdlib.locks import groups_of_instance, members_of_groups, nodes_of_instance, owned_instances
from ganeti.cmdlib.names import find_group
from ganeti.cmdlib.verify import disk_states
from ganeti.objects import ConfigData, Instance


@lu_for(opcodes.OpClusterVerifyDisks)
class LUClusterVerifyDisks(LogicalUnit[opcodes.OpClusterVerifyDisks]):
    """Start one job per node group."""

    REQ_BGL = False

    def expand_names(self) -> None:
        """Lock the groups, shared."""
        self.share_all_levels()
        name = self.op.group_name
        wanted = ALL_SET if name is None else [find_group(self.snapshot(), name).uuid]
        self.needed_locks = {c.LEVEL_NODEGROUP: wanted}

    def exec(self, feedback: Feedback) -> ResultWithJobs:
        """Return the jobs; none if all disks are those of external providers, which look after them."""
        config = self.snapshot()
        kinds = {disk.dev_type for disk in config.disks.values()}
        if kinds == {c.DT_EXT}:
            return ResultWithJobs([])
        names = sorted(config.nodegroups[uuid].name for uuid in self.owned(c.LEVEL_NODEGROUP))
        return ResultWithJobs(
            [[opcodes.OpGroupVerifyDisks(group_name=name, is_strict=self.op.is_strict)] for name in names]
        )


def _instances_of_group(config: ConfigData, group_uuid: str) -> list[Instance]:
    return [
        instance
        for instance in config.instances.values()
        if not instance.forthcoming and group_uuid in groups_of_instance(config, instance)
    ]


#: Reasons by node UUID, instances whose disks must be activated, missing [node UUID, volume or file] by instance.
DisksResult = tuple[dict[str, str], list[str], dict[str, list[list[str]]]]


@lu_for(opcodes.OpGroupVerifyDisks)
class LUGroupVerifyDisks(LogicalUnit[opcodes.OpGroupVerifyDisks]):
    """Find the instances of a group whose disks ought to be active and are not."""

    REQ_BGL = False

    def expand_names(self) -> None:
        """Lock the instances of the group; unless strict, those that are free right now."""
        config = self.snapshot()
        self.group_uuid = find_group(config, self.op.group_name).uuid
        self.share_all_levels()
        names = [instance.name for instance in _instances_of_group(config, self.group_uuid)]
        self.needed_locks = {c.LEVEL_INSTANCE: names, c.LEVEL_NODEGROUP: [], c.LEVEL_NODE: []}
        if not self.op.is_strict:
            self.opportunistic_locks = {c.LEVEL_INSTANCE: True, c.LEVEL_NODE: True}
            self.opportunistic_locks_count = {c.LEVEL_INSTANCE: 0, c.LEVEL_NODE: 0}

    def declare_locks(self, level: int) -> None:
        """Lock the groups and nodes of the instances."""
        config = self.snapshot()
        instances = owned_instances(self)
        if level == c.LEVEL_NODEGROUP:
            groups = {group for instance in instances for group in groups_of_instance(config, instance)}
            self.needed_locks[level] = sorted(groups | {self.group_uuid})
        elif level == c.LEVEL_NODE:
            nodes = {uuid for instance in instances for uuid in nodes_of_instance(config, instance)}
            self.needed_locks[level] = sorted(nodes | set(members_of_groups(config, [self.group_uuid])))

    def check_prereq(self) -> None:
        """Check that the group has no more instances than are locked; unless strict, those that are locked will do."""
        config = self.snapshot()
        owned_nodes = self.owned(c.LEVEL_NODE)
        self.instances = [
            instance
            for instance in owned_instances(self)
            if owned_nodes.issuperset(nodes_of_instance(config, instance))
        ]
        wanted = {instance.name for instance in _instances_of_group(config, self.group_uuid)}
        missing = sorted(wanted - {instance.name for instance in self.instances})
        if missing and self.op.is_strict:
            raise errors.OpPrereqError(
                f"Node group {self.op.group_name} changed while this job waited for its locks"
                f" ({', '.join(missing)} would be needed too); retry the operation",
                c.ECODE_STATE,
            )

    def exec(self, feedback: Feedback) -> DisksResult:
        """Ask the nodes.

        Files need no activation: they are there or missing.
        """
        config = self.snapshot()
        active = [instance for instance in self.instances if instance.disks_active]
        found = disk_states.ask(self, disk_states.disks_by_node(config, active))
        missing: dict[str, list[list[str]]] = {}
        for instance in active:
            for uuid in nodes_of_instance(config, instance):
                states = found.states.get(uuid, {})
                lost = [disk for disk in instance.disks if disk in states and not states[disk][0]]
                rows = [[uuid, str(config.disks[disk].logical_id[1])] for disk in lost]
                if rows:
                    missing.setdefault(instance.name, []).extend(rows)
        return dict(found.failures), [], missing
