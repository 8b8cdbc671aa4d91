"""Command lines that run something on a node or copy a file to it, with the host key of the cluster checked.

The nodes of a virtual cluster are all on this machine: there the command runs in a shell with the environment of the
other node, and files are copied below its root directory.
"""

import os
import shlex
from dataclasses import dataclass
from typing import Final

from ganeti import constants as c
from ganeti import pathutils

DEFAULT_PORT: Final = 22
_CONNECT_TIMEOUT_S: Final = 10
_SHELL: Final = "/bin/sh"


@dataclass(frozen=True, slots=True)
class SshTarget:
    """A node to connect to; *address* differs from the name when another network shall be used."""

    node: str
    cluster: str
    address: str | None = None
    port: int = DEFAULT_PORT
    user: str = "root"
    is_ipv6: bool = False
    #: Whether only the host key of the cluster is trusted; else any is taken.
    checks_host_key: bool = True

    @property
    def host(self) -> str:
        """What ssh connects to."""
        return self.address or self.node


def _options(target: SshTarget) -> list[str]:
    """Return the options for connections that never ask and trust only the host key of the cluster."""
    return [
        "-oEscapeChar=none",
        "-oHashKnownHosts=no",
        f"-oGlobalKnownHostsFile={pathutils.SSH_KNOWN_HOSTS_FILE}",
        "-oUserKnownHostsFile=/dev/null",
        "-oCheckHostIp=no",
        f"-oConnectTimeout={_CONNECT_TIMEOUT_S}",
        f"-oHostKeyAlias={target.cluster}",
        f"-oPort={target.port}",
        "-oBatchMode=yes",
        f"-oStrictHostKeyChecking={'yes' if target.checks_host_key else 'no'}",
        "-6" if target.is_ipv6 else "-4",
        # Neither banners nor notes, but the reason of a failure, which -q would hide too.
        "-oLogLevel=ERROR",
    ]


def hostname_problem(expected: str, found: str) -> str | None:
    """Return what is wrong with the full name that a host gives itself; None if it is the *expected* one."""
    if found == expected:
        return None
    if expected.startswith(f"{found}."):
        return f"hostname not fully qualified: it says that it is '{found}', expected is '{expected}'"
    return f"hostname mismatch: it says that it is '{found}', expected is '{expected}'"


def virtual_root_of(node: str) -> str:
    """Return the root directory of another node of this virtual cluster."""
    return os.path.join(os.path.dirname(pathutils.VIRTUAL_ROOT), node)


def _virtual_environment(node: str) -> str:
    """Return shell commands that make what follows run as the virtual node."""
    root = shlex.quote(virtual_root_of(node))
    return f"export {c.V_CLUSTER_ROOTDIR_ENVNAME}={root}; export {c.V_CLUSTER_HOSTNAME_ENVNAME}={shlex.quote(node)}; "


def shell_argv(target: SshTarget, command: str, *, has_terminal: bool = False) -> list[str]:
    """Return the command line that runs a shell command on a node, interactively if *has_terminal*."""
    if pathutils.VIRTUAL_ROOT:
        return [_SHELL, "-c", _virtual_environment(target.node) + command]
    terminal = ["-t", "-t"] if has_terminal else []
    return [c.SSH, *terminal, *_options(target), f"{target.user}@{target.host}", command]


def copy_argv(target: SshTarget, path: str) -> list[str] | None:
    """Return the command line that copies a local file to the same place of a node.

    None if there is nothing to do: nodes of a virtual cluster share what is outside of their root directories.
    """
    if not pathutils.VIRTUAL_ROOT:
        return [c.SCP, "-p", *_options(target), path, f"{target.user}@{target.host}:{path}"]
    if not path.startswith(pathutils.VIRTUAL_ROOT + "/"):
        return None
    return ["cp", "-p", path, virtual_root_of(target.node) + path[len(pathutils.VIRTUAL_ROOT) :]]
