"""Allocators, out-of-band helpers, restricted commands."""

import os
from pathlib import Path

import pytest

from ganeti import buildcfg, pathutils
from ganeti import constants as c
from ganeti.backend import restricted, site_programs
from ganeti.backend.base import RPCFail


def _program(directory: Path, name: str, script: str) -> Path:
    path = directory / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def allocators(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(pathutils, "IALLOCATOR_SEARCH_PATH", ("/no/such/directory", str(tmp_path)))
    return tmp_path


def test_allocator_gets_its_input_and_options(allocators: Path) -> None:
    _program(allocators, "mine", 'cat "$1"; shift; echo "$@"; echo "$1" > /dev/null')
    answer = site_programs.iallocator_runner("mine", '{"a": 1}', {"flag": None, "depth": 3})
    assert answer == '{"a": 1}--depth=3 --flag\n'


def test_input_file_of_the_allocator_goes_away(allocators: Path) -> None:
    _program(allocators, "mine", 'echo -n "$1"; exit 1')
    with pytest.raises(RPCFail, match="iallocator module 'mine' failed: exited with exit code 1") as caught:
        site_programs.iallocator_runner("mine", "x", {})
    path = str(caught.value).rpartition("output '")[2].rstrip("'")
    assert "ganeti-iallocator." in path
    assert not os.path.exists(path)


@pytest.mark.parametrize("name", ["missing", "../mine", "", "with.dot"])
def test_unknown_allocator(allocators: Path, name: str) -> None:
    _program(allocators, "with.dot", "true")
    with pytest.raises(RPCFail, match="not found in the search path"):
        site_programs.iallocator_runner(name, "x", {})


def test_out_of_band_helper(tmp_path: Path) -> None:
    helper = str(
        _program(tmp_path, "oob", 'test "$1" = power-on || echo "{\\"powered\\": true, \\"node\\": \\"$2\\"}"')
    )
    assert site_programs.run_oob(helper, c.OOB_POWER_STATUS, "node7", 10) == {"powered": True, "node": "node7"}
    assert site_programs.run_oob(helper, c.OOB_POWER_ON, "node7", 10) is None


def test_failing_out_of_band_helpers(tmp_path: Path) -> None:
    with pytest.raises(RPCFail, match="'health' failed with reason 'exited with exit code 3'; output: broken"):
        site_programs.run_oob(str(_program(tmp_path, "a", "echo broken; exit 3")), c.OOB_HEALTH, "n", 10)
    with pytest.raises(RPCFail, match="not JSON"):
        site_programs.run_oob(str(_program(tmp_path, "b", "echo hello")), c.OOB_HEALTH, "n", 10)
    with pytest.raises(RPCFail, match="timeout"):
        site_programs.run_oob(str(_program(tmp_path, "c", "exec sleep 60")), c.OOB_HEALTH, "n", 0.2)
    with pytest.raises(RPCFail, match="'health' failed: Cannot run"):
        site_programs.run_oob("/no/such/program", c.OOB_HEALTH, "n", 10)
    with pytest.raises(RPCFail, match="Unknown out-of-band command"):
        site_programs.run_oob("/bin/true", "explode", "n", 10)


@pytest.mark.skipif(os.geteuid() != 0, reason="commands belong to root")
class TestRestrictedCommands:
    """Commands that the administrator allows."""

    @pytest.fixture(autouse=True)
    def directory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        directory = tmp_path / "restricted-commands"
        directory.mkdir(mode=0o755)
        monkeypatch.setattr(buildcfg, "ENABLE_RESTRICTED_COMMANDS", True)
        monkeypatch.setattr(pathutils, "RESTRICTED_COMMANDS_DIR", str(directory))
        monkeypatch.setattr(pathutils, "RESTRICTED_COMMANDS_LOCK_FILE", str(tmp_path / "lock"))
        monkeypatch.setattr(restricted, "_REFUSAL_DELAY_S", 0.0)
        return directory

    def test_allowed_command_runs(self, directory: Path) -> None:
        _program(directory, "uptime", "echo up")
        assert restricted.restricted_command("uptime") == "up\n"

    def test_failing_command_tells_its_output(self, directory: Path) -> None:
        _program(directory, "bad", "echo oops; exit 4")
        with pytest.raises(RPCFail, match="Restricted command 'bad' failed: exited with exit code 4; output: oops"):
            restricted.restricted_command("bad")

    @pytest.mark.parametrize("name", ["../uptime", "missing", "", "a.b", "/bin/true", "open", "plain"])
    def test_refusals_tell_nothing(self, directory: Path, name: str) -> None:
        _program(directory, "open", "true").chmod(0o777)
        _program(directory, "plain", "true").chmod(0o644)
        with pytest.raises(RPCFail, match=f"^Executing command '{name}' failed$"):
            restricted.restricted_command(name)

    def test_directory_that_others_may_write_is_refused(self, directory: Path) -> None:
        _program(directory, "uptime", "echo up")
        directory.chmod(0o775)
        with pytest.raises(RPCFail, match=r"^Executing command 'uptime' failed$"):
            restricted.restricted_command("uptime")

    def test_nothing_runs_unless_switched_on(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(buildcfg, "ENABLE_RESTRICTED_COMMANDS", False)
        _program(directory, "uptime", "echo up")
        with pytest.raises(RPCFail, match="disabled at configure time"):
            restricted.restricted_command("uptime")
