"""The nodes of a new instance: locking those that may become its nodes, and letting an allocator choose among them."""

import dataclasses

from ganeti import constants as c
from ganeti.cmdlib.allocation import solve
from ganeti.cmdlib.base import ALL_SET, LogicalUnit, Names
from ganeti.cmdlib.instance.base import replace_op
from ganeti.cmdlib.instance.create_plan import InstancePlan
from ganeti.cmdlib.locks import members_of_groups
from ganeti.cmdlib.names import find_group, find_node
from ganeti.errors import OpPrereqError, ResultValidationError
from ganeti.iallocator.requests import Allocate, NewDisk, NewInstance, nodes_needed
from ganeti.opcodes.instance import OpInstanceCreate


def lock_named_nodes(lu: LogicalUnit[OpInstanceCreate]) -> None:
    """Complete the names of the nodes that the opcode gives and ask for their locks; for ``expand_names``."""
    config = lu.snapshot()
    primary = find_node(config, str(lu.op.pnode), lu.op.pnode_uuid)
    lu.op = replace_op(lu.op, pnode=primary.name, pnode_uuid=primary.uuid)
    nodes = [primary]
    if lu.op.snode is not None:
        secondary = find_node(config, lu.op.snode, lu.op.snode_uuid)
        lu.op = replace_op(lu.op, snode=secondary.name, snode_uuid=secondary.uuid)
        nodes.append(secondary)
    _lock(lu, sorted({node.group for node in nodes}), sorted({node.uuid for node in nodes}))


def lock_candidates(lu: LogicalUnit[OpInstanceCreate]) -> None:
    """Ask for the locks of all nodes, or those of the wanted group, of which an allocator will choose; likewise.

    With opportunistic locking those that are free right now will do.
    """
    config, op = lu.snapshot(), lu.op
    if op.group_name is None:
        _lock(lu, ALL_SET, ALL_SET)
    else:
        group = find_group(config, op.group_name)
        _lock(lu, [group.uuid], sorted(members_of_groups(config, [group.uuid])))
    if op.opportunistic_locking:
        for level in (c.LEVEL_NODE, c.LEVEL_NODE_RES):
            lu.opportunistic_locks[level] = True
            lu.opportunistic_locks_count[level] = nodes_needed(op.disk_template or c.DT_DISKLESS)


def _lock(lu: LogicalUnit[OpInstanceCreate], groups: Names, nodes: Names) -> None:
    lu.needed_locks = {c.LEVEL_NODEGROUP: groups, c.LEVEL_NODE: nodes, c.LEVEL_NODE_RES: nodes}
    lu.share_locks[c.LEVEL_NODEGROUP] = True


def allocate(lu: LogicalUnit[OpInstanceCreate], plan: InstancePlan) -> InstancePlan:
    """Return the plan with the nodes that the allocator of the opcode chooses among the locked ones.

    Raises OpPrereqError: insufficient_resources, or temp_insufficient_resources if other nodes were busy.
    """
    config, op = lu.snapshot(), lu.op
    usable = lu.owned(c.LEVEL_NODE) & lu.owned(c.LEVEL_NODE_RES)
    whitelist = tuple(sorted(config.nodes[uuid].name for uuid in usable)) if op.opportunistic_locking else None
    chosen = solve(
        lu,
        str(op.iallocator),
        Allocate(new_instance(plan, op.group_name), whitelist),
        ecode=c.ECODE_TEMP_NORES if op.opportunistic_locking else c.ECODE_NORES,
    )
    names = [node.name for node in chosen]
    lu.log_info(f"Selected nodes for instance {plan.name} via iallocator {op.iallocator}: {', '.join(names)}")
    others = [node.name for node in chosen if node.uuid not in usable]
    if others:
        raise ResultValidationError(
            f"iallocator chose nodes that are not among those it was to choose from: {', '.join(others)}"
        )
    primary, *secondaries = [node.uuid for node in chosen]
    return dataclasses.replace(plan, primary=primary, secondary=secondaries[0] if secondaries else None)


def keep_chosen(lu: LogicalUnit[OpInstanceCreate], plan: InstancePlan) -> None:
    """Give back the locks of everything but the nodes of the plan and their groups."""
    config = lu.snapshot()
    lu.locks.keep(c.LEVEL_NODE, plan.nodes())
    lu.locks.keep(c.LEVEL_NODE_RES, plan.nodes())
    lu.locks.keep(c.LEVEL_NODEGROUP, {config.nodes[uuid].group for uuid in plan.nodes()})


def check_nodes_exist(lu: LogicalUnit[OpInstanceCreate]) -> None:
    """Check that no node went away before it was locked; raises OpPrereqError (wrong_state)."""
    nodes = lu.snapshot().nodes
    if any(uuid not in nodes for uuid in lu.owned(c.LEVEL_NODE)):
        raise OpPrereqError("A node was removed since locks were acquired; retry the operation", c.ECODE_STATE)


def new_instance(plan: InstancePlan, group_name: str | None) -> NewInstance:
    """Return the instance as allocators are told of it."""
    return NewInstance(
        name=plan.name,
        template=plan.template,
        hypervisor=plan.hypervisor,
        memory=int(plan.be_filled[c.BE_MAXMEM]),
        vcpus=int(plan.be_filled[c.BE_VCPUS]),
        spindle_use=int(plan.be_filled[c.BE_SPINDLE_USE]),
        disks=tuple(NewDisk(disk.size, disk.mode, disk.name, disk.vg, disk.spindles) for disk in plan.disks),
        nics=plan.nics,
        os=plan.os or None,
        tags=plan.tags,
        group_name=group_name,
    )
