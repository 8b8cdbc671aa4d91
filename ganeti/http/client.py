"""Makes many HTTPS requests at once on one thread, over connections and TLS sessions that are kept for later requests.

libcurl does the protocols. We wait for its sockets and timers, hand out futures, and limit how many connections are in
the making at the same time: TLS handshakes cost processor time, waiting for answers costs nothing. So a request counts
against the limit only until its body is on its way, and calls that take hours never hold up others.
"""

import collections
import concurrent.futures
import contextlib
import errno
import os
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import pycurl

#: Idle connections older than this are not used again: our servers close them after ``server.IDLE_TIMEOUT_S``.
_MAX_IDLE_S: Final = 90
_MAX_KEPT_CONNECTIONS: Final = 1000
#: Seconds until the kernel asks whether the other side of a silent connection is still there.
_TCP_KEEPALIVE_S: Final = 30
#: A connection ends when what was sent on it, keep-alive probes too, is not acknowledged for so long: the kernel of the
#: other side is gone or cut off. Without it a kept connection would cost a dead node's caller the whole time-out.
_TCP_USER_TIMEOUT_S: Final = 20
#: How long a connection in the making counts against the limit of them: handshakes of nodes that are there take far
#: less, and waiting for those that are not costs no processor time.
_HANDSHAKE_S: Final = 0.5
_USER_CLOSED: Final = "HTTP client was closed"


@dataclass(frozen=True)
class TlsIdentity:
    """Paths of PEM files: who we are (certificate and private key) and whom we trust.

    libcurl takes equal paths for equal contents when it chooses a kept connection or TLS session, so a file whose
    content changes needs another path. (Contents handed over in memory would keep it from resuming sessions at all.)
    """

    certificate: str
    ca: str


@dataclass(frozen=True)
class HttpRequest:
    """A POST request. ``is_repeatable`` says that it may be sent again when a kept connection turns out to be dead."""

    url: str
    body: bytes = field(repr=False)
    timeout_s: float
    connect_timeout_s: float
    identity: TlsIdentity | None
    is_repeatable: bool
    headers: tuple[str, ...] = ()
    source_address: str | None = None


@dataclass(frozen=True)
class HttpReply:
    """An answer of the server, whatever its status is."""

    status: int
    body: bytes = field(repr=False)


class TransferError(Exception):
    """There was no answer.

    ``code`` is libcurl's. ``never_connected`` tells that the other side did not even answer the connection attempt in
    time, so that the next attempt is likely to take as long.
    """

    def __init__(self, code: int, text: str, *, never_connected: bool = False) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text
        self.never_connected = never_connected

    def __str__(self) -> str:
        return f"Error {self.code}: {self.text}"


_Submitted = tuple[HttpRequest, "concurrent.futures.Future[HttpReply]"]


class _Upload:
    """Gives the body to libcurl piece by piece, and notices when it starts to ask for it."""

    def __init__(self, body: bytes, *, is_repeatable: bool) -> None:
        self._body = memoryview(body)
        self._offset = 0
        self._is_repeatable = is_repeatable
        self.has_started = False

    def read(self, size: int) -> bytes:
        self.has_started = True
        chunk = self._body[self._offset : self._offset + size]
        self._offset += len(chunk)
        return bytes(chunk)

    def seek(self, offset: int, origin: int) -> int:
        # libcurl rewinds to send the body again. Refused, the request fails instead of being carried out twice.
        if not self._is_repeatable or origin != os.SEEK_SET:
            return int(pycurl.SEEKFUNC_FAIL)
        self._offset = offset
        return int(pycurl.SEEKFUNC_OK)


#: To end a connection is to reset it. Otherwise the kernel would go on for minutes to deliver a request whose time is
#: over, and a node that is reached again would carry out what its caller has long taken for failed.
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


def _set_socket_options(fd: int, purpose: int) -> int:
    """Set what libcurl has no option for."""
    del purpose
    with socket.fromfd(fd, socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _TCP_USER_TIMEOUT_S * 1000)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    return int(pycurl.SOCKOPT_OK)


class _Transfer:
    """One request under way."""

    def __init__(self, request: HttpRequest, future: "concurrent.futures.Future[HttpReply]", share: Any) -> None:
        self.request = request
        self.future = future
        self.upload = _Upload(request.body, is_repeatable=request.is_repeatable)
        self._deadline = time.monotonic() + request.timeout_s
        self._chunks: list[bytes] = []
        self.curl = pycurl.Curl()
        self._set_options(share)

    def _set_options(self, share: Any) -> None:
        request, curl = self.request, self.curl
        options: list[tuple[int, Any]] = [
            (pycurl.URL, request.url),
            (pycurl.SHARE, share),
            (pycurl.POST, 1),
            (pycurl.POSTFIELDSIZE_LARGE, len(request.body)),
            (pycurl.READFUNCTION, self.upload.read),
            (pycurl.SEEKFUNCTION, self.upload.seek),
            (pycurl.WRITEFUNCTION, self._chunks.append),
            # An empty "Expect:" keeps libcurl from asking first whether it may send the body.
            (pycurl.HTTPHEADER, ["Expect:", *request.headers]),
            (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
            (pycurl.CONNECTTIMEOUT_MS, int(request.connect_timeout_s * 1000)),
            (pycurl.MAXAGE_CONN, _MAX_IDLE_S),
            (pycurl.TCP_NODELAY, 1),
            (pycurl.TCP_KEEPALIVE, 1),
            (pycurl.TCP_KEEPIDLE, _TCP_KEEPALIVE_S),
            (pycurl.TCP_KEEPINTVL, _TCP_KEEPALIVE_S),
            (pycurl.SOCKOPTFUNCTION, _set_socket_options),
            (pycurl.FOLLOWLOCATION, 0),
            (pycurl.PROXY, ""),
            (pycurl.NOPROXY, "*"),
            (pycurl.NOSIGNAL, 1),
        ]
        if request.source_address:
            options.append((pycurl.INTERFACE, f"host!{request.source_address}"))
        if request.identity is not None:
            options += [
                (pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2),
                (pycurl.SSL_VERIFYPEER, 1),
                # All nodes present the same certificate of the cluster, so its name says nothing.
                (pycurl.SSL_VERIFYHOST, 0),
                (pycurl.CAINFO, request.identity.ca),
                (pycurl.SSLCERT, request.identity.certificate),
                (pycurl.SSLKEY, request.identity.certificate),
            ]
        for option, value in options:
            curl.setopt(option, value)

    def limit_time(self) -> None:
        """Let it end in time, which it may have spent a part of waiting for its turn."""
        # Zero would mean that there is no limit.
        self.curl.setopt(pycurl.TIMEOUT_MS, max(1, int((self._deadline - time.monotonic()) * 1000)))

    def finish(self) -> None:
        """Give the answer to whoever waits for it."""
        reply = HttpReply(status=self.curl.getinfo(pycurl.RESPONSE_CODE), body=b"".join(self._chunks))
        self.curl.close()
        self.future.set_result(reply)

    def fail(self, code: int, text: str) -> None:
        """Tell whoever waits that there is no answer."""
        never_connected = not self.upload.has_started and (
            code == pycurl.E_OPERATION_TIMEDOUT
            or (code == pycurl.E_COULDNT_CONNECT and self.curl.getinfo(pycurl.OS_ERRNO) in _UNREACHABLE)
        )
        self.curl.close()
        self.future.set_exception(TransferError(code, text, never_connected=never_connected))


_UNREACHABLE: Final = frozenset({errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN})


class HttpPool:
    """Takes requests from any thread; one thread of its own, started with the first request, does all the work."""

    def __init__(self, *, name: str = "HttpIO", max_connecting: int = 30) -> None:
        """*max_connecting* limits the connections in the making."""
        self._name = name
        self._max_connecting = max_connecting
        self._mutex = threading.Lock()
        self._incoming: collections.deque[_Submitted] = collections.deque()
        self._thread: threading.Thread | None = None
        self._is_closing = False
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.setblocking(False)
        self._wake_writer.setblocking(False)

    def submit(self, request: HttpRequest) -> "concurrent.futures.Future[HttpReply]":
        """Start a request; the future gives the HttpReply or raises TransferError, within the request's time-out."""
        future: concurrent.futures.Future[HttpReply] = concurrent.futures.Future()
        with self._mutex:
            if self._is_closing:
                future.set_exception(TransferError(pycurl.E_ABORTED_BY_CALLBACK, _USER_CLOSED))
                return future
            self._incoming.append((request, future))
            if self._thread is None:
                loop = _Loop(self._take_incoming, self._wake_reader, self._max_connecting)
                self._thread = threading.Thread(target=loop.run, name=self._name, daemon=True)
                self._thread.start()
        self._wake()
        return future

    def close(self) -> None:
        """Close all connections; requests under way fail."""
        with self._mutex:
            if self._is_closing:
                return
            self._is_closing = True
            thread = self._thread
        self._wake()
        if thread is not None and thread is not threading.current_thread():
            thread.join()
        self._wake_reader.close()
        self._wake_writer.close()

    def _wake(self) -> None:
        # A full socket means that enough wake-ups are on their way, a closed one that there is nobody to wake up.
        with contextlib.suppress(OSError):
            self._wake_writer.send(b"\0")

    def _take_incoming(self) -> "list[_Submitted] | None":
        """Return new requests, None when it is time to end."""
        with self._mutex:
            taken = list(self._incoming)
            self._incoming.clear()
            if self._is_closing:
                for _, future in taken:
                    future.set_exception(TransferError(pycurl.E_ABORTED_BY_CALLBACK, _USER_CLOSED))
                return None
            return taken


class _Loop:
    """The work of the thread: sockets and timers of libcurl's multi interface."""

    def __init__(
        self, take_incoming: Callable[[], list[_Submitted] | None], wake: socket.socket, max_connecting: int
    ) -> None:
        self._take_incoming = take_incoming
        self._wake = wake
        self._max_connecting = max_connecting
        self._selector = selectors.DefaultSelector()
        self._selector.register(wake, selectors.EVENT_READ)
        self._timer_at: float | None = None
        self._waiting: collections.deque[_Transfer] = collections.deque()
        self._running: dict[Any, _Transfer] = {}
        #: When each connection in the making stops to count as one.
        self._connecting: dict[Any, float] = {}
        self._share = pycurl.CurlShare()
        self._share.setopt(pycurl.SH_SHARE, pycurl.LOCK_DATA_SSL_SESSION)
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch_socket)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self._multi.setopt(pycurl.M_MAXCONNECTS, _MAX_KEPT_CONNECTIONS)

    def run(self) -> None:
        """Serve until the pool is closed."""
        while self._accept():
            self._start_waiting()
            for key, events in self._selector.select(self._seconds_to_timer()):
                if key.fileobj is self._wake:
                    self._drain_wake()
                else:
                    self._act(key.fd, events)
            if self._timer_at is not None and time.monotonic() >= self._timer_at:
                self._timer_at = None
                self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
            self._collect()
        self._shut_down()

    def _accept(self) -> bool:
        taken = self._take_incoming()
        if taken is None:
            return False
        for request, future in taken:
            try:
                self._waiting.append(_Transfer(request, future, self._share))
            except pycurl.error as err:
                future.set_exception(TransferError(err.args[0], str(err.args[1])))
        return True

    def _start_waiting(self) -> None:
        now = time.monotonic()
        self._connecting = {
            curl: until
            for curl, until in self._connecting.items()
            if now < until and not self._running[curl].upload.has_started
        }
        while self._waiting and len(self._connecting) < self._max_connecting:
            transfer = self._waiting.popleft()
            self._running[transfer.curl] = transfer
            self._connecting[transfer.curl] = now + _HANDSHAKE_S
            transfer.limit_time()
            self._multi.add_handle(transfer.curl)

    def _seconds_to_timer(self) -> float | None:
        due = [] if self._timer_at is None else [self._timer_at]
        if self._waiting:
            # The next of those that wait may start then.
            due += self._connecting.values()
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _drain_wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._wake.recv(4096):
                pass

    def _act(self, fd: int, events: int) -> None:
        mask = (pycurl.CSELECT_IN if events & selectors.EVENT_READ else 0) | (
            pycurl.CSELECT_OUT if events & selectors.EVENT_WRITE else 0
        )
        self._multi.socket_action(fd, mask)

    def _watch_socket(self, what: int, fd: int, _multi: Any, _data: Any) -> None:
        if what == pycurl.POLL_REMOVE:
            # libcurl may have closed it already, or never asked to watch it.
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(fd)
            return
        events = 0
        if what in (pycurl.POLL_IN, pycurl.POLL_INOUT):
            events |= selectors.EVENT_READ
        if what in (pycurl.POLL_OUT, pycurl.POLL_INOUT):
            events |= selectors.EVENT_WRITE
        try:
            self._selector.modify(fd, events)
        except KeyError:
            self._selector.register(fd, events)

    def _set_timer(self, timeout_ms: int) -> None:
        self._timer_at = None if timeout_ms < 0 else time.monotonic() + timeout_ms / 1000

    def _collect(self) -> None:
        remaining = 1
        while remaining:
            remaining, succeeded, failed = self._multi.info_read()
            for curl in succeeded:
                self._take_down(curl).finish()
            for curl, code, text in failed:
                self._take_down(curl).fail(code, text or "request failed")

    def _take_down(self, curl: Any) -> _Transfer:
        self._multi.remove_handle(curl)
        self._connecting.pop(curl, None)
        return self._running.pop(curl)

    def _shut_down(self) -> None:
        for curl in list(self._running):
            self._take_down(curl).fail(pycurl.E_ABORTED_BY_CALLBACK, _USER_CLOSED)
        for transfer in self._waiting:
            transfer.fail(pycurl.E_ABORTED_BY_CALLBACK, _USER_CLOSED)
        self._multi.close()
        self._share.close()
        self._selector.close()
