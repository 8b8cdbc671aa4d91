"""gnt-instance console: connect to an instance."""

import shlex
import subprocess
from collections.abc import Mapping
from typing import Any

from ganeti import constants as c
from ganeti import errors
from ganeti.cli.invocation import Invocation
from ganeti.utils import ssh


def _ssh_argv(console: Mapping[str, Any], cluster_name: str) -> list[str]:
    """Return the command line that connects the terminal."""
    command = console["command"]
    text = command if isinstance(command, str) else shlex.join(command)
    target = ssh.SshTarget(
        node=console["host"],
        cluster=cluster_name,
        user=console.get("user") or "root",
        port=console.get("port") or ssh.DEFAULT_PORT,
    )
    return ssh.shell_argv(target, text, has_terminal=True)


def _use_ssh(call: Invocation, console: Mapping[str, Any]) -> int:
    cluster_name = str(call.client.query_config_values(["cluster_name"])[0])
    argv = _ssh_argv(console, cluster_name)
    if call.options.show_command:
        print(shlex.join(argv))
        return c.EXIT_SUCCESS
    # The program owns the terminal and its process group, so that Ctrl-C reaches the guest and not us.
    exit_code = subprocess.call(argv)
    if exit_code != 0:
        raise errors.OpExecError(f"Connecting to the console of {console['instance']} failed, exit code {exit_code}")
    return c.EXIT_SUCCESS


def _connect(call: Invocation, console: Mapping[str, Any]) -> int:
    kind, name = console["kind"], console["instance"]
    if kind == c.CONS_SSH:
        return _use_ssh(call, console)
    if kind == c.CONS_MESSAGE:
        print(console["message"])
    elif kind == c.CONS_VNC:
        host, port = console["host"], console["port"]
        print(
            f"Instance {name} has a VNC console on {host}:{port} (display {console.get('display')}),"
            f" URL <vnc://{host}:{port}/>"
        )
    elif kind == c.CONS_SPICE:
        print(f"Instance {name} has a SPICE console on {console['host']}:{console['port']}")
    else:
        raise errors.OpExecError(f"The console of {name} is of the unknown kind '{kind}'")
    return c.EXIT_SUCCESS


def run(call: Invocation) -> int:
    """Connect to the console of a running instance."""
    name = call.arguments[0]
    rows = call.client.query_instances([name], ["console", "oper_state"])
    if not rows:
        raise errors.OpPrereqError(f"Instance {name} not found", c.ECODE_NOENT)
    console, is_running = rows[0]
    if console is None:
        state = "is unavailable" if is_running else "does not exist, the instance is not running"
        raise errors.OpExecError(f"Console of instance {name} {state}")
    return _connect(call, console)
