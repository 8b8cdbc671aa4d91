"""Running programs on the nodes of the cluster and copying files to them by SSH, while no daemon may run."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ganeti import errors
from ganeti.ssconf import SsconfReader
from ganeti.utils import net, ssh
from ganeti.utils.process import run_cmd

_TIMEOUT_S: Final = 600.0


@dataclass(frozen=True)
class ClusterShell:
    """How the nodes are reached; everything is known before the daemons stop.

    Attributes:
      own_name: this node, the master; commands for it run here.
      nodes: names of the nodes that are not offline, this one first.
      ports: SSH port by node name.
    """

    cluster_name: str
    own_name: str
    nodes: tuple[str, ...]
    ports: dict[str, int]
    is_ipv6: bool
    checks_host_key: bool = True

    @property
    def others(self) -> tuple[str, ...]:
        """The nodes besides this one."""
        return tuple(name for name in self.nodes if name != self.own_name)

    def _target(self, node: str) -> ssh.SshTarget:
        return ssh.SshTarget(
            node=node,
            cluster=self.cluster_name,
            port=self.ports.get(node, ssh.DEFAULT_PORT),
            is_ipv6=self.is_ipv6,
            checks_host_key=self.checks_host_key,
        )

    def run(self, node: str, argv: Sequence[str], data: bytes = b"") -> str:
        """Run a program on a node with *data* on its standard input; returns its standard output.

        Raises OpExecError if it fails.
        """
        command = list(argv) if node == self.own_name else ssh.shell_argv(self._target(node), shlex.join(argv))
        result = run_cmd(command, timeout_s=_TIMEOUT_S, input=data)
        if result.failed:
            raise errors.OpExecError(
                f"Running '{shlex.join(argv)}' on node {node} failed ({result.fail_reason}): {result.output.strip()}"
            )
        return result.stdout

    def copy(self, node: str, path: str) -> None:
        """Copy a file of this node to the same place on another one. Raises OpExecError."""
        argv = ssh.copy_argv(self._target(node), path)
        if argv is None:
            return
        result = run_cmd(argv, timeout_s=_TIMEOUT_S)
        if result.failed:
            raise errors.OpExecError(
                f"Copying {path} to node {node} failed ({result.fail_reason}): {result.output.strip()}"
            )


def shell_of(reader: SsconfReader, *, checks_host_key: bool = True) -> ClusterShell:
    """Return how the nodes are reached according to this node's files. Raises ConfigurationError."""
    own_name = net.own_hostname()
    others = sorted(name for name in reader.online_nodes() if name != own_name)
    return ClusterShell(
        cluster_name=reader.cluster_name(),
        own_name=own_name,
        nodes=(own_name, *others),
        ports=reader.ssh_ports(),
        is_ipv6=net.is_ip(reader.node_primary_ips().get(own_name, ""), 6),
        checks_host_key=checks_host_key,
    )
