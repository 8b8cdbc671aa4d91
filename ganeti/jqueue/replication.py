"""Copies of the queue on the master candidates, kept up to date without making any job wait.

Each candidate has a thread and a list of what it should get. A file that changes again before it was sent is sent once,
with its newest content; files keep their order otherwise. A candidate that fails is left alone for a while (circuit
breaker) and then gets what it missed.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from ganeti.jqueue import storage
from ganeti.jqueue.storage import QueueStorage

_LOG = logging.getLogger(__name__)

_FIRST_PAUSE_S: Final = 2.0
_LONGEST_PAUSE_S: Final = 60.0
#: Changes gather for this time, so that a short job costs a candidate one update instead of four.
LINGER_S: Final = 0.1
_RENAMES_PER_CALL: Final = 10
#: Most job files have a kilobyte; a call with more of them would keep the node's lock file for long.
_UPDATES_PER_CALL: Final = 200
_BYTES_PER_CALL: Final = 1 << 20
_RENAME_ATTEMPTS: Final = 2


class CandidateTransport(Protocol):
    """Calls to one node; each returns why it failed, None if it did not. Names are relative to the queue directory."""

    def update(self, node_uuid: str, contents: Mapping[str, bytes]) -> str | None:
        """Write files of the queue, in the given order."""

    def rename(self, node_uuid: str, pairs: Sequence[tuple[str, str]]) -> str | None:
        """Rename files of the queue."""

    def set_drain_flag(self, node_uuid: str, is_drained: bool) -> str | None:
        """Set or remove the drain flag."""

    def purge(self, node_uuid: str) -> str | None:
        """Remove all files of the queue."""


class Breaker:
    """When to talk to a node that failed: pauses that double, until it answers."""

    def __init__(self) -> None:
        self._pause_s = 0.0
        self._open_until = 0.0

    @property
    def is_open(self) -> bool:
        """True since the last call failed."""
        return self._pause_s > 0.0

    def remaining_s(self, now: float) -> float:
        """Return how long to leave the node alone."""
        return max(0.0, self._open_until - now) if self.is_open else 0.0

    def succeeded(self) -> None:
        """A call worked."""
        self._pause_s = 0.0

    def failed(self, now: float) -> None:
        """A call failed."""
        self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S) if self.is_open else _FIRST_PAUSE_S
        self._open_until = now + self._pause_s


@dataclass(slots=True)
class _Pending:
    """What a node lacks about one file: its newest content, then its move to the archive."""

    content: bytes | None = None
    rename_to: str | None = None
    attempts: int = 0


class _Failed(Exception):
    """A call to the node failed; argument: the reason."""


class _CandidateLink:
    """Everything about one candidate; its thread is the only one that talks to the node."""

    def __init__(
        self,
        node_uuid: str,
        transport: CandidateTransport,
        queue_storage: QueueStorage,
        report: Callable[[str, str | None], None],
        linger_s: float,
    ) -> None:
        self._node_uuid = node_uuid
        self._transport = transport
        self._storage = queue_storage
        self._report = report
        self._linger_s = linger_s
        self._condition = threading.Condition()
        self._pending: dict[str, _Pending] = {}
        self._drain_flag: bool | None = None
        self._needs_everything = False
        self._is_idle = True
        #: The thread waits for more; it need not be woken for each file.
        self._is_gathering = False
        self._is_closing = False
        self.breaker = Breaker()
        self._thread = threading.Thread(target=self._run, name=f"JqRepl/{node_uuid[:8]}", daemon=True)
        self._thread.start()

    def put(self, contents: Mapping[str, bytes]) -> None:
        """Send the files."""
        with self._condition:
            for name, content in contents.items():
                self._pending.setdefault(name, _Pending()).content = content
            if not self._is_gathering:
                self._condition.notify_all()

    def put_renames(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Rename the files, after what is to be sent of them."""
        with self._condition:
            for old, new in pairs:
                self._pending.setdefault(old, _Pending()).rename_to = new
            self._condition.notify_all()

    def put_drain_flag(self, is_drained: bool) -> None:
        """Send the drain flag."""
        with self._condition:
            self._drain_flag = is_drained
            self._condition.notify_all()

    def put_everything(self) -> None:
        """Make the node's queue a copy of ours."""
        with self._condition:
            self._needs_everything = True
            self._condition.notify_all()

    def wait_idle(self, timeout_s: float) -> bool:
        """Wait until everything was sent or is held back by the breaker; tell whether that came in time."""
        with self._condition:
            return self._condition.wait_for(
                lambda: self._is_idle and (self.breaker.is_open or not self._has_work()), timeout_s
            )

    def close(self) -> None:
        """End the thread soon; what was not sent is not sent."""
        with self._condition:
            self._is_closing = True
            self._condition.notify_all()

    def _has_work(self) -> bool:
        return bool(self._pending) or self._drain_flag is not None or self._needs_everything

    def _run(self) -> None:
        while self._await_work():
            try:
                self._send_all()
            except _Failed as err:
                self.breaker.failed(time.monotonic())
                self._report(self._node_uuid, str(err))
            except Exception as err:
                _LOG.exception("Replicating the job queue to node %s failed", self._node_uuid)
                self.breaker.failed(time.monotonic())
                self._report(self._node_uuid, str(err))
            else:
                if self.breaker.is_open:
                    self.breaker.succeeded()
                    self._report(self._node_uuid, None)

    def _await_work(self) -> bool:
        """Wait until there is work and the breaker allows it; False when closed."""
        with self._condition:
            self._is_idle = True
            self._condition.notify_all()
            self._condition.wait_for(lambda: self._has_work() or self._is_closing)
            pause_s = max(self.breaker.remaining_s(time.monotonic()), self._linger_s)
            self._is_gathering = True
            self._condition.wait_for(lambda: self._is_closing, pause_s)
            self._is_gathering = self._is_idle = False
            return not self._is_closing

    def _send_all(self) -> None:
        self._send_everything_if_needed()
        # What comes meanwhile has its own turn: it gathers like what came before.
        with self._condition:
            contents = {name: item.content for name, item in self._pending.items() if item.content is not None}
        for batch in _batches(contents.items()):
            if self._is_closing:
                return
            self._expect(self._transport.update(self._node_uuid, batch))
            self._sent(batch)
        self._send_renames()
        self._send_drain_flag()

    def _sent(self, contents: Mapping[str, bytes]) -> None:
        with self._condition:
            for name, content in contents.items():
                item = self._pending.get(name)
                if item is not None and item.content is content:
                    item.content = None
                    if item.rename_to is None:
                        del self._pending[name]

    def _send_renames(self) -> None:
        while True:
            with self._condition:
                ready = [(name, item) for name, item in self._pending.items() if item.rename_to is not None]
                ready = [(name, item) for name, item in ready if item.content is None][:_RENAMES_PER_CALL]
                pairs = [(name, item.rename_to) for name, item in ready if item.rename_to is not None]
            if not pairs:
                return
            problem = self._transport.rename(self._node_uuid, pairs)
            with self._condition:
                for name, item in ready:
                    item.attempts += 1
                    # A node that lost the file will never be able to rename it.
                    if problem is None or item.attempts >= _RENAME_ATTEMPTS:
                        self._pending.pop(name, None)
            self._expect(problem)

    def _send_drain_flag(self) -> None:
        with self._condition:
            flag = self._drain_flag
        if flag is None:
            return
        self._expect(self._transport.set_drain_flag(self._node_uuid, flag))
        with self._condition:
            if self._drain_flag is flag:
                self._drain_flag = None

    def _send_everything_if_needed(self) -> None:
        with self._condition:
            if not self._needs_everything:
                return
            # Older news are part of what is read from the directory below, later ones are sent after it.
            self._pending.clear()
        self._expect(self._transport.purge(self._node_uuid))
        for batch in _batches(self._storage.iter_live_files()):
            self._expect(self._transport.update(self._node_uuid, batch))
        self._expect(self._transport.set_drain_flag(self._node_uuid, self._storage.is_drained))
        with self._condition:
            self._needs_everything = False

    @staticmethod
    def _expect(problem: str | None) -> None:
        if problem is not None:
            raise _Failed(problem)


def _batches(files: Iterable[tuple[str, bytes]]) -> Iterator[dict[str, bytes]]:
    """Yield the files in their order, as many at a time as one call carries."""
    batch: dict[str, bytes] = {}
    size = 0
    for name, content in files:
        if batch and (len(batch) >= _UPDATES_PER_CALL or size + len(content) > _BYTES_PER_CALL):
            yield batch
            batch, size = {}, 0
        batch[name] = content
        size += len(content)
    if batch:
        yield batch


class Replicator:
    """All candidates except the master itself."""

    def __init__(
        self, transport: CandidateTransport, queue_storage: QueueStorage, *, linger_s: float = LINGER_S
    ) -> None:
        self._transport = transport
        self._storage = queue_storage
        self._linger_s = linger_s
        self._mutex = threading.Lock()
        self._links: dict[str, _CandidateLink] = {}

    @property
    def nodes(self) -> frozenset[str]:
        """UUIDs of the nodes that get copies."""
        with self._mutex:
            return frozenset(self._links)

    def set_nodes(self, node_uuids: Iterable[str], *, are_in_sync: bool = False) -> None:
        """Replicate to exactly these nodes; those not known yet get the whole queue unless *are_in_sync*."""
        wanted = frozenset(node_uuids)
        with self._mutex:
            removed = [self._links.pop(uuid) for uuid in self._links.keys() - wanted]
            added = wanted - self._links.keys()
            for uuid in added:
                self._links[uuid] = self._make_link(uuid)
                if not are_in_sync:
                    self._links[uuid].put_everything()
        for link in removed:
            link.close()

    def add_node(self, node_uuid: str) -> None:
        """Give a new or returning node the whole queue and replicate to it from now on."""
        with self._mutex:
            link = self._links.get(node_uuid)
            if link is None:
                link = self._links[node_uuid] = self._make_link(node_uuid)
        link.put_everything()

    def remove_node(self, node_uuid: str) -> None:
        """Stop replicating to a node."""
        with self._mutex:
            link = self._links.pop(node_uuid, None)
        if link is not None:
            link.close()

    def _make_link(self, node_uuid: str) -> _CandidateLink:
        return _CandidateLink(node_uuid, self._transport, self._storage, self._report, self._linger_s)

    def put(self, contents: Mapping[str, bytes]) -> None:
        """Send changed files to all candidates."""
        for link in self._all_links():
            link.put(contents)

    def put_archived(self, job_ids: Iterable[int]) -> None:
        """Move jobs to the archive on all candidates."""
        pairs = [(storage.job_file(job_id), storage.archived_file(job_id)) for job_id in job_ids]
        for link in self._all_links():
            link.put_renames(pairs)

    def put_drain_flag(self, is_drained: bool) -> None:
        """Send the drain flag to all candidates."""
        for link in self._all_links():
            link.put_drain_flag(is_drained)

    def wait_idle(self, timeout_s: float) -> bool:
        """Wait until every candidate has everything or failed; used before the master daemon ends."""
        deadline = time.monotonic() + timeout_s
        links = [link for link in self._all_links() if not link.breaker.is_open]
        return all(link.wait_idle(max(0.0, deadline - time.monotonic())) for link in links)

    def close(self) -> None:
        """End all threads."""
        for link in self._all_links():
            link.close()

    def _all_links(self) -> list[_CandidateLink]:
        with self._mutex:
            return list(self._links.values())

    def _report(self, node_uuid: str, problem: str | None) -> None:
        if problem is None:
            _LOG.info("Job queue replication to node %s works again", node_uuid)
            return
        _LOG.warning("Cannot replicate the job queue to node %s: %s", node_uuid, problem)
        links = self._all_links()
        failing = sum(link.breaker.is_open for link in links)
        if failing > len(links) - failing + 1:
            _LOG.error("More than half of the copies of the job queue are out of date (%d nodes)", failing)
