"""The server side of TLS with client certificates: contexts that follow their files, and sockets that can wait.

A client must prove who it is with a certificate that the server's own certificate signed. Which of these may do what is
decided per request, from the digests in ``Peer``.
"""

import contextlib
import logging
import select
import socket
import threading
import time
from dataclasses import dataclass
from typing import Any, Final

from cheroot import errors as cheroot_errors
from cheroot.makefile import StreamReader, StreamWriter
from cheroot.ssl import Adapter
from OpenSSL import SSL, crypto

from ganeti.utils.stamp import FileStamp, file_stamp

_LOG = logging.getLogger(__name__)

#: Longest wait for one read or write of a client, in seconds.
IO_TIMEOUT_S: Final = 10.0
#: Longest wait for a refused client to go away.
_LINGER_S: Final = 1.0
_SESSION_CONTEXT: Final = b"ganeti"
#: X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT of OpenSSL.
_SELF_SIGNED_LEAF: Final = 18


@dataclass(frozen=True)
class Peer:
    """Who is at the other end: address, and digests (``AA:BB:...``) of its certificate; empty without TLS."""

    address: str
    sha1: str = ""
    sha256: str = ""


def _digest(certificate: crypto.X509, name: str) -> str:
    return certificate.digest(name).decode("ascii")


def _verify(connection: SSL.Connection, certificate: crypto.X509, code: int, depth: int, is_good: int) -> bool:
    """Accept what OpenSSL accepts, and certificates that sign themselves, which only their digest can admit.

    Digests of the latter are looked up like all others before any request is served; old versions made such ones.
    """
    if is_good or (depth == 0 and code == _SELF_SIGNED_LEAF):
        return True
    try:
        address = connection.getpeername()[0]
    except OSError:
        address = "(gone)"
    _LOG.warning(
        "Refusing TLS client %s: its certificate with SHA-1 digest %s at depth %d is not valid (OpenSSL code %d)",
        address,
        _digest(certificate, "sha1"),
        depth,
        code,
    )
    return False


def make_context(certificate: str, key: str) -> SSL.Context:
    """Return a context for a server with a certificate that is also the authority for those of clients.

    Raises OSError or SSL.Error if the files cannot be used.
    """
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.use_privatekey_file(key)
    context.use_certificate_file(certificate)
    context.check_privatekey()
    context.load_verify_locations(certificate)
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, _verify)
    # Clients resume sessions, which OpenSSL refuses for verified clients unless the context has a name.
    context.set_session_cache_mode(SSL.SESS_CACHE_SERVER)
    context.set_session_id(_SESSION_CONTEXT)
    return context


class ContextSource:
    """Gives the newest context; connections that exist keep theirs."""

    def __init__(self, certificate: str, key: str) -> None:
        """Load the files. Raises OSError or SSL.Error."""
        self._certificate = certificate
        self._key = key
        self._mutex = threading.Lock()
        self._stamps = self._look()
        self._context = make_context(certificate, key)

    def _look(self) -> tuple[FileStamp, FileStamp]:
        return file_stamp(self._certificate), file_stamp(self._key)

    def current(self) -> SSL.Context:
        """Return a context of the files as they are now, or as they were while they cannot be used."""
        with self._mutex:
            try:
                stamps = self._look()
                if stamps != self._stamps:
                    self._stamps = stamps
                    self._context = make_context(self._certificate, self._key)
                    _LOG.info("The certificate %s was loaded anew", self._certificate)
            except (OSError, SSL.Error) as err:
                _LOG.error("Going on with the old certificate, the new %s cannot be used: %s", self._certificate, err)
            return self._context


class TlsSocket:
    """A connection with the parts of the socket interface that cheroot uses; waits without using the processor."""

    def __init__(self, context: SSL.Context, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._tls = SSL.Connection(context, sock)
        self._tls.set_accept_state()
        self._peer: Peer | None = None

    @property
    def family(self) -> int:
        """The address family."""
        return self._sock.family

    def peer(self) -> Peer:
        """Return who the client is, once the handshake is done."""
        if self._peer is None:
            address = str(self._sock.getpeername()[0])
            certificate = self._tls.get_peer_certificate()
            if certificate is None:
                return Peer(address)
            self._peer = Peer(address, _digest(certificate, "sha1"), _digest(certificate, "sha256"))
        return self._peer

    def recv_into(self, buffer: Any) -> int:
        """Read into *buffer*; returns 0 at the end. Raises OSError and FatalSSLAlert."""
        try:
            return int(self._waiting(self._tls.recv_into, buffer))
        except SSL.ZeroReturnError:
            return 0
        except SSL.SysCallError as err:
            if err.args[0] == -1:
                return 0
            raise OSError(*err.args) from err

    def send(self, data: bytes) -> int:
        """Write some of *data*; returns how much. Raises OSError and FatalSSLAlert."""
        try:
            return int(self._waiting(self._tls.send, data))
        except SSL.ZeroReturnError as err:
            raise ConnectionResetError("the client closed the connection") from err
        except SSL.SysCallError as err:
            raise OSError(*err.args) from err

    def _waiting(self, operation: Any, argument: Any) -> Any:
        while True:
            try:
                return operation(argument)
            except SSL.WantReadError:
                self._wait(select.POLLIN)
            except SSL.WantWriteError:
                self._wait(select.POLLOUT)
            except (SSL.ZeroReturnError, SSL.SysCallError):
                raise
            except SSL.Error as err:
                if not any(err.args):
                    # The client went away without a word, which is how many end an idle connection.
                    raise SSL.ZeroReturnError from None
                _LOG.info("TLS connection of %s failed: %s", self._address(), _describe(err))
                self._let_client_read()
                raise cheroot_errors.FatalSSLAlert(*err.args) from err

    def _wait(self, events: int) -> None:
        poller = select.poll()
        poller.register(self._sock, events)
        if not poller.poll(IO_TIMEOUT_S * 1000):
            raise TimeoutError("timed out")

    def _let_client_read(self) -> None:
        """Take what the client still sends, so that it sees OpenSSL's alert instead of a reset connection."""
        deadline = time.monotonic() + _LINGER_S
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)
            poller = select.poll()
            poller.register(self._sock, select.POLLIN)
            while (left := deadline - time.monotonic()) > 0 and poller.poll(left * 1000):
                if not self._sock.recv(65536):
                    return

    def _address(self) -> str:
        try:
            return str(self._sock.getpeername()[0])
        except OSError:
            return "(gone)"

    def pending(self) -> int:
        """Return how many bytes were received but not read."""
        return int(self._tls.pending())

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._sock.fileno()

    def getsockname(self) -> Any:
        """Return our address."""
        return self._sock.getsockname()

    def settimeout(self, _timeout: float | None) -> None:
        """Do nothing: cheroot's only time-out is also that of idle connections, which is a different matter."""

    def gettimeout(self) -> float:
        """Return the longest wait for one read or write."""
        return IO_TIMEOUT_S

    def sock_shutdown(self, how: int) -> None:
        """Say good-bye on both layers."""
        try:
            self._tls.shutdown()
        except SSL.Error:
            pass  # The other side is gone, or there was no handshake.
        self._sock.shutdown(how)

    shutdown = sock_shutdown

    def close(self) -> None:
        """Close the descriptor."""
        self._sock.close()

    def _decref_socketios(self) -> None:
        """Answer ``socket.SocketIO``, which counts references of real sockets."""


def _describe(error: SSL.Error) -> str:
    """Return OpenSSL's reasons."""
    entries = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return "; ".join(str(entry[-1]) for entry in entries) or str(error)


class TlsListener:
    """A listening socket whose connections are TlsSockets."""

    def __init__(self, sock: socket.socket, contexts: ContextSource) -> None:
        self._sock = sock
        self._contexts = contexts

    def accept(self) -> tuple[TlsSocket, Any]:
        """Return a new connection, before its handshake, and the client's address."""
        sock, address = self._sock.accept()
        try:
            return TlsSocket(self._contexts.current(), sock), address
        except BaseException:
            sock.close()
            raise

    def __getattr__(self, name: str) -> Any:
        """Everything else is that of the plain socket."""
        return getattr(self._sock, name)


class _AnswerWriter(StreamWriter):
    """A stream to a client; what it did not take is dropped with the stream.

    The inherited finalizer tries to send it once more, to a connection that is gone, and since Python 3.13 every such
    failure is printed.
    """

    def __del__(self) -> None:
        """Forget what could not be sent."""


class TlsAdapter(Adapter):
    """Connects the above with cheroot."""

    def __init__(self, contexts: ContextSource) -> None:
        self._contexts = contexts

    def bind(self, sock: socket.socket) -> TlsListener:
        """Wrap the socket to listen on."""
        return TlsListener(sock, self._contexts)

    def wrap(self, sock: TlsSocket) -> tuple[TlsSocket, dict[str, str]]:
        """Return a new connection as it is: the handshake comes with the first read, in a worker thread."""
        return sock, {}

    def get_environ(self) -> dict[str, str]:
        """Return nothing: there is no WSGI here."""
        return {}

    def makefile(self, sock: TlsSocket, mode: str = "r", bufsize: int = -1) -> Any:
        """Return a buffered stream over a connection."""
        return StreamReader(sock, mode, bufsize) if "r" in mode else _AnswerWriter(sock, mode, bufsize)
