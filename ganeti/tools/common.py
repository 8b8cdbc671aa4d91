"""What the tools share: logging to standard error, failing with a message."""

import argparse
import logging
import sys
from collections.abc import Callable

from ganeti import errors


class ToolError(Exception):
    """A tool cannot do its work; the text says why and goes to standard error."""


def add_logging_options(parser: argparse.ArgumentParser) -> None:
    """Add ``-d`` and ``-v``."""
    parser.add_argument("-d", "--debug", action="count", default=0, help="show what is being done in detail")
    parser.add_argument("-v", "--verbose", action="store_true", help="show what is being done")


def setup_logging(*, debug: int, verbose: bool) -> None:
    """Log to standard error: warnings, more on request."""
    if debug:
        logging.basicConfig(level=logging.DEBUG, format="%(asctime)s: %(name)s:%(lineno)d %(levelname)s %(message)s")
    elif verbose:
        logging.basicConfig(level=logging.INFO, format="%(levelname)s: %(message)s")
    else:
        logging.basicConfig(level=logging.WARNING, format="%(message)s")


def run_tool(name: str, action: Callable[[], int]) -> int:
    """Run *action* and return its exit code; expected errors become a message and 1."""
    try:
        return action()
    except (ToolError, errors.GenericError, OSError) as err:
        print(f"{name}: {err}", file=sys.stderr)
        return 1
