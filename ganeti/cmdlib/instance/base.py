"""What logical units of one existing instance share: names, locks, hooks."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

import msgspec

from ganeti import constants as c
from ganeti.cmdlib.base import LogicalUnit
from ganeti.cmdlib.instance.disks import disks_of, is_only_planned
from ganeti.cmdlib.instance.hooks_env import instance_env
from ganeti.cmdlib.locks import (
    check_instance_nodes,
    copy_node_locks,
    lock_instance,
    lock_nodes_of_instances,
    locked_instance,
    nodes_of_instance,
)
from ganeti.errors import OpPrereqError
from ganeti.objects import Disk, Instance
from ganeti.objects.wire import ReasonTrail
from ganeti.opcodes.base import OpCode

OpT = TypeVar("OpT", bound=OpCode)


class InstanceLu(LogicalUnit[OpT]):
    """A unit that works on one existing instance, which ``check_prereq`` of the subclass loads first.

    ``LOCK_NODES`` locks the instance's nodes, ``LOCK_NODE_RES`` their storage too, all exclusively.
    ``ALLOW_FORTHCOMING`` accepts instances that are only planned, ``ALLOW_UNFINISHED`` what a creation left behind that
    was cut off.
    """

    HTYPE = c.HTYPE_INSTANCE
    REQ_BGL = False
    LOCK_NODES: ClassVar[bool] = False
    LOCK_NODE_RES: ClassVar[bool] = False
    ALLOW_FORTHCOMING: ClassVar[bool] = False
    ALLOW_UNFINISHED: ClassVar[bool] = False

    #: Set by ``load_instance``.
    instance: Instance

    def expand_names(self) -> None:
        """Lock the instance; its nodes are known only then."""
        # One that is just being created is waited for; whether it is complete is seen under the lock.
        lock_instance(self, allow_forthcoming=True)
        if self.LOCK_NODES:
            self.needed_locks[c.LEVEL_NODE] = []
        if self.LOCK_NODE_RES:
            self.needed_locks[c.LEVEL_NODE_RES] = []

    def declare_locks(self, level: int) -> None:
        """Lock the nodes of the instance, as it is now."""
        if level == c.LEVEL_NODE and self.LOCK_NODES:
            lock_nodes_of_instances(self)
        elif level == c.LEVEL_NODE_RES and self.LOCK_NODE_RES:
            copy_node_locks(self)

    def load_instance(self) -> Instance:
        """Return the locked instance as it is now; raises OpPrereqError if what was locked no longer fits."""
        self.instance = locked_instance(self)
        self._check_exists()
        if self.LOCK_NODES:
            check_instance_nodes(self, self.instance)
        return self.instance

    def _check_exists(self) -> None:
        """Refuse an instance that is only planned, or whose creation was not finished."""
        instance = self.instance
        if not instance.forthcoming:
            return
        if not is_only_planned(instance, self.disks()):
            if not self.ALLOW_UNFINISHED:
                raise OpPrereqError(
                    f"The creation of instance '{instance.name}' was not finished; remove what exists of it with"
                    f" 'gnt-instance remove {instance.name}'"
                )
        elif not self.ALLOW_FORTHCOMING:
            raise OpPrereqError(f"Instance '{instance.name}' is only forthcoming, create it first")

    # hooks

    def extra_hooks_env(self) -> Mapping[str, object]:
        """Return the variables of this operation."""
        return {}

    def build_hooks_env(self) -> dict[str, object]:
        """Return the variables about the instance and this operation."""
        # After a rename or removal, the object of the beginning is what hooks are about.
        instance = self.snapshot().instances.get(self.instance.uuid, self.instance)
        return {**instance_env(self.snapshot(), instance), **self.extra_hooks_env()}

    def build_hooks_nodes(self) -> tuple[list[str], list[str]]:
        """Run hooks on the master and on the instance's nodes."""
        nodes = self.hook_nodes()
        return nodes, nodes

    def hook_nodes(self, *more: str) -> list[str]:
        """Return the master, the instance's nodes and *more*, each once."""
        config = self.snapshot()
        own = nodes_of_instance(config, self.instance)
        return list(dict.fromkeys([config.cluster.master_node, *own, *more]))

    # for use by units

    def disks(self) -> list[Disk]:
        """Return the disks of the instance in order."""
        return disks_of(self.snapshot(), self.instance)

    def reload(self) -> Instance:
        """Return the instance after changes."""
        self.instance = self.snapshot().instances[self.instance.uuid]
        return self.instance

    def node_name(self, uuid: str) -> str:
        """Return the name of a node."""
        return self.snapshot().nodes[uuid].name


def reason_of(op: OpCode) -> ReasonTrail:
    """Return the reason trail of an opcode for nodes; entries of foreign shape are left out."""
    trail: ReasonTrail = []
    for entry in op.reason or []:
        try:
            source, text, stamp = entry
        except (TypeError, ValueError):
            continue
        trail.append((str(source), str(text), int(stamp) if isinstance(stamp, (int, float)) else 0))
    return trail


def replace_op(op: OpT, **fields: Any) -> OpT:
    """Return an opcode with some parameters replaced."""
    return msgspec.structs.replace(op, **fields)
