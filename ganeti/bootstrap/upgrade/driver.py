"""Taking the steps of a change of the version, one after the other, each written down before it begins."""

from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec

from ganeti import constants as c
from ganeti.bootstrap.upgrade import plan
from ganeti.bootstrap.upgrade.plan import Journal, Step
from ganeti.bootstrap.upgrade.records import Records
from ganeti.errors import GenericError


class Actions(Protocol):
    """What the steps do."""

    def observe(self, step: Step, journal: Journal) -> Journal:
        """Return the journal with what must be known to undo a step, before it begins for the first time."""

    def do(self, step: Step, journal: Journal) -> Journal:
        """Take a step, which may have been taken before; returns the journal with what the step left behind."""

    def undo(self, step: Step, journal: Journal) -> None:
        """Undo a step that was begun, and may have got anywhere."""

    def start_daemons(self, journal: Journal) -> None:
        """Start the daemons of the old version on all nodes."""


class Driver:
    """Takes the steps of one change; *journal* tells how far it got already."""

    def __init__(self, actions: Actions, records: Records, journal: Journal, inform: Callable[[str], None]) -> None:
        self._actions = actions
        self._records = records
        self._journal = journal
        self._inform = inform

    def start(self) -> int:
        """Begin the change; returns an exit code."""
        return self._take(plan.all_steps(self._journal.change))

    def resume(self) -> int:
        """Go on after a crash; returns an exit code."""
        if self._journal.is_undoing:
            self._inform("The change had failed; undoing the rest of it")
            self._undo()
            return c.EXIT_FAILURE
        way = plan.resume(self._journal, self._records.config_format())
        if way.needs_daemons:
            try:
                self._actions.start_daemons(self._journal)
            except (GenericError, OSError) as err:
                return self._fail(err)
        return self._take(way.steps)

    def _take(self, steps: Iterable[Step]) -> int:
        failures = []
        for step in steps:
            try:
                self._take_one(step)
            except (GenericError, OSError, KeyboardInterrupt) as err:
                if step not in plan.FORWARD_ONLY:
                    return self._fail(err)
                if isinstance(err, KeyboardInterrupt):
                    self._inform("Interrupted; go on with 'gnt-cluster upgrade --resume'")
                    raise
                failures.append(f"{step.value}: {_text(err)}")
                self._inform(f"This failed, going on nevertheless: {_text(err)}")
        if failures:
            self._inform("\n".join(["The cluster has the new version, but these steps failed:", *failures]))
        return c.EXIT_FAILURE if failures else c.EXIT_SUCCESS

    def _take_one(self, step: Step) -> None:
        if step not in self._journal.begun:
            self._keep(plan.begin(self._actions.observe(step, self._journal), step))
        if step is Step.INTENT:
            self._records.write_intent(self._journal.change)
        elif step is Step.FORGET:
            self._records.forget()
        else:
            self._keep(self._actions.do(step, self._journal))

    def _keep(self, journal: Journal) -> None:
        """Remember how far the change got, also for those who come after a crash."""
        if journal != self._journal and plan.is_recorded(journal):
            self._records.save(journal)
        self._journal = journal

    def _fail(self, err: BaseException) -> int:
        self._inform(f"Failure: {_text(err)}")
        self._undo()
        return c.EXIT_FAILURE

    def _undo(self) -> None:
        """Undo everything that was begun; what cannot be undone is told."""
        problems = []
        self._keep(msgspec.structs.replace(self._journal, is_undoing=True))
        for step in plan.to_undo(self._journal):
            try:
                if step is Step.INTENT:
                    self._records.forget()
                else:
                    self._actions.undo(step, self._journal)
            except (GenericError, OSError) as err:
                problems.append(f"{step.value}: {_text(err)}")
            self._keep(plan.undone(self._journal, step))
        if problems:
            self._inform("\n".join(["These steps could not be undone:", *problems]))
        else:
            self._inform("Everything is as it was before")


def _text(err: BaseException) -> str:
    if isinstance(err, KeyboardInterrupt):
        return "interrupted"
    if isinstance(err, GenericError) and err.args:
        return str(err.args[0])
    return str(err)
