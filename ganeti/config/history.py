"""The former versions of the configuration file, for the administrator who must see or undo what happened.

The file is never changed in place, only replaced. So to keep the version that is being replaced takes a second name for
it, no copy. All versions of the last moments are kept, and of those before them one for each hour and each day.
"""

import datetime
import logging
import os
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

_LOG = logging.getLogger(__name__)

#: Versions that are kept whatever their age.
NEWEST: Final = 10
_HOUR_S: Final = 3600
_DAY_S: Final = 24 * _HOUR_S
#: Until this age one version an hour is kept, beyond it one a day.
HOURLY_S: Final = _DAY_S
#: Nothing older is kept, but for the newest ones.
DAILY_S: Final = 14 * _DAY_S
#: All versions together; a cluster with 20,000 instances has 40 MB a version.
_MAX_BYTES: Final = 512 << 20
#: They hold the secrets of the cluster, and nobody but the master daemon has to do with them.
_DIRECTORY_MODE: Final = 0o700
_NAME: Final = re.compile(r"config\.data\.(\d{8}T\d{6}\.\d{6})Z")
_NAME_FORMAT: Final = "config.data.%Y%m%dT%H%M%S.%fZ"
_TIME_FORMAT: Final = "%Y%m%dT%H%M%S.%f"


class KeptVersion(NamedTuple):
    """A version in the directory: its name, when it was written (Unix seconds) and its size in bytes."""

    name: str
    written_at: float
    size: int


def superfluous(versions: Sequence[KeptVersion], now: float, *, max_bytes: int = _MAX_BYTES) -> list[KeptVersion]:
    """Return the versions that need not be kept any longer; *now* is the Unix time.

    In each hour and day it is the oldest version that stays: the newest one would be replaced again and again, and
    would never grow old enough to become that of a day.
    """
    by_age = sorted(versions, key=lambda version: version.written_at)
    older = by_age[:-NEWEST]
    seen: set[tuple[int, int]] = set()
    leaving = []
    for version in older:
        age_s = now - version.written_at
        step_s = _HOUR_S if age_s <= HOURLY_S else _DAY_S
        slot = (step_s, int(version.written_at // step_s))
        if age_s > DAILY_S or slot in seen:
            leaving.append(version)
        seen.add(slot)
    staying = [version for version in by_age if version not in leaving]
    excess = sum(version.size for version in staying) - max_bytes
    for version in staying[:-1]:
        if excess <= 0:
            break
        leaving.append(version)
        excess -= version.size
    return leaving


def name_of(written_at_ns: int) -> str:
    """Return the name of the version that was written at a time (nanoseconds since the epoch)."""
    time = datetime.datetime.fromtimestamp(written_at_ns // 1_000_000_000, datetime.UTC)
    return time.replace(microsecond=written_at_ns // 1000 % 1_000_000).strftime(_NAME_FORMAT)


def _written_at(name: str) -> float | None:
    """Return the time in the name of a version; None for another file."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    return datetime.datetime.strptime(found[1], _TIME_FORMAT).replace(tzinfo=datetime.UTC).timestamp()


class History:
    """The directory with the former versions.

    That a version cannot be kept must not keep the next one from being written: it is logged, once.
    """

    def __init__(self, directory: str) -> None:
        """*directory* is made when it is needed."""
        self._directory = directory
        self._kept: list[KeptVersion] | None = None
        self._has_failed = False

    def keep(self, path: str, now: float) -> None:
        """Keep the version that is at *path*, about to be replaced at the Unix time *now*."""
        try:
            self._keep(path, now)
            self._has_failed = False
        except OSError as err:
            if not self._has_failed:
                _LOG.warning("Cannot keep the former version of %s in %s: %s", path, self._directory, err)
            self._has_failed = True

    def _keep(self, path: str, now: float) -> None:
        if self._kept is None:
            self._kept = self._listed()
        stat = os.stat(path)
        name = name_of(stat.st_mtime_ns)
        if any(version.name == name for version in self._kept):
            # The write after the last one failed, so that it is still the same version.
            return
        os.link(path, f"{self._directory}/{name}")
        self._kept.append(KeptVersion(name, stat.st_mtime, stat.st_size))
        for version in superfluous(self._kept, now):
            os.unlink(f"{self._directory}/{version.name}")
            self._kept.remove(version)

    def _listed(self) -> list[KeptVersion]:
        os.makedirs(self._directory, mode=_DIRECTORY_MODE, exist_ok=True)
        found = []
        for entry in os.scandir(self._directory):
            written_at = _written_at(entry.name)
            if written_at is not None:
                found.append(KeptVersion(entry.name, written_at, entry.stat().st_size))
        return found
