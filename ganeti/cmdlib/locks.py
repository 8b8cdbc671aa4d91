"""Steps that many logical units share when they say which locks they need and check them afterwards."""

from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from ganeti import constants as c
from ganeti.cmdlib.base import ALL_SET, LogicalUnit
from ganeti.cmdlib.names import find_instance
from ganeti.config.index import Index
from ganeti.errors import OpPrereqError, ProgrammerError
from ganeti.objects import ConfigData, Instance
from ganeti.objects import nodes_of_instance as nodes_of_instance


def groups_of_instance(config: ConfigData, instance: Instance, *, primary_only: bool = False) -> frozenset[str]:
    """Return the UUIDs of the node groups in which an instance has nodes."""
    nodes = nodes_of_instance(config, instance)[: 1 if primary_only else None]
    return frozenset(config.nodes[uuid].group for uuid in nodes)


def members_of_groups(config: ConfigData, group_uuids: Collection[str]) -> list[str]:
    """Return the UUIDs of all nodes in the groups."""
    return [node.uuid for node in config.nodes.values() if node.group in group_uuids]


def instances_of_group(
    config: ConfigData, index: Index, group_uuid: str, *, primary_only: bool = False
) -> list[Instance]:
    """Return the instances that have a node (with *primary_only* their primary one) in a group, sorted by name."""
    found: set[str] = set()
    for node in index.members.get(group_uuid, ()):
        found |= index.primary_instances.get(node, frozenset()) if primary_only else index.instances_of_node(node)
    return sorted((config.instances[uuid] for uuid in found), key=lambda instance: instance.name)


def lock_instance(lu: LogicalUnit[Any], *, allow_forthcoming: bool = False) -> Instance:
    """Complete ``op.instance_name`` and ``op.instance_uuid`` and ask for the lock of that instance; return it.

    For ``expand_names``. Raises OpPrereqError for a name that is unknown or means another instance than the UUID.
    """
    op = lu.op
    instance = find_instance(lu.snapshot(), op.instance_name, op.instance_uuid, allow_forthcoming=allow_forthcoming)
    lu.op = msgspec.structs.replace(op, instance_name=instance.name, instance_uuid=instance.uuid)
    if c.LEVEL_INSTANCE in lu.needed_locks:
        raise ProgrammerError(f"{type(lu).__name__} has declared instance locks already")
    lu.needed_locks[c.LEVEL_INSTANCE] = [instance.name]
    return instance


def locked_instance(lu: LogicalUnit[Any]) -> Instance:
    """Return the instance that ``lock_instance`` named, as it is now that it is locked.

    For ``declare_locks`` and ``check_prereq``. Raises OpPrereqError if it was removed or replaced while the job waited.
    """
    instance = lu.snapshot().instances.get(lu.op.instance_uuid)
    if instance is None or instance.name != lu.op.instance_name:
        raise OpPrereqError(
            f"Instance '{lu.op.instance_name}' was removed or renamed while this job waited for its lock",
            c.ECODE_NOENT,
        )
    if instance.name not in lu.owned(c.LEVEL_INSTANCE):
        raise ProgrammerError(f"{type(lu).__name__} does not hold the lock of {instance.name}")
    return instance


def owned_instances(lu: LogicalUnit[Any]) -> list[Instance]:
    """Return the instances whose locks are held, sorted by name."""
    config, index = lu.cfg.snapshot_with_index()
    uuids = (index.instances.get(name) for name in sorted(lu.owned(c.LEVEL_INSTANCE)))
    return [config.instances[uuid] for uuid in uuids if uuid is not None]


def lock_nodes_of_instances(
    lu: LogicalUnit[Any],
    *,
    primary_only: bool = False,
    append: bool = False,
    level: int = c.LEVEL_NODE,
) -> None:
    """Ask for the locks of the nodes that the locked instances use; with *append* besides those asked for already.

    For ``declare_locks``, at *level* (node or node-res).
    """
    config = lu.snapshot()
    nodes: set[str] = set()
    for instance in owned_instances(lu):
        nodes.update(nodes_of_instance(config, instance)[: 1 if primary_only else None])
    if append:
        before = lu.needed_locks.get(level, [])
        if before is ALL_SET:
            return
        nodes.update(before)
    lu.needed_locks[level] = sorted(nodes)


def copy_node_locks(lu: LogicalUnit[Any]) -> None:
    """Ask for the same node-res locks as the node locks that are held; for ``declare_locks``."""
    lu.needed_locks[c.LEVEL_NODE_RES] = sorted(lu.owned(c.LEVEL_NODE))
    lu.share_locks.setdefault(c.LEVEL_NODE_RES, lu.share_locks.get(c.LEVEL_NODE, False))


def check_still_covered(kind: str, name: str, what: str, needed: Iterable[str], owned: Collection[str]) -> None:
    """Check that locks which were computed without holding anything are still the right ones.

    Raises OpPrereqError (wrong_state), for example: *kind* Instance, *name* web1, *what* "node groups".
    """
    missing = sorted(set(needed) - set(owned))
    if missing:
        raise OpPrereqError(
            f"{kind} '{name}': {what} changed since locks were acquired, {', '.join(missing)} would be needed too;"
            " retry the operation",
            c.ECODE_STATE,
        )


def check_instance_groups(lu: LogicalUnit[Any], instance: Instance, *, primary_only: bool = False) -> frozenset[str]:
    """Check that the groups of *instance* are locked and return them.

    Raises OpPrereqError (wrong_state).
    """
    groups = groups_of_instance(lu.snapshot(), instance, primary_only=primary_only)
    check_still_covered("Instance", instance.name, "node groups", groups, lu.owned(c.LEVEL_NODEGROUP))
    return groups


def check_instance_nodes(lu: LogicalUnit[Any], instance: Instance, level: int = c.LEVEL_NODE) -> tuple[str, ...]:
    """Check that the nodes of *instance* are locked and return them, primary first.

    Raises OpPrereqError (wrong_state).
    """
    nodes = nodes_of_instance(lu.snapshot(), instance)
    check_still_covered("Instance", instance.name, "nodes", nodes, lu.owned(level))
    return nodes
