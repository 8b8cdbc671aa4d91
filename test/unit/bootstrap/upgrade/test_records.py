"""The files that tell that a change of the version is under way."""

import os
import stat
from pathlib import Path

import pytest

from ganeti.bootstrap.upgrade.plan import Change, Journal, Step
from ganeti.bootstrap.upgrade.records import Intent, Records, read_release
from ganeti.errors import ConfigurationError

CHANGE = Change("4.0.0", "4.1", 30, 40)


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records(*(str(tmp_path / name) for name in ("intent", "journal", "config.data")))


def test_intent_is_three_words_that_only_root_can_read(records: Records) -> None:
    records.write_intent(CHANGE)
    path = Path(records.intent_path)
    assert path.read_text() == f"4.0.0,4.1,{os.getpid()}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert records.intent() == Intent("4.0.0", "4.1", os.getpid())


@pytest.mark.parametrize("text", ["4.0.0,4.1", "4.0.0,4.1,x", "4.0.0,4.1,1,2", "nonsense"])
def test_damaged_intent_is_told(records: Records, text: str) -> None:
    Path(records.intent_path).write_text(text)
    with pytest.raises(ConfigurationError, match="does not say from and to which version"):
        records.intent()


def test_journal_survives(records: Records) -> None:
    begun = (Step.INTENT, Step.DRAIN)
    journal = Journal(CHANGE, begun, was_drained=True, paused_until=17.5, backup="/b", is_undoing=True)
    records.save(journal)
    assert records.journal() == journal
    records.forget()
    assert records.journal() is records.intent() is None
    records.forget()


def test_damaged_journal_is_told(records: Records) -> None:
    Path(records.journal_path).write_text('{"change": {}}')
    with pytest.raises(ConfigurationError, match="cannot be read"):
        records.journal()


@pytest.mark.parametrize(("text", "expected"), [('{"version": 3010000, "x": 1}', 3010000), ("{}", None), ("", None)])
def test_format_of_the_configuration(records: Records, text: str, expected: int | None) -> None:
    Path(records.config_path).write_text(text)
    assert records.config_format() == expected


def test_no_configuration_has_no_format(records: Records) -> None:
    assert records.config_format() is None


def test_description_of_an_installed_release() -> None:
    assert read_release('{"release": "4.1.0", "config_version": 3010000}') == ("4.1.0", 3010000)
    with pytest.raises(ValueError, match="not the description of a release"):
        read_release("[]")
