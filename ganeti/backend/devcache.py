"""A file per active device that tells administrators and monitoring whose disk it is."""

import logging
import os
from typing import Final

from ganeti import pathutils
from ganeti.utils.files import remove_if_exists, write_atomic

_log = logging.getLogger(__name__)

_MODE: Final = 0o600


def cache_path(device_path: str) -> str:
    """Return the path of a device's cache file."""
    name = device_path.removeprefix("/dev/").replace("/", "_")
    return os.path.join(pathutils.BDEV_CACHE_DIR, f"bdev_{name}")


def update(device_path: str | None, owner: str, *, on_primary: bool, iv_name: str) -> None:
    """Record the owner of a device; failures are logged only, nothing depends on the record."""
    if device_path is None:
        return
    role = "primary" if on_primary else "secondary"
    try:
        # No fsync: after a crash of the machine no device is active.
        write_atomic(cache_path(device_path), f"{owner} {role} {iv_name or 'not_visible'}\n", mode=_MODE, fsync=False)
    except OSError as err:
        _log.warning("Can't update the device cache for %s: %s", device_path, err)


def drop(device_path: str | None) -> None:
    """Forget a device."""
    if device_path is None:
        return
    try:
        remove_if_exists(cache_path(device_path))
    except OSError as err:
        _log.warning("Can't remove the device cache entry of %s: %s", device_path, err)
