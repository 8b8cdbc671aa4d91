"""The backup of the data directory that is made before the configuration is changed."""

import os
import tarfile
import time
from typing import Final

from ganeti import pathutils
from ganeti.errors import OpExecError
from ganeti.utils.files import fsync_dir, remove_if_exists, write_atomic

_MODE: Final = 0o600
#: Name of the data directory inside of the archive.
_TOP: Final = "ganeti"
_CONFIG: Final = "config.data"


def _excluded() -> frozenset[str]:
    """Return the directories that are left out: large, and not changed by any version."""
    return frozenset(os.path.realpath(path) for path in (pathutils.JOB_QUEUE_ARCHIVE_DIR, pathutils.EXPORT_DIR))


def make_backup() -> str:
    """Write the backup, which only root can read; returns its path. Raises OSError, and leaves nothing then.

    Nothing may run that changes the files meanwhile.
    """
    moment = int(time.time())
    while os.path.lexists(path := f"{pathutils.BACKUP_DIR}/ganeti{moment}.tar"):
        moment += 1
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _write(file.fileno(), tarfile.open(fileobj=file, mode="w"))  # noqa: SIM115
    except BaseException:
        remove_if_exists(path)
        raise
    fsync_dir(pathutils.BACKUP_DIR)
    return path


def _write(descriptor: int, archive: tarfile.TarFile) -> None:
    excluded = _excluded()
    data = os.path.realpath(pathutils.DATA_DIR)

    def wanted(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        path = os.path.normpath(data + member.name.removeprefix(_TOP))
        return None if path in excluded else member

    with archive:
        archive.add(data, arcname=_TOP, filter=wanted)
    os.fsync(descriptor)


def restore_config(backup: str) -> None:
    """Put the configuration of a backup back. Raises OpExecError or OSError."""
    try:
        with tarfile.open(backup) as archive:
            member = archive.getmember(f"{_TOP}/{_CONFIG}")
            content = archive.extractfile(member)
            data = content.read() if content is not None else b""
    except (tarfile.TarError, KeyError) as err:
        raise OpExecError(f"The backup {backup} has no configuration that can be restored: {err}") from err
    write_atomic(pathutils.CLUSTER_CONF_FILE, data, mode=member.mode & 0o777, uid=member.uid, gid=member.gid)
