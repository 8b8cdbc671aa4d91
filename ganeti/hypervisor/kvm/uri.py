"""Addresses of disks that QEMU opens by itself, without a device on the node."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from ganeti import errors

_GLUSTER_PORT = 24007


def parse_disk_uri(uri: str) -> dict[str, Any]:
    """Turn a user-space disk address into QEMU's block driver options.

    Understands `gluster://HOST:PORT/VOLUME/PATH` and `rbd:POOL/IMAGE[:id=USER]`.

    Raises:
      HypervisorError: the address is of another kind, or incomplete.
    """
    scheme = uri.partition(":")[0]
    if scheme == "gluster":
        return _parse_gluster(uri)
    if scheme == "rbd":
        return _parse_rbd(uri)
    raise errors.HypervisorError(f"KVM cannot open disks at '{uri}'")


def _parse_gluster(uri: str) -> dict[str, Any]:
    parts = urlsplit(uri)
    volume, _, path = parts.path.lstrip("/").partition("/")
    if not (parts.hostname and volume and path):
        raise errors.HypervisorError(f"'{uri}' is not of the form gluster://HOST:PORT/VOLUME/PATH")
    server = {"type": "inet", "host": parts.hostname, "port": str(parts.port or _GLUSTER_PORT)}
    return {"driver": "gluster", "volume": volume, "path": path, "server": [server]}


def _parse_rbd(uri: str) -> dict[str, Any]:
    location, *options = uri.removeprefix("rbd:").split(":")
    pool, _, image = location.partition("/")
    if not (pool and image):
        raise errors.HypervisorError(f"'{uri}' is not of the form rbd:POOL/IMAGE")
    result: dict[str, Any] = {"driver": "rbd", "pool": pool, "image": image}
    for option in options:
        key, _, value = option.partition("=")
        if key != "id" or not value:
            raise errors.HypervisorError(f"Option '{option}' in '{uri}' is not supported")
        result["user"] = value
    return result
