"""The block device abstraction of a node: what every type of disk can do, and what it does unless it knows better.

Life of a device: absent -> ``create`` -> exists -> ``assemble`` -> active -> ``open`` -> usable; ``close``,
``shutdown`` (undo assemble, children stay) and ``remove`` lead back. Constructing an object looks for an existing
device and activates nothing.
All methods raise ``BlockDeviceError`` with a text for the administrator.
"""

from __future__ import annotations

import abc
import os
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

from ganeti import constants as c
from ganeti.errors import BlockDeviceError, ProgrammerError
from ganeti.objects.blockdev import merge_status
from ganeti.objects.wire import BlockDevStatus
from ganeti.utils.process import run_cmd

Params = Mapping[str, Any]

_SIZE_TIMEOUT_S = 60.0


class DeviceSpec(NamedTuple):
    """What identifies and describes a device, as the master sends it.

    ``size`` in MiB; ``params`` complete for the type; ``dynamic_params`` hold what depends on the receiving node.
    """

    dev_type: str
    logical_id: tuple[Any, ...]
    size: int
    params: Params
    dynamic_params: Params = MappingProxyType({})
    name: str | None = None
    uuid: str = ""
    spindles: int | None = None


class BlockDevice(abc.ABC):
    """One device on this node.

    Attributes:
      dev_path: path of the device, None when it is absent or has none.
      major, minor: device numbers, None for files.
      attached: whether the device exists (is active, for types that must be activated).
    """

    #: Device-level parameters that the master must have sent.
    REQUIRED_PARAMS: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, spec: DeviceSpec, children: Sequence[BlockDevice | None] = ()) -> None:
        self.spec = spec
        self.children = tuple(children)
        self.dev_path: str | None = None
        self.major: int | None = None
        self.minor: int | None = None
        self.attached = False

    @property
    def present_children(self) -> tuple[BlockDevice, ...]:
        """Children that exist."""
        return tuple(child for child in self.children if child is not None)

    # life cycle

    @classmethod
    @abc.abstractmethod
    def create(cls, spec: DeviceSpec, children: Sequence[BlockDevice | None], *, exclusive: bool) -> BlockDevice:
        """Make a new device; ``exclusive`` says that the node uses exclusive storage."""

    @abc.abstractmethod
    def assemble(self) -> None:
        """Make the device usable; safe on devices in use."""

    @abc.abstractmethod
    def open(self, *, force: bool = False, exclusive: bool = True) -> None:
        """Allow reading and writing; *force* only right after creation, not *exclusive* only during migration."""

    @abc.abstractmethod
    def close(self) -> None:
        """Undo ``open``."""

    @abc.abstractmethod
    def shutdown(self) -> None:
        """Undo ``assemble``."""

    @abc.abstractmethod
    def remove(self) -> None:
        """Destroy the device and its data."""

    @abc.abstractmethod
    def rename(self, new_id: tuple[Any, ...]) -> None:
        """Give the device another identity."""

    @abc.abstractmethod
    def grow(self, amount: int, *, dry_run: bool, backing_store: bool, exclusive: bool) -> None:
        """Grow by *amount* MiB: the storage itself (*backing_store*) or only the logical device on top of it."""

    # information

    def sync_status(self) -> BlockDevStatus:
        """State of this device alone."""
        return BlockDevStatus(
            dev_path=self.dev_path, major=self.major, minor=self.minor, is_degraded=False, ldisk_status=c.LDS_OKAY
        )

    def combined_sync_status(self) -> BlockDevStatus:
        """State of this device and its children."""
        return merge_status(self.sync_status(), [child.sync_status() for child in self.present_children])

    def actual_size(self) -> int:
        """Size in bytes as the device reports it."""
        result = run_cmd(["blockdev", "--getsize64", self.require_path()], timeout_s=_SIZE_TIMEOUT_S)
        if result.failed:
            raise BlockDeviceError(f"blockdev failed ({result.fail_reason}): {result.output.strip()}")
        try:
            return int(result.stdout.strip())
        except ValueError:
            raise BlockDeviceError(f"Cannot parse the size of {self.dev_path}: {result.output.strip()!r}") from None

    def actual_spindles(self) -> int | None:
        """Number of spindles, where the type knows it."""
        return None

    def userspace_uri(self, hypervisor: str) -> str:
        """Address by which the hypervisor itself can open the device."""
        raise BlockDeviceError(f"Disk type {self.spec.dev_type} cannot be accessed in user space by {hypervisor}")

    # details

    def set_sync_params(self, params: Params) -> list[str]:
        """Set synchronisation parameters of this device or what it is built on; returns problems."""
        return [text for child in self.present_children for text in child.set_sync_params(params)]

    def pause_resume_sync(self, *, pause: bool) -> bool:
        """Pause or resume synchronisation; tells whether that worked (also when there is none)."""
        results = [child.pause_resume_sync(pause=pause) for child in self.present_children]
        return all(results)

    def set_info(self, text: str) -> None:
        """Replace the descriptive text stored with the device."""
        for child in self.present_children:
            child.set_info(text)

    def snapshot(self, name: str | None, size: int | None) -> tuple[Any, ...]:
        """Make a snapshot; returns its logical id."""
        raise BlockDeviceError(f"Disk type {self.spec.dev_type} does not support snapshots ({name=}, {size=})")

    def import_command(self) -> list[str]:
        """Program that writes its standard input to the device."""
        return ["dd", f"of={self.require_path()}", f"bs={c.DD_BLOCK_SIZE}", "oflag=direct", "conv=notrunc"]

    def export_command(self) -> list[str]:
        """Program that writes the device to its standard output."""
        path = self.require_path()
        return ["dd", f"if={path}", f"bs={c.DD_BLOCK_SIZE}", f"count={self.spec.size}", "iflag=direct"]

    def require_path(self) -> str:
        """The device's path; an error when it has none."""
        if self.dev_path is None:
            raise BlockDeviceError(f"Device {self.describe()} has no path on this node")
        return self.dev_path

    def describe(self) -> str:
        """The device in messages; never shows secrets."""
        return f"{self.spec.dev_type} {self.spec.name or self.spec.uuid or self.dev_path}"


def device_numbers(st_rdev: int) -> tuple[int, int]:
    """Return (major, minor) of a device file."""
    return os.major(st_rdev), os.minor(st_rdev)


def check_params(cls: type[BlockDevice], params: Params) -> None:
    """Check that the master sent all parameters a type needs; raises ProgrammerError."""
    missing = sorted(cls.REQUIRED_PARAMS - set(params))
    if missing:
        raise ProgrammerError(f"Block device parameters are missing for {cls.__name__}: {', '.join(missing)}")
