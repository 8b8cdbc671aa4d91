"""Command line tools and exit codes."""

from typing import Final

# cli
EPO_PING_INTERVAL: Final = 30
EPO_PING_TIMEOUT: Final = 1
EPO_REACHABLE_TIMEOUT: Final = 900
FIELD_KIND_NAMES: Final[dict[str, str]] = {
    "unknown": "Unknown",
    "text": "Text",
    "bool": "Boolean",
    "number": "Number",
    "float": "Floating-point number",
    "unit": "Storage size",
    "timestamp": "Timestamp",
    "other": "Custom",
}
NO_PREFIX: Final = "no_"
PRIORITY_NAMES: Final[dict[str, int]] = {"low": 10, "normal": 0, "high": -10}
UN_PREFIX: Final = "-"

# exit codes
EXIT_CONFIRMATION: Final = 13
EXIT_FAILURE: Final = 1
EXIT_NODESETUP_ERROR: Final = 12
EXIT_NOTCLUSTER: Final = 5
EXIT_NOTMASTER: Final = 11
EXIT_SUCCESS: Final = 0
EXIT_UNKNOWN_FIELD: Final = 14

# console
CONS_ALL: Final[tuple[str, ...]] = ("msg", "spice", "ssh", "vnc")
CONS_MESSAGE: Final = "msg"
CONS_SPICE: Final = "spice"
CONS_SSH: Final = "ssh"
CONS_VNC: Final = "vnc"
OPENSSL_CIPHERS: Final = "HIGH:-DES:-3DES:-EXPORT:-DH"
RSA_KEY_BITS: Final = 2048
