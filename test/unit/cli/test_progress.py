"""Progress on a terminal."""

import pytest

from ganeti.cli import submit
from ganeti.cli.progress import ProgressReporter


def test_the_spinner_starts_early_and_gives_way_to_messages(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = ProgressReporter()
    plain = submit.LineReporter()
    assert reporter.patience_s() < plain.patience_s()
    reporter.unchanged(12, "running")
    assert reporter.patience_s() == plain.patience_s()
    reporter.unchanged(12, "running")
    reporter.log_entry(0.0, "message", "hello")
    reporter.close()
    assert capsys.readouterr().out.endswith(" hello\n")
    assert reporter.patience_s() < plain.patience_s()


def test_output_that_is_no_terminal_gets_plain_lines() -> None:
    assert isinstance(submit.default_reporter(), submit.LineReporter)
    assert not isinstance(submit.default_reporter(), ProgressReporter)
