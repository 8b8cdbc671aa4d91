"""Lookup tables that belong to one snapshot of the configuration.

An index is immutable like its snapshot; a change makes a new one that shares every table the change did not touch.
"""

from collections.abc import Iterable, Mapping

import msgspec

from ganeti.config.changes import Step
from ganeti.objects import ConfigData, Disk, Instance, Network, Node, NodeGroup, secondary_nodes_of


class Index(msgspec.Struct, frozen=True):
    """Tables from names and references to UUIDs.

    Attributes:
      nodes, instances, groups, networks: UUID by name.
      primary_instances, secondary_instances: UUIDs of a node's instances by the node's UUID (no entry: none).
      members: UUIDs of a group's nodes by the group's UUID (no entry: none).
      instance_of_disk: UUID of the instance that a disk is attached to, by the disk's UUID.
    """

    nodes: dict[str, str]
    instances: dict[str, str]
    groups: dict[str, str]
    networks: dict[str, str]
    primary_instances: dict[str, frozenset[str]]
    secondary_instances: dict[str, frozenset[str]]
    members: dict[str, frozenset[str]]
    instance_of_disk: dict[str, str]

    def instances_of_node(self, node_uuid: str) -> frozenset[str]:
        """Return the UUIDs of the instances that have the node as primary or secondary."""
        empty: frozenset[str] = frozenset()
        return self.primary_instances.get(node_uuid, empty) | self.secondary_instances.get(node_uuid, empty)


def secondaries(config: ConfigData, instance: Instance) -> tuple[str, ...]:
    """Return the UUIDs of the secondary nodes of an instance; disks that do not exist are passed over."""
    disks = [config.disks[uuid] for uuid in instance.disks if uuid in config.disks]
    return secondary_nodes_of(instance.primary_node, disks)


def build_index(config: ConfigData) -> Index:
    """Return the index of a snapshot, computed from nothing."""
    primary: dict[str, set[str]] = {}
    secondary: dict[str, set[str]] = {}
    members: dict[str, set[str]] = {}
    for node in config.nodes.values():
        members.setdefault(node.group, set()).add(node.uuid)
    for instance in config.instances.values():
        primary.setdefault(instance.primary_node, set()).add(instance.uuid)
        for node_uuid in secondaries(config, instance):
            secondary.setdefault(node_uuid, set()).add(instance.uuid)
    return Index(
        nodes={node.name: node.uuid for node in config.nodes.values()},
        instances={instance.name: instance.uuid for instance in config.instances.values() if instance.name},
        groups={group.name: group.uuid for group in config.nodegroups.values()},
        networks={network.name: network.uuid for network in config.networks.values()},
        primary_instances=_frozen(primary),
        secondary_instances=_frozen(secondary),
        members=_frozen(members),
        instance_of_disk={disk: instance.uuid for instance in config.instances.values() for disk in instance.disks},
    )


def _frozen(sets: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    return {key: frozenset(values) for key, values in sets.items()}


class _Edits:
    """Edits of all tables, applied at the end so that untouched tables stay the same objects.

    Additions win over removals: an object that takes over a name in the same change as another one gives it up.
    """

    def __init__(self) -> None:
        self.set: dict[str, dict[str, str]] = {}
        self.drop: dict[str, set[str]] = {}
        self.join: dict[str, dict[str, set[str]]] = {}
        self.leave: dict[str, dict[str, set[str]]] = {}

    def name(self, table: str, old: tuple[str, str] | None, new: tuple[str, str] | None) -> None:
        """Replace one (key, value) pair of a table by another."""
        if old == new:
            return
        if old is not None and old[0]:
            self.drop.setdefault(table, set()).add(old[0])
        if new is not None and new[0]:
            self.set.setdefault(table, {})[new[0]] = new[1]

    def membership(self, table: str, member: str, old: Iterable[str], new: Iterable[str]) -> None:
        """Move a member from the sets with the *old* keys to those with the *new* ones."""
        before, after = set(old), set(new)
        for key in before - after:
            self.leave.setdefault(table, {}).setdefault(key, set()).add(member)
        for key in after - before:
            self.join.setdefault(table, {}).setdefault(key, set()).add(member)

    def apply(self, index: Index) -> Index:
        """Return the edited index."""
        new: dict[str, object] = {}
        for table in self.set.keys() | self.drop.keys():
            values: dict[str, str] = dict(getattr(index, table))
            for key in self.drop.get(table, ()):
                values.pop(key, None)
            values.update(self.set.get(table, {}))
            new[table] = values
        for table in self.join.keys() | self.leave.keys():
            sets: dict[str, frozenset[str]] = dict(getattr(index, table))
            leave, join = self.leave.get(table, {}), self.join.get(table, {})
            for key in leave.keys() | join.keys():
                members = (sets.get(key, frozenset()) - leave.get(key, set())) | join.get(key, set())
                if members:
                    sets[key] = members
                else:
                    sets.pop(key, None)
            new[table] = sets
        return msgspec.structs.replace(index, **new) if new else index


_NAME_TABLES: Mapping[type, str] = {Node: "nodes", NodeGroup: "groups", Network: "networks", Instance: "instances"}


def updated_index(index: Index, step: Step) -> Index:
    """Return the index of ``step.after``, *index* being that of ``step.before``."""
    edits = _Edits()
    instances: set[str] = set()
    for old, new in step.changes:
        item = new if new is not None else old
        table = _NAME_TABLES.get(type(item))
        if table is not None:
            edits.name(table, _name_pair(old), _name_pair(new))
        if isinstance(item, Node):
            _edit_members(edits, old, new)
        elif isinstance(item, Instance):
            instances.add(item.uuid)
        elif isinstance(item, Disk):
            owner = index.instance_of_disk.get(item.uuid)
            instances.update([owner] if owner else [])
    for uuid in instances:
        _edit_instance(edits, step, uuid)
    return edits.apply(index)


def _name_pair(item: object) -> tuple[str, str] | None:
    return (item.name, item.uuid) if isinstance(item, (Node, NodeGroup, Network, Instance)) else None


def _edit_members(edits: _Edits, old: object, new: object) -> None:
    item = new if isinstance(new, Node) else old
    if isinstance(item, Node):
        before = [old.group] if isinstance(old, Node) else []
        after = [new.group] if isinstance(new, Node) else []
        edits.membership("members", item.uuid, before, after)


def _edit_instance(edits: _Edits, step: Step, uuid: str) -> None:
    """Update what depends on an instance and on its disks."""
    old, new = step.before.instances.get(uuid), step.after.instances.get(uuid)
    edits.membership("primary_instances", uuid, [old.primary_node] if old else [], [new.primary_node] if new else [])
    edits.membership(
        "secondary_instances",
        uuid,
        secondaries(step.before, old) if old else (),
        secondaries(step.after, new) if new else (),
    )
    before, after = set(old.disks if old else ()), set(new.disks if new else ())
    for disk in before - after:
        edits.name("instance_of_disk", (disk, uuid), None)
    for disk in after - before:
        edits.name("instance_of_disk", None, (disk, uuid))
