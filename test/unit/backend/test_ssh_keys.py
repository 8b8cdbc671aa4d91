"""SSH keys of root: who can log in where, and that the master can at every moment."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ganeti import constants as c
from ganeti.backend import ssh_keys
from ganeti.backend.base import RPCFail
from ganeti.backend.ssh_peers import PeerError
from ganeti.utils import sshkeys

NAMES = {"u1": "n1", "u2": "n2", "u3": "n3"}


class Host:
    """What another node has in its files."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.key = f"ssh-rsa OLD{name}"
        self.authorized = ""
        self.public: dict[str, list[str]] = {}

    def admits(self, key: str) -> bool:
        return sshkeys.key_identity(key) in {sshkeys.key_identity(line) for line in self.authorized.splitlines()}


class Hosts:
    """The other nodes; the master (n1) gets in only with a key that it has and that they admit."""

    def __init__(self, own_public: Path) -> None:
        self.own_public = own_public
        self.hosts = {name: Host(name) for name in ("n2", "n3")}
        self.offline: set[str] = set()
        self.broken: set[str] = set()
        self.made = 0

    def is_online(self, node: str) -> bool:
        return node not in self.offline

    def _enter(self, node: str) -> Host:
        host = self.hosts[node]
        if node in self.broken or not host.admits(self.own_public.read_text()):
            raise PeerError(f"{node}: permission denied")
        return host

    def update(self, node: str, changes: Mapping[str, Any]) -> None:
        host = self._enter(node)
        if c.SSHS_SSH_AUTHORIZED_KEYS in changes:
            host.authorized = sshkeys.updated_authorized_keys(host.authorized, *changes[c.SSHS_SSH_AUTHORIZED_KEYS])
        if c.SSHS_SSH_PUBLIC_KEYS in changes:
            host.public = sshkeys.updated_public_keys(host.public, *changes[c.SSHS_SSH_PUBLIC_KEYS])
        if c.SSHS_GENERATE in changes:
            self.made += 1
            host.key = f"ssh-{changes[c.SSHS_GENERATE][0]} NEW{node}"

    def read_public_key(self, node: str, kind: str) -> str:
        return self._enter(node).key


@pytest.fixture
def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hosts:
    """Three nodes that know each other; n1, the master, and n2 are candidates."""
    ssh = tmp_path / "ssh"
    ssh.mkdir()
    (ssh / "id_rsa").write_text("private")
    (ssh / "id_rsa.pub").write_text("ssh-rsa OLDn1")
    made = Hosts(ssh / "id_rsa.pub")
    monkeypatch.setattr(sshkeys, "root_ssh_dir", lambda: str(ssh))
    monkeypatch.setattr(sshkeys.pathutils, "SSH_PUB_KEYS", str(tmp_path / "ganeti_pub_keys"))
    monkeypatch.setattr(ssh_keys, "_peers", lambda: made)
    monkeypatch.setattr(ssh_keys.net, "own_hostname", lambda: "n1")
    monkeypatch.setattr(ssh_keys.SsconfReader, "node_list", lambda _self: list(NAMES.values()))

    def generate(kind: str, _bits: int, suffix: str = "") -> str:
        key = f"ssh-{kind} NEWn1"
        private, public = sshkeys.key_paths(kind, suffix)
        Path(private).write_text("new private")
        Path(public).write_text(key)
        sshkeys.authorize([key])
        return key

    monkeypatch.setattr(sshkeys, "generate_root_key", generate)
    keys = {uuid: [f"ssh-rsa OLD{name}"] for uuid, name in NAMES.items()}
    sshkeys.write_public_keys(keys)
    sshkeys.authorize(["ssh-rsa OLDn1", "ssh-rsa OLDn2", "ssh-rsa ADMIN"])
    for host in made.hosts.values():
        host.authorized = "ssh-rsa OLDn1\nssh-rsa OLDn2\nssh-rsa ADMIN\n"
        host.public = dict(keys)
    return made


def renew(kind: str = "rsa") -> list[tuple[str, str]]:
    return ssh_keys.node_ssh_keys_renew(
        list(NAMES), list(NAMES.values()), ["u1", "u2"], list(NAMES.values()), "rsa", kind, 2048
    )


def authorized_here() -> str:
    return Path(sshkeys.authorized_keys_path()).read_text()


def test_all_keys_are_new_and_only_candidates_get_in(hosts: Hosts) -> None:
    assert renew() == []
    new = {uuid: [f"ssh-rsa NEW{name}"] for uuid, name in NAMES.items()}
    assert sshkeys.read_public_keys() == new
    for text in (authorized_here(), *(host.authorized for host in hosts.hosts.values())):
        assert sorted(text.split("\n")[:-1]) == ["ssh-rsa ADMIN", "ssh-rsa NEWn1", "ssh-rsa NEWn2"]
    assert all(host.public == new for host in hosts.hosts.values())
    assert hosts.own_public.read_text() == "ssh-rsa NEWn1"


def test_another_kind_of_keys_replaces_the_old_files(hosts: Hosts) -> None:
    hosts.own_public = hosts.own_public.with_name("id_rsa.pub")
    # The master goes on with the old file until the new one is in place.
    original = Hosts._enter

    def enter(self: Hosts, node: str) -> Host:
        new = self.own_public.with_name("id_ecdsa.pub")
        self.own_public = new if new.exists() else self.own_public
        return original(self, node)

    Hosts._enter = enter  # type: ignore[method-assign]
    try:
        assert renew("ecdsa") == []
    finally:
        Hosts._enter = original  # type: ignore[method-assign]
    directory = hosts.own_public.parent
    assert not (directory / "id_rsa").exists()
    assert (directory / "id_ecdsa").read_text() == "new private"


def test_nothing_happens_if_a_key_is_not_known(hosts: Hosts) -> None:
    sshkeys.write_public_keys({"u1": ["ssh-rsa OLDn1"], "u2": ["ssh-rsa OLDn2"]})
    with pytest.raises(RPCFail, match="no SSH key of n3"):
        renew()
    assert hosts.made == 0


def test_a_node_that_cannot_be_reached_is_reported_and_the_others_go_on(hosts: Hosts) -> None:
    hosts.broken.add("n2")
    assert [name for name, _ in renew()] == ["n2"]
    assert hosts.hosts["n3"].admits("ssh-rsa NEWn1")
    assert not hosts.hosts["n3"].admits("ssh-rsa OLDn2")


def test_a_new_node_gets_all_keys_and_is_known_by_its_uuid(hosts: Hosts) -> None:
    hosts.hosts["n4"] = Host("n4")
    hosts.hosts["n4"].authorized = "ssh-rsa OLDn1\n"
    sshkeys.write_public_keys({**sshkeys.read_public_keys(), "n4": ["ssh-rsa KEYn4"]})
    names = [*NAMES.values(), "n4"]
    ssh_keys.SsconfReader.node_list = lambda _self: names  # type: ignore[method-assign]  # restored by the fixture
    assert ssh_keys.node_ssh_key_add("u4", "n4", names, True, True, True) == []
    assert sshkeys.read_public_keys()["u4"] == ["ssh-rsa KEYn4"]
    assert "n4" not in sshkeys.read_public_keys()
    assert set(hosts.hosts["n4"].public) == {"u1", "u2", "u3", "u4"}
    assert hosts.hosts["n2"].admits("ssh-rsa KEYn4")
    assert hosts.hosts["n2"].public["u4"] == ["ssh-rsa KEYn4"]


def test_a_node_without_a_key_cannot_be_announced(hosts: Hosts) -> None:
    with pytest.raises(RPCFail, match="no SSH key"):
        ssh_keys.node_ssh_key_add("u9", "n9", [], True, True, True)


def test_a_leaving_node_is_forgotten_and_forgets(hosts: Hosts) -> None:
    names = list(NAMES.values())
    assert ssh_keys.node_ssh_key_remove("u2", "n2", ["u1", "u2"], names, True, True, True, True, False) == []
    assert "u2" not in sshkeys.read_public_keys()
    assert "u2" not in hosts.hosts["n3"].public
    assert not hosts.hosts["n3"].admits("ssh-rsa OLDn2")
    assert "OLDn2" not in authorized_here()


def test_a_renewed_node_does_not_admit_its_own_old_key(hosts: Hosts) -> None:
    hosts.hosts["n3"].authorized += "ssh-rsa OLDn3\n"
    assert renew() == []
    assert not hosts.hosts["n3"].admits("ssh-rsa OLDn3")


def test_the_master_keeps_its_keys(hosts: Hosts) -> None:
    with pytest.raises(RPCFail, match="master"):
        ssh_keys.node_ssh_key_remove("u1", "n1", ["u1"], [], True, False, False, False, False)


def test_removing_nothing_is_refused(hosts: Hosts) -> None:
    with pytest.raises(RPCFail, match="nothing to remove"):
        ssh_keys.node_ssh_key_remove("u2", "n2", [], [], False, False, False, False, False)
