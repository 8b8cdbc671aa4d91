"""Run the demo without being root: in a user, network and mount namespace in which the user is root."""

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

from ganeti import buildcfg
from ganeti import constants as c
from ganeti.tools.common import ToolError
from ganeti.tools.demo.screen import Screen
from ganeti.utils.process import run_cmd

#: Set inside of the namespace, so that the demo there knows what it can do.
_MARKER: Final = "GANETI_DEMO_NAMESPACE"
_NAMESPACES: Final = ("--user", "--net", "--mount")

# Prepares the namespace and then keeps it; arguments: the hosts file for it.
_KEEPER: Final = 'ip link set lo up && mount --bind "$1" /etc/hosts && echo ready && exec sleep infinity >&- 2>&-'


def is_inside() -> bool:
    """Tell whether this process runs in the namespace."""
    return os.environ.get(_MARKER) == "1"


def _pid_file(directory: str) -> Path:
    return Path(f"{directory}.keeper")


def _hosts_file(directory: str) -> Path:
    return Path(f"{directory}.hosts")


def _keeper_pid(directory: str) -> int | None:
    """Return the process that keeps the namespace, None if it is gone."""
    try:
        pid = int(_pid_file(directory).read_text())
        cmdline = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    return pid if cmdline.startswith(b"sleep\0") else None


def _start_keeper(directory: str) -> int:
    """Make the namespace; return the process that keeps it.

    Raises ToolError if this system does not let an ordinary user do that.
    """
    hosts = _hosts_file(directory)
    hosts.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile("/etc/hosts", hosts)
    unshare = ["unshare", *_NAMESPACES, "--map-root-user", "--", "/bin/sh", "-c", _KEEPER, "sh", str(hosts)]
    # Not run_cmd: the process outlives this program.
    keeper = subprocess.Popen(
        unshare, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    assert keeper.stdout is not None and keeper.stderr is not None
    if keeper.stdout.readline() != b"ready\n":
        reason = keeper.stderr.read().decode("utf-8", "replace").strip()
        keeper.wait()
        raise ToolError(
            f"This system lets no ordinary user make namespaces ({reason or 'no reason given'}): "
            "run `make demo` as root"
        )
    _pid_file(directory).write_text(f"{keeper.pid}\n")
    return keeper.pid


def _enter(pid: int) -> list[str]:
    """Return the prefix that runs a command inside."""
    return ["nsenter", *_NAMESPACES, "--preserve-credentials", "--target", str(pid), "--"]


def _write_wrappers(directory: str, pid: int) -> None:
    """Make ``env`` give an ordinary shell commands that run inside."""
    commands = Path(f"{directory}/bin")
    commands.mkdir(exist_ok=True)
    for name in c.GNT_SCRIPTS:
        if not os.path.exists(f"{buildcfg.SBINDIR}/{name}"):
            continue
        path = commands / name
        inside = shlex.join([*_enter(pid), f"{directory}/node1/cmd", name])
        path.write_text(f'#!/bin/sh\nexec {inside} "$@"\n')
        path.chmod(0o755)
    Path(f"{directory}/env").write_text(
        f"# Puts the commands of the demo cluster on PATH.\nexport PATH={shlex.quote(str(commands))}:$PATH\n"
    )


def run(directory: str, screen: Screen) -> int:
    """Run the demo inside of a new namespace; return its exit code."""
    stop(directory, screen)
    screen.step("Not root: using a user namespace and the fake hypervisor, which runs no real virtual machine")
    pid = _start_keeper(directory)
    program = [sys.executable, os.path.abspath(sys.argv[0]), "run", directory]
    # Not run_cmd: its output goes straight to the screen, and Ctrl-C to it.
    code = subprocess.run([*_enter(pid), *program], env={**os.environ, _MARKER: "1"}, check=False).returncode
    if code == 0:
        _write_wrappers(directory, pid)
    return code


def stop(directory: str, screen: Screen) -> bool:
    """Stop the demo cluster and give up the namespace; tell whether there was anything."""
    pid = _keeper_pid(directory)
    existed = os.path.exists(directory) or pid is not None
    if pid is not None:
        program = [sys.executable, os.path.abspath(sys.argv[0]), "stop", directory]
        result = run_cmd([*_enter(pid), *program], timeout_s=600.0, env={_MARKER: "1"})
        if result.failed:
            screen.note(f"stopping in order failed, ending the namespace: {result.output.strip()}")
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    shutil.rmtree(directory, ignore_errors=True)
    for path in (_pid_file(directory), _hosts_file(directory)):
        path.unlink(missing_ok=True)
    return existed
