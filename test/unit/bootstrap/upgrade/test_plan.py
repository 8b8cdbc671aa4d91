"""Which step comes next, and what is undone."""

import pytest

from ganeti.bootstrap.upgrade import plan
from ganeti.bootstrap.upgrade.plan import Change, Journal, Step
from ganeti.errors import OpPrereqError

UP = Change("4.0.0", "4.1", 30, 40)
DOWN = Change("4.1.0", "4.0", 40, 30)
SAME_UP = Change("4.0.0", "4.1", 30, 30)
SAME_DOWN = Change("4.1.0", "4.0", 30, 30)

PREPARATIONS = [Step.CHECK, Step.INTENT, Step.DRAIN, Step.PAUSE_WATCHER, Step.STOP, Step.BACKUP]
REST = [
    *(Step.START, Step.REDISTRIBUTE, Step.RESTART, Step.UNDRAIN, Step.POST_UPGRADE),
    *(Step.UNPAUSE_WATCHER, Step.FORGET, Step.VERIFY),
]


@pytest.mark.parametrize(
    ("change", "middle"),
    [
        (UP, [Step.SWITCH, Step.UPGRADE_CONFIG]),
        (DOWN, [Step.DOWNGRADE_CONFIG, Step.SWITCH]),
        (SAME_UP, [Step.SWITCH, Step.UPGRADE_CONFIG]),
        (SAME_DOWN, [Step.SWITCH]),
    ],
)
def test_the_way_up_and_down(change: Change, middle: list[Step]) -> None:
    plan.check(change)
    assert list(plan.all_steps(change)) == [*PREPARATIONS, *middle, *REST]


@pytest.mark.parametrize("change", [Change("4.0.0", "4.1", 40, 30), Change("4.1.0", "4.0", 30, 40)])
def test_formats_that_contradict_the_direction_are_refused(change: Change) -> None:
    with pytest.raises(OpPrereqError, match="configuration format"):
        plan.check(change)


def _crashed_at(change: Change, step: Step, backup: str | None = "/b.tar") -> Journal:
    """Return the journal of a process that died in the middle of *step*."""
    steps = plan.all_steps(change)
    return Journal(change, begun=steps[1 : steps.index(step) + 1], backup=backup if Step.SWITCH in steps else None)


STOPPED_UP = (Step.STOP, Step.SWITCH, Step.UPGRADE_CONFIG, *REST)


@pytest.mark.parametrize(
    ("change", "step", "found", "needs_daemons", "first"),
    [
        (UP, Step.INTENT, 30, True, Step.CHECK),
        (UP, Step.DRAIN, 30, True, Step.CHECK),
        (UP, Step.STOP, 30, True, Step.CHECK),
        (UP, Step.BACKUP, 30, True, Step.CHECK),
        (UP, Step.SWITCH, 30, False, Step.STOP),
        (UP, Step.UPGRADE_CONFIG, 30, False, Step.STOP),
        (UP, Step.UPGRADE_CONFIG, 40, False, Step.STOP),
        (DOWN, Step.DOWNGRADE_CONFIG, 40, True, Step.CHECK),
        (DOWN, Step.DOWNGRADE_CONFIG, 30, False, Step.STOP),
        (DOWN, Step.SWITCH, 30, False, Step.STOP),
        (SAME_DOWN, Step.SWITCH, 30, False, Step.STOP),
        (UP, Step.START, 40, False, Step.START),
        (UP, Step.UNDRAIN, 40, False, Step.START),
        (UP, Step.UNPAUSE_WATCHER, None, False, Step.START),
    ],
)
def test_where_it_goes_on_after_a_crash(
    change: Change, step: Step, found: int | None, needs_daemons: bool, first: Step
) -> None:
    way = plan.resume(_crashed_at(change, step), found)
    assert (way.needs_daemons, way.steps[0]) == (needs_daemons, first)
    assert way.steps[-1] is Step.VERIFY


def test_the_backup_of_before_is_kept_when_the_configuration_was_touched() -> None:
    assert plan.resume(_crashed_at(UP, Step.UPGRADE_CONFIG), 30).steps == STOPPED_UP
    down = plan.resume(_crashed_at(DOWN, Step.SWITCH), 30).steps
    assert down == (Step.STOP, Step.SWITCH, *REST)


def test_steps_after_the_point_of_no_return_that_are_done_are_not_repeated() -> None:
    steps = plan.resume(_crashed_at(UP, Step.POST_UPGRADE), 40).steps
    assert steps == (Step.START, Step.POST_UPGRADE, Step.UNPAUSE_WATCHER, Step.FORGET, Step.VERIFY)


def test_an_intent_alone_is_continued_by_what_the_configuration_says() -> None:
    only_intent = Journal(UP, begun=(Step.INTENT,))
    assert plan.resume(only_intent, 30) == plan.Way(True, plan.all_steps(UP))
    assert plan.resume(only_intent, 40).steps == STOPPED_UP


@pytest.mark.parametrize(
    ("change", "step", "expected"),
    [
        (UP, Step.CHECK, []),
        (UP, Step.DRAIN, [Step.DRAIN, Step.INTENT]),
        (
            UP,
            Step.UPGRADE_CONFIG,
            [Step.UPGRADE_CONFIG, Step.SWITCH, Step.STOP, Step.PAUSE_WATCHER, Step.DRAIN, Step.INTENT],
        ),
        (
            DOWN,
            Step.SWITCH,
            [Step.SWITCH, Step.DOWNGRADE_CONFIG, Step.STOP, Step.PAUSE_WATCHER, Step.DRAIN, Step.INTENT],
        ),
    ],
)
def test_what_was_begun_is_undone_in_reverse(change: Change, step: Step, expected: list[Step]) -> None:
    assert list(plan.to_undo(_crashed_at(change, step))) == expected


def test_there_is_no_way_back_from_started_daemons() -> None:
    with pytest.raises(AssertionError, match="no way back"):
        plan.to_undo(_crashed_at(UP, Step.START))


def test_a_step_begun_twice_is_undone_once() -> None:
    journal = plan.begin(plan.begin(Journal(UP), Step.DRAIN), Step.DRAIN)
    assert plan.to_undo(journal) == (Step.DRAIN,)
    assert plan.to_undo(plan.undone(journal, Step.DRAIN)) == ()
