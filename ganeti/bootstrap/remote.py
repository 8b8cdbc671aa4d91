"""Running a set-up tool on a host that is to become a node, before it has a node daemon.

Real hosts are reached by SSH as root. The nodes of a virtual cluster are directories of this machine: there the tool
runs as a local program with the other node's environment.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import paramiko

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.utils.process import run_cmd
from ganeti.utils.ssh import virtual_root_of

_TOOL_TIMEOUT_S: Final = 300.0
_CONNECT_TIMEOUT_S: Final = 10.0
_USER: Final = "root"


class RemoteHost(Protocol):
    """A host on which programs can be run as root."""

    def run(self, argv: list[str], data: bytes = b"") -> str:
        """Run a program with *data* on its standard input; returns its standard output.

        Raises OpExecError if it fails, with what it wrote to standard error.
        """

    def close(self) -> None:
        """End the connection."""


class VirtualHost:
    """A node of this virtual cluster."""

    def __init__(self, node_name: str) -> None:
        self._node_name = node_name

    def run(self, argv: list[str], data: bytes = b"") -> str:
        """Run a local program as the node."""
        env = {
            c.V_CLUSTER_ROOTDIR_ENVNAME: virtual_root_of(self._node_name),
            c.V_CLUSTER_HOSTNAME_ENVNAME: self._node_name,
        }
        result = run_cmd(argv, timeout_s=_TOOL_TIMEOUT_S, env=env, input=data)
        if result.failed:
            raise _failure(self._node_name, argv, result.fail_reason, result.stderr)
        return result.stdout

    def close(self) -> None:
        """There is no connection."""


def _failure(node: str, argv: list[str], reason: str, stderr: str) -> errors.OpExecError:
    return errors.OpExecError(f"Running {os.path.basename(argv[0])} on {node} failed ({reason}): {stderr.strip()}")


@dataclass(frozen=True)
class SshAccess:
    """How to reach a host by SSH.

    Attributes:
      host: name or address to connect to.
      port: TCP port of the SSH daemon.
      cluster_name: name under which known hosts are listed.
      checks_host_key: ask about a host key that is not the cluster's (else take any).
      confirm: asks the user a yes or no question; None refuses what is not known.
      ask_password: asks the user for root's password; None tries keys only.
    """

    host: str
    port: int
    cluster_name: str
    checks_host_key: bool = True
    confirm: Callable[[str], bool] | None = None
    ask_password: Callable[[str], str] | None = None


class _HostKeyRefusedError(paramiko.SSHException):
    """Nobody vouches for the key of a host."""


class _HostKeyPolicy(paramiko.MissingHostKeyPolicy):
    """Accepts the host keys of the cluster, and others that the user accepts."""

    def __init__(self, access: SshAccess) -> None:
        self._access = access

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        """Decide about a key that is not listed for the host itself."""
        del client
        if not self._access.checks_host_key or self._is_key_of_cluster(key):
            return
        question = (
            f"The authenticity of host {hostname} cannot be established: its {key.get_name()} key has the fingerprint"
            f" {key.fingerprint}. Continue connecting?"
        )
        if self._access.confirm is None or not self._access.confirm(question):
            raise _HostKeyRefusedError(f"The host key of {hostname} ({key.fingerprint}) was not accepted")

    def _is_key_of_cluster(self, key: paramiko.PKey) -> bool:
        if not os.path.exists(pathutils.SSH_KNOWN_HOSTS_FILE):
            return False
        known = paramiko.HostKeys(pathutils.SSH_KNOWN_HOSTS_FILE).lookup(self._access.cluster_name)
        stored = known.get(key.get_name()) if known is not None else None
        return stored is not None and stored.asbytes() == key.asbytes()


class SshHost:
    """A host reached by SSH; one connection for everything that is run there."""

    def __init__(self, access: SshAccess) -> None:
        """Connect.

        Raises OpExecError.
        """
        self._access = access
        self._client = paramiko.SSHClient()
        self._client.set_missing_host_key_policy(_HostKeyPolicy(access))
        try:
            self._connect()
        except (paramiko.SSHException, OSError) as err:
            self._client.close()
            raise errors.OpExecError(f"Cannot connect to {access.host} port {access.port} by SSH: {err}") from err

    def _connect(self) -> None:
        try:
            self._client.connect(
                self._access.host,
                port=self._access.port,
                username=_USER,
                timeout=_CONNECT_TIMEOUT_S,
                banner_timeout=_CONNECT_TIMEOUT_S,
                auth_timeout=_CONNECT_TIMEOUT_S,
            )
        except _HostKeyRefusedError:
            # Before all other errors: the host must not get a password.
            raise
        except paramiko.SSHException:
            # No key was accepted, or there is none (which paramiko tells by its base class): ask for the password.
            transport = self._client.get_transport()
            if self._access.ask_password is None or transport is None or not transport.is_active():
                raise
            transport.auth_password(_USER, self._access.ask_password(f"Password of {_USER}@{self._access.host}: "))

    def run(self, argv: list[str], data: bytes = b"") -> str:
        """Run a program."""
        # A remote command is one string that the remote user's shell reads; paths and options of our own tools need no
        # quoting, and nothing else may come here.
        if not all(word and all(char.isalnum() or char in "/._=+-" for char in word) for word in argv):
            raise errors.ProgrammerError(f"Words that a shell would interpret: {argv}")
        try:
            stdin, stdout, stderr = self._client.exec_command(" ".join(argv), timeout=_TOOL_TIMEOUT_S)
            stdin.write(data)
            stdin.channel.shutdown_write()
            output, problems = stdout.read(), stderr.read()
            code = stdout.channel.recv_exit_status()
        except (paramiko.SSHException, OSError) as err:
            raise _failure(self._access.host, argv, str(err) or type(err).__name__, "") from err
        if code != 0:
            text = problems.decode("utf-8", "replace")
            raise _failure(self._access.host, argv, f"exited with exit code {code}", text)
        return output.decode("utf-8", "replace")

    def close(self) -> None:
        """End the connection."""
        self._client.close()


def connect(node_name: str, access: SshAccess) -> RemoteHost:
    """Return the way to a host that is to become the node *node_name*; raises OpExecError."""
    return VirtualHost(node_name) if pathutils.VIRTUAL_ROOT else SshHost(access)
