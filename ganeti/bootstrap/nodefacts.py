"""Looking at this host: devices, volume groups, kernel modules, keys. Nothing is changed."""

import os
import socket
from typing import Final

from ganeti import buildcfg, errors, pathutils
from ganeti.utils import net
from ganeti.utils.files import read_text
from ganeti.utils.process import run_cmd

FAMILIES: Final = {4: int(socket.AF_INET), 6: int(socket.AF_INET6)}
PREFIX_LENGTHS: Final = {int(socket.AF_INET): 32, int(socket.AF_INET6): 128}

_TIMEOUT_S: Final = 60.0
_DRBD_HELPER_FILE: Final = "/sys/module/drbd/parameters/usermode_helper"


def owns(ip: str) -> bool:
    """Tell whether this host has an address; of loopback addresses every host has all."""
    return net.owns_address(ip) or (net.is_loopback(ip) and bool(pathutils.VIRTUAL_ROOT))


def netdev_exists(name: str) -> bool:
    """Tell whether there is a network device."""
    return not run_cmd(["ip", "link", "show", "dev", name], timeout_s=_TIMEOUT_S).failed


def volume_group_size_mib(name: str) -> int | None:
    """Return the size of a volume group, None if there is none or LVM is not installed."""
    argv = ["vgs", "--noheadings", "--nosuffix", "--units=m", "-o", "vg_size", "--", name]
    try:
        result = run_cmd(argv, timeout_s=_TIMEOUT_S)
    except errors.OpExecError:
        return None
    return None if result.failed else parse_size_mib(result.stdout)


def parse_size_mib(text: str) -> int | None:
    """Return the first size in the output of ``vgs --units=m --nosuffix``, rounded down."""
    for word in text.split():
        try:
            return int(float(word.replace(",", ".")))
        except ValueError:
            continue
    return None


def drbd_usermode_helper() -> str | None:
    """Return the helper that DRBD calls, None if the kernel module is not loaded."""
    try:
        return read_text(_DRBD_HELPER_FILE).strip()
    except OSError:
        return None


def public_key_blob(path: str) -> str | None:
    """Return the base64 part of a public SSH key file, None if there is no such key."""
    words = read_text(path, default="").split()
    return words[1] if len(words) >= 2 else None


def find_iallocator(name: str) -> str | None:
    """Return the path of an instance allocator, None if it is not installed."""
    if "/" in name:
        return None
    for directory in buildcfg.IALLOCATOR_SEARCH_PATH:
        path = os.path.join(directory, name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return None
