"""Modification of instances."""

from typing import Any

import pytest

from ganeti import constants as c
from ganeti.cmdlib.instance.modifications import Modification, find_device, normalise, position_to_add
from ganeti.errors import OpExecError, OpPrereqError
from ganeti.objects import Network
from ganeti.opcodes import OpInstanceSetParams
from ganeti.types import Private
from test.unit.cmdlib.instance.world import OTHER, PRIMARY, World, world_with_instance
from test.unit.factories import GROUP_UUID, make_disk

NAME = "inst1.example.com"
DOWN: dict[str, Any] = {"admin_state": c.ADMINST_DOWN, "disks_active": False}


def modify(world: World, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {"instance_name": NAME, "ignore_ipolicy": True}
    return dict(world.run(OpInstanceSetParams(**{**values, **changes})))


def with_network(world: World) -> None:
    network = Network(
        uuid="net", name="blue", network="198.51.100.0/29", reservations="0" * 8, ext_reservations="10000001"
    )
    world.store.add_network(network)
    group = world.config.nodegroups[GROUP_UUID]
    params = {"mode": "routed", "link": "100", "vlan": ""}
    world.store.update(_with(group, networks={"net": params}))


def _with(item: Any, **changes: Any) -> Any:
    return type(item)(**{**{name: getattr(item, name) for name in item.__struct_fields__}, **changes})


def test_parameters_are_laid_over_the_stored_ones() -> None:
    world = world_with_instance(beparams={"vcpus": 2}, osparams={"a": "1"})
    changes = modify(
        world,
        beparams={"memory": 256, "vcpus": "default"},
        osparams={"a": "default", "b": "2"},
        osparams_private={"key": Private("k")},
    )
    instance = world.instance()
    assert instance.beparams == {"maxmem": 256, "minmem": 256}
    assert instance.osparams == {"b": "2"} and instance.osparams_private == {"key": Private("k")}
    assert (
        changes["be/maxmem"] == 256 and changes["be/vcpus"] == "default" and changes["os_private/key"] == "<redacted>"
    )


def test_nothing_to_do_is_an_error() -> None:
    with pytest.raises(OpPrereqError, match="No changes submitted"):
        modify(world_with_instance())


def test_offline_and_online_again() -> None:
    world = world_with_instance(**DOWN)
    assert modify(world, offline=True) == {"admin_state": "offline"}
    assert modify(world, offline=False) == {"admin_state": "down"}
    with pytest.raises(OpPrereqError, match="offline or online"):
        modify(world_with_instance(), offline=True)


def test_growing_memory_must_fit() -> None:
    world = world_with_instance()
    with pytest.raises(OpPrereqError) as caught:
        modify(world, beparams={"maxmem": 8192})
    assert caught.value.args[1] == c.ECODE_NORES
    modify(world, beparams={"maxmem": 8192}, force=True)


def test_memory_of_the_running_guest() -> None:
    world = world_with_instance(beparams={"minmem": 64, "maxmem": 256})
    assert modify(world, runtime_mem=200) == {"runtime_memory": 200}
    assert world.node(PRIMARY).guests[NAME] == 200
    with pytest.raises(OpPrereqError, match="between 64 and 256"):
        modify(world, runtime_mem=300)


def test_nics_are_added_changed_and_removed_in_order() -> None:
    world = world_with_instance()
    changes = modify(
        world,
        nics=[
            [c.DDM_ADD, -1, {"name": "lan", "link": "br0"}],
            [c.DDM_MODIFY, "lan", {"mac": "00:16:3e:00:00:01"}],
            [c.DDM_REMOVE, 0, {}],
        ],
    )
    (nic,) = world.instance().nics
    assert (nic.name, nic.mac, nic.nicparams) == ("lan", "00:16:3e:00:00:01", {"link": "br0"})
    assert changes["NIC/0"] == "remove" and changes["nic.mac/1"] == nic.mac and "hotplug" not in str(changes)


def test_addresses_of_networks_are_taken_and_given_back() -> None:
    world = world_with_instance()
    with_network(world)
    modify(world, nics=[[c.DDM_ADD, -1, {"network": "blue", "ip": "pool"}]])
    nic = world.instance().nics[1]
    assert (nic.ip, nic.nicparams["link"]) == ("198.51.100.1", "100")
    assert world.config.networks["net"].reservations == "01000000"
    modify(world, nics=[[c.DDM_MODIFY, 1, {"ip": "198.51.100.4"}]])
    assert world.config.networks["net"].reservations == "00001000"
    modify(world, nics=[[c.DDM_REMOVE, 1, {}]])
    assert world.config.networks["net"].reservations == "00000000"


WRONG_NICS: list[tuple[list[Any], str]] = [
    ([c.DDM_REMOVE, 5, {}], "out of range"),
    ([c.DDM_MODIFY, "nobody", {"ip": "none"}], "Cannot find NIC"),
    ([c.DDM_MODIFY, 0, {"mac": "auto"}], "'auto' is not a valid MAC"),
    ([c.DDM_MODIFY, 0, {"mode": "routed"}], "routed NIC"),
    ([c.DDM_ADD, -1, {"link": "br9"}], "missing bridges br9"),
    ([c.DDM_ADD, -1, {"ip": "pool"}], "ip=pool"),
    ([c.DDM_ATTACH, -1, {}], "not supported for NICs"),
    ([c.DDM_ADD, -1, {"network": "green"}], "Network 'green'"),
]


@pytest.mark.parametrize(("mod", "text"), WRONG_NICS)
def test_wrong_nic_changes(mod: list[Any], text: str) -> None:
    world = world_with_instance()
    before = world.config.serial_no
    with pytest.raises(OpPrereqError, match=text):
        modify(world, nics=[mod])
    assert world.config.serial_no == before


def test_missing_bridge_can_be_forced() -> None:
    world = world_with_instance()
    modify(world, nics=[[c.DDM_ADD, -1, {"link": "br9"}]], force=True)
    assert len(world.instance().nics) == 2


def test_running_guest_gets_its_nic_after_the_record() -> None:
    world = world_with_instance()
    world.node(PRIMARY).can_hotplug = True
    changes = modify(world, nics=[[c.DDM_ADD, -1, {}]])
    assert world.node(PRIMARY).plugged == [("hotadd", "nic")] and changes["nic/1"] == "hotplug:done"
    world.node(PRIMARY).failing_hotplug = "hotadd"
    assert modify(world, nics=[[c.DDM_ADD, -1, {}]])["nic/2"] == "hotplug:failed"
    assert len(world.instance().nics) == 3


def test_disks_are_added_and_removed() -> None:
    world = world_with_instance(**DOWN)
    modify(world, disks=[[c.DDM_ADD, 0, {"size": 512, "name": "first"}]])
    first, second = world.disks()
    assert (first.name, first.iv_name, second.iv_name) == ("first", "disk/0", "disk/1")
    assert first.logical_id[1].startswith("/srv/shared/inst1.example.com/") and len(world.rpc.shared.files) == 2
    modify(world, disks=[[c.DDM_MODIFY, "first", {"mode": "ro"}]])
    assert world.disks()[0].mode == "ro"
    modify(world, disks=[[c.DDM_REMOVE, "first", {}]])
    assert [disk.iv_name for disk in world.disks()] == ["disk/0"] and len(world.rpc.shared.files) == 1


def test_failed_new_disk_is_taken_back() -> None:
    world = world_with_instance(**DOWN)
    world.rpc.broken[None, "blockdev_create"] = "No space left on device"
    with pytest.raises(OpExecError, match="No space left"):
        modify(world, disks=[[c.DDM_ADD, -1, {"size": 512}]])
    assert len(world.disks()) == 1 and len(world.config.disks) == 1


def test_disks_of_a_running_guest_are_only_removed_once_unplugged() -> None:
    world = world_with_instance()
    with pytest.raises(OpPrereqError, match="cannot remove its disks"):
        modify(world, disks=[[c.DDM_REMOVE, 0, {}]])
    world.node(PRIMARY).can_hotplug = True
    world.node(PRIMARY).failing_hotplug = "hotremove"
    with pytest.raises(OpExecError, match="it is kept"):
        modify(world, disks=[[c.DDM_REMOVE, 0, {}]])
    assert world.disks() and world.rpc.shared.files
    world.node(PRIMARY).failing_hotplug = ""
    modify(world, disks=[[c.DDM_REMOVE, 0, {}]])
    assert not world.disks() and not world.rpc.shared.files


def test_size_is_not_changed_here() -> None:
    with pytest.raises(OpPrereqError, match="grow-disk"):
        modify(world_with_instance(**DOWN), disks=[[c.DDM_MODIFY, 0, {"size": 4096}]])


def test_new_primary_is_only_recorded() -> None:
    world = world_with_instance(**DOWN)
    assert modify(world, pnode="node2") == {"primary_node": "node2.example.com"}
    assert world.instance().primary_node == OTHER
    with pytest.raises(OpPrereqError, match="still running"):
        modify(world_with_instance(), pnode="node2")


def test_older_form_of_modifications() -> None:
    assert normalise("NIC", [["add", {"mac": "auto"}], [3, {"ip": "none"}]]) == [
        Modification("add", -1, {"mac": "auto"}),
        Modification("modify", 3, {"ip": "none"}),
    ]
    with pytest.raises(OpPrereqError):
        normalise("NIC", [["add", {}], ["remove", {}]])
    with pytest.raises(OpPrereqError):
        normalise("NIC", [["remove", 0, {"ip": "none"}]])


def test_identifiers() -> None:
    devices = [make_disk(1, name="a"), make_disk(2, name="b")]
    assert [find_device("disk", ident, devices) for ident in (0, -1, "1", "b", devices[0].uuid)] == [0, 1, 1, 1, 0]
    assert [position_to_add("disk", ident, 2) for ident in (0, 2, -1)] == [0, 2, 2]
    for ident in (3, -2, "b"):
        with pytest.raises(OpPrereqError):
            position_to_add("disk", ident, 2)
