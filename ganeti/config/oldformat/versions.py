"""Format versions and between which of them there is a way."""

from typing import Final, NamedTuple

from ganeti import constants as c
from ganeti.errors import ConfigurationError

_MAJOR: Final = 1_000_000
_MINOR: Final = 10_000
#: The last minor version of each older major one.
_LAST_MINOR: Final = {2: 16, 3: 0}
#: Where a downgrade leads.
DOWNGRADED: Final = 3 * _MAJOR


class Version(NamedTuple):
    """A format version; revisions never changed the format."""

    major: int
    minor: int
    revision: int

    def __str__(self) -> str:
        """Return it as people write it."""
        return f"{self.major}.{self.minor}.{self.revision}"


def split(version: int) -> Version:
    """Return the parts of the number in a configuration file."""
    return Version(version // _MAJOR, version // _MINOR % 100, version % _MINOR)


def is_present(version: Version) -> bool:
    """Tell whether it is the version of this release."""
    return version[:2] == split(c.CONFIG_VERSION)[:2]


def check_upgradable(version: int) -> Version:
    """Return the version of a file that can be brought to the format of this release.

    Raises ConfigurationError for all others.
    """
    found, own = split(version), split(c.CONFIG_VERSION)
    if is_present(found) or 0 <= found.minor <= _LAST_MINOR.get(found.major, -1):
        return found
    raise ConfigurationError(f"The configuration has version {found}, from which there is no way to version {own}")


def check_downgradable(version: int) -> Version:
    """Return the version of a file that can be brought to the format before this one, or is there already.

    Raises ConfigurationError for all others.
    """
    found, own, before = split(version), split(c.CONFIG_VERSION), split(DOWNGRADED)
    if is_present(found) or found[:2] == before[:2]:
        return found
    raise ConfigurationError(f"The configuration has version {found}, only version {own} can be made {before}")
