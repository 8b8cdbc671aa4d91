"""Several new instances at once."""

from typing import Any

import msgspec
import pytest

from ganeti import constants as c
from ganeti.errors import GenericError, OpPrereqError, ResultValidationError
from ganeti.opcodes import OpInstanceCreate, OpInstanceMultiAlloc
from test.unit.cmdlib.clusterworld import ClusterWorld, healthy_config
from test.unit.factories import make_instance, node_uuid

ONE = node_uuid(1)


def item(name: str, **changes: Any) -> dict[str, Any]:
    """Return the description of an instance without nodes."""
    values = {"instance_name": name, "mode": c.INSTANCE_CREATE, "disks": [], "nics": [{}], "no_install": True}
    return {**values, "disk_template": c.DT_DISKLESS, **changes}


def world_with(answer: Any, **cluster: Any) -> ClusterWorld:
    """Return a world in which an allocator called *mine* gives one answer."""
    world = ClusterWorld(healthy_config(instances=(make_instance(1),), cluster=cluster))
    world.node(ONE).allocators["mine"] = lambda _data: answer
    return world


def placing(**nodes: str) -> dict[str, Any]:
    """Return an answer that puts instances on single nodes; empty: there is none."""
    found = [[name, [f"{node}.example.com"]] for name, node in nodes.items() if node]
    return {
        "success": True,
        "info": "",
        "result": [found, [[name, "full"] for name, node in nodes.items() if not node]],
    }


def create(*items: Any, **changes: Any) -> OpInstanceMultiAlloc:
    return OpInstanceMultiAlloc(**{"instances": list(items), "iallocator": "mine", **changes})


def placed(world: ClusterWorld) -> list[tuple[str, str | None, str | None]]:
    """Return (instance, node, allocator) of each job."""
    ops = [msgspec.convert(op, OpInstanceCreate, from_attributes=True) for (op,) in world.job.submitted]
    return [(op.instance_name, op.pnode, op.iallocator) for op in ops]


def test_each_instance_gets_a_job_on_its_node() -> None:
    world = world_with(placing(a="node2", b="node3"))
    result = world.run(create(item("a", disk_template=None), item("b", beparams={"memory": 300})))
    assert (result["allocatable"], result["failed"], len(result["jobs"])) == (["a", "b"], [], 2)
    assert placed(world) == [("a", "node2.example.com", None), ("b", "node3.example.com", None)]
    ((_, data, _),) = world.node(ONE).allocator_runs
    first, second = data["request"]["instances"]
    assert data["request"]["type"] == "multi-allocate"
    assert (first["name"], first["disk_template"], second["memory"]) == ("a", "diskless", 300)
    assert first["nics"][0]["mac"] == "auto"


def test_those_without_room_are_reported_and_the_others_made() -> None:
    world = world_with(placing(a="", b="node3"))
    result = world.run(create(item("a"), item("b")))
    assert (result["allocatable"], result["failed"]) == (["b"], ["a"])
    assert placed(world) == [("b", "node3.example.com", None)]
    assert any("no room for instances a" in line for line in world.job.log)


def test_dry_run_shows_who_has_room() -> None:
    world = world_with(placing(a="", b="node3"))
    assert world.run(create(item("a"), item("b"), dry_run=True)) == {"allocatable": ["b"], "failed": ["a"]}
    assert not world.job.submitted


def test_instances_that_have_nodes_need_no_allocator() -> None:
    world = world_with("never asked")
    result = world.run(create(item("a", pnode="node2"), item("b", pnode="node3"), iallocator=None))
    assert result["allocatable"] == ["a", "b"]
    assert placed(world) == [("a", "node2", None), ("b", "node3", None)]
    assert not world.node(ONE).allocator_runs


def test_default_allocator_is_asked() -> None:
    world = world_with(placing(a="node2"), default_iallocator="mine")
    assert world.run(create(item("a"), iallocator=None, opportunistic_locking=True))["allocatable"] == ["a"]


def test_nothing_is_nothing() -> None:
    assert world_with("never asked").run(create()) == {"allocatable": [], "failed": [], "jobs": []}


SECRET = {"password": "x"}


def test_confidential_parameters_reach_the_jobs() -> None:
    world = world_with(placing(a="node2"))
    world.run(create(item("a", osparams_secret=SECRET, osparams_private={"key": "x"})))
    ((op,),) = world.job.submitted
    assert isinstance(op, OpInstanceCreate) and op.osparams_secret and op.osparams_private
    assert (op.osparams_secret["password"].get(), op.osparams_private["key"].get()) == ("x", "x")
    assert "'x'" not in repr(op)


@pytest.mark.parametrize(
    ("op", "code", "problem"),
    [
        (create(item("a", iallocator="mine")), c.ECODE_INVAL, "'a': a single one cannot have an iallocator"),
        (create(item("a", pnode="node1"), item("b")), c.ECODE_INVAL, "all instances must have nodes or none"),
        (create(item("a", pnode="node1")), c.ECODE_INVAL, "Do not specify both"),
        (create(item("a"), item("A")), c.ECODE_INVAL, "duplicate instance names: a"),
        (create(item("a"), iallocator=None), c.ECODE_INVAL, "No iallocator is given"),
        (create(item("a", speed=9)), c.ECODE_INVAL, "speed"),
        (create("a"), c.ECODE_INVAL, "must be described"),
        (create({"OP_ID": "OP_INSTANCE_REMOVE", "instance_name": "a"}), c.ECODE_INVAL, "must be described"),
        (create(item("inst1.example.com")), c.ECODE_EXISTS, "already in the cluster"),
        (create(item("a", group_name="x")), c.ECODE_NOENT, "Node group 'x'"),
        (create(item("a", disk_template="rbd")), None, "not enabled"),
        (
            create(item("a", pnode="node1"), iallocator=None, opportunistic_locking=True),
            c.ECODE_INVAL,
            "Opportunistic locking",
        ),
    ],
)
def test_contradictions_are_refused(op: OpInstanceMultiAlloc, code: str | None, problem: str) -> None:
    world = world_with("never asked")
    with pytest.raises(OpPrereqError, match=problem) as caught:
        world.run(op)
    assert caught.value.args[1:] == ((code,) if code else ())
    assert not world.job.submitted and not world.node(ONE).allocator_runs


@pytest.mark.parametrize(
    ("answer", "kind", "problem"),
    [
        ({"success": False, "info": "full", "result": []}, OpPrereqError, "using iallocator 'mine': full"),
        (placing(a="nowhere"), ResultValidationError, "not in the cluster"),
        (placing(b="node2"), ResultValidationError, "missing: a; not asked for: b"),
    ],
)
def test_no_job_without_a_proper_answer(answer: Any, kind: type[GenericError], problem: str) -> None:
    world = world_with(answer)
    with pytest.raises(kind, match=problem):
        world.run(create(item("a")))
    assert not world.job.submitted
