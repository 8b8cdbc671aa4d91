"""confd-client: ask a confd server one question of each classic type, then measure how fast it answers."""

import argparse
import sys
import time
from collections.abc import Sequence
from typing import Any, Final

from ganeti import constants as c
from ganeti.confd.client import ConfdClient, read_key
from ganeti.confd.wire import Reply
from ganeti.tools.common import ToolError, run_tool
from ganeti.utils import net

_TIMEOUT_S: Final = 10.0


def add_server_options(parser: argparse.ArgumentParser, default_address: str) -> None:
    """Add the options that tell which server to ask, and how."""
    parser.add_argument(
        "-a", "--address", dest="mc", metavar="<ADDRESS>", default=default_address, help="server (%(default)s)"
    )
    parser.add_argument("--hmac", metavar="<KEY>", default=None, help="text of the key (default: that of this node)")


def open_client(options: argparse.Namespace) -> ConfdClient:
    """Return a client for the one server in the options.

    A key that was read by a shell has lost the newline that belongs to it.
    """
    key = read_key() if options.hmac is None else f"{options.hmac.rstrip(chr(10))}\n".encode()
    return ConfdClient(key, [net.resolve(options.mc)])


def ask(client: ConfdClient, kind: int, query: Any = None) -> Reply:
    """Return the server's reply; raises ConfdClientError."""
    return client.ask(kind, query, timeout_s=_TIMEOUT_S)


def _good_answer(client: ConfdClient, what: str, kind: int, query: Any = None) -> Any:
    reply = ask(client, kind, query)
    if reply.status != c.CONFD_REPL_STATUS_OK:
        raise ToolError(f"{what}: status {reply.status}, answer {reply.answer!r}")
    print(f"{what}: OK")
    return reply.answer


def check(client: ConfdClient) -> None:
    """Ask all classic questions, print a line for each; raises ToolError at the first wrong answer."""
    _good_answer(client, "ping", c.CONFD_REQ_PING)
    master = _good_answer(client, "master", c.CONFD_REQ_CLUSTER_MASTER)
    fields = [c.CONFD_REQFIELD_NAME, c.CONFD_REQFIELD_IP, c.CONFD_REQFIELD_MNODE_PIP]
    values = _good_answer(client, "master's addresses", c.CONFD_REQ_CLUSTER_MASTER, {c.CONFD_REQQ_FIELDS: fields})
    if values[0] != master:
        raise ToolError(f"Two answers about the master: {master} and {values[0]}")
    role = _good_answer(client, "node role", c.CONFD_REQ_NODE_ROLE_BYNAME, master)
    if role != c.CONFD_NODE_ROLE_MASTER:
        raise ToolError(f"The master {master} has role {role}")
    nodes = _good_answer(client, "node addresses", c.CONFD_REQ_NODE_PIP_LIST)
    candidates = _good_answer(client, "candidate addresses", c.CONFD_REQ_MC_PIP_LIST)
    if not set(candidates) <= set(nodes) or values[2] not in candidates:
        raise ToolError(f"Addresses of nodes {nodes}, candidates {candidates}, master {values[2]} do not fit together")
    instances = _good_answer(client, "instance addresses", c.CONFD_REQ_INSTANCES_IPS_LIST)
    if not instances:
        print("node of instance addresses: no instance with an address")
        return
    query = {c.CONFD_REQQ_IPLIST: instances[:100]}
    owners = _good_answer(client, "node of instance addresses", c.CONFD_REQ_NODE_PIP_BY_INSTANCE_IP, query)
    if not all(status == c.CONFD_REPL_STATUS_OK and address in nodes for status, address, _ in owners):
        raise ToolError(f"Instance addresses without a node: {owners}")


def measure(client: ConfdClient, count: int) -> None:
    """Print how long *count* questions of two types take, one after the other."""
    for name, kind in (("ping", c.CONFD_REQ_PING), ("instance addresses", c.CONFD_REQ_INSTANCES_IPS_LIST)):
        start = time.perf_counter()
        for _ in range(count):
            ask(client, kind)
        took = time.perf_counter() - start
        print(f"{count} x {name}: {took:.3f} s, {count / took:.0f} per second")


def _run(options: argparse.Namespace) -> int:
    with open_client(options) as client:
        check(client)
        if options.requests > 0:
            measure(client, options.requests)
    return c.EXIT_SUCCESS


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="confd-client", description=__doc__)
    add_server_options(parser, "localhost")
    parser.add_argument(
        "-r", "--requests", metavar="<REQUESTS>", type=int, default=100, help="number of measured questions (100)"
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    options = build_parser().parse_args(sys.argv[1:] if argv is None else argv)
    return run_tool("confd-client", lambda: _run(options))
