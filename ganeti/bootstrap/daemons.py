"""Starting and stopping the daemons of this node, and waiting until they answer."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.luxi.client import Client
from ganeti.rpc.client import RpcClient
from ganeti.rpc.identity import NodeIdentity
from ganeti.rpc.procedures import version
from ganeti.rpc.resolvers import DnsResolver, StaticResolver
from ganeti.rpc.transport import NodeTransport, noded_port
from ganeti.utils import net
from ganeti.utils.process import run_cmd

_DAEMON_UTIL_TIMEOUT_S: Final = 300.0
_WAIT_S: Final = 10.0
_FIRST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 1.0
#: Waiting gives up connecting early: it asks again soon.
_CONNECT_TIMEOUT_S: Final = 2.0


def daemon_util(*arguments: str) -> None:
    """Run daemon-util.

    Raises OpExecError if it fails.
    """
    result = run_cmd([pathutils.DAEMON_UTIL, *arguments], timeout_s=_DAEMON_UTIL_TIMEOUT_S)
    if result.failed:
        raise errors.OpExecError(f"daemon-util {' '.join(arguments)} failed ({result.fail_reason}): {result.output}")


@contextmanager
def rpc_to(addresses: dict[str, str]) -> Iterator[RpcClient]:
    """Give an RPC client that knows the addresses of nodes by name, for use without a configuration."""
    client = RpcClient(
        StaticResolver(addresses, DnsResolver()),
        NodeTransport(NodeIdentity(), connect_timeout_s=_CONNECT_TIMEOUT_S),
    )
    try:
        yield client
    finally:
        client.close()


def _wait(what: str, problem: Callable[[], str | None], timeout_s: float) -> None:
    """Wait until *problem* returns None; raises OpExecError with the last problem when the time is over."""
    deadline = time.monotonic() + timeout_s
    pause_s = _FIRST_PAUSE_S
    while (found := problem()) is not None:
        if time.monotonic() >= deadline:
            raise errors.OpExecError(f"{what} does not answer after {timeout_s:g} s: {found}")
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, _LONGEST_PAUSE_S)


def wait_for_noded(node_name: str, address: str, timeout_s: float = _WAIT_S) -> None:
    """Wait until a node daemon answers with our protocol version.

    Raises OpExecError.
    """

    def problem() -> str | None:
        # First a look at the port: a failed call is an error in every log, a daemon that is starting is none.
        if not net.tcp_ping(address, noded_port(), timeout_s=_CONNECT_TIMEOUT_S):
            return "nobody listens"
        # A client for each attempt: the transport takes an unreachable node for unreachable for a while.
        with rpc_to({node_name: address}) as rpc:
            answer = rpc.call_one(node_name, version)
        if answer.fail_msg is None and answer.payload != c.PROTOCOL_VERSION:
            raise errors.OpExecError(
                f"Node {node_name} speaks protocol version {answer.payload}, not {c.PROTOCOL_VERSION}"
            )
        return answer.fail_msg

    _wait(f"The node daemon of {node_name}", problem, timeout_s)


def wait_for_masterd(timeout_s: float = _WAIT_S) -> None:
    """Wait until the master daemon answers.

    Raises OpExecError.
    """

    def problem() -> str | None:
        try:
            with Client() as client:
                client.query_config_values(["cluster_name"])
        except (errors.GenericError, OSError) as err:
            return str(err) or type(err).__name__
        return None

    _wait("The master daemon", problem, timeout_s)
