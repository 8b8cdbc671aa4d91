"""Which directories and files of a node have which owner and mode before daemons start."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from ganeti import constants as c
from ganeti import pathutils
from ganeti.utils import acl


class Kind(Enum):
    """What an entry stands for, and what happens when it is missing."""

    #: Created, and corrected.
    DIRECTORY = "directory"
    #: Corrected if it is there. The last component of the path may be a shell pattern.
    FILE = "file"


@dataclass(frozen=True)
class Entry:
    """One row: *owner* and *group* are roles (``buildcfg.user_of``, ``buildcfg.group_of``)."""

    path: str
    mode: int
    owner: str
    group: str
    kind: Kind
    #: Permissions of the group of administrators (bits rwx), whose members may use programs that talk to masterd.
    admin: int = 0


def _dir(path: str, mode: int, owner: str, group: str, *, admin: int = 0) -> Entry:
    return Entry(path, mode, owner, group, Kind.DIRECTORY, admin)


def _file(path: str, mode: int, owner: str, group: str, *, admin: int = 0) -> Entry:
    return Entry(path, mode, owner, group, Kind.FILE, admin)


_DATA: Final = pathutils.DATA_DIR
_RUN: Final = pathutils.RUN_DIR
_LOG: Final = pathutils.LOG_DIR

#: Owners of the daemons' own log files, and of the second and third log that some of them have.
_LOG_OWNERS: Final = {
    c.CONFD: ("confd", "masterd"),
    c.KVMD: ("noded", "noded"),
    c.LUXID: ("masterd", "masterd"),
    c.MASTERD: ("masterd", "masterd"),
    c.METAD: ("metad", "metad"),
    c.MOND: ("mond", "masterd"),
    c.NODED: ("noded", "masterd"),
    c.RAPI: ("rapi", "masterd"),
    c.WCONFD: ("masterd", "masterd"),
}


def _log_files() -> tuple[Entry, ...]:
    """Return the log files of all daemons."""
    names = {daemon: [base] for daemon, base in c.DAEMONS_LOGBASE.items()}
    for daemon, extra in c.DAEMONS_EXTRA_LOGBASE.items():
        names[daemon].extend(extra.values())
    logs = [
        _file(f"{_LOG}/{base}.log", 0o600, *_LOG_OWNERS[daemon])
        for daemon, bases in sorted(names.items())
        for base in bases
    ]
    return (*logs, _file(f"{_LOG}/jobs.log", 0o600, "masterd", "masterd"))


#: Parents come before what they hold.
TABLE: Final[tuple[Entry, ...]] = (
    _dir(pathutils.CONF_DIR, 0o755, "noded", "noded"),
    _dir(_DATA, 0o755, "masterd", "masterd"),
    _file(pathutils.CLUSTER_CONF_FILE, 0o640, "masterd", "confd"),
    _dir(pathutils.CONFIG_HISTORY_DIR, 0o700, "masterd", "masterd"),
    _file(pathutils.CLUSTER_DOMAIN_SECRET_FILE, 0o640, "masterd", "masterd"),
    _file(pathutils.CONFD_HMAC_KEY, 0o440, "confd", "masterd"),
    _file(pathutils.SSH_KNOWN_HOSTS_FILE, 0o644, "masterd", "masterd"),
    _file(pathutils.NODED_CERT_FILE, 0o440, "masterd", "masterd"),
    _file(pathutils.NODED_CLIENT_CERT_FILE, 0o440, "masterd", "masterd"),
    _file(pathutils.RAPI_CERT_FILE, 0o440, "rapi", "masterd"),
    _file(pathutils.SPICE_CERT_FILE, 0o440, "noded", "masterd"),
    _file(pathutils.SPICE_CACERT_FILE, 0o440, "noded", "masterd"),
    _file(pathutils.WATCHER_PAUSEFILE, 0o644, "masterd", "masterd"),
    _file(f"{_DATA}/ssconf_*", 0o444, "noded", "noded"),
    _dir(pathutils.RAPI_DATA_DIR, 0o750, "rapi", "masterd"),
    _file(pathutils.RAPI_USERS_FILE, 0o640, "rapi", "masterd"),
    _dir(pathutils.QUEUE_DIR, 0o750, "masterd", "daemons"),
    _dir(pathutils.JOB_QUEUE_ARCHIVE_DIR, 0o750, "masterd", "daemons"),
    _file(pathutils.JOB_QUEUE_LOCK_FILE, 0o640, "masterd", "daemons"),
    _file(pathutils.JOB_QUEUE_SERIAL_FILE, 0o640, "masterd", "daemons"),
    _file(pathutils.JOB_QUEUE_VERSION_FILE, 0o640, "masterd", "daemons"),
    _file(pathutils.JOB_QUEUE_DRAIN_FILE, 0o644, "masterd", "daemons"),
    _file(f"{pathutils.QUEUE_DIR}/job-*", 0o640, "masterd", "daemons"),
    _dir(_RUN, 0o775, "masterd", "daemons"),
    _dir(pathutils.SOCKET_DIR, 0o770, "masterd", "daemons", admin=acl.ENTER),
    _file(pathutils.MASTER_SOCKET, 0o660, "masterd", "daemons", admin=acl.READ | acl.WRITE),
    _file(pathutils.QUERY_SOCKET, 0o660, "masterd", "daemons", admin=acl.READ | acl.WRITE),
    _dir(pathutils.BDEV_CACHE_DIR, 0o755, "noded", "masterd"),
    _dir(pathutils.CRYPTO_KEYS_DIR, 0o700, "noded", "masterd"),
    _dir(pathutils.DISK_LINKS_DIR, 0o755, "noded", "masterd"),
    _dir(pathutils.IMPORT_EXPORT_DIR, 0o755, "noded", "masterd"),
    _dir(pathutils.INSTANCE_REASON_DIR, 0o755, "noded", "noded"),
    _dir(pathutils.UIDPOOL_LOCKDIR, 0o750, "noded", "masterd"),
    _dir(_LOG, 0o770, "masterd", "daemons"),
    _dir(pathutils.LOG_OS_DIR, 0o750, "noded", "daemons"),
    _dir(pathutils.LOG_KVM_DIR, 0o750, "noded", "daemons"),
    _dir(pathutils.LOG_XEN_DIR, 0o750, "noded", "daemons"),
    _dir(f"{_LOG}/cleaner", 0o750, "noded", "noded"),
    _dir(f"{_LOG}/master-cleaner", 0o750, "masterd", "masterd"),
    *_log_files(),
)

#: Modes of the archive of old jobs, which only a full run visits.
ARCHIVE_DIR_MODE: Final = 0o750
ARCHIVE_FILE_MODE: Final = 0o640
