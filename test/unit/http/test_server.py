"""The server against clients that do not behave."""

import contextlib
import logging
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ganeti.http import tls
from ganeti.http.server import HttpServer, Lanes
from ganeti.rpc import procedures
from ganeti.utils import x509
from test.unit import node_server as support


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> support.Certificates:
    return support.make_certificates(tmp_path_factory.mktemp("cluster"))


@pytest.fixture
def certificates(cluster: support.Certificates, tmp_path: Path) -> support.Certificates:
    copied = support.copy_certificates(cluster, tmp_path)
    support.allow(tmp_path, copied.digest)
    return copied


@pytest.fixture
def server(certificates: support.Certificates) -> Iterator[HttpServer]:
    handlers: support.Handlers = {
        procedures.version: lambda: 7,
        procedures.node_has_ip_address: lambda address: bool(address),
    }
    with support.node_server(certificates, handlers) as running:
        yield running


def _tls_connection(server: HttpServer, certificates: support.Certificates | None) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if certificates is not None:
        context.load_cert_chain(certificates.client_pem)
    raw = socket.create_connection((support.ADDRESS, server.port), timeout=10)
    return context.wrap_socket(raw)


def _read_all(connection: socket.socket) -> bytes:
    data = b""
    try:
        while chunk := connection.recv(65536):
            data += chunk
    except (ConnectionResetError, ssl.SSLError):
        pass
    return data


def _exchange(server: HttpServer, certificates: support.Certificates, request: bytes) -> bytes:
    with _tls_connection(server, certificates) as connection:
        connection.sendall(request)
        return _read_all(connection)


def _post(path: bytes, body: bytes, headers: bytes = b"Host: x\r\n") -> bytes:
    length = b"Content-Length: %d\r\n" % len(body)
    return b"POST /%s HTTP/1.1\r\n%s%sConnection: close\r\n\r\n%s" % (path, headers, length, body)


def _status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def _body(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


def test_well_formed_call_is_answered(server: HttpServer, certificates: support.Certificates) -> None:
    answer = _exchange(server, certificates, _post(b"version", b"[]\n"))
    assert (_status(answer), _body(answer)) == (200, b"[true,7]")
    assert b"\r\nServer: Ganeti " in answer
    assert b"\r\nConnection: close" in answer


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (_post(b"version", b"[]", headers=b""), 400),
        (_post(b"no_such_thing", b"[]"), 404),
        (b"complete nonsense\r\n\r\n", 400),
        (b"POST /version HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n", 400),
        (b"POST /version HTTP/1.1\r\n" + b"X: y\r\n" * 4000 + b"\r\n", 413),
    ],
)
def test_wrong_requests_get_an_error_page(
    server: HttpServer, certificates: support.Certificates, request_bytes: bytes, status: int
) -> None:
    assert _status(_exchange(server, certificates, request_bytes)) == status


@pytest.mark.parametrize("body", [b"", b"garbage", b"{}", b"[1]", b"[", b"\xff\xfe", b"null"])
def test_garbage_bodies_are_failed_calls(server: HttpServer, certificates: support.Certificates, body: bytes) -> None:
    answer = _exchange(server, certificates, _post(b"version", body))
    assert _status(answer) == 200
    assert _body(answer).startswith(b'[false,"Wrong arguments for version: ')


def test_secrets_in_wrong_arguments_are_not_shown(
    server: HttpServer, certificates: support.Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = _exchange(server, certificates, _post(b"node_has_ip_address", b'[{"password": "hunter2"}]'))
    assert b"hunter2" not in answer
    assert "hunter2" not in caplog.text


def test_two_calls_on_one_connection(server: HttpServer, certificates: support.Certificates) -> None:
    request = b"POST /version HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n[]"
    with _tls_connection(server, certificates) as connection:
        for _ in range(3):
            connection.sendall(request)
            answer = connection.recv(65536)
            while not answer.endswith(b"[true,7]"):
                answer += connection.recv(65536)
            assert b"Connection: close" not in answer


def test_calls_sent_together_are_all_answered(server: HttpServer, certificates: support.Certificates) -> None:
    request = b"POST /version HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n[]"
    with _tls_connection(server, certificates) as connection:
        connection.sendall(request * 3)
        answer = b""
        while answer.count(b"[true,7]") < 3:
            answer += connection.recv(65536)


def test_client_without_certificate_gets_nothing(server: HttpServer) -> None:
    try:
        with _tls_connection(server, None) as connection:
            connection.sendall(_post(b"version", b"[]"))
            answer = _read_all(connection)
    except (OSError, ssl.SSLError):
        answer = b""
    assert answer == b""


def test_refused_client_is_logged_with_digest_and_address(
    server: HttpServer, certificates: support.Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    support.allow(certificates.server_pem.parent, "AA:BB")
    with caplog.at_level(logging.WARNING):
        answer = _exchange(server, certificates, _post(b"no_such_thing", b"[]"))
    # Not even what exists is told to strangers.
    assert _status(answer) == 403
    assert certificates.digest in caplog.text
    assert support.ADDRESS in caplog.text


def test_names_of_requests_that_could_forge_lines_are_not_logged(
    server: HttpServer, certificates: support.Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    for name in (b"Job1-2", b"Job1 INFO all is well", b"x" * 65, b"\xc3\xa4"):
        headers = b"Host: x\r\nX-Ganeti-Request: %s\r\n" % name
        with caplog.at_level(logging.DEBUG):
            assert _status(_exchange(server, certificates, _post(b"version", b"[]", headers))) == 200
    logged = [message for message in caplog.messages if "called version" in message]
    assert [message.partition("(request ")[2].partition(")")[0] for message in logged] == ["Job1-2", *["unnamed"] * 3]


def test_sha256_digests_are_accepted_too(server: HttpServer, certificates: support.Certificates) -> None:
    digest = x509.sha256_digest_of(x509.load_certificate(str(certificates.client_pem)))
    support.allow(certificates.server_pem.parent, digest)
    assert _status(_exchange(server, certificates, _post(b"version", b"[]"))) == 200


def test_plain_http_and_noise_do_no_harm(server: HttpServer, certificates: support.Certificates) -> None:
    for noise in (b"POST /version HTTP/1.1\r\n\r\n", b"\x00" * 1000, b"\x16\x03\x01\xff\xff" + b"x" * 100, b""):
        # The server may hang up as soon as it has seen enough.
        with (
            contextlib.suppress(OSError),
            socket.create_connection((support.ADDRESS, server.port), timeout=10) as connection,
        ):
            connection.sendall(noise)
            connection.shutdown(socket.SHUT_WR)
            _read_all(connection)
    assert _status(_exchange(server, certificates, _post(b"version", b"[]"))) == 200


def test_idle_connections_take_no_threads(server: HttpServer, certificates: support.Certificates) -> None:
    idle = [socket.create_connection((support.ADDRESS, server.port), timeout=10) for _ in range(60)]
    try:
        assert _status(_exchange(server, certificates, _post(b"version", b"[]"))) == 200
    finally:
        for connection in idle:
            connection.close()


def test_stalling_client_is_given_up(
    server: HttpServer, certificates: support.Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "IO_TIMEOUT_S", 0.2)
    with _tls_connection(server, certificates) as connection:
        connection.sendall(b"POST /version HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n[")
        assert b"200 OK" not in _read_all(connection)
    assert _status(_exchange(server, certificates, _post(b"version", b"[]"))) == 200


def test_calls_under_way_are_answered_when_the_server_stops(certificates: support.Certificates) -> None:
    entered, release = threading.Event(), threading.Event()

    def slow() -> int:
        entered.set()
        release.wait(20)
        return 9

    with (
        support.node_server(certificates, {procedures.version: slow}) as server,
        _tls_connection(server, certificates) as connection,
    ):
        connection.sendall(_post(b"version", b"[]"))
        assert entered.wait(10)
        server.stop_accepting()
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((support.ADDRESS, server.port), timeout=2)
        release.set()
        assert _body(_read_all(connection)) == b"[true,9]"


def test_new_server_certificate_is_used_for_new_connections(
    server: HttpServer, certificates: support.Certificates
) -> None:
    x509.generate_cluster_certificate(str(certificates.server_pem))
    digest = x509.generate_client_certificate(str(certificates.client_pem), "n", str(certificates.server_pem))
    support.allow(certificates.server_pem.parent, digest)
    assert _status(_exchange(server, certificates, _post(b"version", b"[]"))) == 200


def test_unusable_server_certificate_leaves_the_old_one_in_use(
    server: HttpServer, certificates: support.Certificates
) -> None:
    certificates.server_pem.chmod(0o600)
    certificates.server_pem.write_text("nonsense")
    assert _status(_exchange(server, certificates, _post(b"version", b"[]"))) == 200


def test_lanes_refuse_when_running_and_waiting_places_are_taken() -> None:
    lanes = Lanes(1)
    assert lanes.enter(0)
    assert not lanes.enter(0.01)
    lanes.leave()
    assert lanes.enter(0)


@pytest.mark.parametrize("resets", [True, False])
def test_a_call_is_not_carried_out_when_its_caller_has_gone(certificates: support.Certificates, resets: bool) -> None:
    entered, release = threading.Event(), threading.Event()
    carried_out: list[str] = []

    def slow(address: str) -> bool:
        carried_out.append(address)
        entered.set()
        return release.wait(20)

    handlers: support.Handlers = {procedures.node_has_ip_address: slow, procedures.version: lambda: 7}
    with (
        support.node_server(certificates, handlers, max_calls=1) as server,
        _tls_connection(server, certificates) as first,
        _tls_connection(server, certificates) as second,
        _tls_connection(server, certificates) as third,
    ):
        first.sendall(_post(b"node_has_ip_address", b'["first"]'))
        assert entered.wait(10)
        second.sendall(_post(b"node_has_ip_address", b'["second"]'))
        third.sendall(_post(b"node_has_ip_address", b'["third"]'))
        if resets:
            second.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        second.close()
        release.set()
        assert _status(_read_all(third)) == 200
        assert _status(_read_all(first)) == 200
    assert sorted(carried_out) == ["first", "third"]
