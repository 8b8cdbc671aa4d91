"""Tells the job queue what changed in the configuration: limits, filter rules, master candidates."""

import logging
import threading
from collections.abc import Callable

from ganeti.config.index import Index
from ganeti.config.store import Durability
from ganeti.jqueue.queue import JobQueue
from ganeti.objects import ConfigData

_LOG = logging.getLogger(__name__)


class ObservedDurability:
    """Passes everything on to the writer of the configuration, and shows each snapshot to an observer."""

    def __init__(self, inner: Durability, observe: Callable[[ConfigData], None]) -> None:
        """*observe* is called under the mutex of the configuration and must return at once."""
        self._inner = inner
        self._observe = observe

    def offer(self, config: ConfigData, index: Index) -> None:
        """Take a newer snapshot."""
        self._inner.offer(config, index)
        self._observe(config)

    def check_usable(self) -> None:
        """Raise ConfigurationError if nothing can be written any more."""
        self._inner.check_usable()

    def wait_durable(self, serial_no: int) -> None:
        """Wait until this or a newer serial number is on disk."""
        self._inner.wait_durable(serial_no)

    def wait_distributed(self, serial_no: int) -> None:
        """Wait until every node was told of this or a newer serial number."""
        self._inner.wait_distributed(serial_no)

    def close(self) -> None:
        """Write what is left and end."""
        self._inner.close()


def candidates_of(config: ConfigData) -> frozenset[str]:
    """Return the nodes that keep a copy of the queue, besides the master."""
    master = config.cluster.master_node
    return frozenset(node.uuid for node in config.nodes.values() if node.master_candidate and node.uuid != master)


class QueueSettings:
    """Applies the newest snapshot to the queue in a thread of its own."""

    def __init__(self, queue: JobQueue, config: ConfigData) -> None:
        """*config* is what the queue knows already."""
        self._queue = queue
        self._applied = config
        self._newest = config
        self._condition = threading.Condition()
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="QueueSettings", daemon=True)

    def start(self) -> None:
        """Start to follow."""
        self._thread.start()

    def observe(self, config: ConfigData) -> None:
        """Take a newer snapshot; returns at once."""
        with self._condition:
            self._newest = config
            self._condition.notify()

    def close(self) -> None:
        """End the thread."""
        with self._condition:
            self._is_closing = True
            self._condition.notify()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._newest is not self._applied or self._is_closing)
                if self._is_closing:
                    return
                before, after = self._applied, self._newest
                self._applied = after
            try:
                apply_changes(self._queue, before, after)
            except Exception:
                _LOG.exception("Applying configuration serial %d to the job queue failed", after.serial_no)


def apply_changes(queue: JobQueue, before: ConfigData, after: ConfigData) -> None:
    """Tell the queue what is different."""
    if before.cluster.max_running_jobs != after.cluster.max_running_jobs:
        queue.set_max_running_jobs(after.cluster.max_running_jobs)
    if before.filters is not after.filters:
        queue.set_filter_rules(after.filters.values())
    has_other_master = before.cluster.master_node != after.cluster.master_node
    if (before.nodes is not after.nodes or has_other_master) and candidates_of(before) != candidates_of(after):
        queue.set_candidates(candidates_of(after))
