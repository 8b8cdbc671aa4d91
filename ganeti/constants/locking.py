"""Lock levels and modes."""

from typing import Final

# locking
BGL: Final = "BGL"
LEVELS: Final[tuple[int, ...]] = (0, 1, 2, 3, 4, 5)
LEVELS_MOD: Final[tuple[int, ...]] = (1, 2, 3, 4, 5)
LEVEL_CLUSTER: Final = 0
LEVEL_INSTANCE: Final = 1
LEVEL_NAMES: Final[dict[int, str]] = {
    0: "cluster",
    1: "instance",
    2: "nodegroup",
    3: "node",
    4: "node-res",
    5: "network",
}
LEVEL_NETWORK: Final = 5
LEVEL_NODE: Final = 3
LEVEL_NODEGROUP: Final = 2
LEVEL_NODE_RES: Final = 4
LEVEL_ORDER: Final[tuple[str, ...]] = ("cluster", "instance", "nodegroup", "node", "node-res", "network")
LOCKSET_NAME: Final = "[lockset]"
LOCKS_APPEND: Final = "append"
LOCKS_REPLACE: Final = "replace"
LOCK_ATTEMPTS_MAXWAIT: Final = 75.0
LOCK_ATTEMPTS_MINWAIT: Final = 5.0
LOCK_ATTEMPTS_TIMEOUT: Final = 1800
TEXT_DELETED: Final = "deleted"
TEXT_EXCLUSIVE: Final = "exclusive"
TEXT_SHARED: Final = "shared"
