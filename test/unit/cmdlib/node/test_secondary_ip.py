"""Change of the secondary address of a node."""

from typing import Any

import msgspec
import pytest

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cmdlib.node import secondary_ip
from ganeti.errors import OpPrereqError
from test.unit.cmdlib.clusterworld import ClusterWorld, healthy_config
from test.unit.cmdlib.node.test_move import drbd_world
from test.unit.factories import node_uuid

ONE, TWO = node_uuid(1), node_uuid(2)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> ClusterWorld:
    """A single-homed cluster whose nodes answer on every address."""
    monkeypatch.setattr("ganeti.utils.net.tcp_ping", lambda *_args, **_kwargs: True)
    return ClusterWorld(healthy_config())


def change(world: ClusterWorld, node: str, address: str, **changes: Any) -> Any:
    return world.run(opcodes.OpNodeSetParams(node_name=node, secondary_ip=address, **changes))


def code_of(world: ClusterWorld, node: str, address: str, **changes: Any) -> str:
    with pytest.raises(OpPrereqError) as caught:
        change(world, node, address, **changes)
    return str(caught.value.args[1])


def test_cluster_becomes_dual_homed_beginning_with_the_master(world: ClusterWorld) -> None:
    assert code_of(world, "node2", "198.51.100.2") == c.ECODE_INVAL
    assert code_of(world, "node1", "198.51.100.1") == c.ECODE_INVAL
    assert change(world, "node1", "198.51.100.1", force=True) == [("secondary_ip", "198.51.100.1")]
    assert any("WARNING" in line for line in world.job.log)
    change(world, "node2", "198.51.100.2")
    assert world.config.nodes[TWO].secondary_ip == "198.51.100.2"


def test_cluster_becomes_single_homed_beginning_with_the_master(world: ClusterWorld) -> None:
    change(world, "node1", "198.51.100.1", force=True)
    change(world, "node2", "198.51.100.2")
    assert code_of(world, "node2", "192.0.2.12") == c.ECODE_INVAL
    change(world, "node1", "192.0.2.11", force=True)
    change(world, "node2", "192.0.2.12")
    assert world.config.nodes[TWO].secondary_ip == "192.0.2.12"


def test_addresses_must_be_valid_free_and_configured(world: ClusterWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    assert code_of(world, "node1", "nowhere", force=True) == c.ECODE_INVAL
    assert code_of(world, "node1", "192.0.2.12", force=True) == c.ECODE_NOTUNIQUE
    change(world, "node1", "198.51.100.1", force=True)
    monkeypatch.setattr("ganeti.utils.net.tcp_ping", lambda *_args, **_kwargs: False)
    assert code_of(world, "node2", "198.51.100.2") == c.ECODE_ENVIRON
    monkeypatch.setattr(type(world.rpc.nodes[TWO]), "node_has_ip_address", lambda _self, _address: False)
    assert code_of(world, "node2", "198.51.100.2") == c.ECODE_ENVIRON


def test_mirrored_instances_must_be_down() -> None:
    world = drbd_world()
    names = [instance.name for instance in secondary_ip.mirrored_instances(world.config, TWO)]
    assert names == [f"inst{index}.example.com" for index in (1, 2, 3)]
    assert code_of(world, "node1", "198.51.100.1", force=True) == c.ECODE_STATE
    for instance in world.config.instances.values():
        down = msgspec.structs.replace(instance, admin_state=c.ADMINST_DOWN, disks_active=False)
        world.store.update(down)
    change(world, "node1", "198.51.100.1", force=True)


def test_offline_node_with_mirrored_instances_keeps_its_address() -> None:
    world = drbd_world()
    world.store.update(msgspec.structs.replace(world.config.nodes[TWO], offline=True, master_candidate=False))
    master = world.config.nodes[ONE]
    world.store.update(msgspec.structs.replace(master, secondary_ip="198.51.100.1"))
    assert code_of(world, "node2", "198.51.100.2") == c.ECODE_STATE
