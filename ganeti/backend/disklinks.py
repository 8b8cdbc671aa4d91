"""Symbolic links to the disks of instances: hypervisors get these, so that a guest has the same paths on any node."""

import contextlib
import logging
import os
from collections.abc import Iterable

from ganeti import constants as c
from ganeti import pathutils
from ganeti.errors import BlockDeviceError
from ganeti.utils.files import link_atomic

_log = logging.getLogger(__name__)


def link_path(instance_name: str, index: int) -> str:
    """Return the path of the link to a disk, *index* being its position in the instance."""
    return os.path.join(pathutils.DISK_LINKS_DIR, f"{instance_name}{c.DISK_SEPARATOR}{index}")


def make_link(instance_name: str, device_path: str, index: int) -> str:
    """Let the link of a disk point to *device_path*; whatever was there is replaced in one step.

    Raises BlockDeviceError.
    """
    link = link_path(instance_name, index)
    try:
        if os.path.islink(link) and os.readlink(link) == device_path:
            return link
        link_atomic(link, device_path)
    except OSError as err:
        raise BlockDeviceError(f"Can't create symlink {link} to '{device_path}': {err.strerror}") from err
    return link


def remove_links(instance_name: str) -> None:
    """Remove the links of all disks of an instance."""
    for index in range(c.MAX_DISKS):
        _remove_link(link_path(instance_name, index))


def remove_links_to(instance_name: str, device_paths: Iterable[str]) -> None:
    """Remove those links of an instance that point to one of the devices; its other disks may be in use."""
    targets = set(device_paths)
    for index in range(c.MAX_DISKS):
        link = link_path(instance_name, index)
        with contextlib.suppress(OSError):
            if os.readlink(link) in targets:
                _remove_link(link)


def _remove_link(link: str) -> None:
    try:
        os.unlink(link)
    except FileNotFoundError:
        pass
    except OSError as err:
        # A stale link is harmless: it is replaced when the disk is next activated.
        _log.warning("Cannot remove the disk link %s: %s", link, err)
