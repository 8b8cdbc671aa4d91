"""The tools that prepare a node: what they refuse, and that they write nothing then."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from ganeti import constants as c
from ganeti import errors, pathutils, ssconf
from ganeti.bootstrap import certificates
from ganeti.bootstrap.setup_input import NodeDaemonSetup, PrepareNodeJoin, SshUpdate, parse_input
from ganeti.tools import node_daemon_setup, prepare_node_join, ssh_update
from ganeti.utils import sshkeys, x509
from ganeti.utils.x509 import KeyPair


@pytest.fixture(scope="module")
def pair() -> KeyPair:
    return x509.make_self_signed()


@pytest.fixture(scope="module")
def other() -> KeyPair:
    return x509.make_self_signed()


@pytest.fixture(autouse=True)
def data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(pathutils, "DATA_DIR", str(tmp_path))
    for name, file in (("NODED_CERT_FILE", "server.pem"), ("NODED_CLIENT_CERT_FILE", "client.pem")):
        monkeypatch.setattr(pathutils, name, str(tmp_path / file))
    monkeypatch.setattr(pathutils, "CONFD_HMAC_KEY", str(tmp_path / "hmac.key"))
    monkeypatch.setattr(pathutils, "SSCONF_LOCK_FILE", str(tmp_path / "lock"))
    return tmp_path


def setup_input(pair: KeyPair, **changes: Any) -> NodeDaemonSetup:
    values = {
        "cluster_name": "cluster",
        "node_daemon_certificate": pair.to_pem().decode(),
        "hmac_key": "secret\n",
        "ssconf": {c.SS_CLUSTER_NAME: "cluster", c.SS_MASTER_NODE: "node1"},
        "node_name": "node2",
    }
    return NodeDaemonSetup(**{**values, **changes})


def test_a_node_gets_its_own_certificate_signed_by_the_cluster(
    pair: KeyPair, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(node_daemon_setup, "daemon_util", lambda *args: calls.append(args))
    given = setup_input(pair)
    node_daemon_setup.check(given)
    node_daemon_setup.apply(given)
    assert calls == [("stop-all",)]
    assert (data / "hmac.key").read_text() == "secret\n"
    client = x509.load_certificate(str(data / "client.pem"))
    assert client.issuer == pair.certificate.subject
    client.verify_directly_issued_by(pair.certificate)
    assert ssconf.SsconfReader(str(data)).master_node() == "node1"
    assert (data / "server.pem").stat().st_mode & 0o777 == 0o440
    # The same input fits a node that has been set up.
    node_daemon_setup.check(given)


def test_wrong_input_is_refused(pair: KeyPair, other: KeyPair, data: Path) -> None:
    mixed = pair.to_pem().decode().split("-----BEGIN CERTIFICATE")[0] + other.certificate_pem().decode()
    for changes in (
        {"ssconf": {c.SS_CLUSTER_NAME: "other"}},
        {"ssconf": {c.SS_CLUSTER_NAME: "cluster", "unknown": "x"}},
        {"node_daemon_certificate": mixed},
        {"node_daemon_certificate": pair.certificate_pem().decode()},
        {"hmac_key": "\n"},
    ):
        with pytest.raises(errors.GenericError):
            node_daemon_setup.check(setup_input(pair, **changes))
    assert list(data.iterdir()) == []


def test_a_node_of_another_cluster_is_refused(pair: KeyPair, other: KeyPair, data: Path) -> None:
    (data / "server.pem").write_bytes(other.to_pem())
    with pytest.raises(errors.OpPrereqError):
        node_daemon_setup.check(setup_input(pair))
    (data / "server.pem").unlink()
    (data / "ssconf_cluster_name").write_text("other\n")
    with pytest.raises(errors.OpPrereqError, match="other"):
        node_daemon_setup.check(setup_input(pair))
    with pytest.raises(errors.OpPrereqError, match="other"):
        prepare_node_join.check(
            PrepareNodeJoin(cluster_name="cluster", node_daemon_certificate=pair.certificate_pem().decode())
        )


def test_a_joining_node_never_gets_the_cluster_key(pair: KeyPair) -> None:
    with pytest.raises(errors.OpPrereqError, match="private key"):
        prepare_node_join.check(PrepareNodeJoin(cluster_name="cluster", node_daemon_certificate=pair.to_pem().decode()))
    assert certificates.certificate_part(pair.to_pem()) == pair.certificate_pem().decode()


def test_input_errors_do_not_show_the_input() -> None:
    for data in (b'{"hmac_key": "topsecret"', b'{"hmac_key": "topsecret", "x": 1}', b'{"cluster_name": "topsecret"}'):
        with pytest.raises(errors.ParseError) as caught:
            parse_input(data, NodeDaemonSetup)
        assert "topsecret" not in str(caught.value)


def test_input_round_trips(pair: KeyPair) -> None:
    given = setup_input(pair)
    assert parse_input(msgspec.json.encode(given), NodeDaemonSetup) == given
    assert "secret" not in repr(given)


def test_ssh_update_refuses_what_it_does_not_know() -> None:
    for wrong in (
        {"public_keys": ("forget", {})},
        {"authorized_keys": ("override", {})},
        {"generate": ("rsa", 2048, "/../../x")},
        {"generate": ("rot13", 2048, "")},
    ):
        with pytest.raises(errors.OpPrereqError):
            ssh_update.check(msgspec.convert({"cluster_name": "cluster", **wrong}, SshUpdate))


def test_ssh_update_changes_both_files(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pathutils, "SSH_PUB_KEYS", str(data / "pub_keys"))
    monkeypatch.setattr(sshkeys, "root_ssh_dir", lambda: str(data / ".ssh"))
    given = SshUpdate(
        cluster_name="cluster",
        public_keys=(c.SSHS_ADD, {"u1": ["ssh-rsa AAAA a"]}),
        authorized_keys=(c.SSHS_ADD, {"u1": ["ssh-rsa AAAA a"]}),
    )
    ssh_update.check(given)
    for _ in range(2):
        ssh_update.apply(given)
        assert (data / "pub_keys").read_text() == "u1 ssh-rsa AAAA a\n"
        assert (data / ".ssh" / "authorized_keys").read_text() == "ssh-rsa AAAA a\n"


def test_a_node_that_joins_again_admits_only_who_it_is_told(
    pair: KeyPair, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pathutils, "SSH_PUB_KEYS", str(data / "ganeti_pub_keys"))
    monkeypatch.setattr(sshkeys, "root_ssh_dir", lambda: str(data / "ssh"))
    monkeypatch.setattr(sshkeys, "generate_root_key", lambda kind, bits: sshkeys.authorize([f"ssh-{kind} NEW"]))
    # It missed that the master has another key, and that another node is no candidate any more.
    sshkeys.write_public_keys({"u1": ["ssh-rsa MASTER"], "u2": ["ssh-rsa OTHER"], "u3": ["ssh-rsa OWN"]})
    sshkeys.authorize(["ssh-rsa ADMIN", "ssh-rsa MASTER", "ssh-rsa OTHER", "ssh-rsa OWN"])
    given = PrepareNodeJoin(
        cluster_name="cluster",
        node_daemon_certificate=certificates.certificate_part(pair.to_pem()),
        authorized_keys={"u1": ["ssh-rsa MASTER2"]},
    )
    prepare_node_join.apply(given)
    lines = (data / "ssh/authorized_keys").read_text().splitlines()
    assert lines == ["ssh-rsa ADMIN", "ssh-rsa MASTER2", "ssh-rsa NEW"]
