"""Whether this node reaches others: by TCP, by ssh, and the master IP address."""

import concurrent.futures
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from ganeti import errors
from ganeti.rpc.transport import noded_port
from ganeti.utils import net
from ganeti.utils.process import run_cmd
from ganeti.utils.ssh import DEFAULT_PORT, SshTarget, hostname_problem, shell_argv

_PARALLEL: Final = 20
_SSH_TIMEOUT_S: Final = 60.0
#: What a node is asked for over ssh; a virtual node says its own name.
_NAME_COMMAND: Final = 'if test -z "$GANETI_HOSTNAME"; then hostname --fqdn; else echo "$GANETI_HOSTNAME"; fi'


def _problems(targets: Iterable[str], check: Callable[[str], str | None]) -> dict[str, str]:
    """Return the problem of each target that has one; targets are checked at the same time."""
    names = list(targets)
    with concurrent.futures.ThreadPoolExecutor(_PARALLEL, thread_name_prefix="Verify") as executor:
        return {name: text for name, text in zip(names, executor.map(check, names), strict=True) if text}


def check_tcp(nodes: Sequence[tuple[str, str, str]], candidates: Sequence[str], own_name: str) -> dict[str, str]:
    """Return the nodes that do not answer on one of their addresses; only candidates try.

    *nodes*: (name, primary address, secondary address).
    """
    if own_name not in candidates:
        return {}
    addresses = {name: (primary, secondary) for name, primary, secondary in nodes}
    own = addresses.get(own_name)
    if own is None:
        return {own_name: "Can't find my own primary/secondary IP in the node list"}
    port = noded_port()

    def check(name: str) -> str | None:
        primary, secondary = addresses[name]
        failed = []
        # A refused connection shows that the host is there. Sources matter: all virtual nodes share one machine.
        if not net.tcp_ping(primary, port, source=own[0], live=False):
            failed.append("primary")
        if secondary != primary and not net.tcp_ping(secondary, port, source=own[1], live=False):
            failed.append("secondary")
        return f"failure using the {' and '.join(failed)} interface(s)" if failed else None

    return _problems(addresses, check)


def check_master_ip(master_name: str, master_ip: str, candidates: Sequence[str], own_name: str) -> bool | None:
    """Tell whether this node reaches the master IP address; None on nodes that are no candidates."""
    if own_name not in candidates:
        return None
    if own_name == master_name:
        return net.owns_address(master_ip) or net.is_loopback(master_ip)
    return net.tcp_ping(master_ip, noded_port(), live=False)


def check_ssh(
    names: Iterable[str], cluster_name: str, ports: Mapping[str, int], *, is_ipv6: bool = False
) -> dict[str, str]:
    """Return the nodes that cannot be reached by ssh or do not have the name they should."""

    def check(name: str) -> str | None:
        target = SshTarget(node=name, cluster=cluster_name, port=ports.get(name, DEFAULT_PORT), is_ipv6=is_ipv6)
        try:
            result = run_cmd(shell_argv(target, _NAME_COMMAND), timeout_s=_SSH_TIMEOUT_S)
        except errors.OpExecError as err:
            return str(err)
        if result.failed:
            return f"ssh problem: {result.fail_reason}, output: {result.output.strip()}"
        return hostname_problem(name, result.stdout.strip())

    return _problems(names, check)
