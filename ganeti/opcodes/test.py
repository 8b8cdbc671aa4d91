"""Opcodes about testing and debugging."""

from typing import Any, ClassVar

import msgspec

from ganeti.opcodes.base import OpCode
from ganeti.opcodes.types import (
    DiskTemplate,
    EvacMode,
    Hypervisor,
    IAllocatorMode,
    IAllocatorTestDir,
    INicParams,
    NonEmptyStr,
    NonNegativeInt,
)
from ganeti.types import Secret


class OpTestAllocator(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_TEST_ALLOCATOR"
):
    """Run an instance allocator without acting on its answer."""

    KIND: ClassVar[str] = "test"
    SUMMARY_FIELD: ClassVar[str | None] = "iallocator"
    RESULT: ClassVar[Any] = str

    direction: IAllocatorTestDir
    mode: IAllocatorMode
    name: NonEmptyStr
    nics: list[INicParams] | None = None
    disks: list[Any] | None = None
    hypervisor: Hypervisor | None = None
    iallocator: NonEmptyStr | None = None
    tags: list[NonEmptyStr] = msgspec.field(default_factory=list)
    memory: NonNegativeInt | None = None
    vcpus: NonNegativeInt | None = None
    os: NonEmptyStr | None = None
    disk_template: DiskTemplate | None = None
    instances: list[NonEmptyStr] | None = None
    evac_mode: EvacMode | None = None
    target_groups: list[NonEmptyStr] | None = None
    spindle_use: NonNegativeInt = 1
    count: NonNegativeInt = 1
    group_name: NonEmptyStr | None = None


class OpTestDelay(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_TEST_DELAY"
):
    """Wait, on nodes or in the master daemon."""

    KIND: ClassVar[str] = "test"
    SUMMARY_FIELD: ClassVar[str | None] = "duration"
    RESULT: ClassVar[Any] = None

    duration: float
    on_master: bool = True
    on_nodes: list[NonEmptyStr] = msgspec.field(default_factory=list)
    on_node_uuids: list[NonEmptyStr] | None = None
    repeat: NonNegativeInt = 0
    interruptible: bool = False
    no_locks: bool = True


class OpTestDummy(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_TEST_DUMMY"
):
    """Do nothing, succeed or fail as asked."""

    KIND: ClassVar[str] = "test"
    RESULT: ClassVar[Any] = None

    result: Any = None
    messages: Any = None
    fail: Any = None
    submit_jobs: Any = None


class OpTestJqueue(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_TEST_JQUEUE"
):
    """Exercise the job queue step by step."""

    KIND: ClassVar[str] = "test"
    RESULT: ClassVar[Any] = bool

    notify_waitlock: bool = False
    notify_exec: bool = False
    log_messages: list[str] = msgspec.field(default_factory=list)
    fail: bool = False


class OpTestOsParams(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_TEST_OS_PARAMS"
):
    """Show the OS parameters that arrive in an operation."""

    KIND: ClassVar[str] = "test"
    RESULT: ClassVar[Any] = None

    osparams_secret: dict[str, Secret[Any]] | None = None
