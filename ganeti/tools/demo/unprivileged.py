"""Run the demo without being root: in a user, network and mount namespace in which the user is root."""

import contextlib
import os
import shlex
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Final

from ganeti import buildcfg
from ganeti import constants as c
from ganeti.tools.common import ToolError
from ganeti.tools.demo.screen import Screen
from ganeti.utils.process import run_cmd

#: Below the demo's directory; what is beside it belongs to the world outside of the namespace.
_CLUSTER: Final = "c"

#: Set inside of the namespace, so that the demo there knows what it can do.
_MARKER: Final = "GANETI_DEMO_NAMESPACE"
_NAMESPACES: Final = ("--user", "--net", "--mount")

# Prepares the namespace and then keeps it; argument: the directory that becomes /etc.
_KEEPER: Final = 'ip link set lo up && mount --bind "$1" /etc && echo ready && exec sleep infinity >&- 2>&-'


def is_inside() -> bool:
    """Tell whether this process runs in the namespace."""
    return os.environ.get(_MARKER) == "1"


def environment_file(cluster_directory: str) -> str:
    """Return the file that makes a shell use the cluster in *cluster_directory*, for a shell outside."""
    return f"{os.path.dirname(cluster_directory) if is_inside() else cluster_directory}/env"


def _pid_file(directory: str) -> Path:
    return Path(f"{directory}/keeper.pid")


def _copy_etc(directory: str) -> str:
    """Make a copy of what this user may read of /etc, with a hosts file of its own; return where it is.

    A hosts file mounted over the real one would vanish as soon as somebody outside replaces that.
    """
    target = f"{directory}/etc"
    with contextlib.suppress(shutil.Error):
        # The error lists what could not be read, which other programs cannot read either.
        shutil.copytree("/etc", target, symlinks=True, ignore=shutil.ignore_patterns("hosts"))
    # Nothing outside of the namespace can be reached, so no other name is of use; another demo's would be in the way.
    Path(f"{target}/hosts").write_text("127.0.0.1\tlocalhost\n::1\tlocalhost\n")
    return target


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
    unshare = ["unshare", *_NAMESPACES, "--map-root-user", "--", "/bin/sh", "-c", _KEEPER, "sh", _copy_etc(directory)]
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
        inside = shlex.join([*_enter(pid), f"{directory}/{_CLUSTER}/node1/cmd", name])
        path.write_text(f'#!/bin/sh\nexec {inside} "$@"\n')
        path.chmod(0o755)
    Path(f"{directory}/env").write_text(
        f"# Puts the commands of the demo cluster on PATH.\nexport PATH={shlex.quote(str(commands))}:$PATH\n"
    )


def _make_directory(directory: str) -> None:
    """Make the demo's directory, perhaps in one where everybody may make names; raises ToolError."""
    os.makedirs(os.path.dirname(directory), exist_ok=True)
    try:
        os.mkdir(directory, 0o755)
    except FileExistsError:
        found = os.lstat(directory)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            raise ToolError(f"{directory} is not a directory of yours") from None


def run(directory: str, screen: Screen) -> int:
    """Run the demo inside of a new namespace; return its exit code."""
    stop(directory, screen)
    _make_directory(directory)
    screen.step("Not root: using a user namespace and the fake hypervisor, which runs no real virtual machine")
    pid = _start_keeper(directory)
    program = [sys.executable, os.path.abspath(sys.argv[0]), "run", f"{directory}/{_CLUSTER}"]
    # Not run_cmd: its output goes straight to the screen, and Ctrl-C to it.
    code = subprocess.run([*_enter(pid), *program], env={**os.environ, _MARKER: "1"}, check=False).returncode
    if code == 0:
        _write_wrappers(directory, pid)
    return code


def stop(directory: str, screen: Screen) -> bool:
    """Stop the demo cluster and give up the namespace; tell whether there was anything.

    Raises ToolError if the directory holds something else.
    """
    if not os.path.exists(directory):
        return False
    if os.listdir(directory) and not _pid_file(directory).exists():
        raise ToolError(f"{directory} exists and is not a demo cluster: remove it or choose another directory")
    pid = _keeper_pid(directory)
    if pid is not None:
        program = [sys.executable, os.path.abspath(sys.argv[0]), "stop", f"{directory}/{_CLUSTER}"]
        result = run_cmd([*_enter(pid), *program], timeout_s=600.0, env={_MARKER: "1"})
        if result.failed:
            screen.note(f"stopping in order failed, ending the namespace: {result.output.strip()}")
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    shutil.rmtree(directory)
    return True
