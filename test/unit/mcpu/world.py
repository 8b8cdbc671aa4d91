"""A master for tests of the processor: scripted nodes and jobs, and a logical unit that does what the test says."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import msgspec

from ganeti import constants as c
from ganeti.cmdlib.base import Feedback, LogicalUnit
from ganeti.config import ConfigStore
from ganeti.config.store import MemoryOnly
from ganeti.errors import OpRetryNotSupportedError
from ganeti.jqueue.execution import Submission
from ganeti.locking import LockManager, Names
from ganeti.mcpu.context import MasterContext
from ganeti.mcpu.lu import HookResults, LuEnv
from ganeti.mcpu.processor import OpcodeProcessor
from ganeti.opcodes import OpCode, OpTestDelay
from ganeti.rpc.result import RpcResult
from test.unit.factories import make_config, make_instance, node_uuid

JOB = "7"


def answer(payload: Any = None, fail_msg: str | None = None, offline: bool = False) -> RpcResult[Any]:
    """Return what a node answered."""
    return RpcResult("node", "hooks_runner", fail_msg, payload, offline)


class RecordingDisk(MemoryOnly):
    """Notes in ``events`` that somebody waited for the disk."""

    def __init__(self, events: list[Any]) -> None:
        self._events = events

    def wait_durable(self, serial_no: int) -> None:
        self._events.append("durable")


class ScriptedRpc:
    """Nodes that answer hooks with what ``hooks`` says, by (directory, node UUID).

    ``meanwhile`` is what else happens while hooks run, by directory.
    """

    def __init__(self, events: list[Any]) -> None:
        self._events = events
        self.hooks: dict[tuple[str, str], RpcResult[Any]] = {}
        self.environments: dict[str, Mapping[str, str]] = {}
        self.hook_nodes: dict[str, list[str]] = {}
        self.meanwhile: dict[str, Callable[[], None]] = {}

    def with_check(self, _before_call: Callable[[], None], _owner: str) -> "ScriptedRpc":
        return self

    def call(self, nodes: Iterable[str], _procedure: Any, *args: Any) -> dict[str, RpcResult[Any]]:
        hpath, phase, env = args
        directory = f"{hpath}-{phase}"
        self._events.append(directory)
        self.environments[directory] = env
        nodes = list(nodes)
        self.hook_nodes[directory] = nodes
        self.meanwhile.get(directory, lambda: None)()
        return {node: self.hooks.get((directory, node), answer([])) for node in nodes}


class ScriptedJob:
    """The queue as the processor sees it (``OpcodeContext``)."""

    def __init__(self, events: list[Any], locks: LockManager) -> None:
        self._events = events
        self._locks = locks
        self.job_id = int(JOB)
        self.priority = 0
        self.log: list[tuple[str, Any]] = []
        self.submitted: list[list[OpCode]] = []
        self.replaced: list[OpCode] = []
        self.stop: Exception | None = None

    def notify_start(self) -> None:
        self.check()
        self._events.append("running")

    def feedback(self, kind: str, payload: Any) -> None:
        self.log.append((kind, payload))

    def check(self) -> None:
        if self.stop:
            raise self.stop

    def submit_jobs(self, jobs: Sequence[Sequence[OpCode]]) -> list[Submission]:
        assert not self._locks.snapshot(), "generated jobs would wait for the job that made them"
        self.submitted = [list(job) for job in jobs]
        return [(True, 100 + number) for number in range(len(jobs))]

    def replace_opcode(self, op: OpCode) -> None:
        self.replaced.append(op)


@dataclass
class Script:
    """What the logical unit of a test does; exceptions are raised where they stand."""

    needed: dict[int, Names] = field(default_factory=dict)
    shared: dict[int, bool] = field(default_factory=dict)
    add: dict[int, list[str]] = field(default_factory=dict)
    opportunistic: dict[int, bool] = field(default_factory=dict)
    prereq: Exception | None = None
    retry: OpCode | None = None
    result: Any = None
    changes_config: bool = False
    cluster_changes: dict[str, Any] = field(default_factory=lambda: {"zeroing_image": "changed"})
    hook_nodes: tuple[list[str], list[str]] = field(default_factory=lambda: ([node_uuid(1)], [node_uuid(1)]))


class ScriptedLU(LogicalUnit[OpTestDelay]):
    """Acts out a Script and notes in ``events`` what happens."""

    REQ_BGL = False
    HPATH: ClassVar[str | None] = "test"
    HTYPE = c.HTYPE_CLUSTER

    def __init__(self, op: OpTestDelay, env: LuEnv, script: Script, events: list[Any]) -> None:
        super().__init__(op, env)
        self.script, self.events = script, events
        self.phase = "pre"

    def expand_names(self) -> None:
        self.needed_locks = dict(self.script.needed)
        self.share_locks = dict(self.script.shared)
        self.add_locks = dict(self.script.add)
        self.opportunistic_locks = dict(self.script.opportunistic)

    def declare_locks(self, level: int) -> None:
        self.events.append(("declare", level, {lower: self.owned(lower) for lower in range(level) if lower}))

    def check_prereq(self) -> None:
        self.events.append(("prereq", {level: self.owned(level) for level in c.LEVELS}))
        if self.script.prereq:
            raise self.script.prereq

    def prepare_retry(self) -> OpCode:
        if self.script.retry is None:
            raise OpRetryNotSupportedError
        return self.script.retry

    def exec(self, feedback: Feedback) -> Any:
        self.events.append("exec")
        self.cfg.reservations.generate_uuid(self.ec_id)
        self.phase = "post"
        if self.script.changes_config:
            self.cfg.modify_cluster(lambda cluster: msgspec.structs.replace(cluster, **self.script.cluster_changes))
        if isinstance(self.script.result, Exception):
            raise self.script.result
        return self.script.result

    def build_hooks_env(self) -> Mapping[str, object]:
        return {"STATE": self.phase, "FLAG": True}

    def build_hooks_nodes(self) -> tuple[list[str], list[str]]:
        return self.script.hook_nodes

    def hooks_callback(self, phase: str, results: HookResults, feedback: Feedback, result: Any) -> Any:
        return result


class World:
    """Everything together."""

    def __init__(self, script: Script | None = None, lu_class: type[ScriptedLU] = ScriptedLU) -> None:
        self.events: list[Any] = []
        self.script = script or Script()
        self.store = ConfigStore(make_config(instances=(make_instance(1),)), RecordingDisk(self.events))
        self.rpc = ScriptedRpc(self.events)
        #: Directories of hooks without any on the master.
        self.empty_on_master: set[str] = set()
        self.locks = LockManager()
        self.job = ScriptedJob(self.events, self.locks)
        context = MasterContext(
            config=self.store,
            rpc=self.rpc,  # type: ignore[arg-type]
            locks=self.locks,
            create_lu=lambda op, env: lu_class(op, env, self.script, self.events),  # type: ignore[arg-type]
            master_may_have_hooks=lambda directory: directory not in self.empty_on_master,
        )
        self.processor = OpcodeProcessor(context)

    def run(self, op: OpCode | None = None, timeout_s: float | None = 0.01) -> Any:
        """Run an opcode in the job; whatever comes of it, the job must not own anything afterwards."""
        try:
            return self.processor.run(op or OpTestDelay(duration=1.0), self.job, timeout_s)
        finally:
            assert not [info for info in self.locks.snapshot() if JOB in info.owners or info.pending]
            assert self.store.reservations.is_empty()
