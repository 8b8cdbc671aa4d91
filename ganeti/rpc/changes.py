"""Which nodes calls have changed, so that what a node said before can be told from what still holds."""

import threading
from collections import Counter
from collections.abc import Iterable


class NodeChanges:
    """Counts calls that may have changed something; safe to use from many threads at once."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._of_node: Counter[str] = Counter()
        self._of_all = 0

    def note(self, nodes: Iterable[str]) -> None:
        """Note that calls to nodes have ended."""
        with self._mutex:
            self._of_node.update(list(nodes))
            self._of_all += 1

    def count(self, node: str | None) -> int:
        """Return a number that is another one after each change of a node, or of any node for None."""
        with self._mutex:
            return self._of_all if node is None else self._of_node[node]
