"""cfgupgrade: bring the configuration of another release to the format of this one, or down to the one before.

Nothing is written unless every step worked. The old configuration is kept beside the new one.
"""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from ganeti import constants as c
from ganeti import errors, pathutils, ssconf
from ganeti.bootstrap.secretfiles import make_cluster_secrets
from ganeti.cli import confirm
from ganeti.config import load, verify
from ganeti.config.oldformat import steps, versions
from ganeti.config.oldformat.steps import Outcome
from ganeti.tools import cfgupgrade_files, daemon_control
from ganeti.tools.cfgupgrade_files import Directories
from ganeti.tools.common import ToolError, add_logging_options, run_tool, setup_logging
from ganeti.utils import net
from ganeti.utils.accounts import owner
from ganeti.utils.files import backup_file, write_atomic

_LOG = logging.getLogger(__name__)

_CONFIG: Final = "config.data"
_NEEDED_FILES: Final = (_CONFIG, "server.pem", "known_hosts")
_MODE: Final = 0o600


class _Plan(NamedTuple):
    """What to write, and what to know about it."""

    config: dict[str, Any]
    content: bytes
    problems: list[str]


def _say(text: str) -> None:
    print(text, file=sys.stderr)


# checks


def check_place(places: Directories, *, ignores_hostname: bool) -> None:
    """Check that this is the master node and that its files are there. Raises ToolError."""
    missing = [name for name in _NEEDED_FILES if not os.path.exists(places.data_file(name))]
    if missing:
        raise ToolError(f"{places.data} lacks {', '.join(missing)}: is it the data directory of a cluster?")
    if ignores_hostname:
        return
    try:
        master = ssconf.SsconfReader(places.data).master_node()
    except errors.ConfigurationError as err:
        raise ToolError(f"Cannot tell which node is the master: {err}") from err
    if master != net.own_hostname():
        raise ToolError(f"Run this on the master node {master}, or use --ignore-hostname")


def check_no_daemons(places: Directories) -> None:
    """Check that no daemon works with the files. Raises ToolError."""
    if places.data != pathutils.DATA_DIR:
        return
    running = [name for name in daemon_control.START_ORDER if daemon_control.running_pid(name) is not None]
    if running:
        raise ToolError(f"Stop the daemons first ('daemon-util stop-all'): {', '.join(running)}")


def _question(places: Directories, *, is_downgrade: bool) -> str:
    direction = f"down to version {versions.split(versions.DOWNGRADED)}" if is_downgrade else "up to this release"
    return (
        f"The configuration in {places.data} will be brought {direction}. There should be a backup of that directory,"
        " and no Ganeti daemon may run on any node. Continue?"
    )


# the work


def read(places: Directories) -> dict[str, Any]:
    """Return the content of the configuration file. Raises ToolError."""
    path = places.data_file(_CONFIG)
    try:
        with open(path, "rb") as file:
            return steps.check_is_config(msgspec.json.decode(file.read()))
    except (OSError, msgspec.DecodeError, errors.GenericError) as err:
        raise ToolError(f"Cannot read {path}: {err}") from err


def convert(old: dict[str, Any], *, is_downgrade: bool) -> Outcome:
    """Return the new configuration and which steps failed. Raises ConfigurationError for an unknown version."""
    check = versions.check_downgradable if is_downgrade else versions.check_upgradable
    found = check(old["version"])
    if found.revision:
        _LOG.warning("The configuration has revision %d of version %s", found.revision, found)
    if is_downgrade:
        return steps.run(old, steps.downgrade_steps())
    return steps.run(old, steps.rewrite_steps() if versions.is_present(found) else steps.upgrade_steps())


def find_problems(content: bytes) -> list[str]:
    """Return what is wrong with a new configuration. Raises ConfigurationError if it cannot be used at all."""
    config, _ = load.parse(content)
    return [*verify.structural_problems(config), *verify.all_problems(config)]


def plan(places: Directories, *, is_downgrade: bool, verifies: bool) -> _Plan:
    """Return what to write. Raises ToolError if a step fails or the result could not be loaded."""
    outcome = convert(read(places), is_downgrade=is_downgrade)
    if outcome.problems:
        raise ToolError("\n".join(["These steps failed, nothing was written:", *outcome.problems]))
    content = msgspec.json.encode(outcome.config) + b"\n"
    if not verifies:
        return _Plan(outcome.config, content, [])
    try:
        return _Plan(outcome.config, content, find_problems(content))
    except errors.ConfigurationError as err:
        raise ToolError(
            f"The new configuration could not be loaded, nothing was written ({err}). Use --no-verify to write it"
            " nevertheless"
        ) from err


def write(places: Directories, planned: _Plan, *, is_downgrade: bool) -> None:
    """Write everything. Raises ToolError or OSError."""
    problems = [] if is_downgrade else cfgupgrade_files.run_all(places, planned.config)
    if problems:
        raise ToolError("\n".join(["These steps failed, the configuration was not written:", *problems]))
    path = places.data_file(_CONFIG)
    backup = backup_file(path)
    if backup is not None:
        os.chmod(backup, _MODE)
        _LOG.info("The old configuration is in %s", backup)
    uid, gid = owner("masterd", "confd")
    write_atomic(path, planned.content, mode=_MODE, uid=uid, gid=gid)
    if not is_downgrade:
        make_cluster_secrets(new_cluster_certificate=False, directory=places.data)


def _run(options: argparse.Namespace) -> int:
    places = Directories(os.path.abspath(options.data_dir), os.path.abspath(options.conf_dir))
    is_downgrade = options.downgrade
    check_place(places, ignores_hostname=options.ignore_hostname)
    if not options.dry_run:
        check_no_daemons(places)
        if not options.force and not confirm.confirm(_question(places, is_downgrade=is_downgrade)):
            return c.EXIT_FAILURE
    planned = plan(places, is_downgrade=is_downgrade, verifies=not (options.no_verify or is_downgrade))
    if options.dry_run:
        _LOG.info("Nothing is written because of --dry-run")
    else:
        write(places, planned, is_downgrade=is_downgrade)
    return _report(planned, is_dry_run=options.dry_run)


def _report(planned: _Plan, *, is_dry_run: bool) -> int:
    for problem in planned.problems:
        _say(f"Problem: {problem}")
    if planned.problems:
        _say("The configuration has the problems above, which need not be new; correct them")
        if is_dry_run:
            return c.EXIT_FAILURE
    if is_dry_run:
        _say("The configuration can be converted")
        return c.EXIT_SUCCESS
    if planned.config["version"] != c.CONFIG_VERSION:
        _say(f"The configuration was converted to version {versions.split(planned.config['version'])}")
        return c.EXIT_SUCCESS
    _say("The configuration was converted. Start the daemons, and run 'gnt-cluster redist-conf' and verify then")
    if not planned.config["cluster"].get("candidate_certs"):
        _say("The nodes have no certificates of their own yet: run 'gnt-cluster renew-crypto --new-node-certificates'")
    return c.EXIT_SUCCESS


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="cfgupgrade", description=__doc__)
    add = parser.add_argument
    add_logging_options(parser)
    add("--confdir", dest="conf_dir", default=pathutils.CONF_DIR, help="configuration directory")
    add("--path", dest="data_dir", default=pathutils.DATA_DIR, help="data directory")
    add("--downgrade", action="store_true", help="convert to the format of the release before this one")
    add("--dry-run", action="store_true", default=None, help="convert and check, write nothing")
    add("-f", "--force", action="store_true", help="do not ask for confirmation")
    add("--ignore-hostname", action="store_true", help="do not check that this is the master node")
    add("--no-verify", action="store_true", help="do not check the new configuration")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    options = build_parser().parse_args(argv)
    setup_logging(debug=options.debug, verbose=options.verbose)
    return run_tool("cfgupgrade", lambda: _run(options))
