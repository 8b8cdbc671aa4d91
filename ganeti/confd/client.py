"""Ask the confd servers of the master candidates; for every program on a node, without load on the master.

Nothing is sent again: who got no answer asks anew. One client may have several requests under way; it belongs to one
thread.
"""

import random
import select
import socket
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.confd import wire
from ganeti.confd.replies import BestReply, Verdict, replies_needed
from ganeti.confd.wire import HmacKey, Reply, Request
from ganeti.ssconf import SsconfReader
from ganeti.utils import net

#: Ask every server that is known.
ALL_PEERS: Final = -1
_RECEIVE_SIZE: Final = 65536
_DEFAULT_TIMEOUT_S: Final = 10.0


class Event(NamedTuple):
    """Something that happened to a request.

    Attributes:
      rsalt: what ``send`` returned.
      reply: None when the request expired: later replies are dropped.
      verdict: what the reply means beside those before it; None for an expired request.
      server: address that the reply came from.
    """

    rsalt: str
    reply: Reply | None
    verdict: Verdict | None
    server: str


class Progress(NamedTuple):
    """How far a request got: enough replies came (``is_done``), servers asked, replies needed, replies received."""

    is_done: bool
    asked: int
    needed: int
    received: int


@dataclass
class _Pending:
    """A request under way."""

    asked: int
    deadline: float
    best: BestReply = field(default_factory=BestReply)
    servers: set[str] = field(default_factory=set)

    def progress(self) -> Progress:
        needed = replies_needed(self.asked)
        return Progress(len(self.servers) >= needed, self.asked, needed, len(self.servers))


class ConfdClient:
    """Asks a random choice of servers and keeps the newest reply to each request."""

    def __init__(self, key: bytes, peers: Sequence[str], *, port: int | None = None) -> None:
        """*key* is the content of the key file, *peers* the addresses of the servers, all of one family.

        Raises ConfdClientError if there are no peers or their families differ.
        """
        families = {net.family_of(peer) for peer in peers}
        if len(families) != 1:
            problem = (
                "confd servers have addresses of several families" if families else "there is no confd server to ask"
            )
            raise errors.ConfdClientError(f"Cannot ask confd: {problem}")
        self._key = HmacKey(key)
        self._peers = tuple(peers)
        self._port = port if port is not None else net.daemon_port(c.CONFD)
        self._pending: dict[str, _Pending] = {}
        self._socket = socket.socket(families.pop(), socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._poller = select.poll()
        self._poller.register(self._socket, select.POLLIN)

    def close(self) -> None:
        """Forget all requests."""
        self._socket.close()
        self._pending.clear()

    def __enter__(self) -> "ConfdClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, kind: int, query: Any = None, *, coverage: int | None = None) -> str:
        """Send a request to *coverage* servers (None: up to six, ALL_PEERS: all); return its salt.

        Raises ConfdClientError if so many are not known, or the request is too large; OSError if none could be sent to.
        """
        peers = self._choose(coverage)
        rsalt = str(uuid.uuid4())
        now = time.time()
        datagram = wire.pack_request(Request(type=kind, query=query, rsalt=rsalt), now, self._key)
        if len(datagram) > c.MAX_UDP_DATA_SIZE:
            raise errors.ConfdClientError(f"A request of {len(datagram)} bytes is too large for confd")
        self._send_all(datagram, peers)
        self._pending[rsalt] = _Pending(len(peers), time.monotonic() + c.CONFD_CLIENT_EXPIRE_TIMEOUT)
        return rsalt

    def _choose(self, coverage: int | None) -> list[str]:
        known = len(self._peers)
        if coverage is None:
            coverage = min(c.CONFD_DEFAULT_REQ_COVERAGE, known)
        elif coverage == ALL_PEERS:
            coverage = known
        if not 0 < coverage <= known:
            raise errors.ConfdClientError(f"Cannot ask {coverage} confd servers, {known} are known")
        return random.sample(self._peers, coverage)

    def _send_all(self, datagram: bytes, peers: Sequence[str]) -> None:
        failure = None
        sent = 0
        for peer in peers:
            try:
                self._socket.sendto(datagram, (peer, self._port))
                sent += 1
            except OSError as err:
                # The same to us as a server that does not answer, as long as others may.
                failure = err
        if failure is not None and not sent:
            raise failure

    def poll(self, timeout_s: float = 0.0) -> list[Event]:
        """Wait until something arrives; return what happened since the last call: replies, then expired requests."""
        events = self._received() if self._poller.poll(timeout_s * 1000) else []
        now = time.monotonic()
        for rsalt in [rsalt for rsalt, pending in self._pending.items() if pending.deadline <= now]:
            del self._pending[rsalt]
            events.append(Event(rsalt, None, None, ""))
        return events

    def _received(self) -> list[Event]:
        events: list[Event] = []
        while True:
            try:
                datagram, address = self._socket.recvfrom(_RECEIVE_SIZE)
                message, rsalt, _ = wire.unpack(datagram, (self._key,))
                reply = wire.decode_reply(message)
            except BlockingIOError:
                return events
            except (ConnectionError, wire.DatagramError):
                # A host told that nobody listens there, or somebody sent us garbage.
                continue
            pending = self._pending.get(rsalt)
            if pending is not None:
                pending.servers.add(address[0])
                events.append(Event(rsalt, reply, pending.best.offer(reply), address[0]))

    def wait(self, rsalt: str, timeout_s: float = _DEFAULT_TIMEOUT_S) -> Progress:
        """Wait until enough servers replied to a request, at most *timeout_s*; it expires so much later.

        Raises ConfdClientError if the request is not known (any more).
        """
        pending = self._get(rsalt)
        pending.deadline += timeout_s
        deadline = time.monotonic() + timeout_s
        while not pending.progress().is_done and (rest := deadline - time.monotonic()) > 0:
            self.poll(rest)
        return pending.progress()

    def best(self, rsalt: str) -> BestReply:
        """Return what is known about a request under way; raises ConfdClientError if it is not (any more)."""
        return self._get(rsalt).best

    def _get(self, rsalt: str) -> _Pending:
        try:
            return self._pending[rsalt]
        except KeyError:
            raise errors.ConfdClientError(f"There is no confd request {rsalt}, or it expired") from None

    def ask(
        self, kind: int, query: Any = None, *, coverage: int | None = None, timeout_s: float = _DEFAULT_TIMEOUT_S
    ) -> Reply:
        """Send a request and return the newest reply; waits for fewer servers than needed if some do not answer.

        Raises ConfdClientError if nobody answers.
        """
        rsalt = self.send(kind, query, coverage=coverage)
        progress = self.wait(rsalt, timeout_s)
        reply = self._pending.pop(rsalt).best.reply
        if reply is None:
            raise errors.ConfdClientError(f"None of {progress.asked} confd servers replied within {timeout_s:g} s")
        return reply


    def ask_any(self, kind: int, query: Any = None, *, timeout_s: float = _DEFAULT_TIMEOUT_S) -> Reply:
        """Send a request to all servers and return the first reply: they are one server at several addresses.

        Raises ConfdClientError if nobody answers.
        """
        rsalt = self.send(kind, query, coverage=ALL_PEERS)
        deadline = time.monotonic() + timeout_s
        while (reply := self._get(rsalt).best.reply) is None and (rest := deadline - time.monotonic()) > 0:
            self.poll(rest)
            if rsalt not in self._pending:
                break
        self._pending.pop(rsalt, None)
        if reply is None:
            raise errors.ConfdClientError(f"No confd server replied at {', '.join(self._peers)} within {timeout_s:g} s")
        return reply


def read_key() -> bytes:
    """Return the key of this node's cluster; raises ConfdClientError."""
    try:
        with open(pathutils.CONFD_HMAC_KEY, "rb") as file:
            return file.read()
    except OSError as err:
        raise errors.ConfdClientError(f"Cannot read the confd key: {err}") from err


def connect_locally() -> ConfdClient:
    """Return a client for the confd server of this node, whether it listens everywhere or at the node's address alone.

    Raises ConfdClientError or ConfigurationError on a node that belongs to no cluster.
    """
    reader = SsconfReader()
    is_ipv6 = reader.primary_ip_family() == socket.AF_INET6
    own = reader.node_primary_ips().get(net.own_hostname())
    loopback = c.IP6_ADDRESS_LOCALHOST if is_ipv6 else c.IP4_ADDRESS_LOCALHOST
    return ConfdClient(read_key(), [loopback] if own is None else [loopback, own])


def connect() -> ConfdClient:
    """Return a client for the confd servers of this node's cluster.

    Raises ConfdClientError or ConfigurationError on a node that belongs to no cluster.
    """
    return ConfdClient(read_key(), SsconfReader().lines(c.SS_MASTER_CANDIDATES_IPS))
