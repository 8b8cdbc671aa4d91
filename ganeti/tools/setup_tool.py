"""The frame of tools that set a node up: JSON on standard input, checked whole, applied unless it is a dry run."""

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

from ganeti import constants as c
from ganeti.bootstrap.setup_input import parse_input
from ganeti.tools.common import add_logging_options, run_tool, setup_logging

_log = logging.getLogger(__name__)

Given = TypeVar("Given")


def run_setup_tool(
    argv: Sequence[str] | None,
    *,
    name: str,
    description: str | None,
    kind: type[Given],
    check: Callable[[Given], None],
    apply: Callable[[Given], None],
) -> int:
    """Run a tool called *name*: read a *kind* from standard input, *check* it, *apply* it; returns the exit code."""
    parser = argparse.ArgumentParser(prog=name, description=description)
    add_logging_options(parser)
    parser.add_argument("--dry-run", action="store_true", help="check the input, change nothing")
    options = parser.parse_args(argv)
    setup_logging(debug=options.debug, verbose=options.verbose)

    def run() -> int:
        given = parse_input(sys.stdin.buffer.read(), kind)
        check(given)
        if options.dry_run:
            _log.info("Everything fits; nothing is changed because of --dry-run")
        else:
            apply(given)
        return c.EXIT_SUCCESS

    return run_tool(name, run)
