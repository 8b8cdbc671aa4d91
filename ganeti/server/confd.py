"""ganeti-confd: the daemon that answers questions about the configuration on every master candidate."""

import argparse
import logging
import socket
import struct
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from ganeti import constants as c
from ganeti.confd import wire
from ganeti.confd.wire import PackedReply, Reply
from ganeti.server import launch
from ganeti.server.confd_answers import MalformedQuery
from ganeti.server.confd_state import State
from ganeti.utils import net

_LOG = logging.getLogger(__name__)

#: One byte more than is read at most shows that a datagram is too large.
_RECEIVE_SIZE: Final = c.MAX_UDP_DATA_SIZE + 1
#: Requests wait here while a new configuration is loaded.
_RECEIVE_BUFFER: Final = 8 << 20
#: Seconds and microseconds until the receiving thread looks whether it shall end.
_RECEIVE_TIMEOUT: Final = struct.pack("ll", 0, 300_000)
#: How often to look for the next request before sleeping, some 30 us in all: a client that was answered often asks
#: again at once, and to be woken takes longer than to answer.
_LOOKS: Final = 20
#: Longer texts are no time.
_LONGEST_TIME: Final = 20

_OTHER_PROTOCOL: Final = PackedReply(
    Reply(status=c.CONFD_REPL_STATUS_NOTIMPLEMENTED, answer="Unknown version of the protocol", serial=0)
)


class Responder:
    """Turns requests into replies."""

    def __init__(self, state: State, clock: Callable[[], float] = time.time) -> None:
        """*clock* gives Unix time."""
        self._keyring = state.keyring
        self._config = state.config
        self._clock = clock

    def respond(self, datagram: bytes) -> bytes | None:
        """Return the datagram to send back; None if the one that came is to be dropped."""
        try:
            message, salt, key = wire.unpack(datagram, self._keyring.keys)
            self._check_time(salt)
            request = wire.decode_request(message)
            if request.protocol == c.CONFD_PROTOCOL_VERSION:
                packed = self._config.table.reply(request.type, bytes(request.query))
            else:
                packed = _OTHER_PROTOCOL
        except (wire.DatagramError, MalformedQuery) as err:
            _LOG.debug("Dropping a datagram: %s", err)
            return None
        reply = packed.datagram(request.rsalt, key)
        return reply if len(reply) <= c.MAX_UDP_DATA_SIZE else None

    def _check_time(self, salt: str) -> None:
        """Refuse what is old, and may be sent again by someone who only listened; raises DatagramError."""
        try:
            skew = abs(self._clock() - int(salt)) if len(salt) <= _LONGEST_TIME else None
        except ValueError:
            skew = None
        if skew is None or skew > c.CONFD_MAX_CLOCK_SKEW:
            raise wire.DatagramError("was not sent just now")


class UdpServer:
    """Receives datagrams in a thread of its own and sends the replies."""

    def __init__(self, address: str, port: int, respond: Callable[[bytes], bytes | None]) -> None:
        """Bind to *address* and *port*. Raises OSError."""
        self._respond = respond
        self._stopping = False
        self._socket = socket.socket(net.family_of(address), socket.SOCK_DGRAM)
        try:
            _grow_buffer(self._socket)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _RECEIVE_TIMEOUT)
            self._socket.bind((address, port))
        except OSError:
            self._socket.close()
            raise
        self._thread = threading.Thread(target=self._serve, name="Answer", daemon=True)

    @property
    def port(self) -> int:
        """The port that it is bound to."""
        port: int = self._socket.getsockname()[1]
        return port

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering."""
        self._stopping = True
        if self._thread.ident is not None:
            self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        send, respond = self._socket.sendto, self._respond
        while not self._stopping:
            try:
                datagram, address = self._receive()
                if len(datagram) < _RECEIVE_SIZE and (reply := respond(datagram)) is not None:
                    send(reply, address)
            except BlockingIOError:
                continue  # The time to look at the flag.
            except OSError as err:
                # About one client: a reply that cannot be delivered.
                _LOG.debug("Cannot answer: %s", err)
            except Exception:
                _LOG.exception("Cannot answer a request")

    def _receive(self) -> tuple[bytes, Any]:
        """Return the next datagram and who sent it; raises BlockingIOError after a while without any."""
        receive = self._socket.recvfrom
        for _ in range(_LOOKS):
            try:
                return receive(_RECEIVE_SIZE, socket.MSG_DONTWAIT)
            except BlockingIOError:
                continue
        return receive(_RECEIVE_SIZE)


def _grow_buffer(sock: socket.socket) -> None:
    """Give a socket a large receive buffer, beyond the system's usual limit if we may."""
    force = getattr(socket, "SO_RCVBUFFORCE", 33)
    for option in (force, socket.SO_RCVBUF):
        try:
            sock.setsockopt(socket.SOL_SOCKET, option, _RECEIVE_BUFFER)
        except PermissionError:
            continue
        return


class ConfDaemon(launch.Daemon):
    """The configuration daemon for ``launch.run``."""

    NAME = c.CONFD
    ROLE = "confd"
    NETWORKED = True
    SPEAKS_HTTPS = False
    USER_CHECK_OPTIONAL = True

    def __init__(self) -> None:
        self._state: State | None = None
        self._server: UdpServer | None = None

    def prepare(self, options: argparse.Namespace) -> None:
        """Read key and configuration, bind the port."""
        try:
            self._state = State()
        except OSError as err:
            raise launch.StartError(f"Cannot read the key: {err}") from err
        try:
            self._server = UdpServer(options.bind_address, options.port, Responder(self._state).respond)
        except OSError as err:
            raise launch.StartError(f"Cannot listen on {options.bind_address} port {options.port}: {err}") from err

    def start(self) -> None:
        """Answer."""
        assert self._state is not None and self._server is not None
        self._state.start()
        self._server.start()

    def stop(self) -> None:
        """Stop answering."""
        if self._server is not None:
            self._server.stop()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the daemon."""
    return launch.run(ConfDaemon(), argv)
