"""Locks of instances and what depends on them."""

from typing import Any

import msgspec
import pytest

from ganeti import constants as c
from ganeti.cmdlib.base import LogicalUnit
from ganeti.cmdlib.locks import (
    check_instance_groups,
    check_instance_nodes,
    copy_node_locks,
    lock_instance,
    lock_nodes_of_instances,
    locked_instance,
    nodes_of_instance,
)
from ganeti.config import ConfigStore
from ganeti.errors import OpPrereqError
from ganeti.locking import LockManager
from ganeti.mcpu.context import MasterContext
from ganeti.mcpu.joblocks import JobLocks
from ganeti.mcpu.lu import LuEnv
from ganeti.objects import Instance
from ganeti.opcodes import OpInstanceStartup
from test.unit.factories import make_config, make_disk, make_instance, node_uuid

OWNER = "1"


def mirrored_instance() -> ConfigStore:
    disk = make_disk(
        1, dev_type=c.DT_DRBD8, logical_id=(node_uuid(1), node_uuid(2), 11000, 0, 0, "secret"), nodes=(node_uuid(1),)
    )
    config = make_config(instances=(make_instance(1, disks=(disk.uuid,)),), disks=(disk,))
    return ConfigStore(config)


@pytest.fixture
def store() -> ConfigStore:
    return mirrored_instance()


@pytest.fixture
def locks() -> LockManager:
    manager = LockManager()
    manager.acquire(OWNER, c.LEVEL_CLUSTER, [c.BGL], shared=True)
    return manager


@pytest.fixture
def lu(store: ConfigStore, locks: LockManager) -> LogicalUnit[Any]:
    context = MasterContext(store, None, locks, None)  # type: ignore[arg-type]
    env = LuEnv(context, OWNER, JobLocks(locks, OWNER, store), lambda *args: None, lambda: None)
    return LogicalUnit(OpInstanceStartup(instance_name="inst1"), env)


def take(locks: LockManager, lu: LogicalUnit[Any], level: int) -> None:
    locks.acquire(OWNER, level, lu.needed_locks[level], shared=False)


def test_names_are_completed_and_the_instance_is_locked(lu: LogicalUnit[Any], locks: LockManager) -> None:
    instance = lock_instance(lu)
    assert (lu.op.instance_name, lu.op.instance_uuid) == (instance.name, instance.uuid)
    assert lu.needed_locks == {c.LEVEL_INSTANCE: ["inst1.example.com"]}
    take(locks, lu, c.LEVEL_INSTANCE)
    assert locked_instance(lu) == instance


def test_instance_that_vanished_during_the_wait_is_noticed(
    lu: LogicalUnit[Any], locks: LockManager, store: ConfigStore
) -> None:
    instance = lock_instance(lu)
    take(locks, lu, c.LEVEL_INSTANCE)
    store.modify(Instance, instance.uuid, lambda old: msgspec.structs.replace(old, name="other.example.com"))
    with pytest.raises(OpPrereqError) as error:
        locked_instance(lu)
    assert error.value.args[1] == c.ECODE_NOENT


def test_nodes_of_locked_instances_are_locked(lu: LogicalUnit[Any], locks: LockManager) -> None:
    lock_instance(lu)
    take(locks, lu, c.LEVEL_INSTANCE)
    lock_nodes_of_instances(lu, primary_only=True)
    assert lu.needed_locks[c.LEVEL_NODE] == [node_uuid(1)]
    lu.needed_locks[c.LEVEL_NODE] = [node_uuid(3)]
    lock_nodes_of_instances(lu, append=True)
    assert lu.needed_locks[c.LEVEL_NODE] == [node_uuid(1), node_uuid(2), node_uuid(3)]
    take(locks, lu, c.LEVEL_NODE)
    copy_node_locks(lu)
    assert lu.needed_locks[c.LEVEL_NODE_RES] == lu.needed_locks[c.LEVEL_NODE]


def test_locks_that_no_longer_fit_the_instance_are_noticed(lu: LogicalUnit[Any], locks: LockManager) -> None:
    instance = lock_instance(lu)
    take(locks, lu, c.LEVEL_INSTANCE)
    locks.acquire(OWNER, c.LEVEL_NODE, [node_uuid(1)], shared=False)
    with pytest.raises(OpPrereqError) as error:
        check_instance_nodes(lu, instance)
    assert error.value.args[1] == c.ECODE_STATE
    with pytest.raises(OpPrereqError):
        check_instance_groups(lu, instance)


def test_forthcoming_instance_may_have_no_nodes() -> None:
    config = make_config()
    assert nodes_of_instance(config, make_instance(1, primary_node="")) == ()
