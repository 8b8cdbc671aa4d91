"""Simple configuration files: the few facts about the cluster that every node knows, one file per key.

Any program on any node may read them without asking anybody. Only the node daemon (and the set-up tools before it runs)
writes them.
"""

import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.utils import net
from ganeti.utils.files import flock, fsync_dir, read_text, write_atomic
from ganeti.utils.old_names import finder

_LOCK_TIMEOUT_S: Final = 10.0
#: What readers get when a file of an old cluster is missing.
_DEFAULT_FAMILY: Final = "2"
_FULL_NETMASK: Final = {2: 32, 10: 128}

NO_MASTER: Final = "NO MASTER"


def key_file(key: str, directory: str | None = None) -> str:
    """Return the path of a key's file.

    Raises ProgrammerError for an unknown key.
    """
    if key not in c.VALID_SS_KEYS:
        raise errors.ProgrammerError(f"Invalid key requested from ssconf: '{key}'")
    return os.path.join(directory or pathutils.DATA_DIR, c.SSCONF_FILEPREFIX + key)


def check_values(values: Mapping[str, str]) -> None:
    """Check keys and sizes; raises ConfigurationError or ProgrammerError."""
    for key, value in values.items():
        if key not in c.VALID_SS_KEYS:
            raise errors.ConfigurationError(f"'{key}' is not a key of the simple configuration")
        if len(_content(value)) > c.MAX_SIZE:
            raise errors.ConfigurationError(f"The value of ssconf key '{key}' is larger than {c.MAX_SIZE} bytes")


def _content(value: str) -> bytes:
    text = value if not value or value.endswith("\n") else value + "\n"
    return text.encode("utf-8")


class SsconfReader:
    """Reads the files; a value is read again only when its file was replaced. May be shared between threads."""

    def __init__(self, directory: str | None = None) -> None:
        """Read from *directory* (None: the data directory of this node)."""
        self._directory = directory
        self._mutex = threading.Lock()
        #: key -> (identity of the file, value)
        self._cache: dict[str, tuple[tuple[int, int, int], str]] = {}

    def read(self, key: str) -> str:
        """Return a value without its trailing newline.

        Raises ConfigurationError if the file is missing or too large.
        """
        path = key_file(key, self._directory)
        try:
            stat = os.stat(path)
            identity = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            with self._mutex:
                cached = self._cache.get(key)
            if cached is not None and cached[0] == identity:
                return cached[1]
            value = read_text(path, limit=c.MAX_SIZE).rstrip("\n")
        except FileNotFoundError:
            return self._default(key)
        except (OSError, ValueError) as err:
            raise errors.ConfigurationError(f"Can't read ssconf file {path}: {err}") from err
        with self._mutex:
            self._cache[key] = (identity, value)
        return value

    def _default(self, key: str) -> str:
        if key == c.SS_PRIMARY_IP_FAMILY:
            return _DEFAULT_FAMILY
        if key == c.SS_MASTER_NETMASK:
            return str(_FULL_NETMASK.get(self.primary_ip_family(), 32))
        raise errors.ConfigurationError(f"ssconf file {key_file(key, self._directory)} does not exist")

    def lines(self, key: str) -> list[str]:
        """Return the lines of a list."""
        return self.read(key).splitlines()

    def pairs(self, key: str, separator: str = "=") -> dict[str, str]:
        """Return the lines ``key<separator>value`` as a dictionary; values may hold the separator.

        Raises ConfigurationError for a line without separator.
        """
        result = {}
        for line in self.lines(key):
            name, found, value = line.partition(separator)
            if not found:
                raise errors.ConfigurationError(f"Line '{line}' of ssconf key '{key}' lacks '{separator}'")
            result[name] = value
        return result

    def flag(self, key: str) -> bool:
        """Return a value that is True or False."""
        return self.read(key) == "True"

    def cluster_name(self) -> str:
        """Return the name of the cluster."""
        return self.read(c.SS_CLUSTER_NAME)

    def master_node(self) -> str:
        """Return the name of the master node."""
        return self.read(c.SS_MASTER_NODE)

    def node_list(self) -> list[str]:
        """Return the names of all nodes."""
        return self.lines(c.SS_NODE_LIST)

    def online_nodes(self) -> list[str]:
        """Return the names of the nodes that are not offline."""
        return self.lines(c.SS_ONLINE_NODES)

    def node_primary_ips(self) -> dict[str, str]:
        """Return the primary address of each node by its name."""
        return self.pairs(c.SS_NODE_PRIMARY_IPS, " ")

    def master_candidates_certs(self) -> dict[str, str]:
        """Return the certificate digest of each master candidate by its UUID; empty if the file is missing."""
        try:
            return self.pairs(c.SS_MASTER_CANDIDATES_CERTS)
        except errors.ConfigurationError:
            if os.path.exists(key_file(c.SS_MASTER_CANDIDATES_CERTS, self._directory)):
                raise
            return {}

    def ssh_ports(self) -> dict[str, int]:
        """Return the SSH port of each node by its name."""
        return {name: int(port) for name, port in self.pairs(c.SS_SSH_PORTS).items()}

    def hypervisor_list(self) -> list[str]:
        """Return the enabled hypervisors, the default one first."""
        return self.lines(c.SS_HYPERVISOR_LIST)

    def hvparams(self, hypervisor: str) -> dict[str, str]:
        """Return the cluster's parameters of a hypervisor, as text."""
        return self.pairs(c.SS_HVPARAMS_PREF + hypervisor)

    def primary_ip_family(self) -> int:
        """Return the address family of the nodes (2 or 10)."""
        return int(self.read(c.SS_PRIMARY_IP_FAMILY))

    def is_master(self) -> bool:
        """Tell whether this node is the master."""
        return self.master_node() == net.own_hostname()


def write_values(
    values: Mapping[str, str],
    directory: str | None = None,
    *,
    expected: Mapping[str, str] | None = None,
    lock_file: str | None = None,
    uid: int = -1,
    gid: int = -1,
) -> bool:
    """Write values to their files, each replaced atomically; nothing is written if any value is wrong.

    Files that have their value already are left alone: most changes concern one or two of them. Nothing is written
    unless the files have the *expected* values; tells whether they had.

    Raises ConfigurationError for wrong values, LockError if another program is writing for longer than 10 s, OSError.
    """
    check_values(values)
    target = directory or pathutils.DATA_DIR
    with flock(lock_file or pathutils.SSCONF_LOCK_FILE, timeout_s=_LOCK_TIMEOUT_S, mode=0o600):
        if any(_text(key_file(key, target)) != _content(value) for key, value in (expected or {}).items()):
            return False
        changed = {
            key: _content(value) for key, value in values.items() if not _has_content(key_file(key, target), value)
        }
        for key, content in changed.items():
            write_atomic(key_file(key, target), content, mode=c.SS_FILE_PERMS, uid=uid, gid=gid, fsync_directory=False)
        if changed:
            fsync_dir(target)
    return True


def _text(path: str) -> bytes | None:
    """Return the content of a file, None if there is none."""
    try:
        with open(path, "rb") as file:
            return file.read(c.MAX_SIZE + 1)
    except FileNotFoundError:
        return None


def _has_content(path: str, value: str) -> bool:
    """Tell whether a file has the content for a value, and the right mode."""
    try:
        with open(path, "rb") as file:
            mode = os.fstat(file.fileno()).st_mode & 0o777
            return mode == c.SS_FILE_PERMS and file.read(c.MAX_SIZE + 1) == _content(value)
    except OSError:
        return False


if not TYPE_CHECKING:
    # Names that programs of other projects know.
    __getattr__ = finder(__name__)
