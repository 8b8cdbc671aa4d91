"""Instances leave a node: migration of all of them, and evacuation to a new secondary node."""

import msgspec
import pytest

from ganeti import constants as c
from ganeti import opcodes
from ganeti.errors import OpPrereqError
from test.unit.cmdlib.clusterworld import ClusterWorld, healthy_config
from test.unit.factories import make_disk, make_instance, node_uuid

ONE, TWO, THREE = node_uuid(1), node_uuid(2), node_uuid(3)


def drbd_world() -> ClusterWorld:
    """Two mirrored instances from the first to the second node, and one the other way round."""
    disks, instances = [], []
    for index, (primary, secondary) in enumerate([(ONE, TWO), (ONE, TWO), (TWO, ONE)], start=1):
        data = make_disk(index * 10, dev_type=c.DT_PLAIN, logical_id=("xenvg", f"data{index}"), iv_name=None)
        disk = make_disk(
            index,
            dev_type=c.DT_DRBD8,
            logical_id=(primary, secondary, 11000 + index, index, index, "secret"),
            children=(data,),
        )
        disks.append(disk)
        instances.append(make_instance(index, primary_node=primary, disks=(disk.uuid,)))
    return ClusterWorld(healthy_config(instances=tuple(instances), disks=tuple(disks)))


def refused(world: ClusterWorld, op: opcodes.OpCode, code: str) -> str:
    """Return why an opcode is refused."""
    with pytest.raises(OpPrereqError) as caught:
        world.run(op)
    assert caught.value.args[1] == code
    return str(caught.value.args[0])


def test_each_primary_instance_gets_its_migration_job() -> None:
    instances = (make_instance(2), make_instance(1), make_instance(3, primary_node=TWO))
    world = ClusterWorld(healthy_config(instances=instances))
    result = world.run(opcodes.OpNodeMigrate(node_name="node1", target_node="node3", mode="non-live"))
    assert len(result["jobs"]) == 2
    assert world.job.submitted == [
        [msgspec.structs.replace(job[0], instance_name=name, target_node="node3.example.com", mode="non-live")]
        for job, name in zip(world.job.submitted, ("inst1.example.com", "inst2.example.com"), strict=True)
    ]
    assert world.rpc.nodes[ONE].ran_hooks == ["node-migrate-pre", "node-migrate-post"]


def test_migration_needs_one_target_that_is_another_node() -> None:
    world = ClusterWorld()
    refused(world, opcodes.OpNodeMigrate(node_name="node1", target_node="node1"), c.ECODE_INVAL)
    refused(world, opcodes.OpNodeMigrate(node_name="node1", target_node="node2", iallocator="hail"), c.ECODE_INVAL)
    refused(world, opcodes.OpNodeMigrate(node_name="node1", live=True, mode="live"), c.ECODE_INVAL)


def test_secondary_instances_get_a_new_secondary_node() -> None:
    world = drbd_world()
    result = world.run(opcodes.OpNodeEvacuate(node_name="node2", mode=c.NODE_EVAC_SEC, remote_node="node3"))
    assert len(result["jobs"]) == 2
    ops = [job[0] for job in world.job.submitted]
    assert all(isinstance(op, opcodes.OpInstanceReplaceDisks) for op in ops)
    assert [(op.instance_name, op.remote_node, op.mode) for op in ops] == [  # type: ignore[attr-defined]
        (f"inst{index}.example.com", "node3.example.com", c.REPLACE_DISK_CHG) for index in (1, 2)
    ]


def test_primary_node_of_an_instance_cannot_become_its_secondary() -> None:
    op = opcodes.OpNodeEvacuate(node_name="node2", mode=c.NODE_EVAC_SEC, remote_node="node1")
    assert "inst1.example.com, inst2.example.com" in refused(drbd_world(), op, c.ECODE_INVAL)


@pytest.mark.parametrize(
    ("mode", "remote", "allocator"),
    [
        (c.NODE_EVAC_ALL, "node3", None),
        (c.NODE_EVAC_PRI, "node3", None),
        (c.NODE_EVAC_SEC, None, None),
        (c.NODE_EVAC_ALL, None, "hail"),
        (c.NODE_EVAC_SEC, "node3", "hail"),
        (c.NODE_EVAC_SEC, "node2", None),
    ],
)
def test_evacuation_refuses_what_it_cannot_do(mode: str, remote: str | None, allocator: str | None) -> None:
    op = opcodes.OpNodeEvacuate(
        node_name="node2",
        mode=mode,  # type: ignore[arg-type]
        remote_node=remote,
        iallocator=allocator,
    )
    refused(drbd_world(), op, c.ECODE_INVAL)
