"""Node procedures about files of the cluster: uploads, ssconf, the pause of the watcher."""

import contextlib
import grp
import os
import pwd
from typing import Any, Final

import msgspec

from ganeti import buildcfg, errors, hvparams, pathutils, ssconf
from ganeti.backend.base import RPCFail, implements
from ganeti.rpc import procedures
from ganeti.rpc.procedures.files import Compressed, FileDetails
from ganeti.rpc.uploads import decompress
from ganeti.utils.accounts import owner
from ganeti.utils.files import lock_if_exists, read_text, remove_if_exists, write_atomic

#: The files that the master may write; never the list of allowed storage paths, which is the node's own decision.
UPLOAD_TARGETS: Final[frozenset[str]] = frozenset(
    {
        pathutils.CLUSTER_CONF_FILE,
        pathutils.ETC_HOSTS,
        pathutils.SSH_KNOWN_HOSTS_FILE,
        pathutils.VNC_PASSWORD_FILE,
        pathutils.RAPI_CERT_FILE,
        pathutils.SPICE_CERT_FILE,
        pathutils.SPICE_CACERT_FILE,
        pathutils.RAPI_USERS_FILE,
        pathutils.CONFD_HMAC_KEY,
        pathutils.CLUSTER_DOMAIN_SECRET_FILE,
    }
    | hvparams.all_ancillary_files()
) - {pathutils.FILE_STORAGE_PATHS_FILE}

_ROLES: Final = ("masterd", "confd", "rapi", "noded", "mond", "metad", "daemons", "admin")
_PAUSE_MODE: Final = 0o644


@implements(procedures.upload_file)
def upload_file(file_name: FileDetails) -> None:
    """Write a file of the cluster."""
    _write(*file_name)


@implements(procedures.upload_file_single)
def upload_file_single(
    file_name: str, content: Compressed, mode: int | None, uid: str, gid: str, atime: float, mtime: float
) -> None:
    """Write a file of the cluster."""
    _write(file_name, content, mode, uid, gid, atime, mtime)


def _write(path: str, content: Compressed, mode: int | None, user: str, group: str, atime: float, mtime: float) -> None:
    target = allowed_target(path)
    uid, gid = _ids(user, group)
    try:
        data = decompress(content)
        if target == pathutils.CLUSTER_CONF_FILE:
            _check_master_of(data)
        # A master daemon that still runs here and the new master's copy must not interleave: both lock the old file.
        with lock_if_exists(target) if target == pathutils.CLUSTER_CONF_FILE else contextlib.nullcontext():
            write_atomic(target, data, mode=0o600 if mode is None else mode, uid=uid, gid=gid, times=(atime, mtime))
    except (OSError, ValueError) as err:
        raise RPCFail(f"Cannot write {target}: {err}") from err


class _NamedNode(msgspec.Struct, frozen=True):
    name: str


class _MasterOf(msgspec.Struct, frozen=True):
    master_node: str


class _ConfigHead(msgspec.Struct, frozen=True):
    """What tells whose configuration it is; everything else is skipped."""

    cluster: _MasterOf
    nodes: dict[str, _NamedNode]


def _check_master_of(config: bytes) -> None:
    """Refuse a configuration unless it is that of the master that this node knows.

    Calls of a former master may arrive late. Whoever takes over changes the ssconf values first.

    Raises RPCFail.
    """
    try:
        known = ssconf.SsconfReader().master_node()
    except errors.ConfigurationError:
        return  # This node is only being added.
    try:
        head = msgspec.json.decode(config, type=_ConfigHead)
        given = head.nodes[head.cluster.master_node].name
    except (msgspec.DecodeError, KeyError) as err:
        raise RPCFail(f"The configuration cannot be read: {err}") from err
    if given != known:
        raise RPCFail(f"The configuration is that of the master {given}, but the master is {known}")


def allowed_target(path: str) -> str:
    """Return the local path of a file that the master may write. Raises RPCFail for all others."""
    if not os.path.isabs(path):
        raise RPCFail(f"Filename passed to UploadFile is not absolute: '{path}'")
    try:
        local = pathutils.from_virtual(path)
    except ValueError as err:
        raise RPCFail(str(err)) from err
    if local not in UPLOAD_TARGETS:
        raise RPCFail(f"Filename passed to UploadFile not in allowed upload targets: '{path}'")
    return local


def _ids(user: str, group: str) -> tuple[int, int]:
    """Return the ids of accounts that our daemons use. Raises RPCFail for others."""
    if user not in {"root", *(buildcfg.user_of(role) for role in _ROLES)}:
        raise RPCFail(f"User '{user}' is none of the daemons' users")
    if group not in {"root", *(buildcfg.group_of(role) for role in _ROLES)}:
        raise RPCFail(f"Group '{group}' is none of the daemons' groups")
    try:
        return pwd.getpwnam(user).pw_uid, grp.getgrnam(group).gr_gid
    except KeyError as err:
        raise RPCFail(f"This node lacks an account: {err}") from err


@implements(procedures.write_ssconf_files)
def write_ssconf_files(values: dict[str, str]) -> None:
    """Write ssconf values."""
    uid, gid = owner("noded", "noded")
    try:
        ssconf.write_values(values, uid=uid, gid=gid)
    except (errors.GenericError, OSError) as err:
        raise RPCFail(f"Cannot write ssconf files: {err}") from err


@implements(procedures.get_file_info)
def get_file_info(file_path: str) -> tuple[bool, dict[str, Any]]:
    """Tell whether a file exists, and its size in bytes."""
    try:
        return True, {"size": os.stat(file_path).st_size}
    except OSError:
        return False, {}


@implements(procedures.set_watcher_pause)
def set_watcher_pause(until: float | None) -> None:
    """Pause the watcher of this node until a Unix time, or end the pause."""
    if until is None:
        remove_if_exists(pathutils.WATCHER_PAUSEFILE)
        return
    uid, gid = owner("masterd", "masterd")
    write_atomic(pathutils.WATCHER_PAUSEFILE, f"{int(until)}\n", mode=_PAUSE_MODE, uid=uid, gid=gid)


@implements(procedures.get_watcher_pause)
def get_watcher_pause() -> float | None:
    """Return the Unix time until which the watcher pauses, None if it does not."""
    text = read_text(pathutils.WATCHER_PAUSEFILE, default="").partition("\n")[0]
    with contextlib.suppress(ValueError):
        return int(text)
    return None
