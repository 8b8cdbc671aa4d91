"""Operations that let an allocator decide about nodes: evacuation of nodes and groups, change of groups."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cmdlib.group.evacuate import as_failover, one_after_the_other
from ganeti.errors import GenericError, OpExecError, OpPrereqError, ResultValidationError
from ganeti.objects import ConfigData, NodeGroup
from test.unit.cmdlib.clusterworld import ClusterWorld, healthy_config
from test.unit.factories import GROUP_UUID, make_disk, make_instance, make_node, node_uuid

ONE, TWO, THREE, FAR = node_uuid(1), node_uuid(2), node_uuid(3), node_uuid(4)
RACK2 = "10000000-0000-4000-8000-000000000002"
EMPTY = "10000000-0000-4000-8000-000000000003"
FIRST, SECOND, LONELY, REMOTE = (f"inst{index}.example.com" for index in (1, 2, 3, 4))

Allocator = Callable[[dict[str, Any]], Any]


def config_of_two_racks(**cluster: Any) -> ConfigData:
    """Return three nodes with two instances on the first and one on the second, and a rack with a node and instance."""
    instances = (
        make_instance(2),
        make_instance(1, disks=(make_disk(1).uuid,)),
        make_instance(3, primary_node=TWO),
        make_instance(4, primary_node=FAR),
        make_instance(5, forthcoming=True),
    )
    config = healthy_config(nodes=4, instances=instances, disks=(make_disk(1),), cluster=cluster)
    groups = [NodeGroup(uuid=uuid, name=name, ctime=1.0, mtime=1.0) for uuid, name in ((RACK2, "rack2"), (EMPTY, "x"))]
    return msgspec.structs.replace(
        config,
        nodegroups={**config.nodegroups, **{group.uuid: group for group in groups}},
        nodes={**config.nodes, FAR: make_node(4, group=RACK2)},
    )


def world_with(allocator: Allocator, **cluster: Any) -> ClusterWorld:
    """Return a world in which the master has one allocator, called *mine*."""
    world = ClusterWorld(config_of_two_racks(**cluster))
    world.node(ONE).allocators["mine"] = allocator
    return world


def moving_to(node: str, group: str = "default") -> Allocator:
    """Return an allocator that lets all instances migrate to one node."""

    def answer(data: dict[str, Any]) -> dict[str, Any]:
        names = data["request"]["instances"]
        moved = [[name, group, [node]] for name in names]
        jobs = [[{"OP_ID": "OP_INSTANCE_MIGRATE", "instance_name": name, "target_node": node}] for name in names]
        return {"success": True, "info": "", "result": [moved, [], jobs]}

    return answer


def answering(answer: Any) -> Allocator:
    """Return an allocator that always gives the same answer."""
    return lambda _data: answer


def fails(world: ClusterWorld, op: opcodes.OpCode, kind: type[GenericError]) -> GenericError:
    """Return the error with which an opcode fails; nothing may be changed or submitted."""
    before = world.config
    with pytest.raises(kind) as caught:
        world.run(op)
    assert world.config is before
    assert not world.job.submitted
    return caught.value


def evacuate_node(**changes: Any) -> opcodes.OpNodeEvacuate:
    values: dict[str, Any] = {"node_name": "node1", "mode": c.NODE_EVAC_PRI, "iallocator": "mine"}
    return opcodes.OpNodeEvacuate(**{**values, **changes})


def evacuate_group(**changes: Any) -> opcodes.OpGroupEvacuate:
    values: dict[str, Any] = {"group_name": "default", "iallocator": "mine"}
    return opcodes.OpGroupEvacuate(**{**values, **changes})


def change_group(**changes: Any) -> opcodes.OpInstanceChangeGroup:
    values: dict[str, Any] = {"instance_name": "inst1", "iallocator": "mine"}
    return opcodes.OpInstanceChangeGroup(**{**values, **changes})


# evacuation of a node


def test_instances_leave_a_node_as_the_allocator_says() -> None:
    world = world_with(moving_to("node3.example.com"))
    result = world.run(evacuate_node())
    assert len(result["jobs"]) == 2
    assert [[(op.instance_name, op.target_node) for op in job] for job in world.job.submitted] == [  # type: ignore[attr-defined]
        [(FIRST, "node3.example.com")],
        [(SECOND, "node3.example.com")],
    ]
    ((name, data, params),) = world.node(ONE).allocator_runs
    assert (name, params) == ("mine", {})
    assert data["request"] == {"type": "node-evacuate", "instances": [FIRST, SECOND], "evac_mode": "primary-only"}
    assert f" - INFO: Instances to be moved: {FIRST} (to node3.example.com), {SECOND} (to node3.example.com)" in (
        world.job.log
    )


def test_parameters_of_the_cluster_go_along_and_options_of_one_run_do_not_stay() -> None:
    world = world_with(moving_to("node3.example.com"), default_iallocator_params={"depth": 3, "no-lucky": None})
    world.run(evacuate_node(ignore_soft_errors=True))
    world.run(evacuate_node())
    assert [params for _, _, params in world.node(ONE).allocator_runs] == [
        {"depth": 3, "no-lucky": None, "ignore-soft-errors": None},
        {"depth": 3, "no-lucky": None},
    ]


@pytest.mark.parametrize("given", [None, "."])
def test_default_allocator_is_asked_if_none_is_named(given: str | None) -> None:
    world = world_with(moving_to("node3.example.com"), default_iallocator="mine")
    assert len(world.run(evacuate_node(iallocator=given))["jobs"]) == 2


def test_node_without_instances_needs_no_answer() -> None:
    world = world_with(answering("never asked"))
    assert world.run(evacuate_node(mode=c.NODE_EVAC_SEC)) == {"jobs": []}
    assert not world.node(ONE).allocator_runs


REPLACE = {"OP_ID": "OP_INSTANCE_REPLACE_DISKS", "instance_name": FIRST, "mode": c.REPLACE_DISK_CHG}
MIGRATE = {"OP_ID": "OP_INSTANCE_MIGRATE", "instance_name": FIRST}


def test_locks_are_released_early_where_an_opcode_can() -> None:
    world = world_with(answering({"success": True, "info": "", "result": [[], [], [[REPLACE, MIGRATE]]]}))
    world.run(evacuate_node(early_release=True))
    (job,) = world.job.submitted
    assert job[0].early_release  # type: ignore[attr-defined]
    assert isinstance(job[1], opcodes.OpInstanceMigrate)


def test_no_job_is_submitted_if_one_instance_cannot_move() -> None:
    result = [[], [[FIRST, "no memory"], [SECOND, None]], [[MIGRATE]]]
    world = world_with(answering({"success": True, "info": "", "result": result}))
    error = fails(world, evacuate_node(), OpExecError)
    assert str(error) == f"Unable to evacuate instances {FIRST} (no memory),{SECOND} (None)"
    assert f" - WARNING: {error}" in world.job.log


@pytest.mark.parametrize(
    ("answer", "kind", "problem"),
    [
        ("rubbish", OpExecError, "Can't parse iallocator results"),
        ({"success": True, "info": "", "result": []}, ResultValidationError, "invalid result"),
        (
            {"success": True, "info": "", "result": [[], [], [[{**MIGRATE, "target_node": "nowhere"}]]]},
            ResultValidationError,
            "not in the cluster: nowhere (from 'mine')",
        ),
        (
            {"success": False, "info": "full", "result": []},
            OpPrereqError,
            "Can't compute node evacuation using iallocator 'mine': full",
        ),
    ],
)
def test_answers_that_are_none(answer: Any, kind: type[GenericError], problem: str) -> None:
    assert problem in str(fails(world_with(answering(answer)), evacuate_node(), kind).args[0])


def test_allocator_that_cannot_be_run() -> None:
    error = fails(world_with(answering("")), evacuate_node(iallocator="gone"), OpExecError)
    assert str(error) == (
        "Failure while running the iallocator script: iallocator module 'gone' not found in the search path"
    )


def test_silent_node_is_offline_for_the_allocator_and_named_to_the_admin() -> None:
    world = world_with(moving_to("node3.example.com"))
    world.rpc.broken[(TWO, "node_info")] = "no route to host"
    world.run(evacuate_node())
    ((_, data, _),) = world.node(ONE).allocator_runs
    offline = {name: node["offline"] for name, node in data["nodes"].items()}
    assert offline == {
        "node1.example.com": False,
        "node2.example.com": True,
        "node3.example.com": False,
        "node4.example.com": False,
    }
    assert any("Can't get data for node node2.example.com" in line for line in world.job.log)


def test_evacuation_without_allocator_says_what_to_do() -> None:
    world = world_with(answering(""))
    for mode, instead in ((c.NODE_EVAC_PRI, "gnt-node migrate"), (c.NODE_EVAC_SEC, "name a new secondary node")):
        error = fails(world, evacuate_node(iallocator=None, mode=mode), OpPrereqError)
        assert instead in error.args[0] and error.args[1] == c.ECODE_INVAL


# evacuation of a group


def test_instances_leave_a_group() -> None:
    world = world_with(moving_to("node4.example.com", "rack2"))
    assert len(world.run(evacuate_group())["jobs"]) == 3
    ((_, data, _),) = world.node(ONE).allocator_runs
    assert data["request"] == {
        "type": "change-group",
        "instances": [FIRST, SECOND, LONELY],
        "target_groups": [RACK2, EMPTY],
    }
    assert any(f"{FIRST} (to rack2), {SECOND} (to rack2), {LONELY} (to rack2)" in line for line in world.job.log)
    assert world.node(ONE).ran_hooks == ["group-evacuate-pre", "group-evacuate-post"]
    assert world.node(THREE).ran_hooks and not world.node(FAR).ran_hooks


def test_instances_go_to_the_named_groups_only() -> None:
    world = world_with(moving_to("node4.example.com", "rack2"))
    world.run(evacuate_group(target_groups=["rack2", RACK2]))
    ((_, data, _),) = world.node(ONE).allocator_runs
    assert data["request"]["target_groups"] == [RACK2]


def test_jobs_one_after_the_other_as_failovers() -> None:
    world = world_with(moving_to("node4.example.com", "rack2"))
    world.run(evacuate_group(sequential=True, force_failover=True))
    (first,), (second,), (third,) = world.job.submitted
    assert all(isinstance(op, opcodes.OpInstanceFailover) for op in (first, second, third))
    assert (first.depends, second.depends, third.depends) == (
        None,
        [(-1, ["success", "error"])],
        [(-1, ["success", "error"])],
    )


def test_every_opcode_of_a_later_job_waits_for_the_job_before() -> None:
    ops = [opcodes.OpInstanceMigrate(instance_name=name) for name in "abc"]
    jobs = one_after_the_other([ops[:1], ops[1:]])
    assert [[bool(op.depends) for op in job] for job in jobs] == [[False], [True, True]]


def test_failover_keeps_what_both_have() -> None:
    op = opcodes.OpInstanceMigrate(instance_name="a", target_node="b", ignore_ipolicy=True, comment="why")
    assert as_failover(op) == opcodes.OpInstanceFailover(
        instance_name="a", target_node="b", ignore_ipolicy=True, comment="why"
    )
    other = opcodes.OpInstanceReplaceDisks(instance_name="a", mode=c.REPLACE_DISK_CHG)
    assert as_failover(other) is other


def test_empty_group_is_evacuated_already() -> None:
    world = world_with(answering("never asked"))
    assert world.run(evacuate_group(group_name="x")) == {"jobs": []}


@pytest.mark.parametrize(
    ("changes", "code", "problem"),
    [
        ({"target_groups": ["rack2", "default"]}, c.ECODE_INVAL, "to node group default: already there"),
        ({"target_groups": ["nowhere"]}, c.ECODE_NOENT, "Node group 'nowhere'"),
        ({"group_name": "nowhere"}, c.ECODE_NOENT, "Node group 'nowhere'"),
        ({"iallocator": None}, c.ECODE_INVAL, "No iallocator is given"),
    ],
)
def test_impossible_evacuations_of_a_group(changes: dict[str, Any], code: str, problem: str) -> None:
    error = fails(world_with(answering("never asked")), evacuate_group(**changes), OpPrereqError)
    assert problem in error.args[0] and error.args[1] == code


def test_single_group_cannot_be_evacuated() -> None:
    world = ClusterWorld(healthy_config(instances=(make_instance(1),)))
    error = fails(world, evacuate_group(), OpPrereqError)
    assert "no other node groups" in error.args[0]


def test_group_evacuation_without_solution() -> None:
    world = world_with(answering({"success": False, "info": "full", "result": []}))
    error = fails(world, evacuate_group(), OpPrereqError)
    assert error.args == ("Can't compute group evacuation using iallocator 'mine': full", c.ECODE_NORES)


# change of the group of one instance


def test_instance_changes_its_group() -> None:
    world = world_with(moving_to("node4.example.com", "rack2"))
    assert len(world.run(change_group())["jobs"]) == 1
    ((_, data, _),) = world.node(ONE).allocator_runs
    assert data["request"] == {"type": "change-group", "instances": [FIRST], "target_groups": [RACK2, EMPTY]}
    assert world.node(ONE).ran_hooks == ["instance-change-group-pre", "instance-change-group-post"]
    assert not world.node(TWO).ran_hooks


@pytest.mark.parametrize(
    ("changes", "code", "problem"),
    [
        ({"target_groups": ["default"]}, c.ECODE_INVAL, "instance inst1.example.com to node group default"),
        ({"target_groups": ["nowhere"]}, c.ECODE_NOENT, "Node group 'nowhere'"),
        ({"instance_name": "nowhere"}, c.ECODE_NOENT, "Instance 'nowhere'"),
        ({"iallocator": None}, c.ECODE_INVAL, "No iallocator is given"),
    ],
)
def test_impossible_changes_of_a_group(changes: dict[str, Any], code: str, problem: str) -> None:
    error = fails(world_with(answering("never asked")), change_group(**changes), OpPrereqError)
    assert problem in error.args[0] and error.args[1] == code


def test_change_of_group_without_solution() -> None:
    world = world_with(answering({"success": False, "info": "full", "result": []}))
    error = fails(world, change_group(target_groups=["x"]), OpPrereqError)
    assert error.args[0] == (
        f"Can't compute solution for changing group of instance '{FIRST}' using iallocator 'mine': full"
    )


def test_mirrored_instance_leaves_both_its_groups() -> None:
    config = config_of_two_racks()
    volumes = tuple(make_disk(index, dev_type=c.DT_PLAIN, logical_id=("vg", f"lv{index}")) for index in (91, 92))
    disk = make_disk(9, dev_type=c.DT_DRBD8, logical_id=(ONE, FAR, 11000, 0, 0, "s" * 40), children=volumes)
    instance = msgspec.structs.replace(config.instances[make_instance(2).uuid], disks=(disk.uuid,))
    config = msgspec.structs.replace(
        config,
        disks={**config.disks, disk.uuid: disk},
        instances={**config.instances, instance.uuid: instance},
    )
    world = ClusterWorld(config)
    world.node(ONE).allocators["mine"] = moving_to("node4.example.com")
    world.run(change_group(instance_name=SECOND))
    ((_, data, _),) = world.node(ONE).allocator_runs
    assert data["request"]["target_groups"] == [EMPTY]
    assert GROUP_UUID in data["nodegroups"]
