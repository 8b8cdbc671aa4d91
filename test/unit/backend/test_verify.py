"""Checks of a node for the verification of the cluster."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ganeti import constants as c
from ganeti import pathutils
from ganeti.backend import verify, verify_network
from ganeti.utils import net, x509


@pytest.fixture(autouse=True)
def own_name(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(net, "own_hostname", lambda: "node1.example.com")
    return "node1.example.com"


def _ask(key: str, argument: object) -> object:
    return verify.node_verify({key: argument}, "cluster", {}).get(key, "no answer")


def test_version_and_time() -> None:
    assert _ask(c.NV_VERSION, None) == (c.PROTOCOL_VERSION, c.RELEASE_VERSION)
    seconds, microseconds = _ask(c.NV_TIME, None)  # type: ignore[misc]
    assert abs(seconds + microseconds / 1e6 - time.time()) < 5


def test_unknown_checks_are_not_answered() -> None:
    assert verify.node_verify({"no-such-check": 1}, "cluster", {}) == {}


def test_check_that_breaks_spoils_no_other(caplog: pytest.LogCaptureFixture) -> None:
    answer = verify.node_verify({c.NV_FILELIST: 17, c.NV_VERSION: None}, "cluster", {})
    assert list(answer) == [c.NV_VERSION]
    assert "Check 'filelist' failed" in caplog.text


def test_node_without_instances_leaves_out_their_checks(own_name: str) -> None:
    asked = {c.NV_NONVMNODES: [own_name], c.NV_HYPERVISOR: [c.HT_FAKE], c.NV_BRIDGES: [], c.NV_VERSION: None}
    assert list(verify.node_verify(asked, "cluster", {})) == [c.NV_VERSION]


def test_checksums_of_files(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("hello")
    answer = _ask(c.NV_FILELIST, [f"{tmp_path}/a", f"{tmp_path}/missing"])
    assert answer == {f"{tmp_path}/a": "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"}


def test_client_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server, client = str(tmp_path / "server.pem"), str(tmp_path / "client.pem")
    monkeypatch.setattr(pathutils, "NODED_CLIENT_CERT_FILE", client)
    assert _ask(c.NV_CLIENT_CERT, None)[0] == "ERROR"  # type: ignore[index]
    x509.generate_cluster_certificate(server)
    digest = x509.generate_client_certificate(client, "node1.example.com", server)
    assert _ask(c.NV_CLIENT_CERT, None) == (None, digest)


def test_forbidden_storage_paths_are_told_by_the_asked_node_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_name: str
) -> None:
    allowed = tmp_path / "file-storage-paths"
    allowed.write_text("/srv/ganeti\n/usr/bin/x\n/etc\n")
    monkeypatch.setattr(pathutils, "FILE_STORAGE_PATHS_FILE", str(allowed))
    assert _ask(c.NV_ACCEPTED_STORAGE_PATHS, own_name) == ["/etc", "/usr/bin/x"]
    assert _ask(c.NV_ACCEPTED_STORAGE_PATHS, "node2.example.com") == "no answer"


def test_usable_storage_directory_is_not_mentioned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = tmp_path / "file-storage-paths"
    allowed.write_text(f"{tmp_path}\n")
    monkeypatch.setattr(pathutils, "FILE_STORAGE_PATHS_FILE", str(allowed))
    assert _ask(c.NV_FILE_STORAGE_PATH, str(tmp_path)) == "no answer"
    assert "missing" in str(_ask(c.NV_FILE_STORAGE_PATH, f"{tmp_path}/missing"))


def test_programs_of_the_site(tmp_path: Path) -> None:
    program, text = tmp_path / "program", tmp_path / "text"
    program.touch(mode=0o755)
    text.touch(mode=0o644)
    paths = [str(program), str(text), str(tmp_path), str(tmp_path / "missing")]
    assert _ask(c.NV_USERSCRIPTS, paths) == paths[1:]
    problems = _ask(c.NV_OOB_PATHS, paths)
    assert isinstance(problems, list)
    assert problems[0] is None
    assert [text.rpartition("' ")[2] for text in problems[1:]] == [
        "is not executable", "is not a file", "does not exist",
    ]  # fmt: skip


@pytest.fixture
def listening_port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(verify_network, "noded_port", lambda: port)
        yield port


def test_only_candidates_test_the_network(listening_port: int, own_name: str) -> None:
    nodes = [(own_name, "127.0.0.1", "127.0.0.1"), ("node2", "127.0.0.1", "127.0.0.1")]
    assert _ask(c.NV_NODENETTEST, (nodes, [])) == {}
    assert _ask(c.NV_NODENETTEST, (nodes, [own_name])) == {}
    assert _ask(c.NV_MASTERIP, (own_name, "127.0.0.1", [])) is None
    assert _ask(c.NV_MASTERIP, ("node2", "127.0.0.1", [own_name])) is True


def test_both_addresses_of_a_node_are_tried(monkeypatch: pytest.MonkeyPatch, own_name: str) -> None:
    tried: list[tuple[str, str | None]] = []

    def ping(target: str, _port: int, *, source: str | None = None, live: bool = True) -> bool:
        tried.append((target, source))
        return target.startswith("192.0.2.1")

    monkeypatch.setattr(net, "tcp_ping", ping)
    nodes = [(own_name, "192.0.2.1", "192.0.2.1"), ("node2", "192.0.2.10", "198.51.100.2")]
    assert _ask(c.NV_NODENETTEST, (nodes, [own_name])) == {"node2": "failure using the secondary interface(s)"}
    assert ("192.0.2.10", "192.0.2.1") in tried


def test_node_that_is_not_in_the_list_says_so(own_name: str) -> None:
    answer = _ask(c.NV_NODENETTEST, ([("node2", "192.0.2.2", "192.0.2.2")], [own_name]))
    assert answer == {own_name: "Can't find my own primary/secondary IP in the node list"}


def test_candidates_do_not_all_begin_with_the_same_node(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def check(names: list[str], *_args: object, **_kwargs: object) -> dict[str, str]:
        asked.extend(names)
        return {}

    monkeypatch.setattr(verify, "check_ssh", check)
    own, names = "node1.example.com", ["node0.example.com", "node1.example.com", "node2.example.com"]
    _ask(c.NV_NODELIST, [names, {own: ["node9.example.com"]}, [own]])
    assert asked == ["node1.example.com", "node2.example.com", "node9.example.com", "node0.example.com"]
    asked.clear()
    assert _ask(c.NV_NODELIST, [names, {own: ["node9.example.com"]}, ["node2.example.com"]]) == {}
    assert asked == []
