"""Who wants to know that a job changed: subscriptions that cost no thread while they wait."""

import itertools
import logging
import threading
from collections.abc import Callable

_LOG = logging.getLogger(__name__)


class Watchers:
    """Callbacks by job. They are called from whatever thread changed the job and must return at once."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._counter = itertools.count()
        self._callbacks: dict[int, dict[int, Callable[[], object]]] = {}

    def subscribe(self, job_id: int, callback: Callable[[], object]) -> Callable[[], None]:
        """Call *callback* after each visible change of the job; returns the function that ends this."""
        key = next(self._counter)
        with self._mutex:
            self._callbacks.setdefault(job_id, {})[key] = callback

        def unsubscribe() -> None:
            with self._mutex:
                callbacks = self._callbacks.get(job_id, {})
                callbacks.pop(key, None)
                if not callbacks:
                    self._callbacks.pop(job_id, None)

        return unsubscribe

    def notify(self, job_id: int) -> None:
        """The job changed."""
        with self._mutex:
            callbacks = list(self._callbacks.get(job_id, {}).values())
        for callback in callbacks:
            try:
                callback()
            except Exception:
                # One broken listener must not keep the news from the others, nor end the thread of the job.
                _LOG.exception("Telling a listener about job %d failed", job_id)
