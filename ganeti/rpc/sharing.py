"""Answers of nodes to the same question, shared by all who ask it within a moment.

Monitoring asks for the state of all instances again and again, often several programs at once. One call per node
answers them all: who comes while it is under way waits for its answer, who comes a moment later gets the same one. What
a node said before a job changed something there is never used after that.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, ParamSpec, TypeVar

from ganeti.rpc.client import BegunCall, RpcClient
from ganeti.rpc.declaration import Procedure
from ganeti.rpc.result import RpcResult, failure

P = ParamSpec("P")
R = TypeVar("R")

#: For how long after it was asked for an answer is given to others.
MAX_AGE_S: Final = 1.0

#: Procedure, node and encoded arguments.
_Question = tuple[str, str, bytes]


class _Answer(Generic[R]):
    """A call whose answer several threads want; the first of them to come here fetches it."""

    def __init__(self, changes: int, asked_at: float) -> None:
        self.changes = changes
        self.asked_at = asked_at
        self._is_begun = threading.Event()
        self._call: BegunCall[R] | None = None
        self._mutex = threading.Lock()
        self._result: RpcResult[R] | None = None

    def begin(self, call: BegunCall[R]) -> None:
        """Take the call once it is under way."""
        self._call = call
        self._is_begun.set()

    @property
    def has_come(self) -> bool:
        """Whether the node has answered."""
        return self._call is not None and self._call.is_done

    def result(self) -> RpcResult[R]:
        """Wait for the answer."""
        self._is_begun.wait()
        with self._mutex:
            if self._result is None:
                assert self._call is not None
                self._result = self._call.wait()
            return self._result


class SharedCalls:
    """Makes calls that change nothing; safe to use from many threads at once."""

    def __init__(
        self, rpc: RpcClient, *, max_age_s: float = MAX_AGE_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """*rpc* must tell of all changes: its relatives make all other calls of this process."""
        self._rpc = rpc
        self._max_age_s = max_age_s
        self._clock = clock
        self._mutex = threading.Lock()
        self._answers: dict[_Question, _Answer[Any]] = {}

    def call_each(
        self, proc: Procedure[P, R], args_of: Mapping[str, tuple[Any, ...]], *, concerns_others: bool
    ) -> dict[str, RpcResult[R]]:
        """Call a procedure on many nodes, each with its own arguments, and wait for all of them.

        *concerns_others*: the answer may depend on what is done on other nodes too (free space of shared storage).
        """
        assert not proc.may_change, f"{proc.name} is more than a question"
        bodies = proc.encode_each(args_of)
        wanted: dict[str, _Answer[R]] = {}
        asked: dict[str, _Answer[R]] = {}
        with self._mutex:
            now = self._clock()
            self._forget_old(now)
            for node, body in bodies.items():
                changes = self._rpc.changes.count(None if concerns_others else node)
                answer = self._answers.get((proc.name, node, body))
                if answer is None or answer.changes != changes:
                    answer = asked[node] = self._answers[proc.name, node, body] = _Answer(changes, now)
                wanted[node] = answer
        calls: dict[str, BegunCall[R]] = {}
        try:
            calls = self._rpc.begin_each(proc, {node: args_of[node] for node in asked})
        finally:
            # Others may be waiting already.
            for node, answer in asked.items():
                answer.begin(calls.get(node) or BegunCall(node, proc, failure(node, proc.name, ""), None))
        return {node: answer.result() for node, answer in wanted.items()}

    def _forget_old(self, now: float) -> None:
        """Forget answers that are too old; one that has not come yet is as new as its node allows."""
        self._answers = {
            question: answer
            for question, answer in self._answers.items()
            if not answer.has_come or now - answer.asked_at < self._max_age_s
        }
