"""The list of the candidates' certificates and the SSH keys after a renewal."""

from typing import Any

import pytest

from ganeti import opcodes
from ganeti.errors import OpExecError, OpPrereqError
from test.unit.cmdlib.clusterworld import ClusterNode, ClusterWorld, digest_of, healthy_config
from test.unit.cmdlib.instance.world import set_node
from test.unit.factories import node_uuid


@pytest.fixture
def world() -> ClusterWorld:
    """A cluster in which only the master may call nodes, as the client leaves it."""
    return ClusterWorld(healthy_config(cluster={"candidate_certs": {"bootstrap": digest_of(node_uuid(1))}}))


def certs(world: ClusterWorld) -> dict[str, str]:
    return world.store.snapshot().cluster.candidate_certs


def run(world: ClusterWorld, **changes: Any) -> None:
    world.run(opcodes.OpClusterRenewCrypto(**changes))


def test_all_candidates_are_listed_again(world: ClusterWorld) -> None:
    run(world, node_certificates=True)
    assert certs(world) == {node_uuid(i): digest_of(node_uuid(i)) for i in (1, 2, 3)}


def test_a_node_that_does_not_tell_is_left_out_and_named(world: ClusterWorld) -> None:
    world.rpc.broken[node_uuid(2), "node_crypto_tokens"] = "no route"
    run(world, node_certificates=True)
    assert set(certs(world)) == {node_uuid(1), node_uuid(3)}
    assert any("node2.example.com" in line for line in world.lines())


def test_without_the_masters_own_certificate_nothing_changes(world: ClusterWorld) -> None:
    world.rpc.broken[node_uuid(1), "node_crypto_tokens"] = "no route"
    with pytest.raises(OpExecError, match="nothing was changed"):
        run(world, node_certificates=True)
    assert set(certs(world)) == {"bootstrap"}


def test_offline_nodes_are_named(world: ClusterWorld) -> None:
    set_node(world, node_uuid(3), offline=True, master_candidate=False)
    run(world, node_certificates=True)
    assert set(certs(world)) == {node_uuid(1), node_uuid(2)}
    assert any("node3.example.com" in line for line in world.lines())


def test_keys_stay_where_ssh_is_not_managed(world: ClusterWorld) -> None:
    run(world, renew_ssh_keys=True)
    assert any("not managed" in line for line in world.lines())


def test_keys_are_renewed_by_the_master_and_their_kind_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    world = ClusterWorld(healthy_config(cluster={"modify_ssh_setup": True}))
    asked: list[Any] = []

    def renew(_self: ClusterNode, *args: Any) -> list[tuple[str, str]]:
        asked.append(args)
        return [("node2.example.com", "no route")]

    monkeypatch.setattr(ClusterNode, "node_ssh_keys_renew", renew, raising=False)
    run(world, renew_ssh_keys=True, ssh_key_type="ecdsa")
    cluster = world.store.snapshot().cluster
    assert (cluster.ssh_key_type, cluster.ssh_key_bits) == ("ecdsa", 384)
    assert asked[0][-3:] == ("rsa", "ecdsa", 384)
    assert any("node2.example.com" in line for line in world.lines())


def test_impossible_keys_are_refused(world: ClusterWorld) -> None:
    with pytest.raises(OpPrereqError, match="256, 384 or 521"):
        run(world, renew_ssh_keys=True, ssh_key_type="ecdsa", ssh_key_bits=1000)
