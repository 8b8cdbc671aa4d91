"""Instance allocators and htools."""

from typing import Final

# iallocator
DEFAULT_IALLOCATOR_SHORTCUT: Final = "."
DEFAULT_OPPORTUNISTIC_RETRY_INTERVAL: Final = 30
IALLOCATOR_DIR_IN: Final = "in"
IALLOCATOR_DIR_OUT: Final = "out"
IALLOCATOR_MODE_ALLOC: Final = "allocate"
IALLOCATOR_MODE_ALLOCATE_SECONDARY: Final = "allocate-secondary"
IALLOCATOR_MODE_CHG_GROUP: Final = "change-group"
IALLOCATOR_MODE_MULTI_ALLOC: Final = "multi-allocate"
IALLOCATOR_MODE_NODE_EVAC: Final = "node-evacuate"
IALLOCATOR_MODE_RELOC: Final = "relocate"
IALLOCATOR_VERSION: Final = 2
IALLOC_HAIL: Final = "hail"
VALID_IALLOCATOR_DIRECTIONS: Final[tuple[str, ...]] = ("in", "out")
VALID_IALLOCATOR_MODES: Final[tuple[str, ...]] = (
    "allocate",
    "allocate-secondary",
    "change-group",
    "multi-allocate",
    "node-evacuate",
    "relocate",
)

# htools tags
EX_TAGS_PREFIX: Final = "htools:iextags:"
