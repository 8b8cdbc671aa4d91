"""Former versions of the configuration file: which are kept, and that keeping them never hinders a write."""

import itertools
import logging
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganeti.config import history
from ganeti.config.history import DAILY_S, HOURLY_S, NEWEST, History, KeptVersion, superfluous

NOW = 1_700_000_000.0


def version(age_s: float, size: int = 1) -> KeptVersion:
    return KeptVersion(f"version of {age_s} s ago", NOW - age_s, size)


@given(st.lists(st.floats(0, 2 * DAILY_S), unique=True))
def test_the_newest_stay_and_the_number_is_limited(ages: list[float]) -> None:
    versions = [version(age) for age in ages]
    leaving = superfluous(versions, NOW)
    staying = [item for item in versions if item not in leaving]
    newest = sorted(versions, key=lambda item: item.written_at)[-NEWEST:]
    assert set(newest) <= set(staying)
    assert len(staying) <= NEWEST + HOURLY_S // 3600 + 1 + DAILY_S // 86400 + 1


def test_a_long_life_leaves_one_version_for_each_hour_and_day() -> None:
    kept: list[KeptVersion] = []
    now = NOW
    for number in range(30 * 24 * 6):
        now = NOW + number * 600.0
        kept.append(KeptVersion(str(number), now, 1))
        leaving = superfluous(kept, now)
        kept = [item for item in kept if item not in leaving]
    ages = sorted(now - item.written_at for item in kept)
    gaps = [older - newer for newer, older in itertools.pairwise(ages)]
    assert all(gap <= 3600.0 for age, gap in zip(ages, gaps, strict=False) if age < HOURLY_S - 3600)
    # Between the last hour of the day before and the version of that day lie up to two days.
    assert all(gap <= 2 * 86400.0 for gap in gaps)
    assert DAILY_S - 2 * 86400 <= ages[-1] <= DAILY_S
    assert len(kept) <= 50


def test_large_versions_leave_before_their_time() -> None:
    versions = [version(age, size=10) for age in range(8)]
    assert superfluous(versions, NOW, max_bytes=35) == [version(age, size=10) for age in (7, 6, 5, 4, 3)]
    # One former version is always worth its space.
    assert version(0, size=10) not in superfluous(versions, NOW, max_bytes=0)


def write(path: Path, content: str, at: float) -> None:
    new = path.with_name("new")
    new.write_text(content)
    new.chmod(0o640)
    os.utime(new, (at, at))
    new.rename(path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.data"
    write(path, "version 0", NOW)
    return path


def names(file: Path) -> list[str]:
    return sorted(path.name for path in (file.parent / "history").iterdir())


def test_replaced_versions_are_found_by_their_time(file: Path) -> None:
    kept = History(str(file.parent / "history"))
    for number in range(1, 4):
        kept.keep(str(file), NOW)
        write(file, f"version {number}", NOW + number)
    assert names(file) == [f"config.data.20231114T22132{second}.000000Z" for second in range(3)]
    assert (file.parent / "history" / names(file)[1]).read_text() == "version 1"
    assert file.read_text() == "version 3"


def test_only_the_owner_enters_the_directory(file: Path) -> None:
    History(str(file.parent / "history")).keep(str(file), NOW)
    assert stat.S_IMODE((file.parent / "history").stat().st_mode) == 0o700


def test_a_version_whose_successor_could_not_be_written_is_kept_once(file: Path) -> None:
    kept = History(str(file.parent / "history"))
    kept.keep(str(file), NOW)
    kept.keep(str(file), NOW)
    # As after a restart of the daemon.
    History(str(file.parent / "history")).keep(str(file), NOW)
    assert len(names(file)) == 1


def test_what_a_former_process_kept_is_thinned_out_and_other_files_stay(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = file.parent / "history"
    History(str(directory)).keep(str(file), NOW)
    (directory / "notes").write_text("why")
    monkeypatch.setattr(history, "NEWEST", 1)
    write(file, "version 1", NOW + 2 * DAILY_S)
    History(str(directory)).keep(str(file), NOW + 2 * DAILY_S)
    assert names(file) == [history.name_of(int((NOW + 2 * DAILY_S) * 10**9)), "notes"]


def test_a_directory_that_cannot_be_used_is_told_once_and_harms_nobody(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (file.parent / "history").write_text("not a directory")
    kept = History(str(file.parent / "history"))
    with caplog.at_level(logging.WARNING):
        kept.keep(str(file), NOW)
        kept.keep(str(file), NOW)
    assert len(caplog.records) == 1
    assert "Cannot keep the former version" in caplog.text
    (file.parent / "history").unlink()
    kept.keep(str(file), NOW)
    assert len(names(file)) == 1
