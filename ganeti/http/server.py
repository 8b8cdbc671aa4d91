"""An HTTPS server for calls: POST requests with a body, answered by an ``Application`` in a bounded set of threads.

Idle connections cost no thread. Urgent calls always find a free one: the others share ``max_calls`` places, wait for
them in a second bounded set of threads, and are refused when that is full too.
"""

import contextlib
import html
import logging
import os
import socket
import threading
import time
from http import HTTPStatus
from typing import Any, Final, Protocol

from cheroot.server import Gateway, HTTPServer

from ganeti import constants as c
from ganeti.http.request_id import HEADER as REQUEST_ID
from ganeti.http.request_id import readable_request_id
from ganeti.http.tls import ContextSource, Peer, TlsAdapter, TlsSocket
from ganeti.utils import log

_LOG = logging.getLogger(__name__)

#: How long an idle connection is kept.
IDLE_TIMEOUT_S: Final = 120
_URGENT_THREADS: Final = 10
_WAITING_PER_PLACE: Final = 2
_BACKLOG: Final = 512
_MAX_HEADER_BYTES: Final = 8192 + 4096
_MAX_IDLE_CONNECTIONS: Final = 1000
#: Rest of a refused request that is read, so that the client gets to see the answer instead of a reset connection.
_MAX_DRAIN: Final = 1 << 20
#: State of a connection that neither side has closed (tcp_states.h of Linux).
_TCP_ESTABLISHED: Final = 1


class Application(Protocol):
    """Answers calls; its methods are used by many threads at once."""

    def refusal(self, peer: Peer) -> str | None:
        """Return why *peer* may not call anything, None if it may."""

    def knows(self, name: str) -> bool:
        """Tell whether there is something called *name*."""

    def is_urgent(self, name: str) -> bool:
        """Tell whether calls of *name* must not wait for others."""

    def patience_s(self, name: str) -> float:
        """Return how long a call of *name* may wait for its turn: its caller gives up then."""

    def handle(self, name: str, body: bytes) -> bytes:
        """Return the answer to a call of *name*; must not raise."""


class Lanes:
    """Places for calls that are not urgent: some run, twice as many may wait."""

    def __init__(self, places: int) -> None:
        self.size = (1 + _WAITING_PER_PLACE) * places
        self._running = threading.BoundedSemaphore(places)
        self._admitted = threading.BoundedSemaphore(self.size)

    def enter(self, patience_s: float) -> bool:
        """Take a place, waiting for one if need be; tells whether that worked."""
        if not self._admitted.acquire(blocking=False):
            return False
        if self._running.acquire(timeout=patience_s):
            return True
        self._admitted.release()
        return False

    def leave(self) -> None:
        """Give the place back."""
        self._running.release()
        self._admitted.release()


class HttpServer:
    """The server; listens from ``prepare`` on."""

    def __init__(
        self, application: Application, address: str, port: int, contexts: ContextSource | None, *, max_calls: int
    ) -> None:
        """Without *contexts* it speaks plain HTTP, to anybody. Port 0 means any free one."""
        lanes = Lanes(max_calls)
        self._server = _Server(
            (address, port),
            lambda request: _CallGateway(request, application, lanes),
            minthreads=lanes.size + _URGENT_THREADS,
            maxthreads=lanes.size + _URGENT_THREADS,
            server_name=f"Ganeti {c.RELEASE_VERSION}",
        )
        self._server.ssl_adapter = TlsAdapter(contexts) if contexts is not None else None
        self._thread: threading.Thread | None = None
        self._stopper: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.bind_addr[1])

    def prepare(self) -> None:
        """Listen. Raises OSError."""
        self._server.prepare()

    def start(self) -> None:
        """Serve, in threads of its own."""
        self._thread = threading.Thread(target=self._server.serve, name="HttpAccept", daemon=True)
        self._thread.start()

    def stop_accepting(self) -> None:
        """Close the listening socket and idle connections; calls under way go on."""
        self._stopper = threading.Thread(target=self._server.stop, name="HttpStop", daemon=True)
        self._stopper.start()
        address = self._server.bind_addr
        while self._server.socket is not None and self._stopper.is_alive():
            # The accepting thread looks whether it shall stop after each connection.
            with contextlib.suppress(OSError):
                socket.create_connection(address, timeout=0.1).close()
            self._stopper.join(0.02)

    def stop(self) -> None:
        """Stop accepting, and return when all calls under way are answered."""
        if self._stopper is None:
            self.stop_accepting()
        for thread in (self._stopper, self._thread):
            if thread is not None:
                thread.join()


class _Server(HTTPServer):
    """cheroot's server with our limits; a connection gets a thread only when its client has sent something."""

    timeout = IDLE_TIMEOUT_S
    request_queue_size = _BACKLOG
    #: How often idle connections are looked at.
    expiration_interval = 5
    max_request_header_size = _MAX_HEADER_BYTES
    keep_alive_conn_limit = _MAX_IDLE_CONNECTIONS
    #: None: wait for calls under way however long they take.
    shutdown_timeout = None  # type: ignore[assignment]
    _connections: Any

    def process_conn(self, conn: Any) -> None:
        """Hand a connection to a worker; a new one first waits until the client speaks."""
        if conn.last_used is None:
            self._connections.put(conn)
        else:
            super().process_conn(conn)

    def put_conn(self, conn: Any) -> None:
        """Take a connection back from a worker."""
        if self.ready and isinstance(conn.socket, TlsSocket) and conn.socket.pending():
            super().process_conn(conn)
        else:
            super().put_conn(conn)

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        """Log what cheroot has to say."""
        _LOG.log(level, "%s", msg, exc_info=traceback)


def _is_connected(connection: Any) -> bool:
    """Tell whether the client is still there.

    A request may be read long after it was sent, by a daemon that was stopped or has too much to do. Its client has
    given up then and takes the call for failed, so it must not be carried out any more.
    """
    with socket.socket(fileno=os.dup(connection.fileno())) as sock:
        return sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == _TCP_ESTABLISHED


def _digests(peer: Peer) -> str:
    """Return how an administrator finds the certificate of a peer."""
    return f"SHA-1 {peer.sha1}, SHA-256 {peer.sha256}" if peer.sha1 else "none"


class _CallGateway(Gateway):
    """Answers one request."""

    def __init__(self, request: Any, application: Application, lanes: Lanes) -> None:
        super().__init__(request)
        self._application = application
        self._lanes = lanes

    def respond(self) -> None:
        """Check the request, run the call, send the answer."""
        request = self.req
        # Who it is comes first: strangers learn nothing about what there is.
        peer = self._peer()
        reason = self._application.refusal(peer)
        if reason is not None:
            _LOG.warning("Refusing %s (certificate %s): %s", peer.address, _digests(peer), reason)
            self._send_error(HTTPStatus.FORBIDDEN, reason)
            return
        if request.method != b"POST":
            self._send_error(HTTPStatus.BAD_REQUEST, "Only the POST method is supported")
            return
        if b"Host" not in request.inheaders:
            self._send_error(HTTPStatus.BAD_REQUEST, "The Host header is missing")
            return
        name = request.path.decode("ascii", "replace").removeprefix("/")
        if not self._application.knows(name):
            self._send_error(HTTPStatus.NOT_FOUND, f"There is no procedure {name}")
            return
        self._run(name, request.rfile.read(), peer)

    def _peer(self) -> Peer:
        connection = self.req.conn
        if isinstance(connection.socket, TlsSocket):
            return connection.socket.peer()
        return Peer(str(connection.remote_addr))

    def _run(self, name: str, body: bytes, peer: Peer) -> None:
        is_urgent = self._application.is_urgent(name)
        if not is_urgent and not self._lanes.enter(self._application.patience_s(name)):
            self._send_error(HTTPStatus.SERVICE_UNAVAILABLE, "This node is busy with other calls, try again later")
            return
        begin = time.monotonic()
        request_id = readable_request_id(self.req.inheaders.get(REQUEST_ID.encode("ascii")))
        try:
            if not _is_connected(self.req.conn.socket):
                _LOG.warning("%s gave up its call of %s before it began: not carried out", peer.address, name)
                self.req.close_connection = True
                return
            with log.thread_name(f"{name} {request_id}".rstrip()):
                answer = self._application.handle(name, body)
        finally:
            if not is_urgent:
                self._lanes.leave()
        level = logging.DEBUG if is_urgent else logging.INFO
        took_s = time.monotonic() - begin
        _LOG.log(level, "%s called %s (request %s), %.3f s", peer.address, name, request_id or "unnamed", took_s)
        self._send(HTTPStatus.OK, answer, c.HTTP_APP_JSON)

    def _send_error(self, status: HTTPStatus, text: str) -> None:
        self._drain()
        page = (
            f"<html><head><title>{status.value} {status.phrase}</title></head>"
            f"<body><h1>{status.phrase}</h1><p>{html.escape(text)}</p></body></html>\n"
        )
        self.req.close_connection = True
        self._send(status, page.encode("utf-8"), "text/html; charset=utf-8")

    def _drain(self) -> None:
        remaining = getattr(self.req.rfile, "remaining", 0)
        if remaining:
            self.req.rfile.read(min(remaining, _MAX_DRAIN))

    def _send(self, status: HTTPStatus, body: bytes, content_type: str) -> None:
        request = self.req
        request.status = f"{status.value} {status.phrase}".encode("ascii")
        request.outheaders = [
            (b"Content-Type", content_type.encode("ascii")),
            (b"Content-Length", str(len(body)).encode("ascii")),
        ]
        request.ensure_headers_sent()
        request.write(body)
