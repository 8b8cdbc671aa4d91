"""Start, stop, find and signal the daemons of this node directly (without systemd)."""

import os
import select
import signal
import time
from collections.abc import Mapping, Sequence
from typing import Final

from ganeti import buildcfg, errors, pathutils
from ganeti import constants as c
from ganeti.tools import ensure_dirs
from ganeti.tools.common import ToolError
from ganeti.tools.defaults_file import daemon_arguments
from ganeti.utils.files import acquire_flock, read_text, remove_if_exists
from ganeti.utils.process import run_cmd

#: Seconds a daemon gets to end by itself before it is killed.
STOP_TIMEOUT_S: Final = 30.0
#: Seconds until a starting daemon must have said that it is ready; masterd votes for up to a minute and asks every
#: node meanwhile.
START_TIMEOUT_S: Final = 300.0

#: In the order of their start. metad is stopped but never started from here.
START_ORDER: Final = (c.NODED, c.CONFD, c.MASTERD, c.RAPI, c.KVMD, c.MOND)
STOP_ORDER: Final = (c.METAD, *reversed(START_ORDER))
MASTER_DAEMONS: Final = c.DAEMONS_MASTER
#: Names of the split daemons that site scripts still use.
ALIASES: Final = {c.LUXID: c.MASTERD, c.WCONFD: c.MASTERD}

_USER_ROLES: Final = {
    c.CONFD: "confd",
    c.KVMD: "noded",
    c.MASTERD: "masterd",
    c.METAD: "metad",
    c.MOND: "mond",
    c.NODED: "noded",
    c.RAPI: "rapi",
}

#: The capability to listen on port 80.
_LOW_PORTS: Final = "net_bind_service"


def executable(daemon: str) -> str:
    """Return the path of a daemon's program."""
    return f"{buildcfg.SBINDIR}/{daemon}"


def is_installed(daemon: str) -> bool:
    """Tell whether this machine has the program: packages may leave out confd, mond, kvmd or metad."""
    return os.access(executable(daemon), os.X_OK)


def resolve_name(name: str) -> str:
    """Return the daemon that *name* means.

    Raises ToolError for an unknown one.
    """
    daemon = ALIASES.get(name, name)
    if daemon not in _USER_ROLES:
        raise ToolError(f"Unknown daemon: {name}")
    return daemon


def _recorded_pid(daemon: str) -> int | None:
    """Return the number in the first line of the PID file."""
    try:
        lines = read_text(pathutils.daemon_pid_file(daemon), default="", limit=4096).splitlines()
        pid = int(lines[0]) if lines else 0
    except ValueError:
        return None
    return pid if pid > 0 else None


def _is_lock_held(path: str) -> bool:
    """Tell whether another process holds the lock on a PID file."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        acquire_flock(fd, path, shared=True, timeout_s=0)
    except errors.LockError:
        return True
    finally:
        os.close(fd)
    return False


def _runs_program(pid: int, daemon: str) -> bool:
    """Tell whether process *pid* was started as *daemon* (interpreter and options may come first)."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = file.read(8192).split(b"\0")
    except OSError:
        return False
    return any(os.path.basename(word) == daemon.encode() for word in words[:4])


def running_pid(daemon: str) -> int | None:
    """Return the process id of *daemon*, None if it does not run.

    The lock tells ours from a process that got the number of a dead one, even from the same daemon of another
    virtual node.
    """
    pid = _recorded_pid(daemon)
    if pid is None or not _runs_program(pid, daemon) or not _is_lock_held(pathutils.daemon_pid_file(daemon)):
        return None
    return pid


def _as_user(daemon: str, argv: list[str]) -> list[str]:
    """Return *argv* preceded by what changes to the daemon's user and group."""
    role = _USER_ROLES[daemon]
    user, group = buildcfg.user_of(role), buildcfg.group_of(role)
    if (user, group) == ("root", "root"):
        return argv
    rights = [f"--inh-caps=+{_LOW_PORTS}", f"--ambient-caps=+{_LOW_PORTS}"] if daemon == c.METAD else []
    return ["setpriv", f"--reuid={user}", f"--regid={group}", "--init-groups", *rights, "--", *argv]


def start(daemon: str, arguments: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str]:
    """Start *daemon* unless it runs; return its exit code and what it printed.

    *environment* is that of the defaults file. Code 0 means that it runs and answers, 11 that this is not the master.

    Raises ToolError if it is not installed, or for what ensure-dirs raises it.
    """
    if not is_installed(daemon):
        raise ToolError(f"{daemon} is not installed: there is no {executable(daemon)}")
    ensure_dirs.run()
    if running_pid(daemon) is not None:
        return 0, ""
    argv = [executable(daemon), *daemon_arguments(daemon, environment), *arguments]
    result = run_cmd(_as_user(daemon, argv), timeout_s=START_TIMEOUT_S, env=environment, reset_env=True)
    if result.timed_out or result.exit_code is None:
        return 1, f"{daemon}: {result.fail_reason}\n{result.output}"
    return result.exit_code, result.output


def _wait_for_end(pidfd: int, timeout_s: float) -> bool:
    """Tell whether the process ended in time."""
    poller = select.poll()
    poller.register(pidfd, select.POLLIN)
    deadline = time.monotonic() + timeout_s
    while (rest := deadline - time.monotonic()) > 0:
        if poller.poll(rest * 1000):
            return True
    return False


def stop(daemon: str) -> None:
    """End *daemon* if it runs: SIGTERM, after 30 seconds SIGKILL; remove its PID file, also that of a dead one."""
    pid = running_pid(daemon)
    if pid is not None:
        _end(pid)
    path = pathutils.daemon_pid_file(daemon)
    # Somebody may have started it again meanwhile: the file is theirs then.
    if not _is_lock_held(path):
        remove_if_exists(path)


def _end(pid: int) -> None:
    """End a process and wait until it is gone."""
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        signal.pidfd_send_signal(pidfd, signal.SIGTERM)
        if not _wait_for_end(pidfd, STOP_TIMEOUT_S):
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            _wait_for_end(pidfd, STOP_TIMEOUT_S)
    except ProcessLookupError:
        pass  # It ended between two of our looks, which is all that is wanted.
    finally:
        os.close(pidfd)


def reopen_logs(daemon: str) -> bool:
    """Make *daemon* open its log files anew; tell whether it runs."""
    pid = running_pid(daemon)
    if pid is None:
        return False
    try:
        os.kill(pid, signal.SIGHUP)
    except ProcessLookupError:
        return False
    return True
