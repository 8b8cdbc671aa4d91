"""Sends calls to node daemons and turns what comes back into results."""

import concurrent.futures
import dataclasses
import html
import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, ParamSpec, TypeVar

import msgspec

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.http.client import HttpPool, HttpReply, HttpRequest, TransferError
from ganeti.http.request_id import HEADER
from ganeti.rpc.declaration import Procedure
from ganeti.rpc.identity import NodeIdentity
from ganeti.rpc.in_flight import CallsInFlight
from ganeti.rpc.result import RpcResult, failure, success
from ganeti.ssconf import SsconfReader
from ganeti.utils import net

P = ParamSpec("P")
R = TypeVar("R")

#: For how long calls to a node that did not answer a connection attempt fail at once.
_UNREACHABLE_MEMORY_S: Final = 10.0
#: What a request to a node gets beyond its own limit, so that libcurl's time-out comes first.
_WAIT_GRACE_S: Final = 30.0
#: How soon a job that is killed stops to wait for its calls.
_CHECK_INTERVAL_S: Final = 0.5
#: libcurl errors that mean that a kept connection broke before there was an answer: 52 nothing received, 55 send, 56
#: receive, 65 rewind refused.
_BROKEN: Final = frozenset({52, 55, 56, 65})
_HEADERS: Final = (f"Content-type: {c.HTTP_APP_JSON}", f"User-Agent: Ganeti {c.RELEASE_VERSION}")


def noded_port() -> int:
    """Return the TCP port of node daemons: what the services database says, else the usual one."""
    try:
        return socket.getservbyname(c.NODED, "tcp")
    except OSError:
        return c.DEFAULT_NODED_PORT


def _virtual_source_address() -> str | None:
    """Return the address that calls come from in a virtual cluster, where all nodes share one machine.

    With it, logs and firewall rules tell virtual nodes apart like real ones.
    """
    if not pathutils.VIRTUAL_HOSTNAME:
        return None
    try:
        address = SsconfReader().node_primary_ips().get(pathutils.VIRTUAL_HOSTNAME, "")
    except errors.ConfigurationError:
        address = ""  # The cluster is being made.
    try:
        address = address or net.resolve(pathutils.VIRTUAL_HOSTNAME)
    except errors.ResolverError:
        return None
    return address if net.is_loopback(address) or net.owns_address(address) else None


class NodeTransport:
    """Connections to node daemons; safe to use from many threads at once, and meant to be shared."""

    def __init__(
        self,
        identity: NodeIdentity | None,
        *,
        port: int | None = None,
        connect_timeout_s: float = c.RPC_CONNECT_TIMEOUT,
        max_connecting: int = c.RPC_MAX_CONCURRENT_CONNECTIONS,
    ) -> None:
        """Without an *identity* calls go over plain HTTP (node daemons started with --no-ssl)."""
        self._identity = identity
        self._port = noded_port() if port is None else port
        self._connect_timeout_s = connect_timeout_s
        self._source = _virtual_source_address()
        self._pool = HttpPool(name="RpcIO", max_connecting=max_connecting)
        self._unreachable = _UnreachableNodes()
        #: For whoever calls through this transport to fill.
        self.in_flight = CallsInFlight()

    def start(
        self, address: str, proc: Procedure[Any, Any], body: bytes, timeout_s: float, request_id: str
    ) -> "PendingCall":
        """Send a call to the node at *address*; does not wait and does not raise."""
        known_problem = self._unreachable.problem(address)
        if known_problem is not None:
            return PendingCall(self, address, None, _failed_future(known_problem), timeout_s, time.monotonic())
        deadline = time.monotonic() + timeout_s
        try:
            request = self._request(address, proc, body, timeout_s, request_id)
        except OSError as err:
            # 58 is libcurl's code for a problem with the local certificate.
            text = f"Cannot read the certificates of this node: {err}"
            return PendingCall(self, address, None, _failed_future(TransferError(58, text)), timeout_s, deadline)
        return PendingCall(self, address, request, self._pool.submit(request), timeout_s, deadline)

    def _request(
        self, address: str, proc: Procedure[Any, Any], body: bytes, timeout_s: float, request_id: str
    ) -> HttpRequest:
        host = f"[{address}]" if ":" in address else address
        scheme = "http" if self._identity is None else "https"
        source = self._source
        return HttpRequest(
            url=f"{scheme}://{host}:{self._port}/{proc.name}",
            body=body,
            timeout_s=timeout_s,
            connect_timeout_s=self._connect_timeout_s,
            identity=self._identity.current() if self._identity is not None else None,
            is_repeatable=proc.is_repeatable,
            headers=(*_HEADERS, f"{HEADER}: {request_id}"),
            source_address=source if source and (":" in source) == (":" in address) else None,
        )

    def reply_of(self, pending: "PendingCall", check: Callable[[], None] | None = None) -> HttpReply:
        """Wait for the answer to a call; a repeatable one is sent again once if its connection broke.

        *check* is called now and then; what it raises ends the wait, and the answer is lost. Raises TransferError.
        """
        request = pending.request
        try:
            return _outcome(pending.future, pending.timeout_s + _WAIT_GRACE_S, check)
        except concurrent.futures.TimeoutError:
            raise TransferError(28, "no answer, and the HTTP client does not respond") from None
        except TransferError as err:
            if err.never_connected:
                self._unreachable.remember(pending.address, err)
            if request is None or not request.is_repeatable or err.code not in _BROKEN:
                raise
        # Its time goes on: the caller must be able to rely on that nothing is carried out after it.
        rest_s = pending.deadline - time.monotonic()
        if rest_s <= 0:
            raise TransferError(28, "the connection broke, and there is no time to send the call again")
        again = dataclasses.replace(request, timeout_s=rest_s)
        return self._pool.submit(again).result(rest_s + _WAIT_GRACE_S)

    def close(self) -> None:
        """Close all connections; calls under way fail."""
        self._pool.close()


def _outcome(
    future: "concurrent.futures.Future[HttpReply]", timeout_s: float, check: Callable[[], None] | None
) -> HttpReply:
    """Return the outcome of a future, calling *check* while it is awaited."""
    deadline = time.monotonic() + timeout_s
    while check is not None and time.monotonic() + _CHECK_INTERVAL_S < deadline:
        try:
            return future.result(_CHECK_INTERVAL_S)
        except concurrent.futures.TimeoutError:
            check()
    return future.result(max(0.0, deadline - time.monotonic()))


def _failed_future(error: TransferError) -> "concurrent.futures.Future[HttpReply]":
    future: concurrent.futures.Future[HttpReply] = concurrent.futures.Future()
    future.set_exception(error)
    return future


class _UnreachableNodes:
    """Addresses that did not answer a moment ago, so that not every call waits for them again."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._problems: dict[str, tuple[float, TransferError]] = {}

    def remember(self, address: str, error: TransferError) -> None:
        with self._mutex:
            self._problems[address] = (time.monotonic() + _UNREACHABLE_MEMORY_S, error)

    def problem(self, address: str) -> TransferError | None:
        with self._mutex:
            until, error = self._problems.get(address, (0.0, None))
            if error is None:
                return None
            if time.monotonic() >= until:
                del self._problems[address]
                return None
        # Not marked as "never connected": being told about it again must not prolong the memory.
        return TransferError(error.code, f"{error.text} (a moment ago, not tried again)")


@dataclass(frozen=True)
class PendingCall:
    """A call that was sent, or that failed before that (no ``request`` then); it must have ended by *deadline*."""

    transport: NodeTransport
    address: str
    request: HttpRequest | None
    future: "concurrent.futures.Future[HttpReply]"
    timeout_s: float
    deadline: float

    def wait(self, node: str, proc: Procedure[P, R], check: Callable[[], None] | None = None) -> RpcResult[R]:
        """Wait for the answer of *node* and return it as a result; *check* may raise to end the wait."""
        try:
            reply = self.transport.reply_of(self, check)
        except TransferError as err:
            return failure(node, proc.name, describe_transfer_error(err))
        if reply.status != c.HTTP_OK:
            return failure(node, proc.name, describe_http_error(reply))
        return decode_answer(node, proc, reply.body)


def describe_transfer_error(error: TransferError) -> str:
    """Return the text for a call without an answer."""
    if error.code == 65:
        return f"{error} (connection lost after the call was sent; it may have been carried out)"
    if "alert" in error.text:
        return f"{error} (the node refuses the certificate of this node)"
    return str(error)


def describe_http_error(reply: HttpReply) -> str:
    """Return the text for an answer that the node daemon itself did not make, or made to refuse the call."""
    text = reply.body.decode("utf-8", "replace")
    body = re.search(r"<body[^>]*>(.*)</body>", text, re.IGNORECASE | re.DOTALL)
    plain = re.sub(r"<[^>]+>", " ", body.group(1) if body else text)
    plain = " ".join(html.unescape(plain).split())
    return f"HTTP error {reply.status}: {plain[:500] or 'no text'}"


def decode_answer(node: str, proc: Procedure[P, R], body: bytes) -> RpcResult[R]:
    """Return the result that the body of a successful answer holds: ``[true, payload]`` or ``[false, text]``."""
    try:
        parts = msgspec.json.decode(body, type=list[msgspec.Raw])
    except ValueError:
        return failure(node, proc.name, f"RPC layer error: invalid result type ({_json_kind(body)})")
    if len(parts) != 2:
        return failure(node, proc.name, f"RPC layer error: invalid result length ({len(parts)}), expected 2")
    if bytes(parts[0]).strip() != b"true":
        text = msgspec.json.decode(parts[1])
        return failure(node, proc.name, str(text) if text else "")
    try:
        return success(node, proc.name, proc.decode_result(parts[1]))
    except ValueError as err:
        return failure(node, proc.name, f"RPC layer error: unexpected result of {proc.name}: {err}")


def _json_kind(body: bytes) -> str:
    """Return what kind of JSON value *body* is, in words."""
    try:
        return type(msgspec.json.decode(body)).__name__
    except ValueError:
        return "no JSON"
