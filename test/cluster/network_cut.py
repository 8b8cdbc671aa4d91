"""Cutting a virtual node off: packets to it vanish, as when its cable is pulled."""

import contextlib
import fcntl
import os
import struct
from collections.abc import Iterator
from typing import Final

from ganeti.tools import vcluster_layout as vl
from ganeti.utils.process import run_cmd

_TUNSETIFF: Final = 0x400454CA
_IFF_TUN: Final = 0x0001
_IFF_NO_PI: Final = 0x1000


def _ip(*words: str) -> None:
    result = run_cmd(["ip", *words], timeout_s=10)
    assert not result.failed, f"ip {' '.join(words)}: {result.output}"


@contextlib.contextmanager
def _black_hole(name: str) -> Iterator[None]:
    """Have a network interface that nobody reads from."""
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.ioctl(fd, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TUN | _IFF_NO_PI))
        _ip("link", "set", name, "up")
        yield
    finally:
        # The interface ends with its descriptor.
        os.close(fd)


@contextlib.contextmanager
def cut_off(host: vl.Host) -> Iterator[None]:
    """Let nothing reach the address of a virtual node, over connections that are open neither.

    The address is taken from the loopback device and led to an interface without a reader.
    """
    name = f"gvcut{os.getpid() % 100000}"
    with _black_hole(name):
        # It does nothing before the address is gone, and then no packet can take another way.
        _ip("route", "add", f"{host.address}/32", "dev", name)
        _ip("address", "del", f"{host.address}/32", "dev", "lo")
        try:
            yield
        finally:
            _ip("address", "add", f"{host.address}/32", "dev", "lo")
