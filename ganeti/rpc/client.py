"""Calls procedures on nodes, many at once; one result per node, whatever happens to the others."""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, TypeVar

from ganeti.http.request_id import new_request_id
from ganeti.rpc.changes import NodeChanges
from ganeti.rpc.declaration import Procedure
from ganeti.rpc.in_flight import CallInFlight
from ganeti.rpc.resolvers import Offline, Resolver, Unresolved
from ganeti.rpc.result import OFFLINE_MESSAGE, RpcResult, failure
from ganeti.rpc.transport import NodeTransport, PendingCall

_LOG = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class BegunCall(Generic[R]):
    """A call to one node that is under way, or failed before that."""

    node: str
    proc: Procedure[Any, R]
    started: "PendingCall | RpcResult[Any]"
    check: Callable[[], None] | None

    @property
    def is_done(self) -> bool:
        """Whether the answer is there."""
        return isinstance(self.started, RpcResult) or self.started.future.done()

    def wait(self) -> RpcResult[R]:
        """Wait for the answer; to be called once."""
        if isinstance(self.started, RpcResult):
            return self.started
        return self.started.wait(self.node, self.proc, self.check)


class RpcClient:
    """Makes calls; safe to use from many threads at once.

    Nodes are named by what the resolver knows: UUIDs with the configuration, names without. The same identifiers are
    the keys of the results.
    """

    def __init__(
        self,
        resolver: Resolver,
        transport: NodeTransport,
        *,
        before_call: Callable[[], None] | None = None,
        limit_s: float | None = None,
        changes: NodeChanges | None = None,
        owner: str | None = None,
    ) -> None:
        """*transport* may be shared by several clients; *before_call* may raise to prevent a call, and is
        called while an answer is awaited, where it may raise too.

        With *limit_s* no call takes longer, whatever its procedure allows. *owner* is for whom the calls are made; None
        stands for the thread that makes them.
        """
        self._resolver = resolver
        self._transport = transport
        self._before_call = before_call
        self._limit_s = limit_s
        self._owner = owner
        #: What this client and those made from it have changed on nodes.
        self.changes = changes or NodeChanges()

    def _relative(
        self,
        *,
        resolver: Resolver | None = None,
        before_call: Callable[[], None] | None = None,
        limit_s: float | None = None,
        owner: str | None = None,
    ) -> "RpcClient":
        return RpcClient(
            resolver or self._resolver,
            self._transport,
            before_call=before_call or self._before_call,
            limit_s=self._limit_s if limit_s is None else limit_s,
            changes=self.changes,
            owner=owner or self._owner,
        )

    def with_resolver(self, resolver: Resolver) -> "RpcClient":
        """Return a client over the same connections that finds nodes in another way."""
        return self._relative(resolver=resolver)

    def with_limit(self, limit_s: float) -> "RpcClient":
        """Return a client over the same connections that waits no longer than this for any answer."""
        return self._relative(limit_s=limit_s)

    def with_check(self, before_call: Callable[[], None], owner: str | None = None) -> "RpcClient":
        """Return a client over the same connections that calls *before_call* first (it raises when a job is killed).

        *owner* is for whom it makes calls.
        """
        return self._relative(before_call=before_call, owner=owner)

    def in_flight(self) -> list[CallInFlight]:
        """Return all calls over these connections that were not answered yet."""
        return self._transport.in_flight.snapshot()

    def call(
        self, nodes: Iterable[str], proc: Procedure[P, R], /, *args: P.args, **kwargs: P.kwargs
    ) -> dict[str, RpcResult[R]]:
        """Call a procedure with the same arguments on many nodes and wait for all of them."""
        assert not kwargs, "Arguments of procedures are positional"
        return self.call_each(proc, dict.fromkeys(nodes, args))

    def call_one(self, node: str, proc: Procedure[P, R], /, *args: P.args, **kwargs: P.kwargs) -> RpcResult[R]:
        """Call a procedure on one node."""
        return self.call([node], proc, *args, **kwargs)[node]

    def call_each(self, proc: Procedure[P, R], args_of: Mapping[str, tuple[Any, ...]], /) -> dict[str, RpcResult[R]]:
        """Call a procedure on many nodes, each with its own arguments, and wait for all of them."""
        begun = self.begin_each(proc, args_of)
        try:
            return {node: call.wait() for node, call in begun.items()}
        finally:
            # Also if the wait was ended: the calls go on and change what they change.
            if proc.may_change:
                self.changes.note(begun)

    def begin_each(self, proc: Procedure[P, R], args_of: Mapping[str, tuple[Any, ...]], /) -> dict[str, BegunCall[R]]:
        """Start calls of a procedure on many nodes, each with its own arguments; does not wait for any of them."""
        self._check()
        request_id = new_request_id()
        _LOG.debug("Request %s: %s on %d nodes", request_id, proc.name, len(args_of))

        def begin(node: str, body: bytes) -> BegunCall[R]:
            started = self._start(node, proc, body, proc.timeout_s(args_of[node]), request_id)
            return BegunCall(node, proc, started, self._before_call)

        return {node: begin(node, body) for node, body in proc.encode_each(args_of).items()}

    def close(self) -> None:
        """Close all connections; calls under way fail."""
        self._transport.close()

    def _check(self) -> None:
        if self._before_call is not None:
            self._before_call()

    def _start(
        self, node: str, proc: Procedure[Any, Any], body: bytes, timeout_s: float, request_id: str
    ) -> "PendingCall | RpcResult[Any]":
        address = self._resolver.resolve(node, offline_ok=proc.offline_ok)
        if isinstance(address, Offline):
            return failure(node, proc.name, OFFLINE_MESSAGE, offline=True)
        if isinstance(address, Unresolved):
            return failure(node, proc.name, address.reason)
        limit_s = timeout_s if self._limit_s is None else min(timeout_s, self._limit_s)
        pending = self._transport.start(address, proc, body, limit_s, request_id)
        owner = self._owner or threading.current_thread().name
        self._transport.in_flight.note(CallInFlight(node, proc.name, owner), pending.future)
        return pending
