"""What the processor expects of a logical unit, and what it gives to it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, TypeAlias

from ganeti import constants as c
from ganeti.locking import Names
from ganeti.mcpu.context import MasterContext
from ganeti.mcpu.joblocks import JobLocks
from ganeti.opcodes import OpCode


class Feedback(Protocol):
    """Writes to the job's execution log."""

    def __call__(self, payload: Any, log_type: str = c.ELOG_MESSAGE) -> None:
        """Append *payload*: a text, or JSON data of another ELOG_* type."""


@dataclass(frozen=True)
class HookNodeResult:
    """What the hooks on one node gave: (script, HKR_*, output) each; ``failure`` says why they could not be run."""

    node_name: str
    scripts: tuple[tuple[str, int, str], ...] = ()
    failure: str | None = None
    offline: bool = False


#: Node UUID -> result of the hooks there.
HookResults: TypeAlias = Mapping[str, HookNodeResult]


@dataclass(frozen=True)
class ResultWithJobs:
    """Result of a logical unit that wants jobs to be submitted; ``extra`` is the rest of the opcode's result."""

    jobs: Sequence[Sequence[OpCode]]
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LuEnv:
    """Surroundings of one attempt to execute one opcode.

    ``ec_id`` owns the locks and reservations (the job id as text, or a descriptive name outside of jobs).
    ``check_abort`` raises what must stop the opcode; call it in loops that wait.
    """

    context: MasterContext
    ec_id: str
    locks: JobLocks
    feedback: Feedback
    check_abort: Callable[[], None]


class LogicalUnitApi(Protocol):
    """A logical unit as the processor sees it; ``ganeti.cmdlib.base.LogicalUnit`` documents the methods."""

    HPATH: ClassVar[str | None]
    HTYPE: ClassVar[str | None]
    REQ_BGL: ClassVar[bool]

    op: Any
    needed_locks: dict[int, Names]
    share_locks: dict[int, bool]
    add_locks: dict[int, list[str]]
    opportunistic_locks: dict[int, bool]
    opportunistic_locks_count: dict[int, int]
    dry_run_result: Any

    def check_arguments(self) -> None: ...
    def expand_names(self) -> None: ...
    def declare_locks(self, level: int) -> None: ...
    def check_prereq(self) -> None: ...
    def exec(self, feedback: Feedback) -> Any: ...
    def build_hooks_env(self) -> Mapping[str, object]: ...
    def build_hooks_nodes(self) -> tuple[list[str], list[str]]: ...
    def prepare_post_hook_nodes(self, post_nodes: list[str]) -> list[str]: ...
    def hooks_callback(self, phase: str, results: HookResults, feedback: Feedback, result: Any) -> Any: ...
    def prepare_retry(self) -> OpCode: ...
