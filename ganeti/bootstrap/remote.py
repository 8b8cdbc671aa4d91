"""Running a set-up tool on a host that is to become a node, before it has a node daemon.

Real hosts are reached by SSH as root. The nodes of a virtual cluster are directories of this machine: there the tool
runs as a local program with the other node's environment.
"""

import os
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import paramiko

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.utils.process import run_cmd
from ganeti.utils.ssh import virtual_root_of

_TOOL_TIMEOUT_S: Final = 300.0
_CONNECT_TIMEOUT_S: Final = 10.0
_USER: Final = "root"
_PASSWORD_ATTEMPTS: Final = 3
#: Signature algorithms of a type of key, where they are named differently.
_ALGORITHMS: Final = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}


class RemoteHost(Protocol):
    """A host on which programs can be run as root."""

    def run(self, argv: list[str], data: bytes = b"") -> str:
        """Run a program with *data* on its standard input; returns its standard output.

        Raises OpExecError if it fails, with what it wrote to standard error.
        """

    def full_name(self) -> str:
        """Return the fully qualified name that the host gives itself. Raises OpExecError."""

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

    def full_name(self) -> str:
        """Return the name of the node: the machine has another one."""
        return self._node_name

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
      has_cluster_key: the host was given the cluster's host keys: another one is refused without a question.
      confirm: asks the user a yes or no question; None refuses what is not known.
      ask_password: asks the user for root's password; None tries keys only.
    """

    host: str
    port: int
    cluster_name: str
    checks_host_key: bool = True
    has_cluster_key: bool = False
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
        if self._access.has_cluster_key:
            raise _HostKeyRefusedError(
                f"Its {key.get_name()} host key ({key.fingerprint}) is not the one of the cluster; does its SSH daemon"
                " use the host keys in /etc/ssh?"
            )
        question = (
            f"The authenticity of host {hostname} cannot be established: its {key.get_name()} key has the fingerprint"
            f" {key.fingerprint}. Continue connecting?"
        )
        if self._access.confirm is None or not self._access.confirm(question):
            raise _HostKeyRefusedError(f"The host key of {hostname} ({key.fingerprint}) was not accepted")

    def _is_key_of_cluster(self, key: paramiko.PKey) -> bool:
        stored = _keys_of_cluster(self._access.cluster_name).get(key.get_name())
        return stored is not None and stored.asbytes() == key.asbytes()


def _keys_of_cluster(cluster_name: str) -> dict[str, paramiko.PKey]:
    """Return the host keys of the cluster by type."""
    if not os.path.exists(pathutils.SSH_KNOWN_HOSTS_FILE):
        return {}
    return dict(paramiko.HostKeys(pathutils.SSH_KNOWN_HOSTS_FILE).lookup(cluster_name) or {})


def _preferring(key_types: Iterable[str]) -> Callable[..., paramiko.Transport]:
    """Return what makes connections that ask a host for keys of certain types before all others.

    A node has host keys of its own beside those of the cluster, and would show one of them.
    """
    wanted = [name for kind in key_types for name in _ALGORITHMS.get(kind, (kind,))]

    def make(connection: socket.socket, **options: Any) -> paramiko.Transport:
        transport = paramiko.Transport(connection, **options)
        security = transport.get_security_options()
        security.key_types = sorted(security.key_types, key=lambda name: name not in wanted)
        return transport

    return make


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
        key_types = _keys_of_cluster(self._access.cluster_name)
        try:
            self._client.connect(
                self._access.host,
                port=self._access.port,
                username=_USER,
                timeout=_CONNECT_TIMEOUT_S,
                banner_timeout=_CONNECT_TIMEOUT_S,
                auth_timeout=_CONNECT_TIMEOUT_S,
                transport_factory=_preferring(key_types),
            )
        except _HostKeyRefusedError:
            # Before all other errors: the host must not get a password.
            raise
        except paramiko.SSHException:
            # No key was accepted, or there is none (which paramiko tells by its base class): ask for the password.
            transport = self._client.get_transport()
            if self._access.ask_password is None or transport is None or not transport.is_active():
                raise
            self._try_passwords(transport, self._access.ask_password)

    def _try_passwords(self, transport: paramiko.Transport, ask: Callable[[str], str]) -> None:
        """Ask for the password until it is right, not more often than ssh does. Raises SSHException."""
        for attempt in range(1, _PASSWORD_ATTEMPTS + 1):
            try:
                transport.auth_password(_USER, ask(f"Password of {_USER}@{self._access.host}: "))
                return
            except paramiko.BadAuthenticationType:
                # The host takes no passwords: another one would be no better.
                raise
            except paramiko.AuthenticationException:
                if attempt == _PASSWORD_ATTEMPTS or not transport.is_active():
                    raise

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

    def full_name(self) -> str:
        """Ask the host."""
        return self.run(["hostname", "--fqdn"]).strip()

    def close(self) -> None:
        """End the connection."""
        self._client.close()


def connect(node_name: str, access: SshAccess) -> RemoteHost:
    """Return the way to a host that is to become the node *node_name*; raises OpExecError."""
    return VirtualHost(node_name) if pathutils.VIRTUAL_ROOT else SshHost(access)
