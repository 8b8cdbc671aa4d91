"""Watcher."""

from typing import Final

# watcher
BAD_STATES: Final[tuple[str, ...]] = ("ERROR_down",)
CHILD_PROCESS_DELAY: Final = 1.0
HELPLESS_STATES: Final[tuple[str, ...]] = ("ERROR_nodedown", "ERROR_nodeoffline")
INSTANCE_STATUS_LOCK_TIMEOUT: Final = 10.0
KEY_BOOT_ID: Final = "bootid"
KEY_CLEANUP_COUNT: Final = "cleanup_count"
KEY_CLEANUP_WHEN: Final = "cleanup_when"
KEY_RESTART_COUNT: Final = "restart_count"
KEY_RESTART_WHEN: Final = "restart_when"
MAXTRIES: Final = 5
RETRY_EXPIRATION: Final = 28800
