"""Version numbers of releases, and between which of them a cluster can change; no I/O here."""

import re
from typing import Final, NamedTuple

from ganeti import constants as c
from ganeti.errors import OpPrereqError

_TEXT: Final = re.compile(r"(\d+)\.(\d+)(?:\.(\d+)(?:~[a-z0-9]+)?)?", re.ASCII)
#: Releases that follow each other although the first number changes.
_ACROSS_MAJOR: Final = frozenset({(2, 16), (3, 0)})


class Version(NamedTuple):
    """A release; revisions share a directory and never differ in their formats."""

    major: int
    minor: int
    revision: int | None = None

    @property
    def series(self) -> tuple[int, int]:
        """Major and minor number."""
        return self.major, self.minor

    @property
    def directory(self) -> str:
        """The name of the directories that hold the version on every node."""
        return f"{self.major}.{self.minor}"

    def __str__(self) -> str:
        """Return it as people write it."""
        return self.directory if self.revision is None else f"{self.directory}.{self.revision}"


def parse(text: str) -> Version:
    """Return the version that ``4.1``, ``4.1.2`` or ``4.1.0~rc1`` means. Raises OpPrereqError."""
    match = _TEXT.fullmatch(text)
    if match is None:
        raise OpPrereqError(f"'{text}' is not a version; write it like 4.1 or 4.1.2", c.ECODE_INVAL)
    major, minor, revision = match.groups()
    return Version(int(major), int(minor), None if revision is None else int(revision))


def is_downgrade(old: Version, new: Version) -> bool:
    """Tell whether the way leads to an older series."""
    return new.series < old.series


def check_range(old: Version, new: Version) -> None:
    """Check that a cluster can change from one version to another. Raises OpPrereqError."""
    first = Version(*c.FIRST_UPGRADE_VERSION)
    for version in (old, new):
        if version.series < first.series:
            raise OpPrereqError(
                f"Version {version} is too old: this command changes versions from {first.directory} on",
                c.ECODE_INVAL,
            )
    if {old.series, new.series} == _ACROSS_MAJOR:
        return
    if old.major != new.major:
        raise OpPrereqError(
            f"There is no way from version {old} to {new}: only the number after the first dot may change",
            c.ECODE_INVAL,
        )
    if new.minor < old.minor - 1:
        raise OpPrereqError(
            f"There is no way from version {old} back to {new}: one can go back by one version only, to"
            f" {Version(old.major, old.minor - 1)}",
            c.ECODE_INVAL,
        )
