"""gnt-cluster upgrade: change the whole cluster to another installed version."""

import logging
import os
import signal
import sys

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.bootstrap.cluster_shell import shell_of
from ganeti.bootstrap.upgrade import plan, versions
from ganeti.bootstrap.upgrade.actions import NodeActions, installed_release
from ganeti.bootstrap.upgrade.driver import Driver
from ganeti.bootstrap.upgrade.records import Intent, Records
from ganeti.cli import failures, log
from ganeti.cli.invocation import Invocation
from ganeti.luxi import role
from ganeti.ssconf import SsconfReader
from ganeti.utils.files import flock

_LOG = logging.getLogger(__name__)


def _inform(text: str) -> None:
    _LOG.info("%s", text)
    try:
        print(text, flush=True)
    except OSError:
        # The terminal is gone, which must not stop a cluster half-way; the log has the text.
        sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def _fail(text: str) -> failures.ExitError:
    return failures.ExitError(c.EXIT_FAILURE, text)


def run(call: Invocation) -> int:
    """Change the version, or go on with a change that was interrupted."""
    wanted = call.options.to
    if bool(wanted) == bool(call.options.resume):
        raise _fail("Give exactly one of --to and --resume.")
    target = versions.parse(wanted) if wanted else None
    records = Records()
    if target is None:
        if records.intent() is None:
            return c.EXIT_SUCCESS
        if not role.is_this_node_master():
            sys.stderr.write("This node is not the master, nothing is done.\n")
            return c.EXIT_NOTMASTER
    role.require_master()
    log.setup(call)
    try:
        with flock(pathutils.UPGRADE_LOCK_FILE, timeout_s=0):
            return _run(records, target)
    except errors.LockError:
        raise _fail(f"Another process is changing the version already{_whose(records.intent())}.") from None


def _whose(intent: Intent | None) -> str:
    return f" (to {intent.new}, process {intent.pid})" if intent else ""


def _run(records: Records, target: versions.Version | None) -> int:
    intent = records.intent()
    if intent is None:
        if target is None:
            return c.EXIT_SUCCESS
        journal = plan.Journal(_change(versions.parse(c.RELEASE_VERSION), target))
        plan.check(journal.change)
    else:
        if target is not None and target != versions.parse(intent.new):
            raise _fail(
                f"A change from version {intent.old} to {intent.new} is not finished; go on with it first:"
                " gnt-cluster upgrade --resume"
            )
        journal = _journal_of(records, intent)
    # The terminal that this was started from may go away; the change goes on.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    driver = Driver(NodeActions(shell_of(SsconfReader()), _inform), records, journal, _inform)
    if intent is None:
        return driver.start()
    _inform(f"Going on with the change from version {intent.old} to {intent.new}")
    return driver.resume()


def _change(old: versions.Version, new: versions.Version) -> plan.Change:
    """Return what changes. Raises OpPrereqError if the new version is not installed here."""
    versions.check_range(old, new)
    release, new_format = installed_release(new)
    if new.revision is not None and new != versions.parse(release):
        raise errors.OpPrereqError(f"Not {new} but {release} is installed on this node", c.ECODE_ENVIRON)
    return plan.Change(str(old), str(new), installed_release(old)[1], new_format)


def _journal_of(records: Records, intent: Intent) -> plan.Journal:
    """Return how far an interrupted change got; without a journal, that it has begun."""
    journal = records.journal()
    if journal is not None and (journal.change.old, journal.change.new) == (intent.old, intent.new):
        return journal
    change = _change(versions.parse(intent.old), versions.parse(intent.new))
    return plan.Journal(change, begun=(plan.Step.INTENT,))
