"""The cluster gets another name or address."""

from pathlib import Path

import pytest

from ganeti import errors, opcodes, pathutils
from ganeti.cmdlib.cluster import rename as module
from ganeti.errors import OpPrereqError
from test.unit.cmdlib.clusterworld import ClusterWorld, healthy_config
from test.unit.factories import node_uuid

ADDRESSES = {"new": ("new.example.com", "192.0.2.2"), "same": ("cluster.example.com", "192.0.2.1")}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ClusterWorld:
    """A cluster whose resolver knows two names, and where nobody else answers."""

    def fqdn(name: str, _family: int | None = None) -> tuple[str, str]:
        if name not in ADDRESSES:
            raise errors.ResolverError(name, 1, "unknown name")
        return ADDRESSES[name]

    monkeypatch.setattr(module.net, "fqdn", fqdn)
    monkeypatch.setattr(module.net, "tcp_ping", lambda *_args, **_kwargs: False)
    monkeypatch.setattr(pathutils, "SSH_KNOWN_HOSTS_FILE", str(tmp_path / "known_hosts"))
    return ClusterWorld(healthy_config(cluster={"cluster_name": "cluster.example.com", "master_ip": "192.0.2.1"}))


def test_name_and_address_change_and_nodes_know_the_host_key_by_the_new_name(world: ClusterWorld) -> None:
    assert world.run(opcodes.OpClusterRename(name="new")) == "new.example.com"
    cluster = world.store.snapshot().cluster
    assert (cluster.cluster_name, cluster.master_ip) == ("new.example.com", "192.0.2.2")
    assert Path(pathutils.SSH_KNOWN_HOSTS_FILE).read_text() == "new.example.com ssh-rsa AAAA\n"
    calls = [name for node, name in world.rpc.calls if node == node_uuid(1)]
    assert calls.index("node_deactivate_master_ip") < calls.index("node_activate_master_ip")
    assert {node for node, name in world.rpc.calls if name == "upload_file"} == {node_uuid(2), node_uuid(3)}


@pytest.mark.parametrize(("name", "code"), [("same", "wrong_input"), ("nobody", "resolver_error")])
def test_useless_names_are_refused(world: ClusterWorld, name: str, code: str) -> None:
    with pytest.raises(OpPrereqError) as caught:
        world.run(opcodes.OpClusterRename(name=name))
    assert caught.value.args[1] == code


def test_an_address_that_answers_is_refused(world: ClusterWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.net, "tcp_ping", lambda *_args, **_kwargs: True)
    with pytest.raises(OpPrereqError, match="in use") as caught:
        world.run(opcodes.OpClusterRename(name="new"))
    assert caught.value.args[1] == "resource_not_unique"
