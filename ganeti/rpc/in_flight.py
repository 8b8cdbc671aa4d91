"""Which calls to nodes are under way, and for whom: part of what the lock monitor shows."""

import itertools
from concurrent.futures import Future
from typing import Any, NamedTuple


class CallInFlight(NamedTuple):
    """A call that its node did not answer yet; *node* is what the caller named it by."""

    node: str
    procedure: str
    owner: str


class CallsInFlight:
    """Calls from their start to their answer, also those that nobody waits for any more. Safe for threads."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        #: Only single operations, which need no mutex.
        self._calls: dict[int, CallInFlight] = {}

    def note(self, call: CallInFlight, answer: "Future[Any]") -> None:
        """Remember *call* until *answer* is there."""
        number = next(self._numbers)
        self._calls[number] = call
        answer.add_done_callback(lambda _: self._calls.pop(number, None))

    def snapshot(self) -> list[CallInFlight]:
        """Return the calls that are under way now, the oldest first."""
        return list(self._calls.copy().values())
