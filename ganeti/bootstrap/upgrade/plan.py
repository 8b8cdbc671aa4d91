"""Which steps lead from one version to another, which come next after a crash, what is undone; no I/O here.

Every step can be repeated. Before the point of no return a failure undoes whatever was begun, in reverse order; after
it the only way is forward.
"""

import enum
from typing import Final, NamedTuple

import msgspec

from ganeti import constants as c
from ganeti.bootstrap.upgrade import versions
from ganeti.errors import OpPrereqError


class Step(enum.Enum):
    """What is done, in this order; the values are written to disk."""

    CHECK = "check"
    INTENT = "intent"
    DRAIN = "drain"
    PAUSE_WATCHER = "pause-watcher"
    STOP = "stop"
    BACKUP = "backup"
    DOWNGRADE_CONFIG = "downgrade-config"
    SWITCH = "switch"
    UPGRADE_CONFIG = "upgrade-config"
    # Here is the point of no return.
    START = "start"
    REDISTRIBUTE = "redistribute"
    RESTART = "restart"
    UNDRAIN = "undrain"
    POST_UPGRADE = "post-upgrade"
    UNPAUSE_WATCHER = "unpause-watcher"
    FORGET = "forget"
    VERIFY = "verify"


_ORDER: Final = tuple(Step)
#: Steps that are not undone and of which failures are only remembered.
FORWARD_ONLY: Final = frozenset(_ORDER[_ORDER.index(Step.START) :])
#: These leave nothing behind that others would notice.
_NOTHING_TO_UNDO: Final = frozenset({Step.CHECK, Step.BACKUP})


class Change(msgspec.Struct, frozen=True):
    """From where to where.

    Attributes:
      old, new: releases, as text.
      old_format, new_format: versions of the configuration that they use.
    """

    old: str
    new: str
    old_format: int
    new_format: int

    @property
    def old_version(self) -> versions.Version:
        """The release that the cluster has now."""
        return versions.parse(self.old)

    @property
    def new_version(self) -> versions.Version:
        """The release that it shall get."""
        return versions.parse(self.new)

    @property
    def is_downgrade(self) -> bool:
        """Whether the way leads back."""
        return versions.is_downgrade(self.old_version, self.new_version)


class Journal(msgspec.Struct, frozen=True):
    """How far a change got, written before each step.

    Attributes:
      begun: steps that were begun and not undone.
      was_drained: whether the queue refused jobs before.
      paused_until: end of a pause of the watcher that there was before.
      backup: the finished backup.
      is_undoing: a step failed, and what was begun is being undone.
    """

    change: Change
    begun: tuple[Step, ...] = ()
    was_drained: bool = False
    paused_until: float | None = None
    backup: str | None = None
    is_undoing: bool = False


class Way(NamedTuple):
    """What comes next: daemons of the old version must run first, then these steps are taken."""

    needs_daemons: bool
    steps: tuple[Step, ...]


def check(change: Change) -> None:
    """Check that there is a way. Raises OpPrereqError."""
    versions.check_range(change.old_version, change.new_version)
    is_format_older = change.new_format < change.old_format
    if change.new_format != change.old_format and is_format_older != change.is_downgrade:
        raise OpPrereqError(
            f"Version {change.new} has the configuration format {change.new_format}, which is"
            f" {'older' if is_format_older else 'newer'} than the present one, {change.old_format}",
            c.ECODE_STATE,
        )


def all_steps(change: Change) -> tuple[Step, ...]:
    """Return the whole way."""
    left_out = {Step.UPGRADE_CONFIG} if change.is_downgrade else {Step.DOWNGRADE_CONFIG}
    if change.new_format == change.old_format:
        # Going up there may be more to do than the format says; going down there is not.
        left_out.add(Step.DOWNGRADE_CONFIG)
    return tuple(step for step in _ORDER if step not in left_out)


def _from(change: Change, first: Step) -> tuple[Step, ...]:
    return tuple(step for step in all_steps(change) if _ORDER.index(step) >= _ORDER.index(first))


def is_converted(change: Change, found_format: int | None) -> bool:
    """Tell whether the configuration has the format of the new version, which the old one cannot use."""
    return change.old_format != change.new_format and found_format == change.new_format


def resume(journal: Journal, found_format: int | None) -> Way:
    """Return how to go on after a crash; *found_format* is the version of the configuration on disk.

    Nobody knows what happened since the crash: the machine may have started its daemons, an administrator may have run
    jobs. So preparations are made anew, unless the old version could not run any more.
    """
    change = journal.change
    if any(step in FORWARD_ONLY for step in journal.begun):
        last = max(journal.begun, key=_ORDER.index)
        # Whatever is left needs the daemons.
        steps = _from(change, last)
        return Way(False, steps if last is Step.START else (Step.START, *steps))
    if Step.SWITCH in journal.begun or is_converted(change, found_format):
        # A backup made now would hold the converted configuration.
        left_out = {Step.BACKUP, Step.DOWNGRADE_CONFIG} if is_converted(change, found_format) else set()
        if journal.backup is not None:
            left_out.add(Step.BACKUP)
        return Way(False, tuple(step for step in _from(change, Step.STOP) if step not in left_out))
    return Way(True, all_steps(change))


def begin(journal: Journal, step: Step) -> Journal:
    """Return the journal with one more step begun."""
    return journal if step in journal.begun else msgspec.structs.replace(journal, begun=(*journal.begun, step))


def undone(journal: Journal, step: Step) -> Journal:
    """Return the journal after a step was undone."""
    return msgspec.structs.replace(journal, begun=tuple(other for other in journal.begun if other is not step))


def to_undo(journal: Journal) -> tuple[Step, ...]:
    """Return what is to be undone, the last step first. Raises AssertionError after the point of no return."""
    assert not any(step in FORWARD_ONLY for step in journal.begun), "there is no way back any more"
    in_order = sorted(journal.begun, key=_ORDER.index, reverse=True)
    return tuple(step for step in in_order if step not in _NOTHING_TO_UNDO)


def is_recorded(journal: Journal) -> bool:
    """Tell whether the journal is to be kept on disk: while the intent is there."""
    return Step.INTENT in journal.begun and Step.FORGET not in journal.begun
