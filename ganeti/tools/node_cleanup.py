"""node-cleanup: stop the daemons and remove the cluster from this node by hand.

Afterwards ``gnt-cluster init`` and ``gnt-node add`` work again on this node: they refuse directories with files of a
former cluster, so the copies of what was removed go into a directory of their own.
"""

import argparse
import glob
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from typing import Final

from ganeti import constants as c
from ganeti import pathutils
from ganeti.tools.common import ToolError, add_logging_options, run_tool, setup_logging
from ganeti.utils.argument_parser import ProgramParser
from ganeti.utils.files import remove_if_exists
from ganeti.utils.process import run_cmd

#: daemon-util gives every daemon half a minute before it kills it.
_STOP_TIMEOUT_S: Final = 300.0

#: What cannot be made again is kept aside, in case this was the wrong node.
_KEPT_ASIDE: Final = (
    pathutils.CLUSTER_CONF_FILE,
    pathutils.CLUSTER_DOMAIN_SECRET_FILE,
    pathutils.CONFD_HMAC_KEY,
    pathutils.NODED_CERT_FILE,
    pathutils.NODED_CLIENT_CERT_FILE,
    pathutils.RAPI_CERT_FILE,
    pathutils.SPICE_CERT_FILE,
    pathutils.SPICE_CACERT_FILE,
    pathutils.SSH_KNOWN_HOSTS_FILE,
    pathutils.SSH_PUB_KEYS,
)


def _removed() -> Iterator[str]:
    """Yield the files that mean nothing without the cluster: key files, jobs, former configurations."""
    yield from glob.glob(f"{glob.escape(pathutils.DATA_DIR)}/{c.SSCONF_FILEPREFIX}*")
    for directory in (pathutils.QUEUE_DIR, pathutils.CONFIG_HISTORY_DIR):
        for parent, _, names in os.walk(directory):
            yield from (f"{parent}/{name}" for name in names)


def cleanup(*, keep_backups: bool) -> None:
    """Stop all daemons and remove the cluster's files.

    Raises ToolError if a daemon does not stop; nothing was removed then.
    """
    result = run_cmd([pathutils.DAEMON_UTIL, "stop-all"], timeout_s=_STOP_TIMEOUT_S)
    if result.failed:
        raise ToolError(f"Cannot stop the daemons: {result.fail_reason}\n{result.output.strip()}")
    existing = [path for path in _KEPT_ASIDE if os.path.exists(path)]
    if existing and keep_backups:
        # For root alone, as mkdtemp makes it: there are keys among them.
        directory = tempfile.mkdtemp(prefix="removed-cluster.", dir=pathutils.DATA_DIR)
        for path in existing:
            os.rename(path, f"{directory}/{os.path.basename(path)}")
        print(f"The former cluster's configuration and keys are in {directory}")
    for path in (*existing, *_removed()):
        remove_if_exists(path)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = ProgramParser(prog="node-cleanup", description=__doc__)
    add_logging_options(parser)
    parser.add_argument("--no-backup", dest="backup", action="store_false", help="do not copy secrets before")
    parser.add_argument("--yes-do-it", "--ya-rly", dest="yes_do_it", action="store_true", help="really do it")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    options = build_parser().parse_args(argv)
    setup_logging(debug=options.debug, verbose=options.verbose)
    if not options.yes_do_it:
        print(
            "node-cleanup stops the daemons of this node and removes its cluster configuration, certificates and jobs."
            " If you are sure that this is the right node, give --yes-do-it.",
            file=sys.stderr,
        )
        return 1

    def action() -> int:
        cleanup(keep_backups=options.backup)
        return 0

    return run_tool("node-cleanup", action)
