"""Programs are run with a time limit in a process group of their own."""

import os
import time

import pytest

from ganeti import errors
from ganeti.utils.process import is_alive, run_cmd


def test_output_and_exit_code_are_reported() -> None:
    result = run_cmd(["sh", "-c", "echo out; echo err >&2; exit 3"], timeout_s=20)
    assert (result.exit_code, result.stdout, result.stderr) == (3, "out\n", "err\n")
    assert result.failed and "exit code 3" in result.fail_reason


def test_time_out_ends_the_program_and_its_children() -> None:
    started = time.monotonic()
    result = run_cmd(["sh", "-c", "sleep 600 & echo $!; wait"], timeout_s=0.5)
    assert result.timed_out and result.failed and "timeout" in result.fail_reason
    assert time.monotonic() - started < 60
    child = int(result.stdout.strip())
    deadline = time.monotonic() + 20
    while is_alive(child):
        assert time.monotonic() < deadline


def test_environment_can_be_exactly_what_is_given() -> None:
    result = run_cmd(["/usr/bin/env"], timeout_s=20, env={"ONLY": "this"}, reset_env=True)
    assert result.stdout.split() == ["ONLY=this"]


def test_input_reaches_the_program() -> None:
    assert run_cmd(["cat"], timeout_s=20, input=b"hello").stdout == "hello"


def test_missing_program_is_named() -> None:
    with pytest.raises(errors.OpExecError, match="/no/such/program"):
        run_cmd(["/no/such/program"], timeout_s=20)


def test_own_process_is_alive() -> None:
    assert is_alive(os.getpid())
