"""Questions where nobody can answer."""

import pytest

from ganeti.cli import confirm


def test_without_terminal_the_answer_is_the_last_choice_and_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_terminal(*_: object, **__: object) -> None:
        raise OSError(6, "No such device or address")

    monkeypatch.setattr("builtins.open", no_terminal)
    assert not confirm.confirm("Remove everything?")
    error = capsys.readouterr().err
    assert "Remove everything?" in error
    assert "'no'" in error
