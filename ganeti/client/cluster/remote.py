"""gnt-cluster command and copyfile: the same on many nodes."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple, TypeVar

from ganeti import constants as c
from ganeti import errors
from ganeti.cli.invocation import Invocation
from ganeti.client.node_targets import query_online
from ganeti.utils import net, ssh
from ganeti.utils.process import CmdResult, run_cmd

#: Commands may take as long as they want to, within reason.
_COMMAND_TIMEOUT_S: Final = 24 * 3600.0
_COPY_TIMEOUT_S: Final = 3600.0
_RULER: Final = "-" * 48
#: On so many nodes at a time: each is a process here.
_PARALLEL: Final = 16


ResultT = TypeVar("ResultT")


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


def _on_all(nodes: Sequence[_Node], work: Callable[[_Node], ResultT]) -> Iterator[tuple[_Node, ResultT]]:
    """Do something for several nodes at a time; yield the results in the order of the nodes."""
    with ThreadPoolExecutor(_PARALLEL) as pool:
        yield from zip(nodes, pool.map(work, nodes), strict=True)


def copyfile(call: Invocation) -> int:
    """Copy a file to the same place of all or some nodes."""
    path = os.path.abspath(call.arguments[0])
    if not os.path.exists(path):
        raise errors.OpPrereqError(f"No such file: {path}", c.ECODE_INVAL)
    use_secondary = call.options.use_replication_network
    cluster_name, master = _cluster_and_master(call)
    nodes = [node for node in _online_nodes(call, secondary=use_secondary) if node.name != master]

    def copy(node: _Node) -> CmdResult | None:
        argv = ssh.copy_argv(_target(node, cluster_name, by_address=use_secondary), path)
        return run_cmd(argv, timeout_s=_COPY_TIMEOUT_S) if argv is not None else None

    exit_code = c.EXIT_SUCCESS
    for node, result in _on_all(nodes, copy):
        if result is not None and result.failed:
            output = result.output.strip()
            sys.stderr.write(f"Copy of file {path} to node {node.name} failed: {result.fail_reason}: {output}\n")
            exit_code = c.EXIT_FAILURE
    return exit_code


def _print_result(call: Invocation, node: str, result: CmdResult) -> None:
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


def command(call: Invocation) -> int:
    """Run a command on several nodes at a time, and on the master when all others are done: it may stop the cluster."""
    words = " ".join(call.arguments)
    cluster_name, master = _cluster_and_master(call)
    nodes = _online_nodes(call, secondary=False)

    def run(node: _Node) -> CmdResult:
        argv = ssh.shell_argv(_target(node, cluster_name, by_address=False), words)
        return run_cmd(argv, timeout_s=_COMMAND_TIMEOUT_S)

    exit_code = c.EXIT_SUCCESS
    for turn in ([node for node in nodes if node.name != master], [node for node in nodes if node.name == master]):
        for node, result in _on_all(turn, run):
            if result.failed:
                exit_code = c.EXIT_FAILURE
            if result.failed or not call.options.failure_only:
                _print_result(call, node.name, result)
    return exit_code
