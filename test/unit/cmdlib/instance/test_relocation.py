"""Failover, migration and what repairs them."""

from typing import Any

import msgspec
import pytest

from ganeti import constants as c
from ganeti.cmdlib.instance.migration_cleanup import Verdict, decide, runs_in
from ganeti.errors import GenericError, OpExecError, OpPrereqError, ResultValidationError
from ganeti.opcodes import OpInstanceFailover, OpInstanceMigrate, OpInstanceStartup
from test.unit.cmdlib.instance.world import OTHER, PRIMARY, THIRD, World, set_node, world_with_instance

NAME = "inst1.example.com"


def migrate(**changes: Any) -> OpInstanceMigrate:
    values: dict[str, Any] = {"instance_name": NAME, "target_node": "node2", "ignore_ipolicy": True}
    return OpInstanceMigrate(**{**values, **changes})


def failover(**changes: Any) -> OpInstanceFailover:
    values: dict[str, Any] = {"instance_name": NAME, "target_node": "node2", "ignore_ipolicy": True}
    return OpInstanceFailover(**{**values, **changes})


def where(world: World) -> list[str]:
    return [uuid for uuid, node in world.rpc.nodes.items() if NAME in node.guests]


def test_migration_moves_guest_disks_and_record() -> None:
    world = world_with_instance()
    world.run(migrate())
    assert where(world) == [OTHER] and world.instance().primary_node == OTHER
    assert not world.node(PRIMARY).opened and world.node(OTHER).opened
    assert "* memory transfer complete" in world.job.log


def test_migration_of_a_diskless_instance() -> None:
    world = world_with_instance(disks=(), disks_active=False)
    world.run(migrate())
    assert where(world) == [OTHER] and world.instance().primary_node == OTHER


@pytest.mark.parametrize(
    "step", ["accept_instance", "instance_migrate", "instance_get_migration_status", "blockdev_open"]
)
def test_failed_migration_leaves_everything_at_the_source(step: str) -> None:
    world = world_with_instance()
    world.rpc.broken[None, step] = "broken"
    with pytest.raises(OpExecError, match="broken"):
        world.run(migrate())
    assert where(world) == [PRIMARY] and world.instance().primary_node == PRIMARY
    assert not world.node(OTHER).incoming and not world.node(OTHER).opened


def test_failed_transfer_is_taken_back() -> None:
    world = world_with_instance()
    world.node(PRIMARY).migration_status = c.HV_MIGRATION_FAILED
    with pytest.raises(OpExecError, match="hypervisor says failed"):
        world.run(migrate())
    assert where(world) == [PRIMARY] and world.node(PRIMARY).opened


def test_target_is_kept_when_the_source_no_longer_answers() -> None:
    world = world_with_instance()
    world.rpc.broken[PRIMARY, "instance_get_migration_status"] = "gone"
    world.rpc.broken[PRIMARY, "instance_finalize_migration_src"] = "gone"
    with pytest.raises(OpExecError):
        world.run(migrate())
    assert world.node(OTHER).incoming == {NAME}, "perhaps the only living copy"
    assert any("--cleanup" in line for line in world.job.log)


def test_memory_is_taken_from_the_guest_if_allowed() -> None:
    world = world_with_instance()
    world.node(PRIMARY).guests[NAME] = 512
    world.node(OTHER).free_mib = 256
    with pytest.raises(OpExecError, match="runtime changes are not allowed"):
        world.run(migrate(allow_runtime_changes=False))
    world.run(migrate())
    assert "instance_balloon_memory" in world.rpc.names()


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"target_node": "node1"}, "to its primary"),
    ({"target_node": None}, "No iallocator is given.*; name a target node"),
    ({"target_node": "node9"}, "Node 'node9'"),
    ({"live": True, "mode": "live"}, "Only one of"),
]


@pytest.mark.parametrize(("changes", "text"), WRONG)
def test_wrong_arguments(changes: dict[str, Any], text: str) -> None:
    world = world_with_instance()
    with pytest.raises(OpPrereqError, match=text):
        world.run(migrate(**changes))


def test_unsuitable_targets() -> None:
    world = world_with_instance()
    world.node(OTHER).free_mib = 10
    with pytest.raises(OpPrereqError, match="Not enough memory on node node2"):
        world.run(migrate())
    set_node(world, THIRD, drained=True, master_candidate=False)
    with pytest.raises(OpPrereqError, match="drained node node3"):
        world.run(migrate(target_node="node3"))


def test_stopped_instance_fails_over_if_allowed() -> None:
    world = world_with_instance(admin_state=c.ADMINST_DOWN, disks_active=False)
    with pytest.raises(OpPrereqError, match="please use failover"):
        world.run(migrate())
    world.run(migrate(allow_failover=True))
    assert world.instance().primary_node == OTHER and not where(world)


def test_local_files_cannot_move() -> None:
    world = world_with_instance()
    disk = world.disks()[0]
    world.store.transact(lambda draft: draft.update(_with(disk, dev_type=c.DT_FILE)))
    with pytest.raises(OpPrereqError, match="does not allow failover or migration"):
        world.run(failover())


def _with(item: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(item, **changes)


def test_failover_restarts_on_the_target() -> None:
    world = world_with_instance()
    world.run(failover())
    assert where(world) == [OTHER] and world.instance().primary_node == OTHER
    assert (world.instance().admin_state, world.instance().disks_active) == (c.ADMINST_UP, True)


def test_failover_from_a_dead_node_needs_consent() -> None:
    world = world_with_instance()
    world.rpc.broken[PRIMARY, "*"] = "no route to host"
    with pytest.raises(OpExecError, match="Could not shutdown instance"):
        world.run(failover())
    assert world.instance().primary_node == PRIMARY
    world.run(failover(ignore_consistency=True))
    assert world.instance().primary_node == OTHER and NAME in world.node(OTHER).guests


def test_failover_from_an_offline_node() -> None:
    world = world_with_instance(primary_node=THIRD)
    world.node(PRIMARY).guests.clear()
    set_node(world, THIRD, offline=True, master_candidate=False)
    world.run(failover())
    assert where(world) == [OTHER]


@pytest.mark.parametrize(
    ("running", "target", "verdict"),
    [
        ([PRIMARY], OTHER, Verdict(PRIMARY, OTHER)),
        ([OTHER], OTHER, Verdict(OTHER, PRIMARY)),
        ([THIRD], OTHER, Verdict(THIRD, PRIMARY)),
        ([OTHER], None, Verdict(OTHER, PRIMARY)),
        ([], OTHER, None),
        ([OTHER, THIRD], OTHER, None),
        ([PRIMARY, THIRD], OTHER, None),
    ],
)
def test_verdict_of_cleanup(running: list[str], target: str | None, verdict: Verdict | None) -> None:
    assert decide(PRIMARY, target, running) == verdict


def test_transfer_names_count_as_running() -> None:
    assert runs_in("web", ["web--incoming"]) and runs_in("web", ["web"]) and not runs_in("web", ["web1"])


def test_cleanup_follows_the_guest() -> None:
    world = world_with_instance()
    world.node(OTHER).guests[NAME] = world.node(PRIMARY).guests.pop(NAME)
    world.run(migrate(cleanup=True, target_node=None))
    assert world.instance().primary_node == OTHER and world.node(OTHER).opened


def test_cleanup_completes_a_transfer_that_has_arrived() -> None:
    world = world_with_instance()
    world.node(OTHER).guests[NAME] = 128
    world.run(migrate(cleanup=True, target_node=None))
    assert where(world) == [OTHER] and world.instance().primary_node == OTHER


def test_cleanup_aborts_a_transfer_that_has_not_arrived() -> None:
    world = world_with_instance()
    world.node(PRIMARY).migration_status = c.HV_MIGRATION_ACTIVE
    world.node(OTHER).guests[NAME] = 128
    world.run(failover(cleanup=True, target_node=None))
    assert where(world) == [PRIMARY] and world.instance().primary_node == PRIMARY


@pytest.mark.parametrize("place", [PRIMARY, OTHER])
def test_cleanup_lets_a_guest_go_on_that_a_transfer_has_stopped(place: str) -> None:
    world = world_with_instance()
    world.node(place).guests[NAME] = world.node(PRIMARY).guests.pop(NAME)
    world.node(place).frozen.add(NAME)
    world.run(migrate(cleanup=True, target_node=None))
    assert where(world) == [place] and not world.node(place).frozen


def test_cleanup_refuses_to_guess() -> None:
    world = world_with_instance()
    world.node(PRIMARY).guests.clear()
    with pytest.raises(OpExecError, match="does not run on any node"):
        world.run(migrate(cleanup=True))
    world.rpc.broken[THIRD, "instance_list"] = "gone"
    with pytest.raises(OpExecError, match="instances of node node3"):
        world.run(migrate(cleanup=True))


class MasterDied(BaseException):
    """The master process was killed."""


def _run_and_die(world: World, op: Any, death: int) -> bool:
    def before(number: int) -> None:
        if number == death:
            raise MasterDied

    world.rpc.before_call = before
    try:
        world.run(op)
    except MasterDied:
        return True
    finally:
        world.rpc.before_call = lambda number: None
    return False


def test_a_cut_off_migration_is_repaired_by_cleanup() -> None:
    death, died = 0, True
    while died:
        death += 1
        world = world_with_instance()
        died = _run_and_die(world, migrate(), death)
        assert len(where(world)) >= 1, "the guest is lost"
        world.run(migrate(cleanup=True, target_node=None))
        assert where(world) == [world.instance().primary_node]
    assert death > 10


def test_a_cut_off_failover_is_repaired_by_a_start() -> None:
    death, died = 0, True
    while died:
        death += 1
        world = world_with_instance()
        died = _run_and_die(world, failover(), death)
        assert len(where(world)) <= 1
        world.run(OpInstanceStartup(instance_name=NAME))
        assert where(world) == [world.instance().primary_node]
    assert death > 8


# with an allocator


def _with_allocator(answer: Any, **changes: Any) -> World:
    world = world_with_instance(**changes)
    world.node(PRIMARY).allocators["mine"] = lambda _data: answer
    return world


def _choose(name: str) -> dict[str, Any]:
    return {"success": True, "info": "", "result": [name]}


@pytest.mark.parametrize("operation", [migrate, failover])
@pytest.mark.parametrize("changes", [{}, {"disks": (), "disks_active": False}])
def test_allocator_chooses_where_an_instance_goes(operation: Any, changes: dict[str, Any]) -> None:
    world = _with_allocator(_choose("node3.example.com"), **changes)
    world.run(operation(target_node=None, iallocator="mine"))
    assert where(world) == [THIRD] and world.instance().primary_node == THIRD
    ((_, data, _),) = world.node(PRIMARY).allocator_runs
    assert (data["request"]["type"], data["request"]["relocate_from"]) == ("relocate", ["node1.example.com"])


def test_default_allocator_is_asked_if_there_is_no_target() -> None:
    world = _with_allocator(_choose("node3.example.com"))
    world.store.modify_cluster(lambda cluster: msgspec.structs.replace(cluster, default_iallocator="mine"))
    world.run(migrate(target_node=None))
    assert where(world) == [THIRD]


@pytest.mark.parametrize(
    ("answer", "kind", "problem"),
    [
        ({"success": False, "info": "full", "result": []}, OpPrereqError, "using iallocator 'mine': full"),
        (_choose("node1.example.com"), OpPrereqError, "to its primary"),
        (_choose("nowhere"), ResultValidationError, "not in the cluster: nowhere"),
        ({"success": True, "info": "", "result": "node2.example.com"}, ResultValidationError, "invalid result"),
        ("", OpExecError, "Can't parse"),
    ],
)
def test_instance_stays_without_a_proper_answer(answer: Any, kind: type[GenericError], problem: str) -> None:
    world = _with_allocator(answer)
    with pytest.raises(kind, match=problem):
        world.run(migrate(target_node=None, iallocator="mine"))
    assert where(world) == [PRIMARY]


def test_allocator_and_target_exclude_each_other() -> None:
    with pytest.raises(OpPrereqError, match="Do not specify both"):
        _with_allocator("").run(migrate(iallocator="mine"))
