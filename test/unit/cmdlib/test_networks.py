"""IP networks: adding, changing, connecting, renaming and removing them."""

from typing import Any

import msgspec
import pytest

from ganeti import constants as c
from ganeti import opcodes
from ganeti.config import ippool
from ganeti.errors import OpExecError, OpPrereqError
from ganeti.objects import ConfigData, Network, Nic
from test.unit.cmdlib.clusterworld import ClusterWorld, healthy_config
from test.unit.factories import GROUP_UUID, make_instance, node_uuid

ONE, TWO = node_uuid(1), node_uuid(2)
LAN = "80000000-0000-4000-8000-000000000001"


def _lan(**changes: Any) -> Network:
    """Return 203.0.113.0/28 with gateway .1, of which an instance uses .5."""
    values: dict[str, Any] = {"uuid": LAN, "name": "lan", "network": "203.0.113.0/28", "gateway": "203.0.113.1"}
    network = ippool.with_empty_pool(Network(**values))
    return msgspec.structs.replace(ippool.with_bit(network, "203.0.113.5", used=True), **changes)


def _config(*networks: Network, nics: tuple[Nic, ...] = (), connected: bool = False) -> ConfigData:
    config = healthy_config(instances=(make_instance(1, nics=nics),))
    if connected:
        params = {"mode": "bridged", "link": "br0", "vlan": ""}
        group = msgspec.structs.replace(config.nodegroups[GROUP_UUID], networks={networks[0].uuid: params})
        config = msgspec.structs.replace(config, nodegroups={GROUP_UUID: group})
    return msgspec.structs.replace(config, networks={network.uuid: network for network in networks})


def _nic(**changes: Any) -> Nic:
    return Nic(uuid="41000000-0000-4000-8000-000000000001", mac="aa:00:00:00:01:01", **changes)


def _world(**changes: Any) -> ClusterWorld:
    return ClusterWorld(_config(_lan(), **changes))


def _network(world: ClusterWorld, name: str = "lan") -> Network:
    return next(network for network in world.config.networks.values() if network.name == name)


def _external(network: Network) -> list[str]:
    """Return the last numbers of the addresses set aside."""
    return [
        ippool.address_at(network, i).rpartition(".")[2] for i, bit in enumerate(network.ext_reservations) if bit == "1"
    ]


def _refused(world: ClusterWorld, op: opcodes.OpCode, code: str) -> str:
    before = world.config
    with pytest.raises(OpPrereqError) as caught:
        world.run(op)
    assert caught.value.args[1] == code
    assert world.config is before
    return str(caught.value.args[0])


# add


def test_new_network_keeps_what_instances_must_not_get() -> None:
    world = ClusterWorld(_config())
    world.run(
        opcodes.OpNetworkAdd(
            network_name="dmz",
            network="198.51.100.0/29",
            gateway="198.51.100.1",
            network6="2001:db8::/64",
            gateway6="2001:db8::1",
            mac_prefix="AA:00:11",
            add_reserved_ips=["198.51.100.3"],
            tags=["b", "a", "b"],
        )
    )
    network = _network(world, "dmz")
    assert (network.mac_prefix, network.tags, network.serial_no) == ("aa:00:11", ("a", "b"), 1)
    assert _external(network) == ["0", "1", "3", "7"]
    assert (network.reservations, ippool.count_free(network)) == ("0" * 8, 4)
    assert world.rpc.nodes[ONE].ran_hooks[:2] == ["network-add-pre", "network-add-post"]


def test_addresses_of_nodes_are_set_aside_unless_that_is_not_wanted() -> None:
    world = ClusterWorld(_config())
    world.run(opcodes.OpNetworkAdd(network_name="one", network="192.0.2.0/28"))
    assert _external(_network(world, "one")) == ["0", "1", "11", "12", "13", "15"]
    assert any("node2.example.com (192.0.2.12)" in line for line in world.job.log)
    world.run(opcodes.OpNetworkAdd(network_name="two", network="192.0.2.0/28", conflicts_check=False))
    assert _external(_network(world, "two")) == ["0", "15"]


def test_clash_with_the_gateway_only_warns() -> None:
    world = ClusterWorld(_config())
    world.run(opcodes.OpNetworkAdd(network_name="one", network="192.0.2.0/28", gateway="192.0.2.12"))
    assert any("Cannot reserve primary IP of node node2" in line for line in world.job.log)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"network_name": "lan"}, c.ECODE_EXISTS),
        ({"network_name": LAN}, c.ECODE_EXISTS),
        ({"network": "198.51.100.1/29"}, c.ECODE_INVAL),
        ({"gateway": "192.0.2.1"}, c.ECODE_INVAL),
        ({"gateway": "198.51.100.0"}, c.ECODE_INVAL),
        ({"gateway": "198.51.100.7"}, c.ECODE_INVAL),
        ({"add_reserved_ips": ["192.0.2.1"]}, c.ECODE_INVAL),
        ({"gateway6": "2001:db8::1"}, c.ECODE_INVAL),
        ({"gateway6": "2001:db8::1", "network6": "2001:db8:1::/64"}, c.ECODE_INVAL),
        ({"mac_prefix": "aa:00"}, c.ECODE_INVAL),
        ({"tags": ["not valid"]}, c.ECODE_INVAL),
    ],
)
def test_network_that_cannot_be(changes: dict[str, Any], code: str) -> None:
    values = {"network_name": "new", "network": "198.51.100.0/29", **changes}
    _refused(_world(), opcodes.OpNetworkAdd(**values), code)


def test_link_local_gateway_needs_no_network() -> None:
    world = _world()
    world.run(opcodes.OpNetworkAdd(network_name="new", network="198.51.100.0/29", gateway6="fe80::1"))
    assert _network(world, "new").gateway6 == "fe80::1"


@pytest.mark.parametrize(
    "changes", [{"network": "10.0.0.0/11"}, {"network": "198.51.100.0/31"}, {"add_reserved_ips": ["198.51.100.0"]}]
)
def test_pool_that_cannot_be(changes: dict[str, Any]) -> None:
    world = _world()
    before = world.config
    with pytest.raises(OpExecError):
        world.run(opcodes.OpNetworkAdd(**{"network_name": "new", "network": "198.51.100.0/29", **changes}))
    assert world.config is before


# modify


def test_gateway_moves_with_its_reservation() -> None:
    world = _world()
    world.run(opcodes.OpNetworkSetParams(network_name="lan", gateway="203.0.113.14"))
    assert (_network(world).gateway, _external(_network(world))) == ("203.0.113.14", ["0", "14", "15"])
    world.run(opcodes.OpNetworkSetParams(network_name=LAN, gateway="none"))
    assert (_network(world).gateway, _external(_network(world))) == (None, ["0", "15"])


def test_other_values_are_set_and_cleared() -> None:
    world = _world()
    values = {"network6": "2001:db8::/64", "gateway6": "2001:db8::1", "mac_prefix": "AA:BB:CC"}
    world.run(opcodes.OpNetworkSetParams(network_name="lan", **values))
    network = _network(world)
    assert (network.network6, network.gateway6, network.mac_prefix) == ("2001:db8::/64", "2001:db8::1", "aa:bb:cc")
    op = opcodes.OpNetworkSetParams(network_name="lan", network6="none")
    _refused(world, op, c.ECODE_INVAL)  # the gateway would be nowhere
    world.run(msgspec.structs.replace(op, gateway6="none", mac_prefix="none"))
    network = _network(world)
    assert (network.network6, network.gateway6, network.mac_prefix) == (None, None, None)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"gateway": "203.0.113.2", "add_reserved_ips": ["203.0.113.3"]}, c.ECODE_INVAL),
        ({"gateway": "none", "remove_reserved_ips": ["203.0.113.3"]}, c.ECODE_INVAL),
        ({"gateway": "198.51.100.1"}, c.ECODE_INVAL),
        ({"gateway": "203.0.113.5"}, c.ECODE_STATE),
        ({"gateway": "203.0.113.15"}, c.ECODE_INVAL),
        ({"gateway": "203.0.113.0"}, c.ECODE_INVAL),
        ({"add_reserved_ips": ["203.0.113.2", "198.51.100.1"]}, c.ECODE_INVAL),
        ({"remove_reserved_ips": ["203.0.113.2", "198.51.100.1"]}, c.ECODE_INVAL),
        ({"gateway": "nothing"}, c.ECODE_INVAL),
    ],
)
def test_change_that_cannot_be(changes: dict[str, Any], code: str) -> None:
    _refused(_world(), opcodes.OpNetworkSetParams(network_name="lan", **changes), code)


def test_gateway_is_not_an_address_that_is_set_aside() -> None:
    world = _world()
    world.run(opcodes.OpNetworkSetParams(network_name="lan", add_reserved_ips=["203.0.113.9"]))
    _refused(world, opcodes.OpNetworkSetParams(network_name="lan", gateway="203.0.113.9"), c.ECODE_STATE)


def test_own_address_of_a_network_stays_taken_after_it_was_its_gateway() -> None:
    world = ClusterWorld(_config(_lan(gateway="203.0.113.0")))
    world.run(opcodes.OpNetworkSetParams(network_name="lan", gateway="203.0.113.9"))
    assert _external(_network(world)) == ["0", "1", "9", "15"]


def test_largest_network() -> None:
    world = _world()
    world.run(opcodes.OpNetworkAdd(network_name="large", network="10.16.0.0/12", gateway="10.16.0.1"))
    network = _network(world, "large")
    assert ippool.count_free(network) == 2**20 - 3
    assert ippool.lowest_free(network, ["10.16.0.2"]) == "10.16.0.3"
    last = ippool.with_bit(network, "10.31.255.254", used=True)
    assert ippool.taken(last)[-3:] == ".XX"


def test_gateway_that_it_is_already_is_told() -> None:
    world = _world()
    world.run(opcodes.OpNetworkSetParams(network_name="lan", gateway="203.0.113.1"))
    assert any("already" in line for line in world.job.log)
    assert _external(_network(world)) == ["0", "1", "15"]


def test_reserved_addresses_change_one_by_one() -> None:
    world = _world()
    add = ["203.0.113.2", "203.0.113.15", "203.0.113.3"]
    world.run(opcodes.OpNetworkSetParams(network_name="lan", add_reserved_ips=add))
    assert _external(_network(world)) == ["0", "1", "2", "3", "15"]
    assert [line for line in world.job.log if "Cannot reserve 203.0.113.15" in line]
    remove = ["203.0.113.1", "203.0.113.0", "203.0.113.9", "203.0.113.2"]
    world.run(opcodes.OpNetworkSetParams(network_name="lan", remove_reserved_ips=remove))
    assert _external(_network(world)) == ["0", "1", "3", "15"]
    assert sum("Cannot release" in line for line in world.job.log) == 3


# connect, disconnect


def _connect(**changes: Any) -> opcodes.OpCode:
    values = {"group_name": "default", "network_name": "lan", "network_mode": "bridged", "network_link": "br0"}
    return opcodes.OpNetworkConnect(**{**values, **changes})


def test_connected_network_has_parameters_in_the_group() -> None:
    world = _world()
    world.run(_connect(network_vlan="100"))
    assert world.config.nodegroups[GROUP_UUID].networks == {LAN: {"mode": "bridged", "link": "br0", "vlan": ".100"}}
    for uuid in (ONE, TWO):
        assert world.rpc.nodes[uuid].ran_hooks[:2] == ["network-connect-pre", "network-connect-post"]
    before = world.config
    world.run(_connect(network_link="br1"))
    assert world.config is before
    assert any("already" in line for line in world.job.log)
    world.run(opcodes.OpNetworkDisconnect(group_name=GROUP_UUID, network_name=LAN))
    assert world.config.nodegroups[GROUP_UUID].networks == {}
    world.run(opcodes.OpNetworkDisconnect(group_name="default", network_name="lan"))
    assert any("is not connected" in line for line in world.job.log)


@pytest.mark.parametrize("changes", [{"network_mode": "pool"}, {"network_vlan": "x"}, {"network_vlan": "5000"}])
def test_parameters_that_nics_cannot_have(changes: dict[str, Any]) -> None:
    _refused(_world(), _connect(**changes), c.ECODE_INVAL)


def test_nic_with_an_address_of_the_network_prevents_a_connection() -> None:
    world = _world(nics=(_nic(ip="203.0.113.9"),))
    _refused(world, _connect(), c.ECODE_STATE)
    assert any("inst1.example.com: nic0/203.0.113.9" in line for line in world.job.log)
    world.run(_connect(conflicts_check=False))
    assert LAN in world.config.nodegroups[GROUP_UUID].networks


def test_networks_of_a_group_share_no_addresses() -> None:
    other = ippool.with_empty_pool(Network(uuid=LAN[:-1] + "2", name="wide", network="203.0.113.0/24"))
    world = ClusterWorld(_config(_lan(), other, connected=True))
    assert "lan" in _refused(world, _connect(network_name="wide"), c.ECODE_STATE)
    world.run(_connect(network_name="wide", conflicts_check=False))


def test_network_with_nics_stays_connected() -> None:
    world = _world(nics=(_nic(ip="203.0.113.5", network=LAN),), connected=True)
    _refused(world, opcodes.OpNetworkDisconnect(group_name="default", network_name="lan"), c.ECODE_STATE)
    assert any("inst1.example.com: nic0/203.0.113.5" in line for line in world.job.log)


# rename, remove


def test_rename() -> None:
    world = _world(connected=True)
    assert world.run(opcodes.OpNetworkRename(network_name="lan", new_name="office")) == "office"
    assert world.config.networks[LAN].name == "office"
    assert world.rpc.nodes[TWO].ran_hooks[:2] == ["network-rename-pre", "network-rename-post"]
    _refused(world, opcodes.OpNetworkRename(network_name="office", new_name="office"), c.ECODE_EXISTS)


def test_connected_network_is_not_removed_even_by_force() -> None:
    world = _world(connected=True)
    _refused(world, opcodes.OpNetworkRemove(network_name="lan", force=True), c.ECODE_STATE)
    assert any("default" in line for line in world.job.log)
    world.run(opcodes.OpNetworkDisconnect(group_name="default", network_name="lan"))
    world.run(opcodes.OpNetworkRemove(network_name="lan"))
    assert world.config.networks == {}
