"""Hooks of the administrator."""

from pathlib import Path

import pytest

from ganeti import constants as c
from ganeti import pathutils
from ganeti.backend import hooks
from ganeti.backend.base import RPCFail


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(pathutils, "HOOKS_BASE_DIR", str(tmp_path))
    (tmp_path / "node-add-pre.d").mkdir()
    return tmp_path


def _add(base: Path, name: str, script: str, *, mode: int = 0o755) -> None:
    path = base / "node-add-pre.d" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(mode)


def _run(env: dict[str, str] | None = None) -> list[tuple[str, int, str]]:
    return hooks.hooks_runner("node-add", c.HOOKS_PHASE_PRE, env or {})


def test_all_scripts_run_in_byte_order_whatever_happens(base: Path) -> None:
    _add(base, "b-fails", "echo out; echo err >&2; exit 3")
    _add(base, "a-good", "echo fine")
    _add(base, "c-killed", "kill -9 $$")
    assert _run() == [
        ("node-add-pre.d/a-good", c.HKR_SUCCESS, "fine"),
        ("node-add-pre.d/b-fails", c.HKR_FAIL, "out\nerr"),
        ("node-add-pre.d/c-killed", c.HKR_FAIL, ""),
    ]


def test_wrong_names_and_what_is_not_executable_is_skipped(base: Path) -> None:
    _add(base, "10-check.sh", "exit 1")
    _add(base, "plain", "exit 1", mode=0o644)
    _add(base, ".hidden", "exit 1")
    (base / "node-add-pre.d" / "directory").mkdir()
    results = _run()
    assert [(name, code) for name, code, _ in results] == [
        ("node-add-pre.d/10-check.sh", c.HKR_SKIP),
        ("node-add-pre.d/directory", c.HKR_SKIP),
        ("node-add-pre.d/plain", c.HKR_SKIP),
    ]


def test_environment_is_exactly_what_was_given(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_DAEMON", "x")
    _add(base, "show", "/usr/bin/env | /usr/bin/sort; /bin/pwd")
    ((_, _, output),) = _run({"GANETI_OP_CODE": "OP_X", "PATH": "/bin:/usr/bin"})
    lines = output.splitlines()
    assert lines[-1] == "/"
    # Shells add the last two themselves.
    assert {line.partition("=")[0] for line in lines[:-1]} <= {"GANETI_OP_CODE", "PATH", "PWD", "_", "OLDPWD", "SHLVL"}


def test_program_that_cannot_be_executed_is_a_failure(base: Path) -> None:
    path = base / "node-add-pre.d" / "broken"
    path.write_text("#!/no/such/interpreter\n")
    path.chmod(0o755)
    ((_, code, output),) = _run()
    assert code == c.HKR_FAIL
    assert output.startswith("Hook script execution error: ")


def test_hook_that_does_not_end_is_stopped(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "_TOTAL_TIMEOUT_S", 1.0)
    _add(base, "hangs", "echo begun; /bin/sleep 100")
    ((_, code, output),) = _run()
    assert code == c.HKR_FAIL
    assert output.startswith("begun")


def test_unprintable_output_is_escaped(base: Path) -> None:
    _add(base, "noise", "printf 'a\\033[31mb'")
    ((_, _, output),) = _run()
    assert output == "a\\x1b[31mb"


def test_no_directory_no_results(base: Path) -> None:
    assert hooks.hooks_runner("node-remove", c.HOOKS_PHASE_POST, {}) == []


def test_unknown_phase_and_paths_elsewhere_are_refused(base: Path) -> None:
    with pytest.raises(RPCFail, match="Unknown hooks phase"):
        hooks.hooks_runner("node-add", "middle", {})
    with pytest.raises(RPCFail, match="Invalid hooks path"):
        hooks.hooks_runner("../../tmp", c.HOOKS_PHASE_PRE, {})


@pytest.fixture
def policy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the policy back after the test."""
    monkeypatch.setattr(hooks, "_policy", hooks.HookPolicy())


def test_the_administrator_may_limit_each_hook(base: Path, policy: None) -> None:
    hooks.set_policy(hooks.HookPolicy(script_timeout_s=0.3))
    _add(base, "a-hangs", "echo begun; sleep 60")
    _add(base, "b-good", "true")
    first, second = _run()
    assert (first[1], first[2].splitlines()[0]) == (c.HKR_FAIL, "begun")
    assert "ran for too long" in first[2]
    assert second[1] == c.HKR_SUCCESS


def test_the_administrator_may_skip_what_follows_a_failed_pre_hook(base: Path, policy: None) -> None:
    (base / "node-add-post.d").symlink_to("node-add-pre.d")
    hooks.set_policy(hooks.HookPolicy(stops_at_failure=True))
    _add(base, "a-good", "true")
    _add(base, "b-fails", "false")
    _add(base, "c-after", "true")
    codes = [code for _, code, _ in _run()]
    assert codes == [c.HKR_SUCCESS, c.HKR_FAIL, c.HKR_SKIP]
    codes = [code for _, code, _ in hooks.hooks_runner("node-add", c.HOOKS_PHASE_POST, {})]
    assert codes == [c.HKR_SUCCESS, c.HKR_FAIL, c.HKR_SUCCESS]


def test_names_that_end_with_a_line_feed_are_skipped(base: Path) -> None:
    _add(base, "odd\n", "exit 1")
    assert [code for _, code, _ in _run()] == [c.HKR_SKIP]
