"""post-upgrade: what a cluster needs once after it was changed from an older version to this one."""

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from ganeti import buildcfg
from ganeti import constants as c
from ganeti.bootstrap.upgrade.versions import Version, parse
from ganeti.tools.common import ToolError, run_tool
from ganeti.utils.process import run_cmd

_TIMEOUT_S: Final = 4 * 3600.0
#: Releases before these need the options, with which ``gnt-cluster renew-crypto`` is run.
_RENEWALS: Final = (
    # Nodes had no certificates of their own, or such that nodes of this version do not accept.
    (Version(2, 12, 5), ("--new-node-certificates", "-f")),
    # Nodes shared one SSH key.
    (Version(2, 13, 0), ("--new-ssh-keys", "--no-ssh-key-check", "-f")),
)


def renewals(old: Version) -> list[tuple[str, ...]]:
    """Return the options of each necessary call of renew-crypto after a change from version *old*."""
    found = (old.major, old.minor, old.revision or 0)
    return [options for before, options in _RENEWALS if found < (before.major, before.minor, before.revision or 0)]


def _run(old: Version) -> int:
    for options in renewals(old):
        result = run_cmd([f"{buildcfg.SBINDIR}/gnt-cluster", "renew-crypto", *options], timeout_s=_TIMEOUT_S)
        sys.stdout.write(result.stdout)
        if result.failed:
            raise ToolError(f"renew-crypto failed ({result.fail_reason}): {result.stderr.strip()}")
    return c.EXIT_SUCCESS


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="post-upgrade", description=__doc__)
    parser.add_argument("version", metavar="version-upgraded-from", help="release before the change, for example 4.0.1")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    try:
        options = build_parser().parse_args(argv)
    except SystemExit as stop:
        # Wrong arguments are an ordinary failure of this program.
        return c.EXIT_FAILURE if stop.code else c.EXIT_SUCCESS
    return run_tool("post-upgrade", lambda: _run(parse(options.version)))
