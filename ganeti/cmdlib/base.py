"""Logical units: their life cycle, and which one implements which opcode.

The processor drives a unit through: ``check_arguments`` (syntax only) -> ``expand_names`` (name the locks) ->
``declare_locks`` per level -> ``check_prereq`` (under the locks, changes nothing) -> pre hooks -> ``exec`` -> post
hooks. A unit that cannot get its locks in time is thrown away and made anew, so nothing before ``exec`` may have
effects outside of the unit.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from ganeti import opcodes
from ganeti.errors import OpCodeUnknown, OpRetryNotSupportedError, ProgrammerError
from ganeti.locking import ALL_SET, Names
from ganeti.mcpu.lu import Feedback, HookResults, LuEnv, ResultWithJobs
from ganeti.mcpu.lulog import LuLog
from ganeti.objects import ConfigData
from ganeti.opcodes import OpCode

__all__ = [
    "ALL_SET",
    "LU_BY_OPCODE",
    "Feedback",
    "HookResults",
    "LogicalUnit",
    "LuEnv",
    "Names",
    "ResultWithJobs",
    "Tasklet",
    "create_lu",
    "lu_for",
]

OpT = TypeVar("OpT", bound=OpCode)
LuT = TypeVar("LuT", bound="type[LogicalUnit[Any]]")


class Tasklet(Protocol):
    """A part of a logical unit that several units share; it takes no locks itself."""

    def check_prereq(self) -> None:
        """Check like a logical unit."""

    def exec(self, feedback: Feedback) -> Any:
        """Execute like a logical unit."""


class LogicalUnit(Generic[OpT]):
    """One operation. Derive from ``LogicalUnit[OpSomething]``, decorate with ``@lu_for(OpSomething)``.

    Set by ``expand_names`` (levels are ``constants.LEVEL_*``):

    * ``needed_locks[level]``: names or ALL_SET, exclusive unless ``share_locks[level]`` is true. A level must be
      present here (an empty list will do) for ``declare_locks`` to be called. An empty dictionary: no locks.
    * ``add_locks[level]``: names that do not exist yet, always exclusive.
    * ``opportunistic_locks[level]``: take what is free, at least ``opportunistic_locks_count[level]`` (default 1).
    * ``tasklets``: parts that are checked and executed in order by the default methods.
    """

    #: Directory of hooks, without phase; None runs none.
    HPATH: ClassVar[str | None] = None
    #: Kind of object for hooks (HTYPE_*).
    HTYPE: ClassVar[str | None] = None
    #: Runs alone in the whole cluster.
    REQ_BGL: ClassVar[bool] = True

    def __init__(self, op: OpT, env: LuEnv) -> None:
        """Make the unit for one attempt to execute *op*; checks nothing, see ``create_lu``."""
        self.op = op
        self.env = env
        self.context = env.context
        self.cfg = env.context.config
        self.rpc = env.context.rpc
        self.ec_id = env.ec_id
        self.locks = env.locks
        self.feedback = env.feedback
        self.log = LuLog(env.feedback)
        self.needed_locks: dict[int, Names] = {}
        self.share_locks: dict[int, bool] = {}
        self.add_locks: dict[int, list[str]] = {}
        self.opportunistic_locks: dict[int, bool] = {}
        self.opportunistic_locks_count: dict[int, int] = {}
        self.tasklets: list[Tasklet] = []
        self.dry_run_result: Any = None

    # life cycle

    def check_arguments(self) -> None:
        """Check and normalise ``self.op`` (with ``msgspec.structs.replace``) without looking at the cluster."""

    def expand_names(self) -> None:
        """Turn short names into full ones and set the lock attributes.

        Must be implemented unless the unit runs alone (``REQ_BGL``).
        """
        if not self.REQ_BGL:
            raise ProgrammerError(f"{type(self).__name__} does not say which locks it needs")

    def declare_locks(self, level: int) -> None:
        """Compute the names for *level*; everything of lower levels is held already."""

    def check_prereq(self) -> None:
        """Check, under the locks, that ``exec`` can work; verify again what was computed without locks.

        Changes nothing. Raises OpPrereqError.
        """
        for tasklet in self.tasklets:
            tasklet.check_prereq()

    def exec(self, feedback: Feedback) -> Any:
        """Do it and return the result of the opcode (JSON data or ResultWithJobs).

        Raises OpExecError.
        """
        if not self.tasklets:
            raise ProgrammerError(f"{type(self).__name__} does nothing")
        return [tasklet.exec(feedback) for tasklet in self.tasklets][-1]

    def prepare_retry(self) -> OpCode:
        """Return the opcode for another attempt after resources were missing for now (ECODE_TEMP_NORES).

        Raises OpRetryNotSupportedError if there is no better way to try.
        """
        raise OpRetryNotSupportedError()

    # hooks (called only with a HPATH)

    def build_hooks_env(self) -> Mapping[str, object]:
        """Return the variables of hooks without ``GANETI_``; called again after execution for the post phase."""
        raise ProgrammerError(f"{type(self).__name__} has hooks but no variables for them")

    def build_hooks_nodes(self) -> tuple[list[str], list[str]]:
        """Return the UUIDs of the nodes of the pre and of the post phase."""
        raise ProgrammerError(f"{type(self).__name__} has hooks but no nodes for them")

    def prepare_post_hook_nodes(self, post_nodes: list[str]) -> list[str]:
        """Return the nodes of the post phase after execution (some exist only now, some no longer)."""
        return post_nodes

    def hooks_callback(
        self,
        phase: str,
        results: HookResults,
        feedback: Feedback,
        result: Any,
    ) -> Any:
        """Look at the results of hooks and return the result of the opcode (None in the pre phase)."""
        return result

    # for use by units

    def snapshot(self) -> ConfigData:
        """Return the configuration as it is now."""
        return self.cfg.snapshot()

    def owned(self, level: int) -> frozenset[str]:
        """Return the names of the locks held at *level*."""
        return self.locks.owned(level)

    def share_all_levels(self) -> None:
        """Take all locks of all levels shared."""
        self.share_locks = dict.fromkeys(range(1, 6), True)

    def log_info(self, text: str) -> None:
        """Tell something worth knowing in the job's and the daemon's log."""
        self.log.info(text)

    def log_warning(self, text: str, hint: str | None = None) -> None:
        """Warn in the job's and the daemon's log; *hint* says what the admin can do."""
        self.log.warning(text, hint)

    def log_step(self, number: int, total: int, text: str) -> None:
        """Announce step *number* of *total* in the job's log."""
        self.log.step(number, total, text)


#: Opcode class -> the logical unit that implements it; filled by ``lu_for``.
LU_BY_OPCODE: dict[type[OpCode], type[LogicalUnit[Any]]] = {}


def lu_for(op_class: type[OpCode]) -> Callable[[LuT], LuT]:
    """Register the decorated class as the logical unit of *op_class*."""

    def register(lu_class: LuT) -> LuT:
        if op_class in LU_BY_OPCODE:
            raise ProgrammerError(f"{op_class.__name__} has two logical units")
        LU_BY_OPCODE[op_class] = lu_class
        return lu_class

    return register


def create_lu(op: OpCode, env: LuEnv) -> LogicalUnit[Any]:
    """Return the logical unit for *op*.

    Raises OpCodeUnknown, or OpPrereqError (wrong_input) for parameters of a wrong type: opcodes that were made inside
    the daemon or read from a job file have not been checked yet.
    """
    lu_class = LU_BY_OPCODE.get(type(op))
    if lu_class is None:
        raise OpCodeUnknown(f"Nothing implements {op.op_id()}")
    opcodes.validate(op)
    return lu_class(op, env)
