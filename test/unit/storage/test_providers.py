"""Finding and checking providers of external storage."""

from pathlib import Path

import pytest

from ganeti import constants as c
from ganeti.storage.providers import diagnose


@pytest.fixture
def provider(tmp_path: Path) -> Path:
    """A usable provider without the optional scripts."""
    path = tmp_path / "store"
    path.mkdir()
    for name in ("create", "attach", "detach", "remove", "grow", "setinfo", "verify"):
        (path / name).write_text("#!/bin/sh\n")
        (path / name).chmod(0o755)
    (path / c.ES_PARAMETERS_FILE).write_text("pool   the pool to use\n\nfast\n")
    return path


def test_usable_provider_tells_its_parameters(provider: Path) -> None:
    ((name, path, problem, parameters),) = diagnose(["/no/such/directory", str(provider.parent)])
    assert (name, path, problem) == ("store", str(provider), "")
    assert parameters == [("pool", "the pool to use"), ("fast", "")]


@pytest.mark.parametrize(
    ("file", "mode", "text"),
    [
        ("grow", None, "is missing"),
        ("grow", 0o644, "not executable"),
        ("open", 0o644, "not executable"),
        (c.ES_PARAMETERS_FILE, None, "unreadable"),
    ],
)
def test_first_problem_is_told(provider: Path, file: str, mode: int | None, text: str) -> None:
    if mode is None:
        (provider / file).unlink()
    else:
        (provider / file).touch()
        (provider / file).chmod(mode)
    ((_, _, problem, _),) = diagnose([str(provider.parent)])
    assert text in problem


def test_wrong_names_and_files_are_no_providers(tmp_path: Path) -> None:
    (tmp_path / "a.b").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / ".hidden").mkdir()
    assert [(found.name, bool(found.problem)) for found in diagnose([str(tmp_path)])] == [("a.b", True), ("file", True)]
