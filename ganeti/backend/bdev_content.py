"""Node procedures that write whole disks: wiping, and copying an image onto a disk."""

import contextlib
import os
import shutil
import urllib.parse
import urllib.request

from ganeti import constants as c
from ganeti.backend import devices
from ganeti.backend.base import RPCFail, implements
from ganeti.backend.bdev import device_errors
from ganeti.errors import BlockDeviceError
from ganeti.objects.wire import WireDisk
from ganeti.rpc import procedures
from ganeti.storage import BlockDevice
from ganeti.utils.process import CmdResult, run_cmd

_MIB = 1024 * 1024
_COPY_TIMEOUT_S = 3600.0
_CONNECT_TIMEOUT_S = 60.0


def _device_within(disk: WireDisk, offset_mib: int, size_mib: int) -> BlockDevice:
    """Return the device of a disk after checking that the region lies inside of it."""
    device = devices.find(disk)
    if device is None or device.dev_path is None:
        raise BlockDeviceError(f"Cannot execute wipe for device {devices.describe(disk)}: device not found")
    if offset_mib < 0 or size_mib < 0:
        raise BlockDeviceError("Negative offset or size")
    end, real = (offset_mib + size_mib) * _MIB, device.actual_size()
    if end > real:
        raise BlockDeviceError(f"The region ends at byte {end}, device {device.dev_path} has only {real} bytes")
    return device


def _check(result: CmdResult) -> None:
    if result.failed:
        raise RPCFail(f"{result.argv[0]} failed: {result.fail_reason}; output: {result.output.strip()}")


@implements(procedures.blockdev_wipe)
def blockdev_wipe(disk: WireDisk, offset: int, size: int) -> None:
    """Overwrite *size* MiB of a disk with zeros, from *offset* MiB on."""
    with device_errors():
        path = _device_within(disk, offset, size).require_path()
    command = [
        c.DD_CMD, "if=/dev/zero", f"seek={offset}", f"bs={c.DD_BLOCK_SIZE}", f"count={size}", "oflag=direct",
        "conv=notrunc", f"of={path}",
    ]  # fmt: skip
    _check(run_cmd(command, timeout_s=_COPY_TIMEOUT_S))


@implements(procedures.blockdev_image)
def blockdev_image(disk: WireDisk, image: str, size: int) -> None:
    """Copy an image, a file of this node or a URL, onto the first *size* MiB of a disk."""
    with device_errors():
        path = _device_within(disk, 0, size).require_path()
    if urllib.parse.urlsplit(image).scheme in ("http", "https", "ftp"):
        _download(image, path, size * _MIB)
    else:
        _copy_file(image, path, size)


def _copy_file(image: str, path: str, size_mib: int) -> None:
    if not os.path.isfile(image):
        raise RPCFail(f"Image '{image}' is not a file on this node")
    if os.path.getsize(image) > size_mib * _MIB:
        raise RPCFail(f"Image '{image}' does not fit into {size_mib} MiB")
    command = [c.DD_CMD, f"if={image}", f"of={path}", f"bs={c.DD_BLOCK_SIZE}", f"count={size_mib}"]
    _check(run_cmd([*command, "conv=notrunc,fsync"], timeout_s=_COPY_TIMEOUT_S))


def _download(url: str, path: str, limit: int) -> None:
    """Stream a URL into a device; more than *limit* bytes are an error."""
    try:
        with (
            contextlib.closing(urllib.request.urlopen(url, timeout=_CONNECT_TIMEOUT_S)) as source,
            open(path, "r+b") as target,
        ):
            length = source.headers.get("Content-Length")
            if length is not None and int(length) > limit:
                raise RPCFail(f"Image '{url}' does not fit into {limit // _MIB} MiB")
            shutil.copyfileobj(_Limited(source, limit, url), target, _MIB)
            target.flush()
            os.fsync(target.fileno())
    except (OSError, ValueError) as err:
        raise RPCFail(f"Cannot copy image '{url}': {err}") from err


class _Limited:
    """A readable that refuses to give more than a number of bytes."""

    def __init__(self, source: "urllib.request._UrlopenRet", limit: int, url: str) -> None:
        self._source, self._left, self._url = source, limit, url

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes; raises RPCFail once the limit is passed."""
        data: bytes = self._source.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise RPCFail(f"Image '{self._url}' is longer than the disk")
        return data
