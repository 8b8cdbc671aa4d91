"""Moving an instance to a node that has or can reach its disks: what failover and migration check alike."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

from ganeti import constants as c
from ganeti.cmdlib.allocation import allocator_or_node, solve
from ganeti.cmdlib.base import ALL_SET
from ganeti.cmdlib.instance import checks, nodechecks
from ganeti.cmdlib.instance.base import InstanceLu, replace_op
from ganeti.cmdlib.instance.disks import disks_of
from ganeti.cmdlib.instance.ipolicy import check_target_policy
from ganeti.cmdlib.locks import copy_node_locks, lock_nodes_of_instances, locked_instance
from ganeti.cmdlib.names import find_node
from ganeti.errors import ConfigurationError, OpPrereqError
from ganeti.iallocator.requests import Relocate
from ganeti.objects import ConfigData, Disk, Instance, secondary_nodes_of
from ganeti.objects.fill import fill_be
from ganeti.opcodes.instance import OpInstanceFailover, OpInstanceMigrate

OpT = TypeVar("OpT", OpInstanceFailover, OpInstanceMigrate)


class RelocationOp(Protocol):
    """The parameters that both opcodes have."""

    target_node: str | None
    iallocator: str | None
    ignore_ipolicy: bool
    cleanup: bool


@dataclass(frozen=True)
class Relocation:
    """An instance and the nodes (UUIDs) it moves between.

    ``is_external``: the target reaches the disks by itself, nothing is mirrored by us.
    """

    instance: Instance
    source: str
    target: str
    is_external: bool

    @property
    def nodes(self) -> list[str]:
        """Both nodes."""
        return [self.source, self.target]


def is_external(disks: "list[Disk] | tuple[Disk, ...]") -> bool:
    """Tell whether other nodes reach all disks by themselves; an instance without disks counts as such.

    Raises OpPrereqError if some disks are not mirrored at all, or mirrors of both kinds are mixed.
    """
    kinds = {disk.dev_type for disk in disks}
    unmirrored = sorted(kinds - set(c.DTS_MIRRORED))
    if unmirrored:
        raise OpPrereqError(
            f"Instance's disk layout '{', '.join(unmirrored)}' does not allow failover or migration", c.ECODE_STATE
        )
    internal = kinds & set(c.DTS_INT_MIRROR)
    if internal and kinds - internal:
        raise OpPrereqError("Instance with internally and externally mirrored disks cannot be moved", c.ECODE_STATE)
    return not internal


def choose_target(config: ConfigData, instance: Instance, op: Any, allocate: Callable[[str], str]) -> tuple[str, bool]:
    """Return (target, is external) for an instance.

    *allocate* asks the allocator with a given name for a node (UUID). Raises OpPrereqError.
    """
    disks = disks_of(config, instance)
    external = is_external(disks)
    wanted: str | None = op.target_node_uuid
    if not external:
        secondaries = secondary_nodes_of(instance.primary_node, disks)
        if not secondaries:
            raise ConfigurationError(f"No secondary node but using {disks[0].dev_type} disk template")
        if op.iallocator is not None or wanted not in (None, secondaries[0]):
            raise OpPrereqError(
                f"Instances with disk template {disks[0].dev_type} cannot be moved to arbitrary nodes, only to their"
                " secondary node",
                c.ECODE_INVAL,
            )
        return secondaries[0], external
    allocator = allocator_or_node(config.cluster, op.iallocator, wanted, "name a target node")
    if allocator is not None:
        wanted = allocate(allocator)
    assert wanted is not None
    if wanted == instance.primary_node:
        name = nodechecks.node_name(config, wanted)
        raise OpPrereqError(f"Cannot migrate instance {instance.name} to its primary ({name})", c.ECODE_STATE)
    return wanted, external


class RelocationLu(InstanceLu[OpT]):
    """Locks and prerequisites of failover and migration."""

    LOCK_NODES: ClassVar[bool] = False

    #: Set by ``check_prereq``, unless something is only cleaned up.
    move: Relocation | None = None

    def expand_names(self) -> None:
        """Lock the instance, and the nodes between which it moves as far as they are known."""
        super().expand_names()
        if self.op.target_node is not None:
            node = find_node(self.snapshot(), self.op.target_node, self.op.target_node_uuid)
            self.op = replace_op(self.op, target_node=node.name, target_node_uuid=node.uuid)
        self.needed_locks[c.LEVEL_NODE] = []
        self.needed_locks[c.LEVEL_NODE_RES] = []

    def declare_locks(self, level: int) -> None:
        """Lock source and target; all nodes if an instance that can move anywhere shall be found and cleaned up."""
        if level == c.LEVEL_NODE:
            instance = locked_instance(self)
            disks = disks_of(self.snapshot(), instance)
            anywhere = all(disk.dev_type in c.DTS_EXT_MIRROR for disk in disks)
            if anywhere and self.op.target_node_uuid is None:
                self.needed_locks[level] = ALL_SET
                return
            if anywhere and self.op.target_node_uuid is not None:
                self.needed_locks[level] = [self.op.target_node_uuid]
            lock_nodes_of_instances(self, append=True)
        elif level == c.LEVEL_NODE_RES:
            copy_node_locks(self)

    def check_move(self, *, failover: bool) -> int | None:
        """Check that the instance can be on the target; returns the target's free memory in MiB if that matters.

        Sets ``move``. Raises OpPrereqError.
        """
        config, instance, op = self.snapshot(), self.instance, self.op
        target, external = choose_target(config, instance, op, self._allocate)
        self.move = Relocation(instance, instance.primary_node, target, external)
        self.keep_locks(self.move.nodes)
        check_target_policy(self.log, config, instance, config.nodes[target], ignore=op.ignore_ipolicy)
        nodechecks.check_online(config, target)
        nodechecks.check_not_drained(config, target)
        nodechecks.check_vm_capable(config, target)
        free = None
        if not failover or instance.admin_state == c.ADMINST_UP:
            be = fill_be(config.cluster, instance.beparams)
            what = f"{'failing over' if failover else 'migrating'} instance {instance.name}"
            free = checks.check_free_memory(self, target, what, int(be[c.BE_MINMEM]), instance.hypervisor)
        else:
            self.log_info("Not checking memory on the secondary node as instance will not be started")
        checks.check_bridges(self, instance.nics, target)
        return free

    def _allocate(self, allocator: str) -> str:
        """Return the node that an allocator chooses for the instance."""
        node = solve(self, allocator, Relocate(self.instance))
        self.log_info(f"Selected node for instance {self.instance.name} via iallocator {allocator}: {node.name}")
        return node.uuid

    def keep_locks(self, nodes: list[str]) -> None:
        """Give back the locks of all other nodes."""
        self.locks.keep(c.LEVEL_NODE, nodes)
        self.locks.keep(c.LEVEL_NODE_RES, nodes)

    def hook_targets(self) -> list[str]:
        """Return the node (UUID) to which the instance shall go, as far as it is known."""
        if self.move is not None:
            return [self.move.target]
        return [self.op.target_node_uuid] if self.op.target_node_uuid else []

    def relocation_env(self) -> dict[str, object]:
        """Return the variables about where the instance is and goes."""
        config = self.snapshot()
        source = nodechecks.node_name(config, self.instance.primary_node)
        target = "".join(nodechecks.node_name(config, uuid) for uuid in self.hook_targets())
        is_mirrored = self.move is not None and not self.move.is_external
        old, new = (target, source) if is_mirrored else ("", "")
        return {"OLD_PRIMARY": source, "NEW_PRIMARY": target, "OLD_SECONDARY": old, "NEW_SECONDARY": new}
