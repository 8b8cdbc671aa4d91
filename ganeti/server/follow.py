"""Tells the job queue what changed in the configuration: limits, filter rules, master candidates."""

import logging
import threading
from collections.abc import Callable, Mapping

from ganeti.config.distribute import NodeStatus
from ganeti.config.index import Index
from ganeti.config.writer import Distribution
from ganeti.jqueue.queue import JobQueue
from ganeti.objects import ConfigData

_LOG = logging.getLogger(__name__)


class ObservedDistribution:
    """Passes every durable version of the configuration on to the other nodes, and shows it to an observer."""

    def __init__(self, inner: Distribution, observe: Callable[[ConfigData], None]) -> None:
        """*observe* must return at once."""
        self._inner = inner
        self._observe = observe

    def offer(self, config: ConfigData, index: Index, content: bytes) -> None:
        """Take a newer version."""
        self._inner.offer(config, index, content)
        self._observe(config)

    def wait_attempted(self, serial_no: int) -> None:
        """Wait until every node was sent this or a newer version, or could not be sent it."""
        self._inner.wait_attempted(serial_no)

    def resend(self) -> None:
        """Send everything to everybody again."""
        self._inner.resend()

    def status(self) -> Mapping[str, NodeStatus]:
        """Return how far each node is, by its UUID."""
        return self._inner.status()

    def close(self) -> None:
        """End."""
        self._inner.close()


def candidates_of(config: ConfigData) -> frozenset[str]:
    """Return the nodes that keep a copy of the queue, besides the master."""
    master = config.cluster.master_node
    return frozenset(node.uuid for node in config.nodes.values() if node.master_candidate and node.uuid != master)


class QueueSettings:
    """Applies the newest snapshot to the queue in a thread of its own."""

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue
        self._applied: ConfigData | None = None
        self._newest: ConfigData | None = None
        self._condition = threading.Condition()
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="QueueSettings", daemon=True)

    def start(self, config: ConfigData) -> None:
        """Start to follow; *config* is what the queue knows already."""
        with self._condition:
            self._applied = config
            if self._newest is None or self._newest.serial_no <= config.serial_no:
                self._newest = config
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
                assert before is not None
                assert after is not None
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
