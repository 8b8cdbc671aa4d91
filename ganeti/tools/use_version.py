"""use-version: let this node use the version of the software that this program belongs to.

Versions are installed side by side. Two links in the configuration directory lead to the one that a node uses; what
starts programs of the node goes through them. Daemons that run go on as they are.
"""

import argparse
import logging
from collections.abc import Sequence
from typing import Final

from ganeti import buildcfg, pathutils
from ganeti.tools import ensure_dirs
from ganeti.tools.common import ToolError, add_logging_options, run_tool, setup_logging
from ganeti.utils.files import fsync_dir, link_atomic

_log = logging.getLogger(__name__)

LINKS: Final = {
    pathutils.VERSION_LIB_LINK: buildcfg.PKGLIBDIR,
    pathutils.VERSION_SHARE_LINK: buildcfg.SHAREDIR,
}


def run() -> None:
    """Do what the program does. Raises ToolError or OSError."""
    if not buildcfg.IS_INSTALLED:
        raise ToolError("This is a source tree, which no node can be told to use; install it")
    # Before anything else: the directory of the links may be missing.
    ensure_dirs.run()
    for link, target in LINKS.items():
        _log.info("Linking %s to %s", link, target)
        link_atomic(link, target)
    fsync_dir(pathutils.CONF_DIR)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="use-version", description=__doc__)
    add_logging_options(parser)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    options = build_parser().parse_args(argv)
    setup_logging(debug=options.debug, verbose=options.verbose)

    def action() -> int:
        run()
        return 0

    return run_tool("use-version", action)
