"""Small files that accompany a running guest: names of its interfaces, user id, directories; and their removal."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import time
from pathlib import Path

from ganeti import errors
from ganeti.hypervisor.kvm.paths import GuestPaths
from ganeti.hypervisor.kvm.uidpool import release_uid
from ganeti.utils.files import remove_if_exists, write_atomic

_log = logging.getLogger(__name__)

_CHROOT_MODE = 0o700


def write_nic(paths: GuestPaths, index: int, nic_uuid: str, interface: str) -> None:
    """Note the host interface of a NIC.

    It is kept under the NIC's UUID, which stays when the NIC's position changes; the position is an alias for tools.
    """
    paths.nics.mkdir(mode=0o755, parents=True, exist_ok=True)
    write_atomic(str(paths.nics / nic_uuid), interface, mode=0o600, fsync=False)
    alias = paths.nics / str(index)
    remove_if_exists(str(alias))
    alias.symlink_to(nic_uuid)


def read_nic(paths: GuestPaths, index: int, nic_uuid: str) -> str | None:
    """The host interface of a NIC; None when it is not known."""
    for name in (nic_uuid, str(index)):
        try:
            return (paths.nics / name).read_text().strip()
        except OSError:
            continue
    return None


def remove_nic(paths: GuestPaths, nic_uuid: str) -> None:
    """Forget the host interface of a NIC that is gone, with the aliases for its position."""
    if not paths.nics.is_dir():
        return
    for entry in paths.nics.iterdir():
        if entry.name == nic_uuid or (entry.is_symlink() and str(entry.readlink()) == nic_uuid):
            remove_if_exists(str(entry))


def make_chroot(paths: GuestPaths) -> None:
    """Create the empty directory that a guest is confined to."""
    paths.chroot.mkdir(mode=_CHROOT_MODE, exist_ok=True)


def write_uid(paths: GuestPaths, uid: int) -> None:
    """Note which user of the pool runs the guest."""
    write_atomic(str(paths.uid_file), str(uid), mode=0o600, fsync=False)


def remove_guest_files(paths: GuestPaths) -> None:
    """Remove everything that belongs to a guest which is not running.

    Raises:
      HypervisorError: a file cannot be removed.
    """
    try:
        _release_user(paths)
        for path in (paths.pid_file, *paths.sockets(), paths.runtime, paths.shutdown_marker):
            remove_if_exists(str(path))
        if paths.nics.is_dir():
            shutil.rmtree(paths.nics)
        _remove_chroot(paths)
    except OSError as err:
        raise errors.HypervisorError(f"Cannot remove the files of instance {paths.name}: {err}") from err


def _release_user(paths: GuestPaths) -> None:
    try:
        uid = int(paths.uid_file.read_text())
    except FileNotFoundError:
        return
    except ValueError:
        _log.warning("File %s holds no user id", paths.uid_file)
    else:
        release_uid(uid)
    remove_if_exists(str(paths.uid_file))


def _remove_chroot(paths: GuestPaths) -> None:
    try:
        paths.chroot.rmdir()
    except FileNotFoundError:
        return
    except OSError:
        # A guest that broke out of QEMU may have left something: keep it for inspection.
        prefix = f"{paths.name}-{time.strftime('%Y-%m-%d_%H_%M_%S')}-"
        target = Path(tempfile.mkdtemp(prefix=prefix, dir=paths.node.quarantine_dir))
        os.replace(paths.chroot, target)
        _log.warning("The chroot of instance %s was not empty, it was moved to %s", paths.name, target)
