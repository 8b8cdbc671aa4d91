"""Which locks operations on instances take, and that they notice when what they locked is another instance by then."""

from collections.abc import Collection
from typing import Any

import msgspec
import pytest

from ganeti import constants as c
from ganeti.errors import OpPrereqError
from ganeti.locking import ALL_SET, LockManager, Owned
from ganeti.objects import Instance
from ganeti.opcodes import (
    OpCode,
    OpInstanceActivateDisks,
    OpInstanceConsole,
    OpInstanceDeactivateDisks,
    OpInstanceFailover,
    OpInstanceMigrate,
    OpInstanceQueryData,
    OpInstanceReboot,
    OpInstanceRemove,
    OpInstanceSetParams,
    OpInstanceShutdown,
    OpInstanceStartup,
)
from test.unit.cmdlib.instance.world import PRIMARY, World, world_with_instance
from test.unit.factories import make_instance, node_uuid

NAME = "inst1.example.com"
INSTANCE = {c.LEVEL_INSTANCE: ([NAME], "exclusive")}
NODE = {c.LEVEL_NODE: ([PRIMARY], "exclusive")}
NODE_RES = {c.LEVEL_NODE_RES: ([PRIMARY], "exclusive")}
BOTH = sorted([PRIMARY, node_uuid(2)])
Taken = dict[int, tuple[Any, str]]


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Taken:
    """What is taken at each level, with its mode."""
    found: Taken = {}
    acquire = LockManager.acquire

    def record(self: LockManager, owner: str, level: int, names: Any, *, shared: bool, **rest: Any) -> Owned:
        if names is ALL_SET or names:
            listed = names if names is ALL_SET else sorted(names)
            found[level] = (listed, "shared" if shared else "exclusive")
        return acquire(self, owner, level, names, shared=shared, **rest)

    monkeypatch.setattr(LockManager, "acquire", record)
    return found


@pytest.mark.parametrize(
    ("op", "state", "expected"),
    [
        (OpInstanceStartup(instance_name=NAME), c.ADMINST_DOWN, INSTANCE),
        (OpInstanceShutdown(instance_name=NAME), c.ADMINST_UP, INSTANCE),
        (OpInstanceReboot(instance_name=NAME, reboot_type=c.INSTANCE_REBOOT_HARD), c.ADMINST_UP, INSTANCE),
        (OpInstanceConsole(instance_name=NAME), c.ADMINST_UP, {c.LEVEL_INSTANCE: ([NAME], "shared")}),
        (OpInstanceActivateDisks(instance_name=NAME), c.ADMINST_DOWN, INSTANCE | NODE),
        (OpInstanceDeactivateDisks(instance_name=NAME), c.ADMINST_DOWN, INSTANCE | NODE),
        (OpInstanceRemove(instance_name=NAME), c.ADMINST_DOWN, INSTANCE | NODE | NODE_RES),
        (OpInstanceQueryData(instances=[NAME], static=True), c.ADMINST_UP, {}),
        (
            OpInstanceMigrate(instance_name=NAME, target_node="node2", mode=c.HT_MIGRATION_NONLIVE),
            c.ADMINST_UP,
            INSTANCE | {c.LEVEL_NODE: (BOTH, "exclusive"), c.LEVEL_NODE_RES: (BOTH, "exclusive")},
        ),
        (
            OpInstanceFailover(instance_name=NAME, target_node="node2"),
            c.ADMINST_DOWN,
            INSTANCE | {c.LEVEL_NODE: (BOTH, "exclusive"), c.LEVEL_NODE_RES: (BOTH, "exclusive")},
        ),
    ],
    ids=lambda value: value.op_id() if isinstance(value, OpCode) else "",
)
def test_locks(taken: Taken, op: OpCode, state: str, expected: Taken) -> None:
    world_with_instance(admin_state=state).run(op)
    assert taken.pop(c.LEVEL_CLUSTER) == ([c.BGL], "shared")
    assert taken == expected


def _replace_instance(world: World) -> None:
    """Remove the instance and create another one of its name."""
    old = world.instance()
    world.store.transact(lambda draft: draft.remove(Instance, old.uuid))
    new = make_instance(7)
    world.store.transact(lambda draft: draft.add(msgspec.structs.replace(new, name=NAME)))


@pytest.mark.parametrize(
    "op",
    [
        OpInstanceSetParams(instance_name=NAME, beparams={"vcpus": 2}),
        OpInstanceFailover(instance_name=NAME, target_node="node2"),
        OpInstanceShutdown(instance_name=NAME),
        OpInstanceRemove(instance_name=NAME),
    ],
    ids=lambda op: op.op_id(),
)
def test_lock_of_a_name_that_means_another_instance_by_then_is_no_use(
    monkeypatch: pytest.MonkeyPatch, op: OpCode
) -> None:
    world = world_with_instance(admin_state=c.ADMINST_DOWN, disks=(), disks_active=False)
    acquire = LockManager.acquire

    def meanwhile(self: LockManager, owner: str, level: int, names: Collection[str], **rest: Any) -> Owned:
        if level == c.LEVEL_INSTANCE:
            _replace_instance(world)
        return acquire(self, owner, level, names, **rest)

    monkeypatch.setattr(LockManager, "acquire", meanwhile)
    with pytest.raises(OpPrereqError, match="was removed or renamed while this job waited") as refused:
        world.run(op)
    assert refused.value.args[1] == c.ECODE_NOENT
