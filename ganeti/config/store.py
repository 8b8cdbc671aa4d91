"""The configuration store: one immutable snapshot at a time, changed under a mutex, made durable by another thread.

Readers call ``snapshot`` and never wait. A change is a function on a ``Draft``; it is checked, gets serial numbers and
time stamps, and is swapped in whole. It is visible at once and durable after ``wait_durable``, which the job processor
calls before it reports an opcode as finished. Nothing here waits for a disk or a node while it holds the mutex.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from ganeti import errors
from ganeti.config import integrity, operations, verify
from ganeti.config.changes import Change, ConfigItem, Step
from ganeti.config.distribute import NodeStatus, undelivered
from ganeti.config.draft import Draft, KeyedT
from ganeti.config.index import Index, build_index, updated_index
from ganeti.config.reservations import Reservations
from ganeti.config.usage import Usage
from ganeti.objects import Cluster, ConfigData, Disk, FilterRule, Instance, Network, Node, NodeGroup

_LOG = logging.getLogger(__name__)

T = TypeVar("T")
ItemT = TypeVar("ItemT", bound=ConfigItem)


class Durability(Protocol):
    """Makes snapshots durable and known to other nodes (``writer.ConfigWriter``)."""

    def offer(self, config: ConfigData, index: Index) -> None:
        """Take a newer snapshot; returns at once."""

    def wait_usable(self) -> None:
        """Like ``check_usable``, but first wait a while for an obstacle that may pass. The mutex is not held."""

    def check_usable(self) -> None:
        """Raise ConfigurationError if nothing may be changed (this node is not the master any more)."""

    def wait_durable(self, serial_no: int) -> None:
        """Wait until this or a newer serial number is on disk; raises ConfigurationError if it cannot be written."""

    def wait_distributed(self, serial_no: int) -> None:
        """Wait until every node was sent (or could not be sent) this or a newer serial number."""

    def resend(self) -> None:
        """Let every node be sent everything again."""

    def node_status(self) -> Mapping[str, NodeStatus]:
        """Return how far each node is, by its UUID."""

    def close(self) -> None:
        """Write what is left and end."""


class MemoryOnly:
    """Keeps nothing: for tests and programs that only compute on a configuration."""

    def offer(self, config: ConfigData, index: Index) -> None:
        """Forget the snapshot."""

    def wait_usable(self) -> None:
        """Nothing can go wrong."""

    def check_usable(self) -> None:
        """Nothing can go wrong."""

    def wait_durable(self, serial_no: int) -> None:
        """There is nothing to wait for."""

    def wait_distributed(self, serial_no: int) -> None:
        """There is nothing to wait for."""

    def resend(self) -> None:
        """There is nobody to send anything to."""

    def node_status(self) -> Mapping[str, NodeStatus]:
        """Nothing is known of any node."""
        return {}

    def close(self) -> None:
        """There is nothing to end."""


def needs_synchronous_distribution(before: ConfigData, after: ConfigData) -> bool:
    """Tell whether other nodes must know of a change before the one who made it goes on (who may talk to whom)."""
    old, new = before.cluster, after.cluster
    if old is not new and (
        old.candidate_certs != new.candidate_certs
        or old.master_node != new.master_node
        or old.enabled_user_shutdown != new.enabled_user_shutdown
        or old.enabled_hypervisors != new.enabled_hypervisors
    ):
        return True
    if before.nodes is after.nodes:
        return False

    def relevant(config: ConfigData) -> Mapping[str, object]:
        master = config.cluster.master_node
        return {
            node.uuid: node if node.master_candidate or node.uuid == master else node.vm_capable
            for node in config.nodes.values()
        }

    return relevant(before) != relevant(after)


class ConfigStore:
    """The current configuration."""

    def __init__(self, config: ConfigData, durability: Durability | None = None) -> None:
        """Hold *config*, which is on disk already; changes go to *durability* (None: stay in memory)."""
        self._mutex = threading.RLock()
        self._config = config
        self._index = build_index(config)
        self._usage = Usage(config)
        self._is_changing = False
        #: ``listener`` of each thread: who is told what its changes leave inconsistent.
        self._local = threading.local()
        self._durability: Durability = durability if durability is not None else MemoryOnly()
        #: What running jobs have set aside.
        self.reservations = Reservations(self._mutex, self.snapshot, lambda: self._usage)

    # reading

    def snapshot(self) -> ConfigData:
        """Return the current configuration; it never changes."""
        return self._config

    def index(self) -> Index:
        """Return lookup tables of the current configuration (which may be newer than a snapshot taken before)."""
        return self._index

    def snapshot_with_index(self) -> tuple[ConfigData, Index]:
        """Return the current configuration and the lookup tables that belong to it."""
        with self._mutex:
            return self._config, self._index

    # changing

    @contextlib.contextmanager
    def reporting_to(self, listener: Callable[[str], None]) -> Iterator[None]:
        """Tell *listener* what the changes that this thread makes inside of the block leave inconsistent."""
        self._local.listener = listener
        try:
            yield
        finally:
            self._local.listener = None

    def transact(self, change: Callable[[Draft], T], owner: str | None = None) -> T:
        """Apply a change as a whole or not at all; returns what *change* returns.

        *owner* is the job whose reserved addresses are committed if instances change. Problems of the resulting
        configuration that need not stop the change are logged and told to who asked for them (``reporting_to``). If
        other nodes must know of the change at once (master candidates, certificates), returns only when they were told.

        Raises ConfigurationError if the change breaks the configuration or was made on an outdated object, and
        AddressPoolError; the configuration is as before then. A ConfigurationError about writing comes after the
        change is in force, and only where nodes must be told. *change* must be quick: everybody else waits.
        """
        self._durability.wait_usable()
        with self._mutex:
            self._durability.check_usable()
            draft = Draft(self._config, self._index, time.time())
            result = self._collect(change, draft)
            ips_committed = None
            if owner is not None and draft.touches(Instance):
                ips_committed = self.reservations.apply_ips(draft, owner)
            step = draft.finish()
            if not step.changes:
                return result
            problems = self._commit(step)
            if ips_committed is not None:
                ips_committed()
        self._report(problems)
        if needs_synchronous_distribution(step.before, step.after):
            self._durability.wait_durable(step.after.serial_no)
            self._durability.wait_distributed(step.after.serial_no)
        return result

    def _collect(self, change: Callable[[Draft], T], draft: Draft) -> T:
        """Let *change* fill the draft. The mutex is held."""
        if self._is_changing:
            # The mutex does not stop a thread that has it already; the outer change would undo the inner one.
            raise errors.ProgrammerError("A change of the configuration was started within another one")
        self._is_changing = True
        try:
            return change(draft)
        finally:
            self._is_changing = False

    def _commit(self, step: Step) -> list[str]:
        """Swap a checked change in; returns its tolerable problems. The mutex is held."""
        index = updated_index(self._index, step)
        broken = [*integrity.name_problems(self._index, step)]
        broken += integrity.reference_problems(step.after, index, step)
        if broken:
            raise errors.ConfigurationError("Refusing to change the configuration: " + "; ".join(broken))
        self._usage.apply(step)
        broken = [*integrity.conflict_problems(step, self._usage)]
        if broken:
            self._usage.apply(_inverse(step))
            raise errors.ConfigurationError("Refusing to change the configuration: " + "; ".join(broken))
        problems = verify.step_problems(step, index, self._usage)
        self.reservations.disks_written([new for _, new in step.changes if isinstance(new, Disk)])
        self._config, self._index = step.after, index
        self._durability.offer(step.after, index)
        return problems

    def _report(self, problems: Iterable[str]) -> None:
        listener: Callable[[str], None] | None = getattr(self._local, "listener", None)
        for problem in problems:
            _LOG.critical("The configuration is inconsistent: %s", problem)
            if listener is not None:
                listener(f"Configuration data is not consistent: {problem}")

    # durability

    def wait_durable(self) -> None:
        """Wait until everything that is visible now is on disk.

        Raises ConfigurationError if it cannot be written.
        """
        self._durability.wait_durable(self._config.serial_no)

    def flush(self, *, resend: bool = False) -> None:
        """Wait until everything is on disk, and every node was told or could not be reached.

        With *resend* nodes are sent everything again, even if they acknowledged it.
        """
        serial_no = self._config.serial_no
        if resend:
            self._durability.resend()
        self._durability.wait_durable(serial_no)
        self._durability.wait_distributed(serial_no)

    def undelivered(self) -> dict[str, str]:
        """Return, by the names of the nodes, what those lack that could not be sent everything, and why."""
        return undelivered(self._config, self._durability.node_status())

    def close(self) -> None:
        """Write what is left and end the threads."""
        self._durability.close()

    # common changes

    def update(self, item: ItemT, owner: str | None = None) -> ItemT:
        """Replace one object by a changed version and return it with its new serial number.

        Raises ConfigurationError if someone else changed the object since it was read.
        """
        return self.transact(lambda draft: draft.update(item), owner)

    def update_all(self, items: Sequence[ItemT], owner: str | None = None) -> list[ItemT]:
        """Replace several objects in one change."""
        return self.transact(lambda draft: [draft.update(item) for item in items], owner)

    def modify(
        self, kind: type[KeyedT], uuid: str, change: Callable[[KeyedT], KeyedT], owner: str | None = None
    ) -> KeyedT:
        """Replace an object by what *change* makes of its newest version (for changes that depend on nothing else)."""
        return self.transact(lambda draft: draft.update(change(draft.get(kind, uuid))), owner)

    def modify_cluster(self, change: Callable[[Cluster], Cluster]) -> Cluster:
        """Replace the cluster by what *change* makes of its newest version."""
        return self.transact(lambda draft: draft.update(change(draft.cluster)))

    def add_node(self, node: Node) -> Node:
        """Add a node."""
        return self.transact(lambda draft: draft.add(node))

    def remove_node(self, uuid: str) -> Node:
        """Remove a node and its certificate's digest.

        Raises ConfigurationError if it is the master or an instance uses it.
        """

        def change(draft: Draft) -> Node:
            if uuid in draft.cluster.candidate_certs:
                certs = {key: digest for key, digest in draft.cluster.candidate_certs.items() if key != uuid}
                draft.replace_cluster(candidate_certs=certs)
            return draft.remove(Node, uuid)

        return self.transact(change)

    def set_candidate_cert(self, node_uuid: str, digest: str | None) -> None:
        """Record the digest of the client certificate of a master candidate; None removes it."""

        def change(draft: Draft) -> None:
            certs = {key: value for key, value in draft.cluster.candidate_certs.items() if key != node_uuid}
            if digest is not None:
                certs[node_uuid] = digest
            if certs != draft.cluster.candidate_certs:
                draft.replace_cluster(candidate_certs=certs)

        self.transact(change)

    def maintain_candidate_pool(self, exclude: Collection[str] = ()) -> list[Node]:
        """Promote random fit nodes until there are enough master candidates; returns the promoted ones."""
        return self.transact(
            lambda draft: operations.maintain_candidate_pool(draft, list(draft.base.nodes.values()), exclude)
        )

    def candidate_pool_counts(self, exclude: Collection[str] = ()) -> operations.PoolCounts:
        """Return how many candidates there are, should be and could be."""
        config = self._config
        return operations.pool_counts(list(config.nodes.values()), config.cluster.candidate_pool_size, exclude)

    def add_group(self, group: NodeGroup) -> NodeGroup:
        """Add a node group."""
        return self.transact(lambda draft: draft.add(group))

    def remove_group(self, uuid: str) -> NodeGroup:
        """Remove an empty node group; raises ConfigurationError if it has nodes or is the last one."""
        return self.transact(lambda draft: operations.remove_group(draft, uuid))

    def assign_nodes(self, group_by_node: Mapping[str, str]) -> list[Node]:
        """Move nodes (by UUID) to groups (UUIDs)."""
        return self.transact(lambda draft: operations.assign_nodes(draft, dict(group_by_node)))

    def add_network(self, network: Network) -> Network:
        """Add a network."""
        return self.transact(lambda draft: draft.add(network))

    def remove_network(self, uuid: str) -> Network:
        """Remove a network."""
        return self.transact(lambda draft: draft.remove(Network, uuid))

    def put_filter(self, rule: FilterRule) -> None:
        """Add a filter rule, or replace the one with its UUID."""

        def change(draft: Draft) -> Any:
            return draft.add(rule) if draft.find(FilterRule, rule.uuid) is None else draft.update(rule)

        self.transact(change)

    def remove_filter(self, uuid: str) -> None:
        """Remove a filter rule."""
        self.transact(lambda draft: draft.remove(FilterRule, uuid))

    def add_instance(self, instance: Instance, disks: Sequence[Disk], owner: str) -> Instance:
        """Add an instance with its disks, or complete a forthcoming one; commits the job's addresses."""
        return self.transact(lambda draft: operations.add_instance(draft, instance, disks), owner)

    def remove_instance(self, uuid: str, *, keep_disks: Collection[str] = ()) -> Instance:
        """Remove an instance and its disks (but for *keep_disks*); its addresses and ports become free."""
        return self.transact(lambda draft: operations.remove_instance(draft, uuid, keep_disks=keep_disks))

    def set_instance_state(
        self,
        uuid: str,
        *,
        admin_state: str | None = None,
        disks_active: bool | None = None,
        admin_state_source: str | None = None,
    ) -> Instance:
        """Record what state an instance ought to have; nothing is written if it is recorded already."""
        return self.transact(
            lambda draft: operations.set_instance_state(
                draft,
                uuid,
                admin_state=admin_state,
                disks_active=disks_active,
                admin_state_source=admin_state_source,
            )
        )

    def add_disk(self, instance_uuid: str, disk: Disk, position: int | None = None) -> Instance:
        """Add a new disk and attach it to an instance at *position* (None: at the end)."""

        def change(draft: Draft) -> Instance:
            draft.add(disk)
            return operations.attach_disk(draft, instance_uuid, disk.uuid, position)

        return self.transact(change)

    def attach_disk(self, instance_uuid: str, disk_uuid: str, position: int | None = None) -> Instance:
        """Attach a disk that is in the configuration without an owner."""
        return self.transact(lambda draft: operations.attach_disk(draft, instance_uuid, disk_uuid, position))

    def detach_disk(self, instance_uuid: str, disk_uuid: str) -> Instance:
        """Detach a disk; it stays in the configuration."""
        return self.transact(lambda draft: operations.detach_disk(draft, instance_uuid, disk_uuid))

    def remove_disk(self, disk_uuid: str) -> None:
        """Remove a disk from the configuration, and from its instance if it has one; its port becomes free."""

        def change(draft: Draft) -> None:
            owner = draft.index.instance_of_disk.get(disk_uuid)
            if owner is not None:
                operations.detach_disk(draft, owner, disk_uuid)
            operations.remove_disk(draft, disk_uuid)

        self.transact(change)

    def allocate_port(self) -> int:
        """Take a TCP/UDP port that no other disk or instance of the cluster has.

        Raises ConfigurationError if there is none.
        """
        return self.transact(operations.take_port)

    def release_port(self, port: int) -> None:
        """Give a port back."""
        self.transact(lambda draft: operations.return_ports(draft, [port]))


def _inverse(step: Step) -> Step:
    return Step(step.after, step.before, tuple(Change(change.new, change.old) for change in step.changes))
