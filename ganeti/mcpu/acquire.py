"""Taking the locks that a logical unit declares, level by level, within the time of one attempt."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ganeti import constants as c
from ganeti.config import ConfigStore
from ganeti.errors import OpPrereqError
from ganeti.jqueue.execution import LocksNotObtained
from ganeti.locking import ALL_SET, LockManager, LockTimeout, Names
from ganeti.mcpu.joblocks import existing_names
from ganeti.mcpu.lu import LogicalUnitApi


@dataclass(frozen=True)
class Deadline:
    """The end of an attempt on the monotonic clock; None means there is none."""

    end: float | None

    @classmethod
    def after(cls, timeout_s: float | None) -> "Deadline":
        """Return the deadline *timeout_s* from now."""
        return cls(None if timeout_s is None else time.monotonic() + timeout_s)

    def left_s(self) -> float | None:
        """Return the seconds that are left, at least 0."""
        return None if self.end is None else max(0.0, self.end - time.monotonic())


@dataclass(frozen=True)
class LockTaker:
    """Takes locks for one attempt of one job."""

    manager: LockManager
    owner: str
    store: ConfigStore
    deadline: Deadline
    priority: Callable[[], int]
    check_abort: Callable[[], None]

    def take_cluster_lock(self, *, exclusive: bool) -> None:
        """Take the BGL.

        Raises LocksNotObtained, or what *check_abort* raises.
        """
        self._acquire(c.LEVEL_CLUSTER, [c.BGL], shared=not exclusive)

    def take_declared(self, lu: LogicalUnitApi) -> None:
        """Let *lu* declare its locks level by level and take them.

        Raises LocksNotObtained, OpPrereqError when names appeared or vanished meanwhile, or what *check_abort* raises.
        """
        for level in c.LEVELS_MOD:
            if level in lu.needed_locks or level in lu.add_locks:
                lu.declare_locks(level)
                self._take_level(lu, level)

    def _take_level(self, lu: LogicalUnitApi, level: int) -> None:
        names = lu.needed_locks.get(level, [])
        add = lu.add_locks.get(level, [])
        shared = lu.share_locks.get(level, False)
        minimum = None
        # The last attempt of the schedule has no time limit: it insists on all locks instead of hoping for enough.
        if lu.opportunistic_locks.get(level, False) and self.deadline.end is not None:
            minimum = lu.opportunistic_locks_count.get(level, 1)
            names = sorted(existing_names(self.store, level)) if names is ALL_SET else names
        self._acquire(level, names, shared=shared, add=add, minimum=minimum)
        if minimum is None and names is not ALL_SET:
            check_still_exist(self.store, level, names)
        check_still_free(self.store, level, add)

    def _acquire(
        self, level: int, names: Names, *, shared: bool, add: Iterable[str] = (), minimum: int | None = None
    ) -> None:
        try:
            self.manager.acquire(
                self.owner,
                level,
                names,
                shared=shared,
                timeout_s=self.deadline.left_s(),
                priority=self.priority(),
                add=list(add),
                minimum=minimum,
                check_abort=self.check_abort,
            )
        except LockTimeout:
            raise LocksNotObtained from None


def check_still_exist(store: ConfigStore, level: int, names: Iterable[str]) -> None:
    """Check that what was locked was not removed while the job waited.

    Raises OpPrereqError (unknown_entity).
    """
    existing = existing_names(store, level)
    missing = sorted(name for name in names if name not in existing)
    if missing:
        raise OpPrereqError(
            f"Lock '{', '.join(missing)}' not found in set '{c.LEVEL_NAMES[level]}' (it may have been removed)",
            c.ECODE_NOENT,
        )


def check_still_free(store: ConfigStore, level: int, names: Iterable[str]) -> None:
    """Check that names which are to be new did not appear while the job waited.

    Raises OpPrereqError (resource_not_unique).
    """
    existing = existing_names(store, level)
    taken = sorted(name for name in names if name in existing)
    if taken:
        raise OpPrereqError(
            f"{', '.join(taken)} was created in the meantime ({c.LEVEL_NAMES[level]})", c.ECODE_NOTUNIQUE
        )
