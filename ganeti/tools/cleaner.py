"""ganeti-cleaner: remove what nobody needs any more; meant to be run once a day."""

import contextlib
import fnmatch
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TextIO

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.ssconf import SsconfReader, key_file
from ganeti.utils import x509

#: A file goes when it is older than this, in whole days.
_MAX_AGE_DAYS: Final = 21
_DAY_S: Final = 86400
_KEPT_LOGS: Final = 50
_LOG_PATTERN: Final = "cleaner-*.log"
_WATCHER_PATTERNS: Final = ("watcher.*-*-*-*.data", "watcher.*-*-*-*.instance-status")
_CERTIFICATE: Final = "cert"
_PRIVATE_KEY: Final = "key"

NODE: Final = "node"
MASTER: Final = "master"
#: For the dump of the interface.
POSITIONAL: Final = ("node|master",)
_LOG_DIRS: Final = {NODE: "cleaner", MASTER: "master-cleaner"}


def _entries(directory: str) -> list[os.DirEntry[str]]:
    """Return what is in a directory, nothing if it does not exist."""
    try:
        with os.scandir(directory) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except FileNotFoundError:
        return []


def _is_file(entry: os.DirEntry[str]) -> bool:
    return entry.is_file(follow_symlinks=False)


def _is_directory(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)


@dataclass(frozen=True)
class Cleaner:
    """One run; *now* is Unix time, *say* writes a line to the log."""

    now: float
    say: Callable[[str], None]

    def _age_days(self, entry: os.DirEntry[str]) -> int:
        return int((self.now - entry.stat(follow_symlinks=False).st_mtime) // _DAY_S)

    def _is_old(self, entry: os.DirEntry[str]) -> bool:
        return self._age_days(entry) > _MAX_AGE_DAYS

    def _remove(self, path: str, remove: Callable[[str], None] = os.unlink) -> None:
        """Remove one thing; a failure is a line in the log and no reason to keep the rest."""
        try:
            remove(path)
        except FileNotFoundError:
            return  # Somebody else was faster.
        except OSError as err:
            self.say(f"Cannot remove {path}: {err.strerror}")
            return
        self.say(f"Removed {path}")

    def clean_node(self) -> None:
        """Clean what every node has."""
        self._clean_crypto_keys()
        if os.path.exists(key_file(c.SS_MASTER_NODE)):
            self._clean_watcher_files()
            self._clean_reasons()

    def clean_master(self) -> None:
        """Clean what candidates have of the master."""
        if os.path.exists(key_file(c.SS_MASTER_NODE)):
            self._clean_archive()

    def _clean_crypto_keys(self) -> None:
        """Remove keys of transfers whose certificates have expired, and directories that transfers left empty."""
        for entry in filter(_is_directory, _entries(pathutils.CRYPTO_KEYS_DIR)):
            if self._has_expired(f"{entry.path}/{_CERTIFICATE}"):
                for name in (_CERTIFICATE, _PRIVATE_KEY):
                    self._remove(f"{entry.path}/{name}")
                self._remove_if_empty(entry.path)
            elif self._age_days(entry) > 0:
                # A new one without files may be about to get them.
                self._remove_if_empty(entry.path)

    def _has_expired(self, path: str) -> bool:
        try:
            return x509.is_expired(x509.load_certificate(path), now=self.now)
        except FileNotFoundError:
            return False
        except (OSError, ValueError) as err:
            self.say(f"Cannot read {path}: {err}")
            return False

    def _remove_if_empty(self, directory: str) -> None:
        if not _entries(directory):
            self._remove(directory, os.rmdir)

    def _clean_watcher_files(self) -> None:
        """Remove what watchers of removed node groups left."""
        for entry in filter(_is_file, _entries(pathutils.DATA_DIR)):
            if any(fnmatch.fnmatchcase(entry.name, pattern) for pattern in _WATCHER_PATTERNS) and self._is_old(entry):
                self._remove(entry.path)

    def _clean_reasons(self) -> None:
        """Remove the reasons for the states of instances that are gone."""
        try:
            instances = set(SsconfReader().lines(c.SS_INSTANCE_LIST))
        except errors.ConfigurationError as err:
            self.say(f"Cannot tell which instances there are: {err}")
            return
        for entry in filter(_is_file, _entries(pathutils.INSTANCE_REASON_DIR)):
            # A new instance may have its reason before the nodes know its name.
            if entry.name not in instances and self._age_days(entry) > 0:
                self._remove(entry.path)

    def _clean_archive(self) -> None:
        """Remove old jobs, and directories of the archive that have been empty for as long."""
        for directory in filter(_is_directory, _entries(pathutils.JOB_QUEUE_ARCHIVE_DIR)):
            # Asked before its files go: that would count as a change.
            is_old = self._is_old(directory)
            self._clean_tree(directory.path)
            if is_old:
                self._remove_if_empty(directory.path)

    def _clean_tree(self, directory: str) -> None:
        for entry in _entries(directory):
            if _is_directory(entry):
                self._clean_tree(entry.path)
            elif _is_file(entry) and self._is_old(entry):
                self._remove(entry.path)


def remove_old_logs(directory: str) -> None:
    """Remove all but the newest logs of earlier runs."""
    logs = [entry for entry in _entries(directory) if _is_file(entry) and fnmatch.fnmatch(entry.name, _LOG_PATTERN)]
    logs.sort(key=lambda entry: entry.stat(follow_symlinks=False).st_mtime, reverse=True)
    for entry in logs[_KEPT_LOGS:]:
        with contextlib.suppress(OSError):
            os.unlink(entry.path)


@contextlib.contextmanager
def _log_file(directory: str, now: float) -> Iterator[TextIO]:
    os.makedirs(directory, mode=0o750, exist_ok=True)
    remove_old_logs(directory)
    stamp = time.strftime("%Y-%m-%dT%H_%M", time.localtime(now))
    with open(f"{directory}/cleaner-{stamp}.{os.getpid()}.log", "a", encoding="utf-8", buffering=1) as file:
        yield file


def clean(what: str) -> None:
    """Clean the node or what it has of the master, and write a log. Raises OSError if there can be no log."""
    now = time.time()
    with _log_file(f"{pathutils.LOG_DIR}/{_LOG_DIRS[what]}", now) as log:

        def say(text: str) -> None:
            log.write(f"{text}\n")

        say(f"Cleaner ({what}) started at {time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(now))}")
        cleaner = Cleaner(now, say)
        if what == NODE:
            cleaner.clean_node()
        else:
            cleaner.clean_master()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words == ["--help-completion"]:
        print(f"choices={NODE},{MASTER} 1 1")
        return c.EXIT_SUCCESS
    if len(words) != 1 or words[0] not in _LOG_DIRS:
        print(f"Usage: ganeti-cleaner {{{NODE}|{MASTER}}}", file=sys.stderr)
        return c.EXIT_FAILURE
    os.umask(0o027)
    try:
        clean(words[0])
    except OSError as err:
        # What could not be cleaned today can be tomorrow; cron shall tell, not fail.
        print(f"ganeti-cleaner: {err}", file=sys.stderr)
    return c.EXIT_SUCCESS
