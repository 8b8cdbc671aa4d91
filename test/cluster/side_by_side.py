"""Cases that are tried beside each other, each worker on a cluster of its own: they mostly wait."""

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Final, Generic, TypeVar

#: A result may take as long as all of the cases together; pytest has a limit of its own for each.
_JOIN_S: Final = 300.0

W = TypeVar("W")
C = TypeVar("C")


class SideBySide(Generic[W, C]):
    """Workers that take the cases in turn; those of a kind stay with a worker that has a world for that kind."""

    def __init__(
        self,
        cases: Sequence[C],
        workers: int,
        kind_of: Callable[[C], int],
        make_world: Callable[[int], contextlib.AbstractContextManager[W]],
        try_case: Callable[[W, C], None],
    ) -> None:
        """Begin; *make_world* makes the world for a kind of cases, *try_case* raises what is wrong."""
        self._results: dict[C, Future[None]] = {case: Future() for case in cases}
        self._left = list(self._results)
        self._kind_of = kind_of
        self._make_world = make_world
        self._try_case = try_case
        self._mutex = threading.Lock()
        self._kinds: Counter[int] = Counter()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(workers)]
        for thread in self._threads:
            thread.start()

    def result(self, case: C) -> None:
        """Wait for a case; raises what was wrong with it."""
        self._results[case].result()

    def close(self) -> None:
        """Begin no more cases, and wait for those under way."""
        with self._mutex:
            for case in self._left:
                self._results[case].cancel()
            self._left.clear()
        for thread in self._threads:
            thread.join(_JOIN_S)

    def _next_kind(self) -> int | None:
        """Return the kind of which most cases are left for each worker at it."""
        with self._mutex:
            left = Counter(map(self._kind_of, self._left))
            # No more workers than cases: a world costs more than to try one.
            open_kinds = [kind for kind in left if left[kind] > self._kinds[kind]]
            if not open_kinds:
                return None
            kind = max(open_kinds, key=lambda kind: left[kind] * kind / (1 + self._kinds[kind]))
            self._kinds[kind] += 1
            return kind

    def _next_case(self, kind: int) -> C | None:
        with self._mutex:
            for case in self._left:
                if self._kind_of(case) == kind:
                    self._left.remove(case)
                    return case
            return None

    def _work(self) -> None:
        while (kind := self._next_kind()) is not None:
            try:
                self._work_on(kind)
            finally:
                with self._mutex:
                    self._kinds[kind] -= 1

    def _work_on(self, kind: int) -> None:
        """Try cases of a kind until there are no more, or one goes wrong: its world is not to be trusted any more."""
        case: C | None = None
        try:
            with self._make_world(kind) as world:
                while (case := self._next_case(kind)) is not None:
                    self._try_case(world, case)
                    self._results[case].set_result(None)
        except BaseException as err:
            case = case or self._next_case(kind)
            if case is not None:
                self._results[case].set_exception(err)
