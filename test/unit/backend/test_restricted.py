"""Restricted commands on a node: what is checked, in which order, and how little a refusal tells."""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from ganeti import buildcfg, pathutils
from ganeti.backend import restricted
from ganeti.backend.base import RPCFail
from ganeti.utils.files import flock

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the programs must belong to root")

SHOW = "#!/bin/sh\necho args: $#\n/usr/bin/env\necho to stderr >&2\n"


class Site:
    """The directory of an administrator's programs, and how long refusals were told to wait."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.delays: list[float] = []

    def add(self, name: str, text: str = SHOW, mode: int = 0o755) -> Path:
        path = self.directory / name
        path.write_text(text)
        path.chmod(mode)
        return path


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    directory = tmp_path / "restricted-commands"
    directory.mkdir(mode=0o755)
    made = Site(directory)
    monkeypatch.setattr(buildcfg, "ENABLE_RESTRICTED_COMMANDS", True)
    monkeypatch.setattr(pathutils, "RESTRICTED_COMMANDS_DIR", str(directory))
    monkeypatch.setattr(pathutils, "RESTRICTED_COMMANDS_LOCK_FILE", str(tmp_path / "lock"))
    monkeypatch.setattr(restricted, "time", SimpleNamespace(sleep=made.delays.append))
    return made


def _refusal(name: str) -> str:
    with pytest.raises(RPCFail) as caught:
        restricted.restricted_command(name)
    return str(caught.value)


def test_a_permitted_program_runs_without_arguments_and_environment(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.add("show")
    monkeypatch.setenv("SECRET", "of the daemon")
    lines = restricted.restricted_command("show").splitlines()
    assert lines[0] == "args: 0"
    assert lines[-1] == "to stderr"
    # The shell sets a few itself.
    assert {line.partition("=")[0] for line in lines[1:-1]} <= {"PWD", "SHLVL", "_", "OLDPWD"}
    assert "PWD=/" in lines or not any(line.startswith("PWD=") for line in lines)
    assert site.delays == []


def test_a_program_that_fails_says_so_with_its_output(site: Site) -> None:
    site.add("broken", "#!/bin/sh\nprintf 'oh\\033no'\nexit 3\n")
    message = _refusal("broken")
    assert message == "Restricted command 'broken' failed: exited with exit code 3; output: oh\\x1bno"
    site.add("odd", "#!/no/such/interpreter\n")
    assert _refusal("odd").startswith("Restricted command 'odd' failed: ")
    assert site.delays == []


def _open_directory(site: Site) -> None:
    site.directory.chmod(0o775)


def _foreign_directory(site: Site) -> None:
    os.chown(site.directory, 1, 0)


def _link_instead_of_directory(site: Site) -> None:
    real = site.directory.rename(site.directory.with_name("real"))
    site.directory.symlink_to(real)


def _no_directory(site: Site) -> None:
    site.directory.rename(site.directory.with_name("real"))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (_open_directory, "too open"),
        (_foreign_directory, "not owned by root:root"),
        (_link_instead_of_directory, "too open"),
        (_no_directory, "Can't stat"),
    ],
)
def test_a_directory_that_others_could_change_is_not_used(
    site: Site, caplog: pytest.LogCaptureFixture, damage: Callable[[Site], None], reason: str
) -> None:
    site.add("show")
    damage(site)
    assert _refusal("show") == "Executing command 'show' failed"
    assert reason in caplog.text
    assert site.delays == [10.0]


@pytest.mark.parametrize("name", ["", " ", ".", "..", "../show", "/bin/true", "sub/show", "show.sh", "show\n", "a b"])
def test_names_that_are_no_plain_words_are_refused(site: Site, caplog: pytest.LogCaptureFixture, name: str) -> None:
    site.add("show")
    site.add("show.sh")
    assert _refusal(name) == f"Executing command '{name}' failed"
    assert "Invalid command name" in caplog.text
    assert site.delays == [10.0]


def test_programs_that_others_could_change_are_refused(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.add("group", mode=0o775)
    site.add("setuid", mode=0o4755)
    os.chown(site.add("foreign"), 0, 1)
    site.add("data", mode=0o644)
    (site.directory / "directory").mkdir(mode=0o755)
    for name in ("group", "setuid", "foreign", "data", "directory", "missing"):
        with caplog.at_level(logging.ERROR):
            # The caller cannot tell these from each other.
            assert _refusal(name) == f"Executing command '{name}' failed"
    assert site.delays == [10.0] * 6
    reasons = [record.getMessage().partition(": ")[2] for record in caplog.records]
    assert ["open" in reasons[0], "open" in reasons[1], "owned" in reasons[2]] == [True] * 3
    assert ["executable" in reasons[3], "executable" in reasons[4], "Can't stat" in reasons[5]] == [True] * 3


def test_the_directory_is_checked_before_the_name(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    _open_directory(site)
    _refusal("../show")
    assert "too open" in caplog.text


def test_links_to_programs_of_root_are_fine(site: Site, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere.sh"
    target.write_text("#!/bin/sh\necho linked\n")
    target.chmod(0o755)
    (site.directory / "link").symlink_to(target)
    assert restricted.restricted_command("link") == "linked\n"


def test_who_cannot_get_the_lock_waits_as_long_as_who_is_refused(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.add("show")
    monkeypatch.setattr(restricted, "_LOCK_TIMEOUT_S", 0.0)
    with flock(str(tmp_path / "lock")):
        assert _refusal("show") == "Executing command 'show' failed"
    assert site.delays == [10.0]


def test_the_next_caller_waits_while_a_refused_one_does(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sleep(_seconds: float) -> None:
        with pytest.raises(Exception, match="lock"), flock(str(tmp_path / "lock"), timeout_s=0):
            pass
        site.delays.append(0.0)

    monkeypatch.setattr(restricted, "time", SimpleNamespace(sleep=sleep))
    _refusal("missing")
    assert site.delays == [0.0]


def test_it_is_a_choice_of_the_builder(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.add("show")
    monkeypatch.setattr(buildcfg, "ENABLE_RESTRICTED_COMMANDS", False)
    assert _refusal("show") == "Restricted commands disabled at configure time"
    assert site.delays == []
