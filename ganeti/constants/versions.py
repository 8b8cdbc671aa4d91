"""Version numbers of the software, the configuration, the protocols."""

from typing import Final

# versions
CONFIG_MAJOR: Final = 3
CONFIG_MINOR: Final = 1
CONFIG_REVISION: Final = 0
CONFIG_VERSION: Final = 3010000
DIR_VERSION: Final = "4.0"
EXPORT_VERSION: Final = 0
PROTOCOL_VERSION: Final = 3010000
RAPI_VERSION: Final = 2
RELEASE_VERSION: Final = "4.0.0"
VERSION_MAJOR: Final = 4
VERSION_MINOR: Final = 0
VERSION_REVISION: Final = 0

# upgrade
FIRST_UPGRADE_VERSION: Final[tuple[int, ...]] = (2, 10, 0)
