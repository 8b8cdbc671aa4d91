"""daemon-util: start, stop and check the daemons of this node."""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from ganeti import buildcfg, pathutils
from ganeti import constants as c
from ganeti.tools import daemon_control as control
from ganeti.tools import systemd
from ganeti.tools.common import ToolError, run_tool
from ganeti.tools.defaults_file import one_time_arguments, read_defaults
from ganeti.utils.process import run_cmd

_GOOD_EXIT_CODES: Final = (c.EXIT_SUCCESS, c.EXIT_NOTMASTER)


def _report(code: int, output: str) -> int:
    """Pass on what a started program printed; return its exit code."""
    if output.strip():
        print(output.rstrip(), file=sys.stderr)
    return code


def _check_config() -> int:
    if os.path.exists(pathutils.NODED_CERT_FILE):
        return 0
    print(f"{pathutils.NODED_CERT_FILE} does not exist: this node belongs to no cluster", file=sys.stderr)
    return 1


def _check_exitcode(text: str) -> int:
    """Judge the exit code of a daemon for start-up scripts."""
    if text == str(c.EXIT_SUCCESS):
        return 0
    if text == str(c.EXIT_NOTMASTER):
        print("not master")
        return 0
    print(f"exit code {text}")
    return 1


def _list_start_daemons() -> int:
    print("\n".join(name for name in control.START_ORDER if control.is_installed(name)))
    return 0


def _list_stop_daemons() -> int:
    print("\n".join(name for name in control.STOP_ORDER if control.is_installed(name)))
    return 0


def _is_daemon_name(name: str) -> int:
    control.resolve_name(name)
    return 0


def _daemon_pidfile(name: str) -> int:
    print(pathutils.daemon_pid_file(control.resolve_name(name)))
    return 0


def _daemon_executable(name: str) -> int:
    print(control.executable(control.resolve_name(name)))
    return 0


def _check(name: str) -> int:
    daemon = control.resolve_name(name)
    is_running = systemd.is_active(daemon) if systemd.in_use() else control.running_pid(daemon) is not None
    return 0 if is_running else 1


def _start(name: str, *arguments: str) -> int:
    daemon = control.resolve_name(name)
    if systemd.in_use():
        # A unit does not see our environment.
        return _report(*systemd.start_daemon(daemon, [*one_time_arguments(daemon, os.environ), *arguments]))
    return _report(*control.start(daemon, arguments, read_defaults()))


def _stop(name: str) -> int:
    daemon = control.resolve_name(name)
    if systemd.in_use():
        return _report(*systemd.change("stop", f"{daemon}.service"))
    control.stop(daemon)
    return 0


def _check_and_start(name: str) -> int:
    if systemd.in_use():
        print("systemd restarts the daemons of this node: use systemctl", file=sys.stderr)
        return 1
    return 0 if _check(name) == 0 else _start(name)


def _start_each(names: Sequence[str]) -> int:
    """Start the installed ones of *names* in turn; stop at the first that fails."""
    for name in filter(control.is_installed, names):
        code = _start(name)
        if code not in _GOOD_EXIT_CODES:
            print(f"{name} failed to start, exit code {code}", file=sys.stderr)
            return code
    return 0


def _stop_each(names: Sequence[str]) -> int:
    for name in names:
        control.stop(name)
    return 0


def _start_all() -> int:
    if systemd.in_use():
        return _report(*systemd.change("start", systemd.ALL_TARGET))
    return _start_each(control.START_ORDER)


def _stop_all() -> int:
    if systemd.in_use():
        return _report(*systemd.change("stop", systemd.ALL_TARGET))
    return _stop_each(control.STOP_ORDER)


def _start_master() -> int:
    if systemd.in_use():
        # The target would start them without the arguments for this one time.
        for daemon in control.MASTER_DAEMONS:
            if one_time_arguments(daemon, os.environ) and (code := _start(daemon)) != 0:
                return code
        return _report(*systemd.change("start", systemd.MASTER_TARGET))
    return _start_each(control.MASTER_DAEMONS)


def _stop_master() -> int:
    if systemd.in_use():
        return _report(*systemd.change("stop", systemd.MASTER_TARGET))
    return _stop_each(tuple(reversed(control.MASTER_DAEMONS)))


def _rotate_logs(name: str) -> int:
    daemon = control.resolve_name(name)
    if control.reopen_logs(daemon):
        return 0
    print(f"{daemon} does not run", file=sys.stderr)
    return 1


def _rotate_all_logs() -> int:
    for name in control.STOP_ORDER:
        control.reopen_logs(name)
    return 0


def _reload_ssh_keys() -> int:
    if pathutils.VIRTUAL_ROOT:
        # The nodes share the machine's ssh daemon and its keys: there is nothing new to load.
        return 0
    result = run_cmd(buildcfg.SSHD_RESTART_COMMAND, timeout_s=60.0)
    return _report(1 if result.exit_code is None else result.exit_code, result.output)


def _use_systemctl() -> int:
    return 0 if systemd.in_use() else 1


@dataclass(frozen=True)
class _Verb:
    """What a verb calls and how many arguments it takes (*most* None: any number)."""

    function: Callable[..., int]
    least: int = 0
    most: int | None = 0


_NAME: Final = (1, 1)
VERBS: Final[dict[str, _Verb]] = {
    "check": _Verb(_check, *_NAME),
    "check-and-start": _Verb(_check_and_start, *_NAME),
    "check-config": _Verb(_check_config),
    "check-exitcode": _Verb(_check_exitcode, *_NAME),
    "daemon-executable": _Verb(_daemon_executable, *_NAME),
    "daemon-pidfile": _Verb(_daemon_pidfile, *_NAME),
    "is-daemon-name": _Verb(_is_daemon_name, *_NAME),
    "list-start-daemons": _Verb(_list_start_daemons),
    "list-stop-daemons": _Verb(_list_stop_daemons),
    "reload-ssh-keys": _Verb(_reload_ssh_keys),
    "rotate-all-logs": _Verb(_rotate_all_logs),
    "rotate-logs": _Verb(_rotate_logs, *_NAME),
    "start": _Verb(_start, 1, None),
    "start-all": _Verb(_start_all),
    "start-master": _Verb(_start_master),
    "stop": _Verb(_stop, *_NAME),
    "stop-all": _Verb(_stop_all),
    "stop-master": _Verb(_stop_master),
    "use-systemctl": _Verb(_use_systemctl),
}


def _run(words: Sequence[str]) -> int:
    if not words:
        raise ToolError(f"Usage: daemon-util VERB [argument...]; verbs: {', '.join(VERBS)}")
    name, arguments = words[0], words[1:]
    verb = VERBS.get(name)
    if verb is None:
        raise ToolError(f"Unknown verb: {name}; verbs: {', '.join(VERBS)}")
    if len(arguments) < verb.least or (verb.most is not None and len(arguments) > verb.most):
        raise ToolError(f"{name}: wrong number of arguments")
    return verb.function(*arguments)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    return run_tool("daemon-util", lambda: _run(sys.argv[1:] if argv is None else argv))
