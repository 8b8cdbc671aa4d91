"""Query language, field kinds and result status."""

from typing import Final

# query
QFT_ALL: Final[tuple[str, ...]] = ("bool", "float", "number", "other", "text", "timestamp", "unit", "unknown")
QFT_BOOL: Final = "bool"
QFT_NUMBER: Final = "number"
QFT_NUMBER_FLOAT: Final = "float"
QFT_OTHER: Final = "other"
QFT_TEXT: Final = "text"
QFT_TIMESTAMP: Final = "timestamp"
QFT_UNIT: Final = "unit"
QFT_UNKNOWN: Final = "unknown"
QR_CLUSTER: Final = "cluster"
QR_EXPORT: Final = "export"
QR_EXTSTORAGE: Final = "extstorage"
QR_FILTER: Final = "filter"
QR_GROUP: Final = "group"
QR_INSTANCE: Final = "instance"
QR_JOB: Final = "job"
QR_LOCK: Final = "lock"
QR_NETWORK: Final = "network"
QR_NODE: Final = "node"
QR_OS: Final = "os"
QR_VIA_LUXI: Final[tuple[str, ...]] = ("export", "filter", "group", "instance", "job", "lock", "network", "node")
QR_VIA_OP: Final[tuple[str, ...]] = ("cluster", "extstorage", "os")
QR_VIA_RAPI: Final[tuple[str, ...]] = ("export", "filter", "group", "instance", "job", "lock", "network", "node")
QR_VIA_RAPI_PUT: Final[tuple[str, ...]] = ("filter", "job", "lock")
RSS_DESCRIPTION: Final[dict[int, tuple[str, ...]]] = {
    1: ("(unknown)", "??"),
    2: ("(nodata)", "?"),
    3: ("(unavail)", "-"),
    4: ("(offline)", "*"),
}
RS_ALL: Final[tuple[int, ...]] = (0, 1, 2, 3, 4)
RS_NODATA: Final = 2
RS_NORMAL: Final = 0
RS_OFFLINE: Final = 4
RS_UNAVAIL: Final = 3
RS_UNKNOWN: Final = 1

# query filter parser
KNOWN_REGEXP_DELIM: Final = "/#^|"
KNOWN_REGEXP_FLAGS: Final[tuple[str, ...]] = ("i", "s")

# query language
QLANG_FILTER_DETECTION_CHARS: Final[tuple[str, ...]] = (
    "\t",
    "\n",
    "\u000b",
    "\f",
    "\r",
    " ",
    "!",
    '"',
    "'",
    "(",
    ")",
    "/",
    "<",
    "=",
    ">",
    "\\",
    "~",
)
QLANG_GLOB_DETECTION_CHARS: Final[tuple[str, ...]] = ("*", "?")
QLANG_OP_AND: Final = "&"
QLANG_OP_CONTAINS: Final = "=[]"
QLANG_OP_EQUAL: Final = "=="
QLANG_OP_EQUAL_LEGACY: Final = "="
QLANG_OP_GE: Final = ">="
QLANG_OP_GT: Final = ">"
QLANG_OP_LE: Final = "<="
QLANG_OP_LT: Final = "<"
QLANG_OP_NOT: Final = "!"
QLANG_OP_NOT_EQUAL: Final = "!="
QLANG_OP_OR: Final = "|"
QLANG_OP_REGEXP: Final = "=~"
QLANG_OP_TRUE: Final = "?"
