"""confd's server: which datagrams get a reply."""

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from ganeti import constants as c
from ganeti.confd import wire
from ganeti.confd.client import ConfdClient
from ganeti.confd.wire import HmacKey, Reply, Request
from ganeti.server import launch
from ganeti.server.confd import ConfDaemon, Responder, UdpServer
from ganeti.server.confd_answers import Answers
from ganeti.server.confd_state import NoAnswers, ReplyTable
from test.unit.factories import make_config

KEY = b"secret\n"
NOW = 1735693200.5


@dataclass
class _Config:
    table: ReplyTable


@dataclass
class _Keys:
    keys: tuple[HmacKey, ...] = (HmacKey(KEY), HmacKey(b"before\n"))


@dataclass
class _State:
    keyring: _Keys = field(default_factory=_Keys)
    config: _Config = field(default_factory=lambda: _Config(ReplyTable(Answers(make_config()))))


@pytest.fixture
def state() -> _State:
    return _State()


@pytest.fixture
def responder(state: _State) -> Responder:
    return Responder(state, clock=lambda: NOW)  # type: ignore[arg-type]


def _request(kind: int = c.CONFD_REQ_PING, *, rsalt: str = "r", now: float = NOW, key: bytes = KEY) -> bytes:
    return wire.pack_request(Request(type=kind, rsalt=rsalt), now, HmacKey(key))


def _reply(datagram: bytes | None, key: bytes = KEY) -> tuple[str, Reply]:
    assert datagram is not None
    message, salt, _ = wire.unpack(datagram, (HmacKey(key),))
    return salt, wire.decode_reply(message)


def test_reply_has_the_salt_that_was_asked_for(responder: Responder) -> None:
    assert _reply(responder.respond(_request(rsalt='s"ä'))) == ('s"ä', Reply(status=0, answer=3010000, serial=0))


def test_reply_is_signed_with_the_key_of_the_request(responder: Responder) -> None:
    assert _reply(responder.respond(_request(key=b"before\n")), b"before\n")[1].status == 0


@pytest.mark.parametrize(("skew", "is_answered"), [(-299, True), (299, True), (-301, False), (301, False)])
def test_clock_skew(responder: Responder, skew: int, is_answered: bool) -> None:
    assert (responder.respond(_request(now=int(NOW) + skew)) is not None) == is_answered


@pytest.mark.parametrize("salt", ["", "x", "1.5", "nan", "1e9", "9" * 5000, "0", "-1735693200"])
def test_salts_that_are_no_present_time(responder: Responder, salt: str) -> None:
    message = json.dumps({"protocol": 1, "type": 0, "rsalt": "r"}).encode()
    assert responder.respond(wire.pack(message, salt, HmacKey(KEY))) is None


def test_what_is_no_request_of_ours_gets_no_reply(responder: Responder) -> None:
    for datagram in (b"", b"x" * 2000, _request()[1:], _request(key=b"forged\n"), _request(99), _request(-1)):
        assert responder.respond(datagram) is None


def test_other_version_of_the_protocol_is_not_implemented(responder: Responder) -> None:
    message = json.dumps({"protocol": 2, "type": 0, "rsalt": "r"}).encode()
    reply = _reply(responder.respond(wire.pack(message, str(int(NOW)), HmacKey(KEY))))[1]
    assert reply.status == c.CONFD_REPL_STATUS_NOTIMPLEMENTED


def test_without_configuration_every_question_gets_the_reason(state: _State, responder: Responder) -> None:
    state.config.table = ReplyTable(NoAnswers("none"))
    for kind in range(12):
        assert _reply(responder.respond(_request(kind)))[1] == Reply(status=1, answer="none", serial=0)


def test_salt_that_makes_the_reply_too_large_is_dropped(responder: Responder) -> None:
    assert responder.respond(_request(rsalt="r" * 61400)) is None


@pytest.fixture(params=["127.0.0.1", "::1"])
def server(request: pytest.FixtureRequest, state: _State) -> Iterator[tuple[str, int]]:
    try:
        udp = UdpServer(request.param, 0, Responder(state).respond)  # type: ignore[arg-type]
    except OSError:
        pytest.skip("no IPv6 here")
    udp.start()
    yield request.param, udp.port
    udp.stop()


def test_server_answers_the_client(server: tuple[str, int]) -> None:
    with ConfdClient(KEY, [server[0]], port=server[1]) as client:
        assert client.ask(c.CONFD_REQ_CLUSTER_MASTER).answer == "node1.example.com"


def test_server_survives_garbage_and_oversized_datagrams(server: tuple[str, int]) -> None:
    with socket.socket(socket.AF_INET6 if ":" in server[0] else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for datagram in (b"", b"\0" * 1000, b"plj0" + b"[" * 60000, b"plj0" + b" " * 65000):
            sock.sendto(datagram, server)
        # Well made, but larger than what may be sent.
        sock.sendto(_request(rsalt="r" * 62000, now=time.time()), server)
        sock.sendto(_request(now=time.time()), server)
        sock.settimeout(10)
        assert _reply(sock.recv(65536))[0] == "r"


def test_server_that_never_started_stops() -> None:
    UdpServer("127.0.0.1", 0, lambda _: None).stop()


def test_options() -> None:
    parse = launch.build_parser(ConfDaemon()).parse_args
    options = parse(["-f", "-p", "1", "-b", "127.0.0.1", "--no-user-checks"])
    assert (options.fork, options.port, options.bind_address, options.user_checks) == (False, 1, "127.0.0.1", False)
    for foreign in ("--no-ssl", "--max-clients=3", "-i lo"):
        with pytest.raises(SystemExit):
            parse(foreign.split())
