"""Daemons, ports and logging."""

from typing import Any, Final

# daemons
CONFD: Final = "ganeti-confd"
DAEMONS: Final[tuple[str, ...]] = (
    "ganeti-confd",
    "ganeti-kvmd",
    "ganeti-luxid",
    "ganeti-masterd",
    "ganeti-metad",
    "ganeti-mond",
    "ganeti-noded",
    "ganeti-rapi",
    "ganeti-wconfd",
)
DAEMONS_EXTRA_LOGBASE: Final[dict[str, dict[str, str]]] = {
    "ganeti-metad": {"access": "meta-daemon-access", "error": "meta-daemon-error"},
    "ganeti-mond": {"access": "monitoring-daemon-access", "error": "monitoring-daemon-error"},
}
DAEMONS_LOGBASE: Final[dict[str, str]] = {
    "ganeti-confd": "conf-daemon",
    "ganeti-kvmd": "kvm-daemon",
    "ganeti-luxid": "luxi-daemon",
    "ganeti-masterd": "master-daemon",
    "ganeti-metad": "meta-daemon",
    "ganeti-mond": "monitoring-daemon",
    "ganeti-noded": "node-daemon",
    "ganeti-rapi": "rapi-daemon",
    "ganeti-wconfd": "wconf-daemon",
}
DAEMONS_PORTS: Final[dict[str, Any]] = {
    "ganeti-confd": ("udp", 1814),
    "ganeti-metad": ("tcp", 80),
    "ganeti-mond": ("tcp", 1815),
    "ganeti-noded": ("tcp", 1811),
    "ganeti-rapi": ("tcp", 5080),
    "ssh": ("tcp", 22),
}
DEFAULT_CONFD_PORT: Final = 1814
DEFAULT_METAD_PORT: Final = 80
DEFAULT_MOND_PORT: Final = 1815
DEFAULT_NODED_PORT: Final = 1811
DEFAULT_RAPI_PORT: Final = 5080
EXTRA_LOGREASON_ACCESS: Final = "monitoring-daemon-access"
EXTRA_LOGREASON_ERROR: Final = "monitoring-daemon-error"
FIRST_DRBD_PORT: Final = 11000
KVMD: Final = "ganeti-kvmd"
LAST_DRBD_PORT: Final = 14999
LUXID: Final = "ganeti-luxid"
MASTERD: Final = "ganeti-masterd"
METAD: Final = "ganeti-metad"
MOND: Final = "ganeti-mond"
NODED: Final = "ganeti-noded"
RAPI: Final = "ganeti-rapi"
WCONFD: Final = "ganeti-wconfd"

# syslog
EXPORT_CONF_FILE: Final = "config.ini"
SYSLOG_NO: Final = "no"
SYSLOG_ONLY: Final = "only"
SYSLOG_SOCKET: Final = "/dev/log"
SYSLOG_USAGE: Final = "no"
SYSLOG_YES: Final = "yes"

# programs
GNT_SCRIPTS: Final[tuple[str, ...]] = (
    "gnt-backup",
    "gnt-cluster",
    "gnt-debug",
    "gnt-group",
    "gnt-instance",
    "gnt-job",
    "gnt-network",
    "gnt-node",
    "gnt-os",
    "gnt-storage",
    "gnt-filter",
)
HTOOLS_PROGS: Final[tuple[str, ...]] = (
    "harep",
    "hbal",
    "hscan",
    "hspace",
    "hinfo",
    "hcheck",
    "hroller",
    "hsqueeze",
    "hail",
)
