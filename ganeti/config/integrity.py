"""Rules that every committed change must obey: references resolve, names and identities are unique.

A change that broke them would leave a configuration that masterd refuses to load. Softer rules are in ``verify``.
"""

from collections.abc import Iterator, Mapping

from ganeti.config import usage
from ganeti.config.changes import SECTIONS, Step, describe
from ganeti.config.index import Index
from ganeti.config.usage import Usage, claims_of, nic_defaults_of
from ganeti.objects import Cluster, ConfigData, Disk, Instance, Network, Node, NodeGroup

#: What only one object may ever use.
_EXCLUSIVE = frozenset({usage.UUIDS, usage.MACS, usage.LVS, usage.SECRETS, usage.MINORS, usage.DISK_OWNERS})


def reference_problems(config: ConfigData, index: Index, step: Step) -> Iterator[str]:
    """Yield the references that a change breaks; *config* and *index* are those after it."""
    for old, new in step.changes:
        if new is None:
            assert old is not None
            yield from _removal_problems(config, index, old)
        elif isinstance(new, Cluster):
            if new.master_node and new.master_node not in config.nodes:
                yield f"The master node {new.master_node} does not exist"
        elif isinstance(new, Node):
            if new.group not in config.nodegroups:
                yield f"Node {new.name} belongs to group {new.group}, which does not exist"
        elif isinstance(new, Instance):
            yield from instance_reference_problems(config, new)


def instance_reference_problems(config: ConfigData, instance: Instance) -> Iterator[str]:
    """Yield the references of an instance that do not resolve."""
    name = instance.name or instance.uuid
    if instance.primary_node not in config.nodes:
        yield f"Instance {name} has primary node {instance.primary_node}, which does not exist"
    for uuid in instance.disks:
        if uuid not in config.disks:
            yield f"Instance {name} has disk {uuid}, which does not exist"


def _removal_problems(config: ConfigData, index: Index, old: object) -> Iterator[str]:
    if isinstance(old, Node):
        if config.cluster.master_node == old.uuid:
            yield f"Node {old.name} is the master"
        for uuid in sorted(index.instances_of_node(old.uuid)):
            yield f"Node {old.name} is a node of instance {config.instances[uuid].name}"
    elif isinstance(old, NodeGroup):
        for uuid in sorted(index.members.get(old.uuid, ())):
            yield f"Node group {old.name} has node {config.nodes[uuid].name}"
    elif isinstance(old, Disk):
        owner = index.instance_of_disk.get(old.uuid)
        if owner is not None:
            yield f"Disk {old.uuid} belongs to instance {config.instances[owner].name}"


def name_problems(before: Index, step: Step) -> Iterator[str]:
    """Yield the names that a change gives to a second object of a kind."""
    tables = {Node: before.nodes, Instance: before.instances, NodeGroup: before.groups, Network: before.networks}
    seen: set[tuple[type, str]] = set()
    for old, new in step.changes:
        if not isinstance(new, (Node, Instance, NodeGroup, Network)) or not new.name:
            continue
        if (type(new), new.name) in seen:
            yield f"{describe(new)} is added twice"
        seen.add((type(new), new.name))
        if isinstance(old, type(new)) and old.name == new.name:
            continue
        holder = tables[type(new)].get(new.name)
        if holder is not None and holder != new.uuid and _still_named(step.after, new, holder):
            yield f"{describe(new)} exists already"


def _still_named(config: ConfigData, new: Node | Instance | NodeGroup | Network, holder: str) -> bool:
    section: Mapping[str, Node | Instance | NodeGroup | Network] = getattr(config, SECTIONS[type(new)])
    found = section.get(holder)
    return found is not None and found.name == new.name


def conflict_problems(step: Step, after: Usage) -> Iterator[str]:
    """Yield what a change makes a second object use; *after* knows the change already.

    Conflicts that were there before do not count: an old configuration must stay changeable.
    """
    old_defaults, new_defaults = nic_defaults_of(step.before), nic_defaults_of(step.after)
    for old, new in step.changes:
        if new is None:
            continue
        known = set(claims_of(old, old_defaults)) if old is not None else set()
        for claim in set(claims_of(new, new_defaults)) - known:
            users = after.users(claim.table, claim.key)
            if claim.table in _EXCLUSIVE and len(users) > 1:
                others = ", ".join(sorted({user for user in users if user != claim.user})) or claim.user
                yield f"{claim.table} {claim.key} of {claim.user} is used by {others} too"
