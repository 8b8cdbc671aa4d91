"""Verbs of daemon-util, and finding daemons."""

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ganeti import buildcfg, pathutils
from ganeti import constants as c
from ganeti.tools import daemon_control, daemon_util, defaults_file, systemd
from ganeti.tools.common import ToolError


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], 1),
        (["no-such-verb"], 1),
        (["start_all"], 1),
        (["check"], 1),
        (["check", "ganeti-noded", "extra"], 1),
        (["is-daemon-name", "ganeti-noded"], 0),
        (["is-daemon-name", "ganeti-luxid"], 0),
        (["is-daemon-name", "noded"], 1),
        (["check-exitcode", "0"], 0),
        (["check-exitcode", "11"], 0),
        (["check-exitcode", "1"], 1),
    ],
)
def test_exit_codes(words: list[str], code: int) -> None:
    assert daemon_util.main(words) == code


def test_not_master_is_said_and_good(capsys: pytest.CaptureFixture[str]) -> None:
    assert daemon_util.main(["check-exitcode", "11"]) == 0
    assert capsys.readouterr().out == "not master\n"


def test_stop_order_is_the_reverse_with_metad_first() -> None:
    assert daemon_control.STOP_ORDER == (c.METAD, *reversed(daemon_control.START_ORDER))


def test_arguments_come_from_old_names_and_one_shot_variables_too() -> None:
    environment = {"MASTERD_ARGS": "-d", "LUXID_ARGS": " --a  b", "EXTRA_MASTERD_ARGS": "--no-voting"}
    assert defaults_file.daemon_arguments(c.MASTERD, environment) == ["-d", "--a", "b", "--no-voting"]


def test_defaults_file_is_shell(tmp_path: Path) -> None:
    path = tmp_path / "ganeti"
    path.write_text('ADDRESS=192.0.2.10\nNODED_ARGS="-b $ADDRESS --no-mlock"\n')
    arguments = defaults_file.daemon_arguments(c.NODED, defaults_file.read_defaults(str(path)))
    assert arguments == ["-b", "192.0.2.10", "--no-mlock"]


def test_broken_defaults_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "ganeti"
    path.write_text('NODED_ARGS="unclosed\n')
    with pytest.raises(ToolError, match="ganeti"):
        defaults_file.read_defaults(str(path))


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that looks like ganeti-noded and holds the lock of its PID file."""
    monkeypatch.setattr(pathutils, "daemon_pid_file", lambda name: f"{tmp_path}/{name}.pid")
    program = tmp_path / c.NODED
    program.write_text("import signal, sys\nprint('up', flush=True)\nsignal.pause()\n")
    with open(pathutils.daemon_pid_file(c.NODED), "w", encoding="ascii") as pidfile:
        fcntl.flock(pidfile, fcntl.LOCK_EX)
        # The lock belongs to the open file, which the child inherits and we close.
        process = subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, pass_fds=[pidfile.fileno()])
        pidfile.write(f"{process.pid}\ngarbage of an older, longer line\n")
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_running_daemon_is_found_and_stopped(daemon: "subprocess.Popen[bytes]") -> None:
    assert daemon_control.running_pid(c.NODED) == daemon.pid
    daemon_control.stop(c.NODED)
    assert daemon.wait(timeout=10) == -signal.SIGTERM
    assert daemon_control.running_pid(c.NODED) is None
    assert not os.path.exists(pathutils.daemon_pid_file(c.NODED))


def test_process_without_the_lock_is_not_our_daemon(daemon: "subprocess.Popen[bytes]", tmp_path: Path) -> None:
    path = pathutils.daemon_pid_file(c.NODED)
    os.unlink(path)
    Path(path).write_text(f"{daemon.pid}\n")
    assert daemon_control.running_pid(c.NODED) is None


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pretend that systemd runs the machine; returns the file with the calls and the arguments for one time."""
    log = tmp_path / "calls"
    program = tmp_path / "bin/systemctl"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$*" >> {log}\ncat {tmp_path}/*.onetime.conf >> {log} 2>/dev/null\nexit 0\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(systemd, "in_use", lambda: True)
    monkeypatch.setattr(pathutils, "DATA_DIR", str(tmp_path))
    return log


def test_units_get_the_arguments_for_one_start(systemctl: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXTRA_MASTERD_ARGS", "--no-voting --yes-do-it")
    assert daemon_util.main(["start-master"]) == 0
    assert systemctl.read_text().splitlines() == [
        "start ganeti-masterd.service",
        "ONETIME_ARGS=--no-voting --yes-do-it",
        "start ganeti-master.target",
    ]
    assert not list(systemctl.parent.glob("*.onetime.conf"))


def test_units_are_started_as_a_whole_without_such_arguments(systemctl: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXTRA_MASTERD_ARGS", "")
    assert daemon_util.main(["start-master"]) == 0
    assert daemon_util.main(["start", "ganeti-noded", "-d"]) == 0
    assert systemctl.read_text().splitlines() == [
        "start ganeti-master.target",
        "start ganeti-noded.service",
        "ONETIME_ARGS=-d",
    ]


@pytest.mark.parametrize("argument", ["two words", 'a"quote', "back\\slash", "$VARIABLE", ""])
def test_units_do_not_get_arguments_that_systemd_would_change(systemctl: Path, argument: str) -> None:
    assert daemon_util.main(["start", "ganeti-noded", argument]) == 1
    assert not systemctl.exists()


def test_daemon_that_is_not_installed_cannot_be_started(capsys: pytest.CaptureFixture[str]) -> None:
    assert not daemon_control.is_installed(c.METAD)
    assert daemon_util.main(["start", "ganeti-metad"]) == 1
    assert "ganeti-metad is not installed" in capsys.readouterr().err


def test_daemons_are_started_as_their_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buildcfg, "USERS", {"confd": "gnt-confd", "metad": "gnt-metad"})
    monkeypatch.setattr(buildcfg, "GROUPS", {"confd": "gnt-confd", "metad": "gnt-metad"})
    as_user = daemon_control._as_user
    assert as_user(c.NODED, ["/x"]) == ["/x"]
    confd = ["setpriv", "--reuid=gnt-confd", "--regid=gnt-confd", "--init-groups", "--", "/x"]
    assert as_user(c.CONFD, ["/x"]) == confd
    # The metadata daemon listens on port 80.
    capability = "+net_bind_service"
    assert {f"--inh-caps={capability}", f"--ambient-caps={capability}"} <= set(as_user(c.METAD, ["/x"]))


def test_rotation_of_a_daemon_that_does_not_run_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pathutils, "daemon_pid_file", lambda name: f"{tmp_path}/{name}.pid")
    assert daemon_util.main(["rotate-logs", "ganeti-luxid"]) == 1
    assert capsys.readouterr().err == "ganeti-masterd does not run\n"
    assert daemon_util.main(["rotate-all-logs"]) == 0


def test_pid_file_of_a_dead_daemon_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pathutils, "daemon_pid_file", lambda name: f"{tmp_path}/{name}.pid")
    path = tmp_path / "ganeti-noded.pid"
    path.write_text("999999999\n")
    daemon_control.stop(c.NODED)
    assert not path.exists()
