"""Node groups: adding, changing, renaming and removing them, moving nodes between them."""

from typing import Any

import msgspec
import pytest

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cmdlib.group.assign_nodes import split_instances
from ganeti.errors import OpExecError, OpPrereqError
from ganeti.objects import ConfigData, Network, NodeGroup
from test.unit.cmdlib.clusterworld import ClusterWorld, healthy_config
from test.unit.factories import GROUP_UUID, make_disk, make_instance, node_uuid

ONE, TWO, THREE = node_uuid(1), node_uuid(2), node_uuid(3)
OTHER = "10000000-0000-4000-8000-000000000002"
UUID_NAME = "12345678-1234-4234-8234-123456789012"


def _config(**changes: Any) -> ConfigData:
    """Return two groups, the second one without nodes."""
    config = healthy_config(**changes)
    other = NodeGroup(uuid=OTHER, name="other", ctime=1.0, mtime=1.0)
    return msgspec.structs.replace(config, nodegroups={**config.nodegroups, OTHER: other})


def _mirrored(first: str, second: str) -> ConfigData:
    """Return an instance with a DRBD disk on two nodes."""
    disk = make_disk(1, dev_type=c.DT_DRBD8, logical_id=(first, second, 11000, 0, 0, "s" * 40))
    instance = make_instance(1, primary_node=first, disks=(disk.uuid,))
    return _config(instances=(instance,), disks=(disk,))


def _group(world: ClusterWorld, name: str) -> NodeGroup:
    return next(group for group in world.config.nodegroups.values() if group.name == name)


def _refused(world: ClusterWorld, op: opcodes.OpCode, code: str) -> str:
    before = world.config
    with pytest.raises(OpPrereqError) as caught:
        world.run(op)
    assert caught.value.args[1] == code
    assert world.config is before
    return str(caught.value.args[0])


# add


def test_new_group_has_its_parameters() -> None:
    world = ClusterWorld(_config())
    result = world.run(
        opcodes.OpGroupAdd(
            group_name="new",
            alloc_policy="unallocable",
            ndparams={"spindle_count": "4", "oob_program": "default"},
            diskparams={"drbd": {"resync-rate": "2048", "metavg": "default"}},
            ipolicy={"vcpu-ratio": 2},
            hv_state={"fake": {"mem_node": 512}},
        )
    )
    assert result is None
    group = _group(world, "new")
    assert (group.alloc_policy, group.serial_no) == ("unallocable", 1)
    assert group.ndparams == {"spindle_count": 4}
    assert group.diskparams == {"drbd": {"resync-rate": 2048}}
    assert group.ipolicy == {"vcpu-ratio": 2.0}
    assert group.hv_state_static == {"fake": {"mem_node": 512}}
    assert world.rpc.nodes[ONE].ran_hooks[:2] == ["group-add-pre", "group-add-post"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"group_name": "other"}, c.ECODE_EXISTS),
        ({"group_name": OTHER}, c.ECODE_EXISTS),
        ({"group_name": UUID_NAME}, c.ECODE_INVAL),
        ({"group_name": "ABCDEF78-1234-4234-8234-123456789012"}, c.ECODE_INVAL),
        ({"ndparams": {"unknown": 1}}, c.ECODE_INVAL),
        ({"ndparams": {"spindle_count": "many"}}, c.ECODE_INVAL),
        ({"diskparams": {"drbd": {"stripes": 1}}}, c.ECODE_INVAL),
        ({"diskparams": {"rbd": {"access": "wrong"}}}, c.ECODE_INVAL),
        ({"ipolicy": {"std": {}}}, c.ECODE_INVAL),
        ({"ipolicy": {"vcpu-ratio": -3}}, c.ECODE_INVAL),
        ({"ipolicy": {"vcpu-ratio": "inf"}}, c.ECODE_INVAL),
        ({"ipolicy": {"spindle-ratio": "many"}}, c.ECODE_INVAL),
        ({"ipolicy": {"disk-templates": ["plain"]}}, c.ECODE_INVAL),
        ({"ipolicy": {"minmax": [{"min": {"memory-size": 4}, "max": {"memory-size": 2}}]}}, c.ECODE_INVAL),
        ({"hv_state": {"unknown": {}}}, c.ECODE_INVAL),
    ],
)
def test_group_that_cannot_be(changes: dict[str, Any], code: str) -> None:
    _refused(ClusterWorld(_config()), opcodes.OpGroupAdd(**{"group_name": "new", **changes}), code)


def test_new_group_is_connected_to_the_communication_network() -> None:
    config = _config(cluster={"instance_communication_network": "comm"})
    network = Network(uuid=UUID_NAME, name="comm", network="169.254.0.0/16")
    world = ClusterWorld(msgspec.structs.replace(config, networks={network.uuid: network}))
    assert world.run(opcodes.OpGroupAdd(group_name="new")) == {"jobs": [[True, 100]]}
    ((connect,),) = world.job.submitted
    assert isinstance(connect, opcodes.OpNetworkConnect)
    assert (connect.group_name, connect.network_name, connect.network_mode) == ("new", "comm", "routed")


# assign-nodes


def test_nodes_change_groups_together() -> None:
    world = ClusterWorld(_config())
    world.run(opcodes.OpGroupAssignNodes(group_name="other", nodes=["node2", "node3.example.com"]))
    assert [world.config.nodes[uuid].group for uuid in (ONE, TWO, THREE)] == [GROUP_UUID, OTHER, OTHER]
    before = world.config
    world.run(opcodes.OpGroupAssignNodes(group_name=OTHER, nodes=["node2"]))
    assert world.config is before


def test_splitting_a_mirrored_instance_needs_force() -> None:
    world = ClusterWorld(_mirrored(ONE, TWO))
    op = opcodes.OpGroupAssignNodes(group_name="other", nodes=["node2"])
    before = world.config
    with pytest.raises(OpExecError, match=r"inst1\.example\.com"):
        world.run(op)
    assert world.config is before
    world.run(msgspec.structs.replace(op, force=True))
    assert world.config.nodes[TWO].group == OTHER
    assert any("inst1.example.com" in line for line in world.job.log)


def test_moving_both_nodes_of_a_mirrored_instance_splits_nothing() -> None:
    world = ClusterWorld(_mirrored(ONE, TWO))
    world.run(opcodes.OpGroupAssignNodes(group_name="other", nodes=["node1", "node2"]))
    assert {world.config.nodes[uuid].group for uuid in (ONE, TWO)} == {OTHER}


def test_instances_that_stay_split_are_told_apart() -> None:
    config = _mirrored(ONE, TWO)
    nodes = {**config.nodes, TWO: msgspec.structs.replace(config.nodes[TWO], group=OTHER)}
    config = msgspec.structs.replace(config, nodes=nodes)
    assert split_instances(config, {THREE: OTHER}) == ((), ("inst1.example.com",))
    assert split_instances(config, {TWO: GROUP_UUID}) == ((), ())


def test_unknown_nodes_and_groups() -> None:
    world = ClusterWorld(_config())
    _refused(world, opcodes.OpGroupAssignNodes(group_name="other", nodes=["node9"]), c.ECODE_NOENT)
    _refused(world, opcodes.OpGroupAssignNodes(group_name="missing", nodes=["node1"]), c.ECODE_NOENT)


# modify


def test_parameters_are_laid_over_those_stored() -> None:
    world = ClusterWorld(_config())
    first = {"ndparams": {"spindle_count": 4, "ssh_port": 2222}, "diskparams": {"drbd": {"resync-rate": 2048}}}
    world.run(opcodes.OpGroupSetParams(group_name="default", **first))
    result = world.run(
        opcodes.OpGroupSetParams(
            group_name=GROUP_UUID,
            alloc_policy="last_resort",
            ndparams={"spindle_count": "default", "oob_program": "/bin/oob"},
            diskparams={"drbd": {"resync-rate": "default"}},
            disk_state={"plain": {"xenvg": {"disk_total": 5}}},
        )
    )
    group = _group(world, "default")
    assert group.ndparams == {"ssh_port": 2222, "oob_program": "/bin/oob"}
    assert (group.diskparams, group.alloc_policy) == ({}, "last_resort")
    assert group.disk_state_static == {"plain": {"xenvg": {"disk_total": 5}}}
    assert result == [("ndparams", str(group.ndparams)), ("diskparams", "{}")]


def test_no_modification_is_refused() -> None:
    _refused(ClusterWorld(_config()), opcodes.OpGroupSetParams(group_name="default"), c.ECODE_INVAL)


def test_only_instances_that_break_a_new_policy_are_named() -> None:
    world = ClusterWorld(_config(instances=(make_instance(1), make_instance(2, beparams={"maxmem": 64, "minmem": 64}))))
    bounds = {key: dict(value) for key, value in c.IPOLICY_DEFAULTS["minmax"][0].items()}
    bounds["min"]["memory-size"], bounds["max"]["memory-size"] = 1, 100
    op = opcodes.OpGroupSetParams(group_name="default", ipolicy={"minmax": [bounds]})
    world.run(op)
    (warning,) = [line for line in world.job.log if "violate" in line]
    assert "inst1.example.com" in warning and "inst2" not in warning
    assert _group(world, "default").ipolicy == {"minmax": [bounds]}
    world.run(opcodes.OpGroupSetParams(group_name="default", ipolicy={"minmax": "default"}))
    assert _group(world, "default").ipolicy == {}


def test_userspace_access_needs_instances_that_can() -> None:
    disk = make_disk(1, dev_type=c.DT_RBD, logical_id=("rbd", "x"))
    world = ClusterWorld(_config(instances=(make_instance(1, disks=(disk.uuid,)),), disks=(disk,)))
    op = opcodes.OpGroupSetParams(group_name="default", diskparams={"rbd": {"access": "userspace"}})
    assert "inst1.example.com" in _refused(world, op, c.ECODE_INVAL)
    world.run(msgspec.structs.replace(op, group_name="other"))


# rename, remove


def test_rename() -> None:
    world = ClusterWorld(_config())
    assert world.run(opcodes.OpGroupRename(group_name="default", new_name="rack1")) == "rack1"
    assert world.config.nodegroups[GROUP_UUID].name == "rack1"
    for uuid in (ONE, TWO, THREE):
        assert world.rpc.nodes[uuid].ran_hooks[:2] == ["group-rename-pre", "group-rename-post"]
    _refused(world, opcodes.OpGroupRename(group_name="rack1", new_name="other"), c.ECODE_EXISTS)
    _refused(world, opcodes.OpGroupRename(group_name="rack1", new_name=UUID_NAME), c.ECODE_INVAL)


def test_only_empty_groups_are_removed_and_never_the_last() -> None:
    world = ClusterWorld(_config())
    assert "node2.example.com" in _refused(world, opcodes.OpGroupRemove(group_name="default"), c.ECODE_STATE)
    world.run(opcodes.OpGroupRemove(group_name="other"))
    assert set(world.config.nodegroups) == {GROUP_UUID}
