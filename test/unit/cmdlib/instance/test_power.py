"""Start, stop, reboot and removal of instances."""

from typing import Any

import pytest

from ganeti import constants as c
from ganeti.errors import OpExecError, OpPrereqError
from ganeti.opcodes import OpInstanceReboot, OpInstanceRemove, OpInstanceShutdown, OpInstanceStartup
from test.unit.cmdlib.instance.world import OTHER, PRIMARY, World, set_node, world_with_instance

NAME = "inst1.example.com"
DOWN: dict[str, Any] = {"admin_state": c.ADMINST_DOWN, "disks_active": False}


def test_startup_starts_and_records() -> None:
    world = world_with_instance(**DOWN)
    world.run(OpInstanceStartup(instance_name="inst1"))
    assert NAME in world.node(PRIMARY).guests
    assert (world.instance().admin_state, world.instance().disks_active) == (c.ADMINST_UP, True)


def test_startup_of_a_running_instance_is_fine_without_memory() -> None:
    world = world_with_instance()
    world.node(PRIMARY).free_mib = 0
    world.run(OpInstanceStartup(instance_name=NAME))
    assert NAME in world.node(PRIMARY).guests


def test_startup_without_remembering_keeps_the_recorded_state() -> None:
    world = world_with_instance(**DOWN)
    world.run(OpInstanceStartup(instance_name=NAME, no_remember=True))
    assert world.instance().admin_state == c.ADMINST_DOWN and NAME in world.node(PRIMARY).guests


def test_startup_cleans_up_after_a_user_shutdown() -> None:
    world = world_with_instance()
    world.node(PRIMARY).guests.clear()
    world.node(PRIMARY).user_down.add(NAME)
    world.run(OpInstanceStartup(instance_name=NAME))
    assert NAME in world.node(PRIMARY).guests and not world.node(PRIMARY).user_down


def test_startup_needs_memory() -> None:
    world = world_with_instance(**DOWN)
    world.node(PRIMARY).free_mib = 100
    with pytest.raises(OpPrereqError, match="needed 128 MiB, available 100 MiB"):
        world.run(OpInstanceStartup(instance_name=NAME))
    assert world.instance().admin_state == c.ADMINST_DOWN


def test_failed_startup_is_recorded_as_wanted_and_frees_the_disks() -> None:
    world = world_with_instance(**DOWN)
    world.rpc.broken[PRIMARY, "instance_start"] = "no emulator"
    with pytest.raises(OpExecError, match=r"Could not start instance 'inst1.example.com' on node node1.example.com"):
        world.run(OpInstanceStartup(instance_name=NAME))
    assert (world.instance().admin_state, world.instance().disks_active) == (c.ADMINST_UP, False)


def test_startup_with_missing_disk_fails() -> None:
    world = world_with_instance(**DOWN)
    world.rpc.shared.files.clear()
    with pytest.raises(OpExecError, match="Disk consistency error"):
        world.run(OpInstanceStartup(instance_name=NAME))


@pytest.mark.parametrize("op", [OpInstanceStartup, OpInstanceShutdown, OpInstanceReboot])
def test_offline_instances_are_left_alone(op: Any) -> None:
    world = world_with_instance(admin_state=c.ADMINST_OFFLINE, disks_active=False)
    extra = {"reboot_type": c.INSTANCE_REBOOT_HARD} if op is OpInstanceReboot else {}
    with pytest.raises(OpPrereqError) as caught:
        world.run(op(instance_name=NAME, **extra))
    assert caught.value.args[1] == c.ECODE_STATE


def test_offline_primary_is_only_recorded_if_asked() -> None:
    world = world_with_instance(**DOWN, primary_node=OTHER)
    set_node(world, OTHER, offline=True, master_candidate=False)
    with pytest.raises(OpPrereqError, match=r"offline node node2.example.com"):
        world.run(OpInstanceStartup(instance_name=NAME))
    world.run(OpInstanceStartup(instance_name=NAME, ignore_offline_nodes=True))
    assert world.instance().admin_state == c.ADMINST_UP


def test_shutdown_stops_and_records() -> None:
    world = world_with_instance()
    world.run(OpInstanceShutdown(instance_name=NAME))
    assert not world.node(PRIMARY).guests
    assert (world.instance().admin_state, world.instance().disks_active) == (c.ADMINST_DOWN, False)


def test_user_shutdown_must_have_happened() -> None:
    world = world_with_instance()
    with pytest.raises(OpPrereqError, match="not shutdown by the user"):
        world.run(OpInstanceShutdown(instance_name=NAME, admin_state_source=c.USER_SOURCE))
    world.node(PRIMARY).guests.clear()
    world.node(PRIMARY).user_down.add(NAME)
    world.run(OpInstanceShutdown(instance_name=NAME, admin_state_source=c.USER_SOURCE))
    assert world.instance().admin_state_source == c.USER_SOURCE


@pytest.mark.parametrize("kind", [c.INSTANCE_REBOOT_SOFT, c.INSTANCE_REBOOT_HARD, c.INSTANCE_REBOOT_FULL])
@pytest.mark.parametrize("running", [True, False])
def test_reboot_ends_with_a_running_instance(kind: str, running: bool) -> None:
    world = world_with_instance() if running else world_with_instance(**DOWN)
    world.run(OpInstanceReboot(instance_name=NAME, reboot_type=kind))
    assert NAME in world.node(PRIMARY).guests and world.instance().admin_state == c.ADMINST_UP
    assert ("instance_reboot" in world.rpc.names()) == (running and kind != c.INSTANCE_REBOOT_FULL)


def test_remove_leaves_nothing() -> None:
    world = world_with_instance()
    world.run(OpInstanceRemove(instance_name=NAME))
    assert not world.config.instances and not world.config.disks
    assert not world.node(PRIMARY).guests
    assert not world.rpc.shared.files and not world.rpc.shared.directories


def test_remove_stops_at_a_failure_unless_told_otherwise() -> None:
    world = world_with_instance()
    world.rpc.broken[PRIMARY, "blockdev_remove"] = "device is busy"
    with pytest.raises(OpExecError, match=r"disk/0 on node node1.example.com"):
        world.run(OpInstanceRemove(instance_name=NAME))
    assert world.config.instances
    world.run(OpInstanceRemove(instance_name=NAME, ignore_failures=True))
    assert not world.config.instances
    assert any("leaves behind" in line for line in world.job.log)


class MasterDied(BaseException):
    """The master process was killed."""


def _die_at(world: World, death: int) -> None:
    def before(number: int) -> None:
        if number == death:
            raise MasterDied

    world.rpc.before_call = before


def test_a_removal_that_was_cut_off_is_finished_by_another_one() -> None:
    for death in range(1, 20):
        world = world_with_instance()
        _die_at(world, death)
        try:
            world.run(OpInstanceRemove(instance_name=NAME))
        except MasterDied:
            world.rpc.before_call = lambda number: None
            if world.config.instances:
                world.run(OpInstanceRemove(instance_name=NAME))
        assert not world.config.instances and not world.rpc.shared.files and not world.node(PRIMARY).guests
