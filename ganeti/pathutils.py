"""Every path the program uses.

In a virtual cluster (both GANETI_ROOTDIR and GANETI_HOSTNAME set) the node's own files live below its root directory;
programs, search paths of definitions, /etc/hosts and the SSH host keys are those of the machine.
"""

import os
from typing import Final

from ganeti import buildcfg
from ganeti import constants as c


class VirtualClusterError(Exception):
    """The two variables of a virtual cluster are not set as they must be."""


def read_virtual_environment(environ: "os._Environ[str] | dict[str, str]") -> tuple[str, str] | None:
    """Return (root directory, host name) of the virtual node, None on a real node.

    Raises VirtualClusterError if only one variable is set, the root directory is not absolute or does not end in the
    host name.
    """
    root, host = environ.get(c.V_CLUSTER_ROOTDIR_ENVNAME, ""), environ.get(c.V_CLUSTER_HOSTNAME_ENVNAME, "")
    if not root and not host:
        return None
    if not (root and host):
        raise VirtualClusterError(
            f"Set both {c.V_CLUSTER_ROOTDIR_ENVNAME} and {c.V_CLUSTER_HOSTNAME_ENVNAME}, or none of them"
        )
    if not os.path.isabs(root) or os.path.normpath(root) != root:
        raise VirtualClusterError(f"{c.V_CLUSTER_ROOTDIR_ENVNAME} must be a normalised absolute path, not {root!r}")
    if os.path.basename(root) != host:
        raise VirtualClusterError(f"Last part of {c.V_CLUSTER_ROOTDIR_ENVNAME} ({root}) must be the host name {host!r}")
    return root, host


_VIRTUAL: Final = read_virtual_environment(os.environ)
VIRTUAL_ROOT: Final = _VIRTUAL[0] if _VIRTUAL else ""
VIRTUAL_HOSTNAME: Final = _VIRTUAL[1] if _VIRTUAL else ""


def _state(path: str) -> str:
    """Return a path of this node below the state directory."""
    return f"{VIRTUAL_ROOT}{buildcfg.LOCALSTATEDIR}/{path}"


def _conf(path: str) -> str:
    """Return a path of this node below the configuration directory."""
    return f"{VIRTUAL_ROOT}{buildcfg.SYSCONFDIR}/{path}"


def _srv(path: str) -> str:
    """Return a path of this node below /srv."""
    return f"{VIRTUAL_ROOT}/srv/{path}"


def _pkg(path: str) -> str:
    """Return the path of one of our own programs."""
    return f"{buildcfg.PKGLIBDIR}/{path}"


def _tool(name: str) -> str:
    """Return the path of one of our own tools."""
    return f"{buildcfg.TOOLSDIR}/{name}"


PKGLIBDIR: Final = buildcfg.PKGLIBDIR
SHAREDIR: Final = buildcfg.SHAREDIR

#: Where a change of the version leaves a copy of the data directory.
BACKUP_DIR: Final = _state("lib")
BDEV_CACHE_DIR: Final = _state("run/ganeti/bdev-cache")
CFGUPGRADE: Final = _tool("cfgupgrade")
CLUSTER_CONF_FILE: Final = _state("lib/ganeti/config.data")
#: Former versions of it, on the master.
CONFIG_HISTORY_DIR: Final = _state("lib/ganeti/config-history")
CLUSTER_DOMAIN_SECRET_FILE: Final = _state("lib/ganeti/cluster-domain-secret")
CONFD_HMAC_KEY: Final = _state("lib/ganeti/hmac.key")
CONF_DIR: Final = _conf("ganeti")
CRYPTO_KEYS_DIR: Final = _state("run/ganeti/crypto")
DAEMON_UTIL: Final = _pkg("daemon-util")
DATA_DIR: Final = _state("lib/ganeti")
DEFAULTS_FILE: Final = _conf("default/ganeti")
DEFAULT_FILE_STORAGE_DIR: Final = _srv("ganeti/file-storage")
DEFAULT_GLUSTER_STORAGE_DIR: Final = _state("run/ganeti/gluster")
DEFAULT_MASTER_SETUP_SCRIPT: Final = _tool("master-ip-setup")
DEFAULT_SHARED_FILE_STORAGE_DIR: Final = _srv("ganeti/shared-file-storage")
DISK_LINKS_DIR: Final = _state("run/ganeti/instance-disks")
ENSURE_DIRS: Final = _pkg("ensure-dirs")
EXPORT_DIR: Final = _srv("ganeti/export")
EXTERNAL_MASTER_SETUP_SCRIPT: Final = _conf("ganeti/scripts/master-ip-setup")
FILE_STORAGE_PATHS_FILE: Final = _conf("ganeti/file-storage-paths")
HOOKS_BASE_DIR: Final = _conf("ganeti/hooks")
IMPORT_EXPORT_DAEMON: Final = _pkg("import-export")
IMPORT_EXPORT_DIR: Final = _state("run/ganeti/import-export")
INSTANCE_REASON_DIR: Final = _state("run/ganeti/instance-reason")
INSTANCE_STATUS_FILE: Final = _state("run/ganeti/instance-status")
INTENT_TO_UPGRADE: Final = _state("lib/ganeti/intent-to-upgrade")
JOB_QUEUE_ARCHIVE_DIR: Final = _state("lib/ganeti/queue/archive")
JOB_QUEUE_DRAIN_FILE: Final = _state("lib/ganeti/queue/drain")
JOB_QUEUE_LOCK_FILE: Final = _state("lib/ganeti/queue/lock")
JOB_QUEUE_SERIAL_FILE: Final = _state("lib/ganeti/queue/serial")
JOB_QUEUE_VERSION_FILE: Final = _state("lib/ganeti/queue/version")
KVM_CONSOLE_WRAPPER: Final = _tool("kvm-console-wrapper")
KVM_NIC_SETUP: Final = _pkg("kvm-nic-setup")
LOCK_DIR: Final = _state("lock")
LOG_BURNIN: Final = _state("log/ganeti/burnin.log")
LOG_COMMANDS: Final = _state("log/ganeti/commands.log")
LOG_DIR: Final = _state("log/ganeti")
LOG_ES_DIR: Final = _state("log/ganeti/extstorage")
LOG_KVM_DIR: Final = _state("log/ganeti/kvm")
LOG_OS_DIR: Final = _state("log/ganeti/os")
LOG_WATCHER: Final = _state("log/ganeti/watcher.log")
LOG_XEN_DIR: Final = _state("log/ganeti/xen")
MASTER_SOCKET: Final = _state("run/ganeti/socket/ganeti-master")
METAD_SOCKET: Final = _state("run/ganeti/socket/ganeti-metad")
NODED_CERT_FILE: Final = _state("lib/ganeti/server.pem")
NODED_CLIENT_CERT_FILE: Final = _state("lib/ganeti/client.pem")
NODE_DAEMON_SETUP: Final = _pkg("node-daemon-setup")
POST_UPGRADE: Final = _tool("post-upgrade")
PREPARE_NODE_JOIN: Final = _pkg("prepare-node-join")
QUERY_SOCKET: Final = _state("run/ganeti/socket/ganeti-query")
QUEUE_DIR: Final = _state("lib/ganeti/queue")
RAPI_CERT_FILE: Final = _state("lib/ganeti/rapi.pem")
RAPI_DATA_DIR: Final = _state("lib/ganeti/rapi")
RAPI_USERS_FILE: Final = _state("lib/ganeti/rapi/users")
RESTRICTED_COMMANDS_DIR: Final = _conf("ganeti/restricted-commands")
RESTRICTED_COMMANDS_LOCK_FILE: Final = _state("lock/ganeti-restricted-commands.lock")
RUN_DIR: Final = _state("run/ganeti")
SOCKET_DIR: Final = _state("run/ganeti/socket")
SPICE_CACERT_FILE: Final = _state("lib/ganeti/spice-ca.pem")
SPICE_CERT_FILE: Final = _state("lib/ganeti/spice.pem")
SSCONF_LOCK_FILE: Final = _state("lock/ganeti-ssconf.lock")
SSH_KNOWN_HOSTS_FILE: Final = _state("lib/ganeti/known_hosts")
SSH_PUB_KEYS: Final = _state("lib/ganeti/ganeti_pub_keys")
SSH_UPDATE: Final = _pkg("ssh-update")
SSL_UPDATE: Final = _pkg("ssl-update")
TOOLSDIR: Final = buildcfg.TOOLSDIR
UIDPOOL_LOCKDIR: Final = _state("run/ganeti/uid-pool")
USER_SCRIPTS_DIR: Final = _conf("ganeti/scripts")
UPGRADE_JOURNAL: Final = _state("lib/ganeti/upgrade-journal")
UPGRADE_LOCK_FILE: Final = _state("lock/ganeti-upgrade.lock")
USE_VERSION: Final = _pkg("use-version")
#: Links that tell which of the installed versions this node uses.
VERSION_LIB_LINK: Final = _conf("ganeti/lib")
VERSION_SHARE_LINK: Final = _conf("ganeti/share")
VNC_PASSWORD_FILE: Final = _conf("ganeti/vnc-cluster-password")
WATCHER_GROUP_INSTANCE_STATUS_FILE: Final = _state("lib/ganeti/watcher.%s.instance-status")
WATCHER_GROUP_STATE_FILE: Final = _state("lib/ganeti/watcher.%s.data")
WATCHER_LOCK_FILE: Final = _state("lock/ganeti-watcher.lock")
WATCHER_PAUSEFILE: Final = _state("lib/ganeti/watcher.pause")
XEN_CONFIG_DIR: Final = _conf("xen")
XEN_CONSOLE_WRAPPER: Final = _tool("xen-console-wrapper")
XEN_IFUP_OS: Final = _conf("ganeti/xen-ifup-os")
XEN_VIF_METAD_SETUP: Final = _pkg("vif-ganeti-metad")

ALL_CERT_FILES: Final = (NODED_CERT_FILE, RAPI_CERT_FILE, SPICE_CACERT_FILE, SPICE_CERT_FILE)

# Shared by all nodes of a machine, virtual or not.
ETC_HOSTS: Final = "/etc/hosts"
SSH_CONFIG_DIR: Final = "/etc/ssh"
SSH_HOST_DSA_PRIV: Final = "/etc/ssh/ssh_host_dsa_key"
SSH_HOST_DSA_PUB: Final = "/etc/ssh/ssh_host_dsa_key.pub"
SSH_HOST_RSA_PRIV: Final = "/etc/ssh/ssh_host_rsa_key"
SSH_HOST_RSA_PUB: Final = "/etc/ssh/ssh_host_rsa_key.pub"
OS_SEARCH_PATH: Final = buildcfg.OS_SEARCH_PATH
ES_SEARCH_PATH: Final = buildcfg.ES_SEARCH_PATH
IALLOCATOR_SEARCH_PATH: Final = buildcfg.IALLOCATOR_SEARCH_PATH

#: Log file of each daemon.
DAEMON_LOG_FILES: Final = {name: f"{LOG_DIR}/{base}.log" for name, base in c.DAEMONS_LOGBASE.items()}


def daemon_pid_file(name: str) -> str:
    """Return the PID file of the daemon *name* (for example ``ganeti-noded``)."""
    return f"{RUN_DIR}/{name}.pid"


def hooks_dir(hpath: str, phase: str) -> str:
    """Return the directory with the hooks of a path in a phase, relative to HOOKS_BASE_DIR."""
    return f"{hpath}-{phase}.d"


def to_virtual(path: str) -> str:
    """Return *path* in the form sent to other nodes.

    On a real node that is the path itself. Raises ValueError for a path outside of a virtual node's root.
    """
    if not VIRTUAL_ROOT or path in c.V_CLUSTER_VPATH_WHITELIST:
        return path
    if path != VIRTUAL_ROOT and not path.startswith(VIRTUAL_ROOT + "/"):
        raise ValueError(f"Path {path!r} is not below the virtual node's root {VIRTUAL_ROOT!r}")
    return c.V_CLUSTER_VIRT_PATH_PREFIX + (path[len(VIRTUAL_ROOT) :] or "/")


def from_virtual(path: str) -> str:
    """Return the local form of a *path* that another node sent.

    Raises ValueError if a virtual node gets a path that was not made by to_virtual, or a real node one that was.
    """
    is_marked = path.startswith(c.V_CLUSTER_VIRT_PATH_PREFIX)
    if not VIRTUAL_ROOT:
        if is_marked:
            raise ValueError(f"Path {path!r} comes from a virtual cluster, this is a real node")
        return path
    if path in c.V_CLUSTER_VPATH_WHITELIST:
        return path
    if not is_marked:
        raise ValueError(f"Path {path!r} is not in the form that nodes of a virtual cluster use")
    local = os.path.normpath(VIRTUAL_ROOT + path[len(c.V_CLUSTER_VIRT_PATH_PREFIX) :])
    if local != VIRTUAL_ROOT and not local.startswith(VIRTUAL_ROOT + "/"):
        raise ValueError(f"Path {path!r} leaves the virtual node's root")
    return local
