"""Reaching other nodes by SSH to change root's keys there, from the master."""

import shlex
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from ganeti import constants as c
from ganeti import pathutils
from ganeti.ssconf import SsconfReader
from ganeti.utils import net, ssh, sshkeys
from ganeti.utils.files import read_text
from ganeti.utils.process import run_cmd

_TIMEOUT_S: Final = 300.0
_PARALLEL: Final = 16

#: Keys by node UUID.
Keys = Mapping[str, list[str]]
#: (node name, why it could not be changed)
Failures = list[tuple[str, str]]


class PeerError(Exception):
    """A node could not be changed."""


class Peers(Protocol):
    """Other nodes."""

    def update(self, node: str, changes: Mapping[str, Any]) -> None:
        """Run ``ssh-update`` with *changes* (keys SSHS_*) on a node. Raises PeerError."""

    def read_public_key(self, node: str, kind: str) -> str:
        """Return root's public key of a node. Raises PeerError."""

    def is_online(self, node: str) -> bool:
        """Tell whether a node is not marked offline."""


class SshPeers:
    """Reaches nodes with the keys that are in force on this node."""

    def __init__(self, reader: SsconfReader | None = None) -> None:
        """Raises ConfigurationError or OSError if this node does not know its cluster."""
        reader = reader or SsconfReader()
        self._cluster = reader.cluster_name()
        self._ports = reader.ssh_ports()
        self._online = frozenset(reader.online_nodes())
        self._is_ipv6 = any(net.is_ip(ip, 6) for ip in reader.node_primary_ips().values())
        certificate = x509.load_pem_x509_certificate(read_text(pathutils.NODED_CERT_FILE).encode())
        self._certificate = certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")

    def update(self, node: str, changes: Mapping[str, Any]) -> None:
        """Try it several times: SSH daemons refuse connections under load."""
        data = msgspec.json.encode(
            {
                c.SSHS_CLUSTER_NAME: self._cluster,
                c.SSHS_NODE_DAEMON_CERTIFICATE: self._certificate,
                **changes,
            }
        )
        self._run(node, [pathutils.SSH_UPDATE], data)

    def read_public_key(self, node: str, kind: str) -> str:
        """Return the key file without its final newline."""
        _, public = sshkeys.key_paths(kind)
        return self._run(node, ["cat", public]).strip()

    def is_online(self, node: str) -> bool:
        """Tell whether a node is not marked offline."""
        return node in self._online

    def _run(self, node: str, argv: list[str], data: bytes = b"") -> str:
        target = ssh.SshTarget(
            node=node, cluster=self._cluster, port=self._ports.get(node, ssh.DEFAULT_PORT), is_ipv6=self._is_ipv6
        )
        command = ssh.shell_argv(target, shlex.join(argv))
        problem = ""
        for _ in range(c.SSHS_MAX_RETRIES):
            result = run_cmd(command, timeout_s=_TIMEOUT_S, input=data)
            if not result.failed:
                return result.stdout
            # Only what it printed as errors: the input must not come back in a message.
            problem = f"{result.fail_reason}: {result.stderr.strip()[-400:]}"
        raise PeerError(problem)


def for_each(nodes: Iterable[str], work: Callable[[str], None]) -> Failures:
    """Do something on several nodes at a time; returns those where it failed."""

    def one(node: str) -> tuple[str, str] | None:
        try:
            work(node)
        except PeerError as err:
            return node, str(err)
        return None

    with ThreadPoolExecutor(_PARALLEL) as pool:
        return [failure for failure in pool.map(one, nodes) if failure is not None]
