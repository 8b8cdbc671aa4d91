"""A change of the version in a model of a cluster, where processes die and steps fail at any moment."""

import json
import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganeti import errors
from ganeti.bootstrap.upgrade.driver import Driver
from ganeti.bootstrap.upgrade.plan import Change, Journal, Step
from ganeti.bootstrap.upgrade.records import Records

FORMAT_OF = {"4.0": 30, "4.1": 40}


class CrashError(BaseException):
    """The process is killed."""


class World:
    """A cluster: what outlives a process, and what each step does to it."""

    def __init__(self, directory: Path, old: str, *, was_drained: bool) -> None:
        self.records = Records(*(str(directory / name) for name in ("intent", "journal", "config.data")))
        self.used = old
        self.running: str | None = old
        self.is_drained = was_drained
        self.is_paused = False
        self.backups: dict[str, int] = {}
        self.config = FORMAT_OF[old]

    @property
    def config(self) -> int:
        return int(json.loads(Path(self.records.config_path).read_text())["version"])

    @config.setter
    def config(self, version: int) -> None:
        Path(self.records.config_path).write_text(json.dumps({"version": version}))

    def state(self) -> tuple[object, ...]:
        return self.used, self.running, self.is_drained, self.is_paused, self.config, self.records.intent()

    def start(self, version: str) -> None:
        if FORMAT_OF[version] != self.config:
            raise errors.OpExecError(f"masterd {version} cannot read format {self.config}")
        self.running = version

    def reboot(self) -> None:
        """The machine starts what its links lead to."""
        self.running = self.used if FORMAT_OF[self.used] == self.config else None

    def ask_master(self, version: str) -> None:
        if self.running != version:
            raise errors.OpExecError(f"masterd {version} does not answer")


class ModelActions:
    """Steps in the model; *events* say what happens around each: ok, fail or crash, before or after its effect."""

    def __init__(self, world: World, events: list[str]) -> None:
        self.world = world
        self.events = events

    def _event(self, allowed: str) -> None:
        event = self.events.pop() if self.events else "ok"
        if event == "crash":
            raise CrashError
        if event == "fail" and allowed == "fail":
            raise errors.OpExecError("step failed")

    def observe(self, step: Step, journal: Journal) -> Journal:
        if step is Step.DRAIN:
            return msgspec.structs.replace(journal, was_drained=self.world.is_drained)
        return journal

    def do(self, step: Step, journal: Journal) -> Journal:
        self._event("fail")
        journal = self._effect(step, journal)
        self._event("fail")
        return journal

    def _effect(self, step: Step, journal: Journal) -> Journal:
        world, old, new = self.world, journal.change.old_version.directory, journal.change.new_version.directory
        match step:
            case Step.DRAIN:
                world.ask_master(old)
                world.is_drained = True
            case Step.PAUSE_WATCHER:
                world.ask_master(old)
                world.is_paused = True
            case Step.STOP:
                world.running = None
            case Step.BACKUP:
                assert world.running is None
                assert world.config == journal.change.old_format
                world.backups["b"] = world.config
                return msgspec.structs.replace(journal, backup="b")
            case Step.DOWNGRADE_CONFIG:
                assert world.running is None
                assert world.used == old
                world.config = journal.change.new_format
            case Step.SWITCH:
                assert world.running is None
                world.used = new
            case Step.UPGRADE_CONFIG:
                assert world.running is None
                assert world.used == new
                world.config = journal.change.new_format
            case Step.START | Step.RESTART:
                world.start(new)
            case Step.UNDRAIN:
                world.ask_master(new)
                world.is_drained = False
            case Step.UNPAUSE_WATCHER:
                world.ask_master(new)
                world.is_paused = False
            case Step.REDISTRIBUTE | Step.POST_UPGRADE | Step.VERIFY:
                world.ask_master(new)
        return journal

    def undo(self, step: Step, journal: Journal) -> None:
        self._event("crash only")
        world, old = self.world, journal.change.old_version.directory
        match step:
            case Step.DRAIN if not journal.was_drained:
                world.ask_master(old)
                world.is_drained = False
            case Step.PAUSE_WATCHER:
                world.ask_master(old)
                world.is_paused = False
            case Step.STOP:
                world.start(old)
            case Step.SWITCH:
                world.used = old
            case Step.DOWNGRADE_CONFIG | Step.UPGRADE_CONFIG:
                assert journal.backup is not None
                world.config = world.backups[journal.backup]
        self._event("crash only")

    def start_daemons(self, journal: Journal) -> None:
        self._event("crash only")
        self.world.start(journal.change.old_version.directory)


def _run(world: World, change: Change, events: list[str], reboots: list[bool]) -> int:
    """Change the version, again and again until no process dies; returns the last exit code."""
    actions = ModelActions(world, events)
    is_first = True
    while True:
        intent = world.records.intent()
        if intent is None and not is_first:
            # Whatever was left was not worth an intent: a check, or looking at the result.
            return -1
        found = world.records.journal() if intent is not None else None
        driver = Driver(actions, world.records, found or Journal(change), lambda text: None)
        try:
            return driver.start() if is_first else driver.resume()
        except CrashError:
            is_first = False
            if reboots and reboots.pop():
                world.reboot()


# Every step is written down durably, which takes as long as the disk is busy.
@given(
    st.sampled_from([("4.0.0", "4.1"), ("4.1.0", "4.0")]),
    st.booleans(),
    st.lists(st.sampled_from(["ok", "ok", "ok", "ok", "crash", "fail"]), max_size=60),
    st.lists(st.booleans(), max_size=20),
)
def test_every_change_ends_all_new_or_all_old(
    ends: tuple[str, str], was_drained: bool, events: list[str], reboots: list[bool]
) -> None:
    old, new = (text[:3] for text in ends)
    change = Change(*ends, FORMAT_OF[old], FORMAT_OF[new])
    with tempfile.TemporaryDirectory() as directory:
        world = World(Path(directory), old, was_drained=was_drained)
        has_failures = "fail" in events
        code = _run(world, change, events, reboots)
        assert world.records.intent() is None
        assert world.used in (old, new)
        if world.used == old:
            assert world.state() == (old, old, was_drained, False, FORMAT_OF[old], None)
            assert code != 0
            assert has_failures or code == -1
        elif not has_failures:
            assert world.state() == (new, new, False, False, FORMAT_OF[new], None)
        else:
            assert world.config == FORMAT_OF[new]


def _world(tmp_path: Path, events: list[str]) -> tuple[World, Change, list[str], Driver]:
    change = Change("4.0.0", "4.1", 30, 40)
    world = World(tmp_path, "4.0", was_drained=False)
    told: list[str] = []
    return world, change, told, Driver(ModelActions(world, events), world.records, Journal(change), told.append)


def test_a_failure_after_the_point_of_no_return_is_remembered(tmp_path: Path) -> None:
    # Two events for each of the steps CHECK to UPGRADE_CONFIG (no INTENT), START, then REDISTRIBUTE.
    world, _, told, driver = _world(tmp_path, ["fail", *["ok"] * 16])
    assert driver.start() == 1
    assert world.state() == ("4.1", "4.1", False, False, 40, None)
    assert told[-1].splitlines()[1:] == ["redistribute: step failed"]


def test_a_failed_undo_is_told_and_the_others_are_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world, _, told, driver = _world(tmp_path, ["fail", *["ok"] * 13])
    undo = ModelActions.undo

    def failing(self: ModelActions, step: Step, journal: Journal) -> None:
        if step is Step.PAUSE_WATCHER:
            raise errors.OpExecError("no answer")
        undo(self, step, journal)

    monkeypatch.setattr(ModelActions, "undo", failing)
    assert driver.start() == 1
    assert world.state() == ("4.0", "4.0", False, True, 30, None)
    assert told[-1].splitlines()[1:] == ["pause-watcher: no answer"]


def test_interrupting_a_preparation_undoes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world, _, _, driver = _world(tmp_path, [])

    def interrupted(self: ModelActions, step: Step, journal: Journal) -> Journal:
        if step is Step.STOP:
            raise KeyboardInterrupt
        return self._effect(step, journal)

    monkeypatch.setattr(ModelActions, "do", interrupted)
    assert driver.start() == 1
    assert world.state() == ("4.0", "4.0", False, False, 30, None)


CHANGE = Change("4.0.0", "4.1", 30, 40)


def _crash(world: World, events: list[str]) -> Journal:
    """Let a process die, the last of *events* happening first; returns what it left."""
    with pytest.raises(CrashError):
        Driver(ModelActions(world, events), world.records, Journal(CHANGE), print).start()
    journal = world.records.journal()
    assert journal is not None
    return journal


@pytest.mark.parametrize("was_drained", [False, True])
def test_what_was_seen_before_a_crash_counts_for_undoing(tmp_path: Path, was_drained: bool) -> None:
    world = World(tmp_path, "4.0", was_drained=was_drained)
    # CHECK has two events, DRAIN crashes after its effect.
    journal = _crash(world, ["crash", "ok", "ok", "ok"])
    assert journal.begun == (Step.CHECK, Step.INTENT, Step.DRAIN)
    assert world.is_drained
    # Starting daemons is one event, CHECK has two, DRAIN fails after its effect.
    actions = ModelActions(world, ["fail", "ok", "ok", "ok", "ok"])
    assert Driver(actions, world.records, journal, print).resume() == 1
    assert world.state() == ("4.0", "4.0", was_drained, False, 30, None)


def test_an_undoing_that_was_interrupted_is_finished_not_turned_round(tmp_path: Path) -> None:
    world = World(tmp_path, "4.0", was_drained=False)
    # SWITCH fails after its effect; undoing it crashes.
    journal = _crash(world, ["crash", "fail", *["ok"] * 11])
    assert journal.is_undoing
    assert world.used == "4.1"
    assert Driver(ModelActions(world, []), world.records, journal, print).resume() == 1
    assert world.state() == ("4.0", "4.0", False, False, 30, None)
