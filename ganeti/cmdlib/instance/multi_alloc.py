"""OP_INSTANCE_MULTI_ALLOC: nodes for several new instances at once, and one job for each of them."""

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cmdlib.allocation import allocator_or_default, solve
from ganeti.cmdlib.base import ALL_SET, Feedback, LogicalUnit, ResultWithJobs, lu_for
from ganeti.cmdlib.instance.base import replace_op
from ganeti.cmdlib.instance.create_arguments import check_create_arguments
from ganeti.cmdlib.instance.create_nodes import new_instance
from ganeti.cmdlib.instance.create_plan import Sources, make_plan
from ganeti.cmdlib.instance.naming import check_name_free
from ganeti.cmdlib.instance.nic_addresses import reserve_mac
from ganeti.cmdlib.locks import copy_node_locks
from ganeti.cmdlib.names import find_group, find_node
from ganeti.errors import OpPrereqError
from ganeti.iallocator.requests import MultiAllocate, NewInstance, nodes_needed
from ganeti.opcodes.instance import OpInstanceCreate, OpInstanceMultiAlloc


def _invalid(text: str) -> OpPrereqError:
    return OpPrereqError(text, c.ECODE_INVAL)


def creations_of(op: OpInstanceMultiAlloc) -> list[OpInstanceCreate]:
    """Return the creations that are wanted; raises OpPrereqError (wrong_input)."""
    ops: list[OpInstanceCreate] = opcodes.with_carried(op).instances
    for single in ops:
        if single.iallocator is not None:
            raise _invalid(f"Instance '{single.instance_name}': a single one cannot have an iallocator of its own")
    return ops


def check_consistent(ops: list[OpInstanceCreate]) -> bool:
    """Tell whether the instances have nodes already; raises OpPrereqError (wrong_input) if only some do."""
    names = [op.instance_name.lower() for op in ops]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise _invalid(f"There are duplicate instance names: {', '.join(twice)}")
    placed = [op.pnode is not None for op in ops]
    if any(placed) and not all(placed):
        raise _invalid("Either all instances must have nodes or none of them")
    return any(placed)


@lu_for(OpInstanceMultiAlloc)
class LUInstanceMultiAlloc(LogicalUnit[OpInstanceMultiAlloc]):
    """Let an allocator find nodes for several instances, each knowing of the others; jobs create them."""

    REQ_BGL = False

    #: Set by ``check_arguments``: as they are wanted, and whom to ask unless all have nodes.
    creations: list[OpInstanceCreate]
    allocator: str | None = None

    def check_arguments(self) -> None:
        """Check every creation as far as that is possible without nodes."""
        cluster = self.snapshot().cluster
        ops = creations_of(self.op)
        if not check_consistent(ops):
            self.allocator = allocator_or_default(cluster, self.op.iallocator, "name nodes")
            ops = [replace_op(op, iallocator=self.allocator) for op in ops]
        elif self.op.iallocator is not None:
            raise _invalid("Do not specify both, iallocator and node")
        elif self.op.opportunistic_locking:
            raise _invalid("Opportunistic locking is only available in combination with an instance allocator")
        self._checked = [check_create_arguments(op, cluster, self.log) for op in ops]
        self.creations = [checked.op for checked in self._checked]

    def expand_names(self) -> None:
        """Lock, shared, all nodes or those that are named: the jobs lock what they change."""
        config = self.snapshot()
        for op in self.creations:
            check_name_free(self.cfg.index(), op.instance_name)
            if op.group_name is not None:
                find_group(config, op.group_name)
        self.share_all_levels()
        if self.allocator is None:
            named = [name for op in self.creations for name in (op.pnode, op.snode) if name is not None]
            uuids = sorted({find_node(config, name).uuid for name in named})
            self.needed_locks = {c.LEVEL_NODE: uuids, c.LEVEL_NODE_RES: uuids}
            return
        self.needed_locks = {c.LEVEL_NODE: ALL_SET, c.LEVEL_NODE_RES: ALL_SET}
        if self.op.opportunistic_locking:
            most = max((nodes_needed(op.disk_template or c.DT_DISKLESS) for op in self.creations), default=1)
            for level in (c.LEVEL_NODE, c.LEVEL_NODE_RES):
                self.opportunistic_locks[level] = True
                self.opportunistic_locks_count[level] = most

    def declare_locks(self, level: int) -> None:
        """Lock the storage of the same nodes."""
        if level == c.LEVEL_NODE_RES:
            copy_node_locks(self)

    def check_prereq(self) -> None:
        """Ask the allocator."""
        self._allocatable = [op.instance_name for op in self.creations]
        self._failed: list[str] = []
        if self.allocator is not None and self.creations:
            found = solve(self, self.allocator, MultiAllocate(tuple(self._requests())))
            self._allocatable = [name for name in self._allocatable if name in found.nodes]
            self._failed = list(found.failed)
            nodes = {name: [node.name for node in chosen] for name, chosen in found.nodes.items()}
            self.creations = [
                _placed(op, nodes[op.instance_name]) for op in self.creations if op.instance_name in nodes
            ]
        self.dry_run_result = self._report()

    def _requests(self) -> list[NewInstance]:
        """Return the instances as allocators are told of them; MAC addresses stay symbolic."""
        config = self.snapshot()
        sources = Sources(
            reserve_mac=lambda mac: reserve_mac(self, mac),
            new_uuid=lambda: self.cfg.reservations.generate_uuid(self.ec_id),
        )
        plans = [
            (make_plan(config, op, sources, primary="", secondary=None, ip=checked.resolved_ip), op.group_name)
            for op, checked in zip(self.creations, self._checked, strict=True)
        ]
        return [new_instance(plan, group_name) for plan, group_name in plans]

    def _report(self) -> dict[str, list[str]]:
        return {"allocatable": self._allocatable, "failed": self._failed}

    def exec(self, feedback: Feedback) -> ResultWithJobs:
        """Return one job for each instance that has nodes."""
        if self._failed:
            self.log_warning(f"There is no room for instances {', '.join(self._failed)}")
        return ResultWithJobs([[op] for op in self.creations], self._report())


def _placed(op: OpInstanceCreate, nodes: list[str]) -> OpInstanceCreate:
    """Return the creation on the nodes that were chosen, primary first."""
    primary, *secondaries = nodes
    return replace_op(
        op,
        pnode=primary,
        snode=secondaries[0] if secondaries else None,
        iallocator=None,
        opportunistic_locking=False,
    )
