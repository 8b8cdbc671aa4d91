"""Tap interfaces: opened by the node daemon and handed to QEMU as file descriptors.

QEMU thus needs neither the right nor the name to open them, and the interface disappears by itself when QEMU ends.
See tun(4) in the kernel's Documentation/networking/tuntap.rst.
"""

from __future__ import annotations

import fcntl
import os
import struct
from dataclasses import dataclass

from ganeti import constants as c
from ganeti import errors
from ganeti.hvparams import ParamView

_TUN_DEVICE = "/dev/net/tun"
_VHOST_DEVICE = "/dev/vhost-net"
_TUNGETFEATURES = 0x800454CF
_TUNSETIFF = 0x400454CA
_IFF_TAP = 0x0002
_IFF_NO_PI = 0x1000
_IFF_ONE_QUEUE = 0x2000
_IFF_VNET_HDR = 0x4000
_IFF_MULTI_QUEUE = 0x0100
#: struct ifreq: interface name, flags, padding up to the size of the union.
_IFREQ = struct.Struct("16sH22x")


@dataclass(frozen=True, slots=True)
class TapFeatures:
    """What a guest's NICs are able to do: offloads (`vnet_hdr`), in-kernel networking (`vhost`), number of queues."""

    vnet_hdr: bool = False
    vhost: bool = False
    queues: int = 1


def wanted_features(params: ParamView) -> TapFeatures:
    """Features that the hypervisor parameters ask for; only paravirtual NICs have any."""
    if params.text(c.HV_NIC_TYPE) != c.HT_NIC_PARAVIRTUAL:
        return TapFeatures()
    return TapFeatures(
        vnet_hdr=params.flag(c.HV_VNET_HDR),
        vhost=params.flag(c.HV_VHOST_NET),
        queues=max(1, params.number(c.HV_VIRTIO_NET_QUEUES)),
    )


@dataclass(frozen=True, slots=True)
class Tap:
    """An open tap interface.

    Attributes:
      name: of the interface.
      fds: one descriptor per queue.
      vhost_fds: one descriptor of the kernel's network back end per queue, or none.
    """

    name: str
    fds: tuple[int, ...]
    vhost_fds: tuple[int, ...] = ()

    def all_fds(self) -> tuple[int, ...]:
        """All descriptors that QEMU has to inherit."""
        return self.fds + self.vhost_fds

    def close(self) -> None:
        """Close our copies; without a QEMU that holds its own ones the interface disappears."""
        for fd in self.all_fds():
            os.close(fd)


def open_tap(features: TapFeatures, name: str = "") -> Tap:
    """Create a tap interface; with an empty name the kernel chooses one.

    Raises:
      HypervisorError: this node has no tap or vhost support, or the name is taken.
    """
    fds: list[int] = []
    vhost_fds: list[int] = []
    try:
        for _ in range(features.queues):
            fd = _open(_TUN_DEVICE, "the kernel module 'tun' must be loaded")
            fds.append(fd)
            name = _attach(fd, name, _flags(fd, features))
        if features.vhost:
            while len(vhost_fds) < features.queues:
                vhost_fds.append(_open(_VHOST_DEVICE, "load the module 'vhost_net' or switch off vhost_net"))
        return Tap(name, tuple(fds), tuple(vhost_fds))
    except BaseException:
        for fd in fds + vhost_fds:
            os.close(fd)
        raise


def _open(device: str, advice: str) -> int:
    try:
        return os.open(device, os.O_RDWR | os.O_CLOEXEC)
    except OSError as err:
        raise errors.HypervisorError(f"Cannot open {device} ({err.strerror}), {advice}") from err


def _flags(fd: int, features: TapFeatures) -> int:
    """Interface flags, limited to what the kernel offers."""
    (offered,) = struct.unpack("I", fcntl.ioctl(fd, _TUNGETFEATURES, struct.pack("I", 0)))
    flags = _IFF_TAP | _IFF_NO_PI
    if features.vnet_hdr and offered & _IFF_VNET_HDR:
        flags |= _IFF_VNET_HDR
    if features.queues > 1 and offered & _IFF_MULTI_QUEUE:
        flags |= _IFF_MULTI_QUEUE
    else:
        flags |= _IFF_ONE_QUEUE
    return flags


def _attach(fd: int, name: str, flags: int) -> str:
    try:
        answer = fcntl.ioctl(fd, _TUNSETIFF, _IFREQ.pack(name.encode(), flags))
    except OSError as err:
        raise errors.HypervisorError(f"Cannot create tap interface '{name}': {err.strerror}") from err
    raw_name, _ = _IFREQ.unpack(answer)
    return str(raw_name.rstrip(b"\0").decode())
