"""Calls over real TLS connections: who may call, fan-out, broken and slow nodes, kept connections."""

import logging
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from ganeti.errors import OpExecError, OpPrereqError
from ganeti.http import tls
from ganeti.rpc import procedures, transport
from ganeti.rpc.client import RpcClient
from ganeti.rpc.dispatch import RPCFail
from ganeti.rpc.identity import NodeIdentity
from ganeti.rpc.resolvers import Offline, StaticResolver
from ganeti.rpc.transport import NodeTransport
from ganeti.utils import log, x509
from test.unit import node_server as support

PROTOCOL = 3010000


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> support.Certificates:
    return support.make_certificates(tmp_path_factory.mktemp("cluster"))


@pytest.fixture
def certificates(cluster: support.Certificates, tmp_path: Path) -> support.Certificates:
    copied = support.copy_certificates(cluster, tmp_path)
    support.allow(tmp_path, copied.digest)
    return copied


def _answer_version() -> int:
    return PROTOCOL


@pytest.fixture
def rpc(certificates: support.Certificates) -> Iterator[RpcClient]:
    with (
        support.node_server(certificates, {procedures.version: _answer_version}) as server,
        support.client_of(server, certificates, {"n1": support.ADDRESS}) as client,
    ):
        yield client


def test_call_of_a_candidate_is_answered(rpc: RpcClient) -> None:
    result = rpc.call_one("n1", procedures.version)
    assert (result.fail_msg, result.payload, result.offline) == (None, PROTOCOL, False)


def test_no_nodes_no_results(rpc: RpcClient) -> None:
    assert rpc.call([], procedures.version) == {}


def test_certificate_that_is_on_no_list_is_refused_with_a_clear_text(certificates: support.Certificates) -> None:
    support.allow(certificates.server_pem.parent, "AA:BB")
    with (
        support.node_server(certificates, {procedures.version: _answer_version}) as server,
        support.client_of(server, certificates, {"n1": support.ADDRESS}) as client,
    ):
        message = client.call_one("n1", procedures.version).fail_msg
    assert message is not None
    assert message.startswith("HTTP error 403: ")
    assert "not that of a master candidate" in message


def test_demoted_candidate_loses_access_on_its_open_connection(
    certificates: support.Certificates, rpc: RpcClient
) -> None:
    assert rpc.call_one("n1", procedures.version).fail_msg is None
    support.allow(certificates.server_pem.parent, "AA:BB")
    assert "403" in (rpc.call_one("n1", procedures.version).fail_msg or "")


def test_certificate_of_another_cluster_is_refused(certificates: support.Certificates, tmp_path: Path) -> None:
    foreign_dir = tmp_path / "foreign"
    foreign_dir.mkdir()
    foreign = support.make_certificates(foreign_dir)
    # It trusts the server, so that it is the server that refuses.
    mixed = support.Certificates(certificates.server_pem, foreign.client_pem, foreign.digest)
    support.allow(tmp_path, certificates.digest, foreign.digest)
    with (
        support.node_server(certificates, {procedures.version: _answer_version}) as server,
        support.client_of(server, mixed, {"n1": support.ADDRESS}) as client,
    ):
        message = client.call_one("n1", procedures.version).fail_msg or ""
    assert "refuses the certificate" in message


def test_server_of_another_cluster_is_not_trusted(certificates: support.Certificates, tmp_path: Path) -> None:
    foreign_dir = tmp_path / "foreign"
    foreign_dir.mkdir()
    foreign = support.make_certificates(foreign_dir)
    with (
        support.node_server(certificates, {procedures.version: _answer_version}) as server,
        support.client_of(server, foreign, {"n1": support.ADDRESS}) as client,
    ):
        message = client.call_one("n1", procedures.version).fail_msg or ""
    assert message.startswith("Error 60: ")


def test_cluster_certificate_is_accepted_until_there_are_candidates(certificates: support.Certificates) -> None:
    directory = certificates.server_pem.parent
    (directory / support.CERTS_FILE).unlink()
    bootstrap = support.Certificates(certificates.server_pem, directory / "missing.pem", "")
    with (
        support.node_server(certificates, {procedures.version: _answer_version}) as server,
        support.client_of(server, bootstrap, {"n1": support.ADDRESS}) as client,
    ):
        assert client.call_one("n1", procedures.version).fail_msg is None
        support.allow(directory, certificates.digest)
        assert "403" in (client.call_one("n1", procedures.version).fail_msg or "")


def test_client_uses_a_renewed_certificate_without_restart(certificates: support.Certificates, rpc: RpcClient) -> None:
    assert rpc.call_one("n1", procedures.version).fail_msg is None
    directory = certificates.server_pem.parent
    digest = x509.generate_client_certificate(
        str(certificates.client_pem), "node1.example.com", str(certificates.server_pem)
    )
    support.allow(directory, digest)
    assert rpc.call_one("n1", procedures.version).fail_msg is None


def test_failure_text_of_the_node_arrives(certificates: support.Certificates) -> None:
    def fail() -> int:
        raise RPCFail("no such thing")

    def crash() -> str:
        raise ZeroDivisionError("oops")

    handlers: support.Handlers = {procedures.version: fail, procedures.master_node_name: crash}
    with (
        support.node_server(certificates, handlers) as server,
        support.client_of(server, certificates, {"n1": support.ADDRESS}) as client,
    ):
        deliberate = client.call_one("n1", procedures.version)
        unexpected = client.call_one("n1", procedures.master_node_name)
        unknown = client.call_one("n1", procedures.get_watcher_pause)
    assert deliberate.fail_msg == "no such thing"
    assert unexpected.fail_msg == "Error while executing backend function: oops"
    assert "404" in (unknown.fail_msg or "")
    with pytest.raises(OpExecError, match="Version: no such thing"):
        deliberate.raise_("Version")
    with pytest.raises(OpPrereqError, match="Call 'version' to node 'n1' has failed: no such thing"):
        deliberate.raise_(prereq=True, ecode="environment_error")


def test_hung_calls_do_not_hold_up_urgent_ones(certificates: support.Certificates) -> None:
    release = threading.Event()
    started = threading.Semaphore(0)

    def hang(_seconds: float) -> None:
        started.release()
        release.wait(30)

    names = {f"n{index}": support.ADDRESS for index in range(6)}
    handlers: support.Handlers = {procedures.test_delay: hang, procedures.version: _answer_version}
    with (
        support.node_server(certificates, handlers, max_calls=2) as server,
        support.client_of(server, certificates, names) as client,
    ):
        results: dict[str, str | None] = {}

        def call() -> None:
            answers = client.call(names, procedures.test_delay, 20.0)
            results.update({name: answer.fail_msg for name, answer in answers.items()})

        caller = threading.Thread(target=call)
        caller.start()
        try:
            assert started.acquire(timeout=10)
            assert started.acquire(timeout=10)
            begin = time.monotonic()
            assert client.call_one("n0", procedures.version).fail_msg is None
            assert time.monotonic() - begin < 5
        finally:
            release.set()
            caller.join(20)
    # Two at a time, four waiting for their turn: all were answered in the end.
    assert results == dict.fromkeys(names)


def test_a_job_that_is_killed_does_not_wait_for_its_calls(certificates: support.Certificates) -> None:
    started, release, killed = threading.Event(), threading.Event(), threading.Event()

    def hang(_seconds: float) -> None:
        started.set()
        release.wait(30)

    def check() -> None:
        if killed.is_set():
            raise OpExecError("Job killed by request")

    with (
        support.node_server(certificates, {procedures.test_delay: hang}) as server,
        support.client_of(server, certificates, {"n1": support.ADDRESS}) as client,
    ):
        threading.Thread(target=lambda: (started.wait(10), killed.set()), daemon=True).start()
        begin = time.monotonic()
        try:
            with pytest.raises(OpExecError, match="killed"):
                client.with_check(check, "7").call_one("n1", procedures.test_delay, 20.0)
            assert time.monotonic() - begin < 10
        finally:
            release.set()


def test_calls_under_way_are_known_until_they_are_answered(certificates: support.Certificates) -> None:
    started, release = threading.Event(), threading.Event()

    def hang(_duration: float) -> None:
        started.set()
        release.wait(30)

    with (
        support.node_server(certificates, {procedures.test_delay: hang}) as server,
        support.client_of(server, certificates, {"n1": support.ADDRESS}) as client,
    ):
        job = client.with_check(lambda: None, "7")
        thread = threading.Thread(target=job.call_one, args=("n1", procedures.test_delay, 20.0), daemon=True)
        thread.start()
        try:
            assert started.wait(10)
            assert client.in_flight() == [("n1", "test_delay", "7")]
        finally:
            release.set()
        thread.join(10)
        assert client.in_flight() == []


def test_calls_run_on_all_nodes_at_the_same_time(certificates: support.Certificates) -> None:
    names = {f"n{index}": support.ADDRESS for index in range(4)}
    meeting = threading.Barrier(len(names))
    with (
        support.node_server(certificates, {procedures.version: lambda: meeting.wait(20) * 0}) as server,
        support.client_of(server, certificates, names) as client,
    ):
        answers = client.call(names, procedures.version)
    assert {name: answer.payload for name, answer in answers.items()} == dict.fromkeys(names, 0)


def test_each_node_gets_its_own_arguments(certificates: support.Certificates) -> None:
    handlers: support.Handlers = {procedures.node_has_ip_address: lambda address: address == "yes"}
    with (
        support.node_server(certificates, handlers) as server,
        support.client_of(server, certificates, {"a": support.ADDRESS, "b": support.ADDRESS}) as client,
    ):
        answers = client.call_each(procedures.node_has_ip_address, {"a": ("yes",), "b": ("no",)})
    assert {name: answer.payload for name, answer in answers.items()} == {"a": True, "b": False}


class _Silent:
    """A listening socket that accepts connections in the kernel only: the TLS handshake never ends."""

    def __init__(self, address: str, port: int) -> None:
        self._socket = socket.create_server((address, port))

    def close(self) -> None:
        self._socket.close()


def test_dead_node_costs_its_time_out_once_and_others_nothing(certificates: support.Certificates) -> None:
    with support.node_server(certificates, {procedures.version: _answer_version}) as server:
        silent = _Silent("127.0.0.2", server.port)
        try:
            addresses = {"dead": "127.0.0.2", "n1": support.ADDRESS}
            with support.client_of(server, certificates, addresses, connect_timeout_s=0.5) as client:
                begin = time.monotonic()
                first = client.call(["dead", "n1"], procedures.version)
                first_took = time.monotonic() - begin
                again = client.call_one("dead", procedures.version)
                again_took = time.monotonic() - begin - first_took
        finally:
            silent.close()
    assert first["n1"].payload == PROTOCOL
    assert (first["dead"].fail_msg or "").startswith("Error 28: ")
    assert 0.4 < first_took < 4
    assert "a moment ago" in (again.fail_msg or "")
    assert again_took < 0.4


def test_many_dead_nodes_cost_little_more_than_one(certificates: support.Certificates) -> None:
    """Three rounds of two connections each would take as long as three time-outs."""
    timeout_s = 1.5
    with support.node_server(certificates, {procedures.version: _answer_version}) as server:
        addresses = {f"dead{index}": f"127.0.0.{index}" for index in range(20, 26)} | {"n1": support.ADDRESS}
        silent = [_Silent(address, server.port) for name, address in addresses.items() if name != "n1"]
        identity = NodeIdentity(str(certificates.client_pem), str(certificates.server_pem))
        transport_ = NodeTransport(identity, port=server.port, connect_timeout_s=timeout_s, max_connecting=2)
        client = RpcClient(StaticResolver(addresses), transport_)
        try:
            begin = time.monotonic()
            results = client.call(addresses, procedures.version)
            took = time.monotonic() - begin
        finally:
            client.close()
            for server_socket in silent:
                server_socket.close()
    assert results.pop("n1").payload == PROTOCOL
    assert all((result.fail_msg or "").startswith("Error 28: ") for result in results.values())
    assert took < 2.5 * timeout_s


def test_logs_of_nodes_tell_for_whom_a_call_was_made(rpc: RpcClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), log.thread_name("Jq1/Job42"):
        rpc.call(["n1"], procedures.version)
        rpc.call(["n1"], procedures.version)
    names = re.findall(r"called version \(request (Jq1/Job42-\d+)\)", caplog.text)
    assert len(set(names)) == 2
    assert all(f"Request {name}: version on 1 nodes" in caplog.text for name in names)


def test_node_without_daemon_fails_at_once_and_is_tried_again(certificates: support.Certificates) -> None:
    with (
        support.node_server(certificates, {procedures.version: _answer_version}) as server,
        support.client_of(server, certificates, {"n1": "127.0.0.3"}) as client,
    ):
        messages = [client.call_one("n1", procedures.version).fail_msg or "" for _ in range(2)]
    assert all(message.startswith("Error 7: ") and "a moment ago" not in message for message in messages)


def test_slow_call_ends_with_its_own_time_out(
    certificates: support.Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    handlers: support.Handlers = {procedures.version: lambda: release.wait(20) * 1}
    with (
        support.node_server(certificates, handlers) as server,
        support.client_of(server, certificates, {"n1": support.ADDRESS}) as client,
    ):
        monkeypatch.setattr(type(procedures.version), "timeout_s", lambda _self, _args: 0.3)
        message = client.call_one("n1", procedures.version).fail_msg or ""
        release.set()
    assert message.startswith("Error 28: ")


def test_offline_nodes_are_not_contacted() -> None:
    class OfflineResolver:
        def resolve(self, node: str, *, offline_ok: bool) -> Offline | str:
            return "127.0.0.3" if offline_ok else Offline()

    client = RpcClient(OfflineResolver(), NodeTransport(None, port=1))
    try:
        result = client.call_one("n1", procedures.master_node_name)
        tried = client.call_one("n1", procedures.version)
    finally:
        client.close()
    assert (result.fail_msg, result.offline) == ("Node is marked offline", True)
    assert (tried.offline, (tried.fail_msg or "")[:8]) == (False, "Error 7:")


def test_connections_are_kept(rpc: RpcClient) -> None:
    assert rpc.call_one("n1", procedures.version).fail_msg is None
    sockets_before = _open_sockets()
    for _ in range(20):
        assert rpc.call_one("n1", procedures.version).fail_msg is None
    assert _open_sockets() == sockets_before


def _open_sockets() -> int:
    return len(psutil.Process().net_connections("tcp"))


def test_new_connections_resume_the_tls_session(
    certificates: support.Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[int] = []

    def verify(*args: Any) -> bool:
        verified.append(args[3])
        return bool(args[4])

    # Certificates are looked at in full handshakes only.
    monkeypatch.setattr(tls, "_verify", verify)
    monkeypatch.setattr(transport, "_HEADERS", ("Connection: close",))
    with (
        support.node_server(certificates, {procedures.version: _answer_version}) as server,
        support.client_of(server, certificates, {"n1": support.ADDRESS}) as client,
    ):
        for _ in range(4):
            assert client.call_one("n1", procedures.version).fail_msg is None
    assert verified.count(0) == 1


def test_large_bodies_arrive_whole(certificates: support.Certificates) -> None:
    handlers: support.Handlers = {procedures.hooks_runner: lambda hpath, phase, env: [(env["X"], 2, phase)]}
    text = "0123456789" * 300_000
    with (
        support.node_server(certificates, handlers) as server,
        support.client_of(server, certificates, {"n1": support.ADDRESS}) as client,
    ):
        result = client.call_one("n1", procedures.hooks_runner, "h", "pre", {"X": text})
    assert result.payload == [(text, 2, "pre")]


def test_closed_client_fails_calls(certificates: support.Certificates) -> None:
    client = RpcClient(StaticResolver({"n1": support.ADDRESS}), NodeTransport(None, port=1))
    client.close()
    assert "closed" in (client.call_one("n1", procedures.version).fail_msg or "")


def test_missing_certificates_are_a_failed_call(tmp_path: Path) -> None:
    identity = NodeIdentity(str(tmp_path / "client.pem"), str(tmp_path / "server.pem"))
    client = RpcClient(StaticResolver({"n1": support.ADDRESS}), NodeTransport(identity, port=1))
    try:
        message = client.call_one("n1", procedures.version).fail_msg or ""
    finally:
        client.close()
    assert "Cannot read the certificates of this node" in message


class _OneShotServer:
    """A plain server of the old kind: answers one request per connection and closes it."""

    def __init__(self, answers: list[bytes]) -> None:
        self._socket = socket.create_server((support.ADDRESS, 0))
        self.port = self._socket.getsockname()[1]
        self.connections = 0
        self._answers = answers
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        for answer in self._answers:
            connection, _ = self._socket.accept()
            self.connections += 1
            with connection:
                data = b""
                while b"\r\n\r\n" not in data or not data.endswith(b"[]"):
                    data += connection.recv(65536)
                connection.sendall(answer)

    def close(self) -> None:
        self._thread.join(10)
        self._socket.close()


def _closing_answer(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"[true, 3010000]\n", None),
        (b'[false, "broken"]', "broken"),
        (b'[false, ""]', "No error information"),
        (b'{"a": 1}', "RPC layer error: invalid result type (dict)"),
        (b"garbage", "RPC layer error: invalid result type (no JSON)"),
        (b"[true]", "RPC layer error: invalid result length (1), expected 2"),
    ],
)
def test_server_that_closes_connections_is_coped_with(body: bytes, message: str | None) -> None:
    server = _OneShotServer([_closing_answer(body)] * 2)
    client = RpcClient(StaticResolver({"n1": support.ADDRESS}), NodeTransport(None, port=server.port))
    try:
        results = [client.call_one("n1", procedures.version).fail_msg for _ in range(2)]
    finally:
        client.close()
        server.close()
    assert results == [message, message]
    assert server.connections == 2


def test_repeatable_call_is_sent_again_when_the_connection_breaks() -> None:
    server = _OneShotServer([b"", _closing_answer(b"[true, 5]")])
    client = RpcClient(StaticResolver({"n1": support.ADDRESS}), NodeTransport(None, port=server.port))
    try:
        result = client.call_one("n1", procedures.version)
    finally:
        client.close()
        server.close()
    assert (result.fail_msg, result.payload) == (None, 5)


def test_other_calls_are_never_sent_twice() -> None:
    server = _OneShotServer([b""])
    client = RpcClient(StaticResolver({"n1": support.ADDRESS}), NodeTransport(None, port=server.port))
    try:
        result = client.call_one("n1", procedures.node_stop_master)
    finally:
        client.close()
        server.close()
    assert (result.fail_msg or "").startswith("Error 52: ")
    assert server.connections == 1


def test_the_second_attempt_has_only_the_rest_of_the_time() -> None:
    with socket.create_server((support.ADDRESS, 0)) as listening:
        ended = threading.Event()

        def serve() -> None:
            first, _ = listening.accept()
            ended.wait(0.7)
            first.close()
            second, _ = listening.accept()
            # It gets no answer.
            ended.wait(20)
            second.close()

        thread = threading.Thread(target=serve)
        thread.start()
        client = RpcClient(
            StaticResolver({"n1": support.ADDRESS}), NodeTransport(None, port=listening.getsockname()[1]), limit_s=1.0
        )
        try:
            begin = time.monotonic()
            result = client.call_one("n1", procedures.version)
            took_s = time.monotonic() - begin
        finally:
            ended.set()
            client.close()
            thread.join()
    assert (result.fail_msg or "").startswith("Error 28: ")
    assert 0.9 < took_s < 1.6
