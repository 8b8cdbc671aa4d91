"""Calls procedures on nodes, many at once; one result per node, whatever happens to the others."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ParamSpec, TypeVar

from ganeti.rpc.declaration import Procedure
from ganeti.rpc.resolvers import Offline, Resolver, Unresolved
from ganeti.rpc.result import OFFLINE_MESSAGE, RpcResult, failure
from ganeti.rpc.transport import NodeTransport, PendingCall

P = ParamSpec("P")
R = TypeVar("R")


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
    ) -> None:
        """*transport* may be shared by several clients; *before_call* may raise to prevent a call, and is
        called while an answer is awaited, where it may raise too.

        With *limit_s* no call takes longer, whatever its procedure allows.
        """
        self._resolver = resolver
        self._transport = transport
        self._before_call = before_call
        self._limit_s = limit_s

    def with_resolver(self, resolver: Resolver) -> "RpcClient":
        """Return a client over the same connections that finds nodes in another way."""
        return RpcClient(resolver, self._transport, before_call=self._before_call, limit_s=self._limit_s)

    def with_limit(self, limit_s: float) -> "RpcClient":
        """Return a client over the same connections that waits no longer than this for any answer."""
        return RpcClient(self._resolver, self._transport, before_call=self._before_call, limit_s=limit_s)

    def with_check(self, before_call: Callable[[], None]) -> "RpcClient":
        """Return a client over the same connections that calls *before_call* first (it raises when a job is killed)."""
        return RpcClient(self._resolver, self._transport, before_call=before_call, limit_s=self._limit_s)

    def call(
        self, nodes: Iterable[str], proc: Procedure[P, R], /, *args: P.args, **kwargs: P.kwargs
    ) -> dict[str, RpcResult[R]]:
        """Call a procedure with the same arguments on many nodes and wait for all of them."""
        assert not kwargs, "Arguments of procedures are positional"
        self._check()
        body = proc.encode_args(args)
        timeout_s = proc.timeout_s(args)
        return self._gather([(node, self._start(node, proc, body, timeout_s)) for node in dict.fromkeys(nodes)], proc)

    def call_one(self, node: str, proc: Procedure[P, R], /, *args: P.args, **kwargs: P.kwargs) -> RpcResult[R]:
        """Call a procedure on one node."""
        return self.call([node], proc, *args, **kwargs)[node]

    def call_each(self, proc: Procedure[P, R], args_of: Mapping[str, tuple[Any, ...]], /) -> dict[str, RpcResult[R]]:
        """Call a procedure on many nodes, each with its own arguments, and wait for all of them."""
        self._check()
        started = [
            (node, self._start(node, proc, proc.encode_args(args), proc.timeout_s(args)))
            for node, args in args_of.items()
        ]
        return self._gather(started, proc)

    def close(self) -> None:
        """Close all connections; calls under way fail."""
        self._transport.close()

    def _check(self) -> None:
        if self._before_call is not None:
            self._before_call()

    def _start(
        self, node: str, proc: Procedure[Any, Any], body: bytes, timeout_s: float
    ) -> "PendingCall | RpcResult[Any]":
        address = self._resolver.resolve(node, offline_ok=proc.offline_ok)
        if isinstance(address, Offline):
            return failure(node, proc.name, OFFLINE_MESSAGE, offline=True)
        if isinstance(address, Unresolved):
            return failure(node, proc.name, address.reason)
        limit_s = timeout_s if self._limit_s is None else min(timeout_s, self._limit_s)
        return self._transport.start(address, proc, body, limit_s)

    def _gather(
        self, started: "Iterable[tuple[str, PendingCall | RpcResult[Any]]]", proc: Procedure[P, R]
    ) -> dict[str, RpcResult[R]]:
        return {
            node: pending if isinstance(pending, RpcResult) else pending.wait(node, proc, self._before_call)
            for node, pending in started
        }
