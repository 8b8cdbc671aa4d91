"""Renaming and reinstalling instances, their console and their data."""

from typing import Any

import msgspec
import pytest

from ganeti import constants as c
from ganeti.config import operations
from ganeti.errors import OpExecError, OpPrereqError
from ganeti.opcodes import (
    OpInstanceActivateDisks,
    OpInstanceConsole,
    OpInstanceDeactivateDisks,
    OpInstanceQueryData,
    OpInstanceReinstall,
    OpInstanceRename,
)
from ganeti.types import Private, Secret
from test.unit.cmdlib.instance.world import OTHER, PRIMARY, world_with_instance

NAME = "inst1.example.com"
DOWN: dict[str, Any] = {"admin_state": c.ADMINST_DOWN, "disks_active": False}


def test_rename_moves_the_files() -> None:
    world = world_with_instance(**DOWN)
    assert world.run(OpInstanceRename(instance_name="inst1", new_name="Web")) == "web"
    assert world.disks("web")[0].logical_id[1] == "/srv/shared/web/disk0"
    assert set(world.rpc.shared.files) == {"/srv/shared/web/disk0"}
    assert world.rpc.shared.directories == {"/srv/shared/web"}
    assert not world.instance("web").disks_active


def test_rename_to_the_same_name_only_tells_the_guest() -> None:
    world = world_with_instance(**DOWN)
    serial = world.instance().serial_no
    world.run(OpInstanceRename(instance_name=NAME, new_name=NAME))
    assert "instance_run_rename" in world.rpc.names() and "file_storage_dir_rename" not in world.rpc.names()
    assert world.instance().serial_no >= serial


def test_running_instances_are_not_renamed() -> None:
    world = world_with_instance()
    with pytest.raises(OpPrereqError, match="cannot rename"):
        world.run(OpInstanceRename(instance_name=NAME, new_name="web"))


def test_name_of_another_instance_is_taken() -> None:
    world = world_with_instance(**DOWN)
    other = msgspec.structs.replace(world.instance(), uuid="other", name="web", disks=(), nics=(), disks_active=False)
    world.store.transact(lambda draft: operations.add_instance(draft, other, []), "1")
    with pytest.raises(OpPrereqError, match="'web' is already in the cluster"):
        world.run(OpInstanceRename(instance_name=NAME, new_name="web"))


def test_failed_move_of_files_is_repaired_by_renaming_back() -> None:
    world = world_with_instance(**DOWN)
    world.rpc.broken[None, "file_storage_dir_rename"] = "gone"
    with pytest.raises(OpExecError, match="has been renamed from"):
        world.run(OpInstanceRename(instance_name=NAME, new_name="web"))
    assert world.disks("web")[0].logical_id[1] == "/srv/shared/web/disk0"
    world.rpc.broken.clear()
    world.run(OpInstanceRename(instance_name="web", new_name=NAME))
    assert world.disks()[0].logical_id[1] in world.rpc.shared.files


def test_reinstall_merges_parameters_and_stores_no_secrets() -> None:
    world = world_with_instance(**DOWN, osparams={"size": "small", "old": "1"}, osparams_private={"key": Private("k")})
    op = OpInstanceReinstall(
        instance_name=NAME,
        osparams={"size": "big", "old": "default"},
        osparams_secret={"password": Secret("hidden")},
    )
    world.run(op)
    assert world.instance().osparams == {"size": "big"}
    assert world.instance().osparams_private == {"key": Private("k")}
    ((name, params),) = world.node(PRIMARY).installed
    assert (name, params) == (NAME, {"size": "big", "key": "k", "password": "hidden"})
    assert not world.instance().disks_active


def test_reinstall_changes_the_os_only_if_it_exists() -> None:
    world = world_with_instance(**DOWN)
    with pytest.raises(OpExecError, match="OS windows not found"):
        world.run(OpInstanceReinstall(instance_name=NAME, os_type="windows"))
    world.run(OpInstanceReinstall(instance_name=NAME, os_type="busybox+tiny"))
    assert world.instance().os == "busybox+tiny"


def test_reinstall_needs_a_stopped_instance_with_disks() -> None:
    with pytest.raises(OpPrereqError, match="cannot reinstall"):
        world_with_instance().run(OpInstanceReinstall(instance_name=NAME))
    with pytest.raises(OpPrereqError, match="has no disks"):
        world_with_instance(disks=(), **DOWN).run(OpInstanceReinstall(instance_name=NAME))


def test_disks_are_activated_and_deactivated() -> None:
    world = world_with_instance(**DOWN)
    triples = world.run(OpInstanceActivateDisks(instance_name=NAME))
    assert triples == [("node1.example.com", "disk/0", "/srv/shared/inst1.example.com/disk0")]
    assert world.instance().disks_active
    world.run(OpInstanceDeactivateDisks(instance_name=NAME))
    assert not world.instance().disks_active


def test_disks_of_running_instances_stay_active() -> None:
    world = world_with_instance()
    with pytest.raises(OpPrereqError, match="cannot shutdown disks"):
        world.run(OpInstanceDeactivateDisks(instance_name=NAME))


def test_console_of_a_running_instance() -> None:
    world = world_with_instance()
    assert world.run(OpInstanceConsole(instance_name=NAME))["kind"] == c.CONS_MESSAGE
    world.node(PRIMARY).guests.clear()
    with pytest.raises(OpExecError, match="not running \\(state ERROR_down\\)"):
        world.run(OpInstanceConsole(instance_name=NAME))


def test_query_data_asks_each_node_once() -> None:
    world = world_with_instance()
    data = world.run(OpInstanceQueryData(instances=["inst1"], use_locking=True))[NAME]
    assert (data["config_state"], data["run_state"], data["pnode"]) == ("up", "up", "node1.example.com")
    (disk,) = data["disks"]
    assert disk["pstatus"][0] == "/srv/shared/inst1.example.com/disk0" and disk["sstatus"] is None
    assert data["disk_template"] == c.DT_SHARED_FILE and data["nics"][0][4] == c.NIC_MODE_BRIDGED
    assert world.rpc.names() == ["all_instances_info", "blockdev_getmirrorstatus_multi"]


def test_query_data_static_asks_nobody_and_a_dead_node_blanks_only_its_own() -> None:
    world = world_with_instance()
    assert world.run(OpInstanceQueryData(static=True))[NAME]["run_state"] is None
    assert not world.rpc.calls
    world.rpc.broken[PRIMARY, "*"] = "gone"
    assert world.run(OpInstanceQueryData())[NAME]["run_state"] is None
    assert any("node1.example.com" in line for line in world.job.log)


def test_query_data_names_unknown_instances() -> None:
    with pytest.raises(OpPrereqError, match="Instance 'nobody'"):
        world_with_instance().run(OpInstanceQueryData(instances=["nobody"], static=True))


def test_query_data_of_an_instance_that_was_shut_down_inside() -> None:
    world = world_with_instance(primary_node=OTHER, **DOWN)
    world.node(OTHER).user_down.add(NAME)
    assert world.run(OpInstanceQueryData())[NAME]["run_state"] == "user down"
