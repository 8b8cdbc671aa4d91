"""ganeti-masterd: the daemon on the master node that decides everything."""

import argparse
import logging
import sys
from collections.abc import Sequence

from ganeti import buildcfg, errors, pathutils
from ganeti import constants as c
from ganeti.server.launch import Daemon, StartError, run
from ganeti.server.master import Master
from ganeti.ssconf import SsconfReader
from ganeti.utils.accounts import owner

_LOG = logging.getLogger(__name__)


class MasterDaemon(Daemon):
    """The master daemon for ``launch.run``."""

    NAME = c.MASTERD
    ROLE = "masterd"
    WARN_DEBUG = True

    def __init__(self) -> None:
        self._master: Master | None = None

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options about the vote for the master."""
        parser.add_argument("--no-voting", action="store_true", help="Do not check that the nodes agree on this node")
        parser.add_argument("--yes-do-it", action="store_true", help="Override the interactive check of --no-voting")
        parser.add_argument("--force-node", action="store_true", help="Do not check that this node is the master")

    def check(self, options: argparse.Namespace) -> None:
        """Check the node's role, and that skipping the vote is meant."""
        check_groups()
        if not options.force_node:
            check_role(SsconfReader())
        if options.no_voting and not options.yes_do_it:
            confirm_no_voting()

    def prepare(self, options: argparse.Namespace) -> None:
        """Load the configuration and win the vote."""
        self._master = Master(is_voting=not options.no_voting, is_forced=options.force_node)

    def start(self) -> None:
        """Take the queue and serve."""
        self.master.start()

    def stop_accepting(self) -> None:
        """Refuse new jobs."""
        self.master.stop_accepting()

    def stop(self) -> None:
        """Let running jobs end."""
        self.master.wait_for_jobs()
        self.master.close()

    def hurry(self) -> bool:
        """Leave running jobs alone."""
        self.master.hurry()
        return True

    @property
    def master(self) -> Master:
        """What was prepared."""
        assert self._master is not None
        return self._master


def check_groups() -> None:
    """Check that this process may give files to the groups of the daemons that read them. Raises StartError."""
    for role in ("confd", "daemons"):
        if owner("masterd", role).gid == -1:
            user, group = buildcfg.user_of("masterd"), buildcfg.group_of(role)
            raise StartError(f"The user {user} is not in the group {group}, run {pathutils.TOOLSDIR}/users-setup")


def check_role(ssconf: SsconfReader) -> None:
    """Check that this node is the master according to its own files.

    Raises StartError with the exit code that start scripts know.
    """
    try:
        is_master = ssconf.is_master()
    except errors.ConfigurationError as err:
        raise StartError(f"This machine is not part of a cluster: {err}", c.EXIT_NODESETUP_ERROR) from None
    except errors.ResolverError as err:
        raise StartError(f"Cannot resolve this node's own name: {err}", c.EXIT_NODESETUP_ERROR) from None
    if not is_master:
        raise StartError(f"This node is not the master, that is {ssconf.master_node()}", c.EXIT_NOTMASTER)


def confirm_no_voting() -> None:
    """Ask whether to start without the other nodes' consent.

    Raises StartError if nobody can answer or the answer is not YES.
    """
    if not sys.stdin.isatty():
        raise StartError("Use --no-voting together with --yes-do-it: a second master would destroy the cluster")
    print("Starting without asking the other nodes destroys data if another master daemon runs anywhere.")
    if input("To go on, type YES in capital letters: ") != "YES":
        raise StartError("Not started", c.EXIT_CONFIRMATION)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the master daemon."""
    return run(MasterDaemon(), argv)
