"""query-config: print values of the configuration that a confd server knows."""

import argparse
import sys
from collections.abc import Sequence

from ganeti import constants as c
from ganeti import serializer
from ganeti.tools.common import ToolError, run_tool
from ganeti.tools.confd_client import add_server_options, ask, open_client


def _run(options: argparse.Namespace) -> int:
    with open_client(options) as client:
        for path in options.query:
            reply = ask(client, c.CONFD_REQ_CONFIG_QUERY, path)
            if reply.status != c.CONFD_REPL_STATUS_OK:
                raise ToolError(
                    f"{path}: no such value" if reply.answer == c.CONFD_ERROR_ARGUMENT else str(reply.answer)
                )
            print(f"{path}\t{serializer.dumps(reply.answer).decode()}")
    return c.EXIT_SUCCESS


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="query-config", description=__doc__)
    add_server_options(parser, "127.0.0.1")
    parser.add_argument("query", nargs="+", help="JSON pointer, for example /cluster/cluster_name")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    options = build_parser().parse_args(sys.argv[1:] if argv is None else argv)
    return run_tool("query-config", lambda: _run(options))
