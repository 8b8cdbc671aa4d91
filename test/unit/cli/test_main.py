"""Programs whose output cannot be written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
#: Needs no master daemon.
PROGRAM = "import sys; from ganeti.client.gnt_instance import main; sys.exit(main({argv!r}))"


def _run(output: int, *argv: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(argv=list(argv))],
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("argv", [["--version"], ["--help"]])
def test_a_full_disk_is_a_failure_with_a_reason(argv: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        result = _run(full.fileno(), *argv)
    assert (result.returncode, result.stderr) == (1, "Failure: cannot write the output: No space left on device\n")


def test_a_reader_that_is_gone_is_no_fault_of_the_program() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        result = _run(writer, "--version")
    finally:
        os.close(writer)
    assert (result.returncode, result.stderr) == (1, "")
