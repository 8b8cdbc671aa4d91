"""Group commit: one thread makes the files of the queue durable, as many as there are at a time.

A caller names a file and how to render its newest content, and gets a future. While the thread waits for the disk,
further requests gather and share the next pass: one synchronisation per file, one for the directory, whatever number of
changes each file went through meanwhile. Every file is still replaced by a rename of its own, because watchers of the
queue directory see jobs by that.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field

from ganeti import errors
from ganeti.jqueue import storage
from ganeti.jqueue.storage import QueueStorage

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class _Request:
    render: Callable[[], bytes]
    due: float
    is_replicated: bool
    futures: list[Future[None]] = field(default_factory=list)


class GroupCommit:
    """The thread that writes files, and the requests it did not get to yet."""

    def __init__(
        self,
        queue_storage: QueueStorage,
        replicate: Callable[[Mapping[str, bytes]], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Write to *queue_storage* and tell *replicate* (name to content) what other nodes should have."""
        self._storage = queue_storage
        self._replicate = replicate
        self._clock = clock
        self._condition = threading.Condition()
        self._requests: dict[str, _Request] = {}
        #: Until when the thread sleeps; only what is due earlier wakes it.
        self._wakes_at = 0.0
        self._is_closing = False
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="JqCommit", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """Write what is left, once, and end the thread."""
        with self._condition:
            self._is_closing = True
            self._condition.notify()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def is_closed(self) -> bool:
        """True if nothing will be written any more."""
        return self._is_closed

    def put(
        self,
        name: str,
        render: Callable[[], bytes],
        *,
        delay_s: float = 0.0,
        is_replicated: bool = True,
    ) -> Future[None]:
        """Write the file *name* soon, at the latest after *delay_s*; done when that is durable.

        Only the last *render* given for a file is called, so it must give the newest content. A failure is the
        exception of the future.
        """
        future: Future[None] = Future()
        due = self._clock() + delay_s
        with self._condition:
            if self._is_closed:
                future.set_exception(errors.JobQueueError("Job queue is closed"))
                return future
            request = self._requests.get(name)
            if request is None:
                self._requests[name] = _Request(render, due, is_replicated, [future])
            else:
                request.render = render
                request.due = min(request.due, due)
                request.is_replicated |= is_replicated
                request.futures.append(future)
            if due < self._wakes_at:
                self._condition.notify()
        return future

    def _run(self) -> None:
        while True:
            batch = self._take_batch()
            if batch is None:
                return
            try:
                self._commit(batch)
            except Exception:
                # The thread is what everything waits for; its requests fail, it goes on.
                _LOG.exception("Writing job queue files failed")
                error = errors.JobQueueError("Writing the job queue failed, see the log of the master daemon")
                for request in batch.values():
                    _settle(request, error)

    def _take_batch(self) -> dict[str, _Request] | None:
        """Wait for requests that are due and take them, the serial file first; None when closed and empty."""
        with self._condition:
            while True:
                now = self._clock()
                due = [name for name, request in self._requests.items() if request.due <= now or self._is_closing]
                if due:
                    due.sort(key=lambda name: name != storage.SERIAL)
                    return {name: self._requests.pop(name) for name in due}
                if self._is_closing:
                    self._is_closed = True
                    return None
                earliest = min((request.due for request in self._requests.values()), default=math.inf)
                self._wakes_at = earliest
                self._condition.wait(None if earliest == math.inf else max(earliest - now, 0.001))
                self._wakes_at = 0.0

    def _commit(self, batch: Mapping[str, _Request]) -> None:
        contents, failed = _render(batch)
        failed |= self._storage.write(contents)
        for name, problem in failed.items():
            _LOG.error("Cannot write job queue file %s: %s", name, problem)
        replicated = {
            name: content for name, content in contents.items() if batch[name].is_replicated and name not in failed
        }
        if replicated:
            self._replicate(replicated)
        for name, request in batch.items():
            err = failed.get(name)
            _settle(request, errors.JobQueueError(f"Cannot write job queue file: {err}") if err else None)


def _render(batch: Mapping[str, _Request]) -> tuple[dict[str, bytes], dict[str, Exception]]:
    """Return the contents to write, and why others could not be made: one bad file must not stop the others."""
    contents: dict[str, bytes] = {}
    failed: dict[str, Exception] = {}
    for name, request in batch.items():
        try:
            contents[name] = request.render()
        except Exception as err:
            _LOG.exception("Cannot encode job queue file %s", name)
            failed[name] = err
    return contents, failed


def _settle(request: _Request, error: Exception | None) -> None:
    for future in request.futures:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)
