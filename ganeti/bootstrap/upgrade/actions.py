"""What the steps of a change of the version do on the nodes.

As soon as daemons are stopped only programs of an installed version are used, by their full path: old and new program
need not understand each other's protocols, and the process that works here belongs to one of them.
"""

import logging
import os
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Final

import msgspec

from ganeti import buildcfg
from ganeti import constants as c
from ganeti.bootstrap.cluster_shell import ClusterShell
from ganeti.bootstrap.stopped_cluster import on_each, watcher_locked_out
from ganeti.bootstrap.upgrade import backup
from ganeti.bootstrap.upgrade.plan import Journal, Step
from ganeti.bootstrap.upgrade.records import read_release
from ganeti.bootstrap.upgrade.versions import Version
from ganeti.errors import OpExecError, OpPrereqError
from ganeti.luxi.client import Client
from ganeti.utils.process import run_cmd

_LOG = logging.getLogger(__name__)

_PAUSE_S: Final = 3600
#: For programs that run jobs and wait for them.
_LONG_S: Final = 4 * 3600.0
_RELEASE_FILE: Final = "release.json"


def library(version: Version) -> str:
    """Return the directory of a version's programs, the same on all nodes."""
    return f"{buildcfg.LIBROOT}/{version.directory}"


def installed_release(version: Version) -> tuple[str, int]:
    """Return release and configuration format of a version that is installed on this node. Raises OpPrereqError."""
    path = f"{library(version)}/{_RELEASE_FILE}"
    try:
        with open(path, encoding="utf-8") as file:
            return read_release(file.read())
    except FileNotFoundError:
        raise OpPrereqError(
            f"Version {version.directory} is not installed on this node: there is no {path}", c.ECODE_ENVIRON
        ) from None
    except (OSError, ValueError) as err:
        raise OpPrereqError(f"{path}: {err}", c.ECODE_ENVIRON) from err


class NodeActions:
    """Carries the steps out."""

    def __init__(
        self,
        shell: ClusterShell,
        inform: Callable[[str], None],
        *,
        poll_interval_s: float = c.UPGRADE_QUEUE_POLL_INTERVAL,
        drain_timeout_s: float = c.UPGRADE_QUEUE_DRAIN_TIMEOUT,
    ) -> None:
        self._shell = shell
        self._inform = inform
        self._poll_interval_s = poll_interval_s
        self._drain_timeout_s = drain_timeout_s
        #: What keeps the watcher out, besides its pause: the pause may end before daemons run again.
        self._watcher_lock = ExitStack()
        self._is_watcher_locked = False

    # the interface of the driver

    def observe(self, step: Step, journal: Journal) -> Journal:
        """Look at what a step is about to change."""
        if step not in (Step.DRAIN, Step.PAUSE_WATCHER):
            return journal
        with Client() as client:
            is_drained, until = client.query_config_values(["drain_flag", "watcher_pause"])
        if step is Step.DRAIN:
            return msgspec.structs.replace(journal, was_drained=bool(is_drained))
        return msgspec.structs.replace(journal, paused_until=until)

    def do(self, step: Step, journal: Journal) -> Journal:
        """Take a step."""
        match step:
            case Step.CHECK:
                self._check(journal)
            case Step.DRAIN:
                self._drain()
            case Step.PAUSE_WATCHER:
                self._inform("Pausing the watcher")
                with Client() as client:
                    client.set_watcher_pause(time.time() + _PAUSE_S)
            case Step.STOP:
                self._stop(journal.change.old_version)
            case Step.BACKUP:
                path = backup.make_backup()
                self._inform(f"The backup of the data directory is {path}")
                return msgspec.structs.replace(journal, backup=path)
            case Step.DOWNGRADE_CONFIG:
                self._inform("Converting the configuration to the older format")
                self._run(journal.change.old_version, "tools/cfgupgrade", "--downgrade", "-f")
            case Step.SWITCH:
                self._switch(journal.change.new_version)
            case Step.UPGRADE_CONFIG:
                self._inform("Converting the configuration")
                self._run(journal.change.new_version, "tools/cfgupgrade", "-f")
            case _:
                self._finish(step, journal)
        return journal

    def undo(self, step: Step, journal: Journal) -> None:
        """Undo a step."""
        old = journal.change.old_version
        match step:
            case Step.DRAIN:
                if not journal.was_drained:
                    self._inform("Undoing: accepting jobs again")
                    self._run(old, "sbin/gnt-cluster", "queue", "undrain")
            case Step.PAUSE_WATCHER:
                self._inform("Undoing: no pause of the watcher")
                rest_s = int((journal.paused_until or 0) - time.time())
                words = ("pause", f"{rest_s}s") if rest_s > 0 else ("continue",)
                self._run(old, "sbin/gnt-cluster", "watcher", *words)
            case Step.STOP:
                self._start(old)
                self._let_watcher_in()
            case Step.SWITCH:
                self._switch(old)
            case Step.DOWNGRADE_CONFIG | Step.UPGRADE_CONFIG if journal.backup is not None:
                self._inform("Undoing: the configuration of before")
                backup.restore_config(journal.backup)
            case _:
                pass

    def start_daemons(self, journal: Journal) -> None:
        """Start the daemons of the old version."""
        self._start(journal.change.old_version)

    # steps

    def _check(self, journal: Journal) -> None:
        """Check that all nodes have the same release of the new version. Raises OpPrereqError."""
        version = journal.change.new_version
        self._inform(f"Checking that version {version.directory} is installed on all nodes")
        expected = installed_release(version)
        path = f"{library(version)}/{_RELEASE_FILE}"

        def check(node: str) -> None:
            try:
                found = read_release(self._shell.run(node, ["cat", path]))
            except ValueError as err:
                raise OpExecError(f"{path} of node {node}: {err}") from err
            if found != expected:
                raise OpExecError(f"Node {node} has release {found[0]} installed, the master {expected[0]}")

        problems = on_each(self._shell.others, check)
        if problems:
            lines = [f"Version {version.directory} cannot be used on all nodes:", *problems]
            raise OpPrereqError("\n".join(lines), c.ECODE_ENVIRON)

    def _drain(self) -> None:
        """Let no new jobs in and wait until no job is left. Raises OpExecError when the time is over."""
        self._inform("Draining the job queue")
        deadline = time.monotonic() + self._drain_timeout_s
        told = 0
        with Client() as client:
            client.set_drain_flag(True)
            while left := self._unfinished_jobs(client):
                if time.monotonic() >= deadline:
                    hours = self._drain_timeout_s / 3600
                    raise OpExecError(f"{left} jobs are still not finished after {hours:g} hours")
                if left != told:
                    self._inform(f"Waiting for {left} jobs to finish")
                    told = left
                time.sleep(self._poll_interval_s)

    @staticmethod
    def _unfinished_jobs(client: Client) -> int:
        return sum(status not in c.JOBS_FINALIZED for (status,) in client.query_jobs(None, ["status"]))

    def _switch(self, version: Version) -> None:
        self._inform(f"All nodes use version {version.directory} from now on")
        self._everywhere(self._shell.nodes, f"{library(version)}/use-version")

    def _lock_watcher_out(self) -> None:
        if not self._is_watcher_locked:
            self._watcher_lock.enter_context(watcher_locked_out())
            self._is_watcher_locked = True

    def _let_watcher_in(self) -> None:
        self._watcher_lock.close()
        self._is_watcher_locked = False

    def _stop(self, version: Version) -> None:
        self._lock_watcher_out()
        self._inform("Stopping the daemons of all nodes")
        # The master first: its daemon would take the others for broken.
        program = f"{library(version)}/daemon-util"
        self._everywhere((self._shell.own_name,), program, "stop-all")
        self._everywhere(self._shell.others, program, "stop-all")

    def _start(self, version: Version) -> None:
        self._inform(f"Starting the daemons of version {version.directory} on all nodes")
        # The master last: its daemon asks all the others. It is started even if one of them fails.
        program = f"{library(version)}/daemon-util"
        problems = self._on_all(self._shell.others, program, "start-all")
        self._everywhere((self._shell.own_name,), program, "start-all")
        _raise_if(problems)

    def _finish(self, step: Step, journal: Journal) -> None:
        """Take a step after the point of no return."""
        old, new = journal.change.old_version, journal.change.new_version
        match step:
            case Step.START:
                self._start(new)
            case Step.REDISTRIBUTE:
                self._inform("Sending the configuration to all nodes")
                self._run(new, "sbin/gnt-cluster", "redist-conf", "--yes-do-it")
            case Step.RESTART:
                self._stop(new)
                self._start(new)
            case Step.UNDRAIN:
                self._let_watcher_in()
                self._inform("Accepting jobs again")
                self._run(new, "sbin/gnt-cluster", "queue", "undrain")
            case Step.POST_UPGRADE:
                self._run(new, "tools/post-upgrade", str(old))
            case Step.UNPAUSE_WATCHER:
                self._inform("Letting the watcher go on")
                self._run(new, "sbin/gnt-cluster", "watcher", "continue")
            case Step.VERIFY:
                self._inform("Verifying the cluster")
                self._run(new, "sbin/gnt-cluster", "verify", shows_output=True)
            case _:
                raise AssertionError(f"nobody carries out {step}")

    # running programs

    def _on_all(self, nodes: Iterable[str], *argv: str) -> list[str]:
        return on_each(nodes, lambda node: _ignore(self._shell.run(node, list(argv))))

    def _everywhere(self, nodes: Iterable[str], *argv: str) -> None:
        _raise_if(self._on_all(nodes, *argv))

    def _run(self, version: Version, program: str, *words: str, shows_output: bool = False) -> None:
        """Run a program of a version on this node. Raises OpExecError if it fails."""
        result = run_cmd([f"{library(version)}/{program}", *words], timeout_s=_LONG_S)
        output = result.output.strip()
        if output:
            _LOG.info("Output of %s: %s", program, output)
            if shows_output:
                self._inform(output)
        if result.failed:
            what = " ".join((os.path.basename(program), *words))
            details = "" if shows_output else f": {output}"
            raise OpExecError(f"{what} failed ({result.fail_reason}){details}")


def _ignore(_: object) -> None:
    """Forget a result."""


def _raise_if(problems: list[str]) -> None:
    if problems:
        raise OpExecError("\n".join(problems))
