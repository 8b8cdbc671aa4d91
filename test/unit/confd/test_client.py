"""The confd client against servers on loopback."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from ganeti import constants as c
from ganeti import errors
from ganeti.confd import wire
from ganeti.confd.client import ALL_PEERS, ConfdClient
from ganeti.confd.replies import Verdict
from ganeti.confd.wire import HmacKey, PackedReply, Reply

KEY = b"secret\n"


@contextlib.contextmanager
def _server(address: str, port: int, answer: Callable[[wire.RawRequest], list[bytes]]) -> Iterator[int]:
    """Answer with what *answer* makes of each request; gives the port."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((address, port))

    def serve() -> None:
        while True:
            datagram, client = sock.recvfrom(65536)
            if not datagram:
                return
            request = wire.decode_request(wire.unpack(datagram, (HmacKey(KEY),))[0])
            for reply in answer(request):
                sock.sendto(reply, client)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield sock.getsockname()[1]
    finally:
        sock.sendto(b"", sock.getsockname())
        thread.join()
        sock.close()


def _says(answer: object, serial: int) -> Callable[[wire.RawRequest], list[bytes]]:
    packed = PackedReply(Reply(status=0, answer=answer, serial=serial))
    return lambda request: [packed.datagram(request.rsalt, HmacKey(KEY))]


def test_newest_reply_of_several_servers_counts() -> None:
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(_server("127.0.0.1", 0, _says("old", 3)))
        stack.enter_context(_server("127.0.0.2", port, _says("new", 4)))
        client = stack.enter_context(ConfdClient(KEY, ["127.0.0.1", "127.0.0.2"], port=port))
        assert client.ask(c.CONFD_REQ_CLUSTER_MASTER) == Reply(status=0, answer="new", serial=4)


def test_forged_unasked_and_broken_replies_are_dropped() -> None:
    good = PackedReply(Reply(status=0, answer="good", serial=1))

    def answer(request: wire.RawRequest) -> list[bytes]:
        return [
            b"plj0garbage",
            good.datagram(request.rsalt, HmacKey(b"wrong")),
            good.datagram("another salt", HmacKey(KEY)),
            wire.pack(b"{}", request.rsalt, HmacKey(KEY)),
            good.datagram(request.rsalt, HmacKey(KEY)),
        ]

    with _server("127.0.0.1", 0, answer) as port, ConfdClient(KEY, ["127.0.0.1"], port=port) as client:
        assert client.ask(c.CONFD_REQ_PING).answer == "good"


def test_events_tell_what_each_reply_means() -> None:
    with _server("127.0.0.1", 0, _says("x", 1)) as port, ConfdClient(KEY, ["127.0.0.1"], port=port) as client:
        rsalt = client.send(c.CONFD_REQ_PING)
        event = client.poll(10)[0]
        assert (event.rsalt, event.verdict, event.server) == (rsalt, Verdict.NEWS, "127.0.0.1")
        assert client.best(rsalt).reply == event.reply


def test_request_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c, "CONFD_CLIENT_EXPIRE_TIMEOUT", 0)
    with _server("127.0.0.1", 0, lambda _: []) as port, ConfdClient(KEY, ["127.0.0.1"], port=port) as client:
        rsalt = client.send(c.CONFD_REQ_PING)
        events = client.poll()
        assert [(event.rsalt, event.reply) for event in events] == [(rsalt, None)]
        with pytest.raises(errors.ConfdClientError):
            client.wait(rsalt, 0)


def test_silence_is_an_error_that_says_whom_we_asked() -> None:
    with (
        _server("127.0.0.1", 0, lambda _: []) as port,
        ConfdClient(KEY, ["127.0.0.1"], port=port) as client,
        pytest.raises(errors.ConfdClientError, match="None of 1"),
    ):
        client.ask(c.CONFD_REQ_PING, timeout_s=0.05)


def test_coverage() -> None:
    heard: list[str] = []

    def listen(name: str) -> Callable[[wire.RawRequest], list[bytes]]:
        def answer(request: wire.RawRequest) -> list[bytes]:
            heard.append(name)
            return _says(1, 1)(request)

        return answer

    peers = [f"127.0.0.{number}" for number in range(1, 9)]
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(_server(peers[0], 0, listen(peers[0])))
        for peer in peers[1:]:
            stack.enter_context(_server(peer, port, listen(peer)))
        client = stack.enter_context(ConfdClient(KEY, peers, port=port))
        assert client.wait(client.send(c.CONFD_REQ_PING)).asked == 6
        progress = client.wait(client.send(c.CONFD_REQ_PING, coverage=ALL_PEERS))
        assert (progress.asked, progress.needed, progress.is_done) == (8, 5, True)
        assert client.wait(client.send(c.CONFD_REQ_PING, coverage=2)).asked == 2
        for wrong in (9, 0, -2):
            with pytest.raises(errors.ConfdClientError):
                client.send(c.CONFD_REQ_PING, coverage=wrong)
    # One server of each request may have been waited for no longer, but all were sent to by now.
    assert len(heard) == 16


def test_peers_are_of_one_family() -> None:
    with pytest.raises(errors.ConfdClientError):
        ConfdClient(KEY, ["127.0.0.1", "::1"], port=1)
    with pytest.raises(errors.ConfdClientError):
        ConfdClient(KEY, [], port=1)


def test_question_that_no_datagram_holds_is_refused() -> None:
    with ConfdClient(KEY, ["127.0.0.1"], port=1) as client, pytest.raises(errors.ConfdClientError):
        client.send(c.CONFD_REQ_CONFIG_QUERY, "x" * 70000)
