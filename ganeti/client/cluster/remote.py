"""gnt-cluster command and copyfile: the same on many nodes."""

import os
import sys
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from ganeti import constants as c
from ganeti import errors
from ganeti.cli.invocation import Invocation
from ganeti.client.node_targets import query_online
from ganeti.utils import net, ssh
from ganeti.utils.process import run_cmd

#: Commands may take as long as they want to, within reason.
_COMMAND_TIMEOUT_S: Final = 24 * 3600.0
_COPY_TIMEOUT_S: Final = 3600.0
_RULER: Final = "-" * 48


class _Node(NamedTuple):
    """A node to work on; *address* is where to connect to."""

    name: str
    address: str
    port: int


def _online_nodes(call: Invocation, *, secondary: bool) -> list[_Node]:
    """Return the wanted nodes that are not marked offline, and say which are left out."""
    options = call.options
    fields = ["sip" if secondary else "pip", "ndp/ssh_port"]
    rows = query_online(call, options.nodes or (), options.nodegroup, fields)
    return [_Node(name, address, int(port or ssh.DEFAULT_PORT)) for name, address, port in rows]


def _target(node: _Node, cluster_name: str, *, by_address: bool) -> ssh.SshTarget:
    return ssh.SshTarget(
        node=node.name,
        cluster=cluster_name,
        address=node.address if by_address else None,
        port=node.port,
        is_ipv6=net.is_ip(node.address, 6),
    )


def _cluster_and_master(call: Invocation) -> tuple[str, str]:
    cluster_name, master = call.client.query_config_values(["cluster_name", "master_node"])
    return str(cluster_name), str(master)


def copyfile(call: Invocation) -> int:
    """Copy a file to the same place of all or some nodes."""
    path = os.path.abspath(call.arguments[0])
    if not os.path.exists(path):
        raise errors.OpPrereqError(f"No such file: {path}", c.ECODE_INVAL)
    use_secondary = call.options.use_replication_network
    cluster_name, master = _cluster_and_master(call)
    exit_code = c.EXIT_SUCCESS
    for node in _online_nodes(call, secondary=use_secondary):
        if node.name == master:
            continue
        argv = ssh.copy_argv(_target(node, cluster_name, by_address=use_secondary), path)
        if argv is None:
            continue
        result = run_cmd(argv, timeout_s=_COPY_TIMEOUT_S)
        if result.failed:
            sys.stderr.write(f"Copy of file {path} to node {node.name} failed: {result.fail_reason}: {result.output}\n")
            exit_code = c.EXIT_FAILURE
    return exit_code


def _print_result(call: Invocation, node: str, result: Any) -> None:
    """Print what a command on one node has said."""
    output = result.output.rstrip("\n")
    print(_RULER)
    if call.options.show_machine_names:
        for line in output.split("\n"):
            print(f"{node}: {line}")
    else:
        print(f"node: {node}")
        print(output)
    print(f"return code = {result.exit_code}", flush=True)


def _in_order(nodes: Sequence[_Node], master: str) -> list[_Node]:
    """Return the nodes with the master last, so that a command that stops it does so after all others."""
    return sorted(nodes, key=lambda node: node.name == master)


def command(call: Invocation) -> int:
    """Run a command on one node after the other."""
    words = " ".join(call.arguments)
    cluster_name, master = _cluster_and_master(call)
    for node in _in_order(_online_nodes(call, secondary=False), master):
        argv = ssh.shell_argv(_target(node, cluster_name, by_address=False), words)
        result = run_cmd(argv, timeout_s=_COMMAND_TIMEOUT_S)
        if not (call.options.failure_only and result.exit_code == 0):
            _print_result(call, node.name, result)
    return c.EXIT_SUCCESS
