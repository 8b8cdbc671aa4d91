"""What the master's core needs everywhere: the configuration, the nodes, the locks, and the way to logical units."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ganeti.config import ConfigStore
    from ganeti.locking import LockManager
    from ganeti.mcpu.lu import LogicalUnitApi, LuEnv
    from ganeti.objects import Node
    from ganeti.opcodes import OpCode
    from ganeti.rpc.client import RpcClient


class QueueMembers(Protocol):
    """What logical units tell the job queue when the set of master candidates changes."""

    def add_node(self, node: "Node") -> None:
        """Copy the live queue to *node* (a new, re-added or promoted candidate) and replicate to it from now on."""

    def remove_node(self, node_uuid: str) -> None:
        """Stop replicating to a node."""


@dataclass(frozen=True)
class MasterContext:
    """The services of the master process; made once at start.

    ``create_lu`` makes the logical unit of an opcode (``ganeti.cmdlib.base.create_lu``). ``query`` answers the opcodes
    that are queries (the query engine; its type is known to ``cmdlib.query`` only). ``master_may_have_hooks`` tells
    whether a directory of hooks (``pathutils.hooks_dir``) may hold anything on the master, which runs this process.
    """

    config: "ConfigStore"
    rpc: "RpcClient"
    locks: "LockManager"
    create_lu: "Callable[[OpCode, LuEnv], LogicalUnitApi]"
    queue: QueueMembers | None = None
    query: Any = None
    master_may_have_hooks: Callable[[str], bool] = lambda _directory: True
