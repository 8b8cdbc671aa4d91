"""Where messages of commands go."""

import logging
import logging.handlers
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ganeti import constants as c
from ganeti import pathutils
from ganeti.cli import log
from ganeti.cli.invocation import Invocation
from ganeti.cli.parser import parse
from ganeti.client.gnt_os import PROGRAM


@pytest.fixture
def invocation() -> Iterator[Invocation]:
    """``gnt-os list``; the handlers of the test run come back afterwards."""
    root = logging.getLogger()
    handlers, root.handlers = root.handlers, []
    command = next(command for command in PROGRAM.commands if command.name == "list")
    options, arguments = parse(PROGRAM.name, command, [])
    yield Invocation(PROGRAM, command, options, tuple(arguments))
    for handler in root.handlers:
        handler.close()
    root.handlers = handlers


def test_failures_are_in_the_log_of_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invocation: Invocation
) -> None:
    path = tmp_path / "commands.log"
    monkeypatch.setattr(pathutils, "LOG_COMMANDS", str(path))
    log.setup(invocation)
    log.failure(ValueError("broken"))
    assert f": gnt-os list pid={os.getpid()} ERROR Command failed: broken\n" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600


def test_users_that_may_not_write_it_have_their_messages_in_syslog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invocation: Invocation, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pathutils, "LOG_COMMANDS", str(tmp_path / "missing" / "commands.log"))
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as syslog:
        syslog.bind(f"{directory}/log")
        syslog.settimeout(10)
        monkeypatch.setattr(c, "SYSLOG_SOCKET", f"{directory}/log")
        log.setup(invocation)
        log.failure(ValueError("broken"))
        assert f"gnt-os list[{os.getpid()}]: (MainThread) ERROR Command failed: broken" in syslog.recv(8192).decode()
    # Syslog has ended now: the program must not care.
    log.failure(ValueError("broken"))
    assert capfd.readouterr().err == ""
