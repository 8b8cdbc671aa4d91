"""Node procedures for nodes that leave the cluster or the circle of master candidates."""

import contextlib
import logging
import os
from typing import Final

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.backend.base import QuitDaemon, RPCFail, implements
from ganeti.backend.jobqueue import clean_directory
from ganeti.rpc import procedures
from ganeti.ssconf import SsconfReader
from ganeti.utils import sshkeys
from ganeti.utils.files import backup_file, read_text, remove_if_exists, write_atomic
from ganeti.utils.process import run_cmd

_LOG = logging.getLogger(__name__)

_TIMEOUT_S: Final = 90.0
#: Stopped when the node leaves; the node daemon itself ends last.
_OTHER_DAEMONS: Final = (c.CONFD, c.MOND, c.KVMD)
_KEY_TYPES: Final = ("rsa", "dsa", "ecdsa", "ed25519")


@implements(procedures.node_leave_cluster)
def node_leave_cluster(modify_ssh_setup: bool) -> str:
    """Remove everything of the cluster from this node, and end this daemon."""
    clean_directory(pathutils.DATA_DIR)
    clean_directory(pathutils.CONFIG_HISTORY_DIR)
    clean_directory(pathutils.CRYPTO_KEYS_DIR)
    clean_directory(pathutils.QUEUE_DIR)
    clean_directory(pathutils.JOB_QUEUE_ARCHIVE_DIR)
    if modify_ssh_setup:
        _remove_cluster_keys()
    for path in (pathutils.CONFD_HMAC_KEY, *pathutils.ALL_CERT_FILES, pathutils.NODED_CLIENT_CERT_FILE):
        try:
            remove_if_exists(path)
        except OSError:
            _LOG.exception("Cannot remove %s", path)
    for daemon in _OTHER_DAEMONS:
        result = run_cmd([pathutils.DAEMON_UTIL, "stop", daemon], timeout_s=_TIMEOUT_S)
        if result.failed:
            _LOG.error("Cannot stop %s: %s, output: %s", daemon, result.fail_reason, result.output)
    raise QuitDaemon("Shutdown scheduled")


def _remove_cluster_keys() -> None:
    """Remove root's own key pair from its authorized keys, and the pair itself."""
    for kind in _KEY_TYPES:
        private, public = sshkeys.key_paths(kind)
        try:
            key = read_text(public, default="")
            if not key:
                continue
            path = sshkeys.authorized_keys_path()
            write_atomic(path, sshkeys.without_keys(read_text(path, default=""), [key]))
            backup_file(private)
            backup_file(public)
            remove_if_exists(private)
            remove_if_exists(public)
        except OSError:
            _LOG.exception("Cannot remove the SSH key %s of the cluster", private)


@implements(procedures.node_demote_from_mc)
def node_demote_from_mc() -> None:
    """Move the configuration away because this node is no master candidate any more."""
    _check_not_master()
    try:
        backup_file(pathutils.CLUSTER_CONF_FILE)
        remove_if_exists(pathutils.CLUSTER_CONF_FILE)
        # What this node kept while it was the master; the backup is enough to look something up.
        clean_directory(pathutils.CONFIG_HISTORY_DIR)
    except OSError as err:
        raise RPCFail(f"Error while backing up the cluster configuration: {err}") from err


def _check_not_master() -> None:
    """Raise RPCFail if this node is the master or acts like it."""
    with contextlib.suppress(errors.ConfigurationError):
        if SsconfReader().is_master():
            raise RPCFail("ssconf status shows I'm the master node, will not demote")
    if not os.path.exists(pathutils.daemon_pid_file(c.MASTERD)):
        return
    if not run_cmd([pathutils.DAEMON_UTIL, "check", c.MASTERD], timeout_s=_TIMEOUT_S).failed:
        raise RPCFail("The master daemon is running, will not demote")
