"""The manual pages of the gnt-* programs."""

from pathlib import Path

import pytest

from ganeti.tools import man_commands

PAGES = sorted((Path(__file__).parents[3] / "man").glob("gnt-*.rst"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_pages_describe_the_options_as_they_are(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text == man_commands.updated(text, man_commands.program_of(page)), "run ganeti/tools/man_commands.py"


def test_a_page_without_its_marks_is_refused() -> None:
    with pytest.raises(man_commands.MarkerError):
        man_commands.updated("text", man_commands.program_of(PAGES[0]))


def test_a_wrong_file_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert man_commands.main([str(tmp_path / "gnt-job.rst")]) == 1
    assert "gnt-job.rst" in capsys.readouterr().err
