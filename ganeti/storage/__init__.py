"""Disks of a node: one module per disk type, looked up by the type's name.

Modules are imported when a type is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

from ganeti import constants as c
from ganeti.errors import ProgrammerError
from ganeti.storage.base import BlockDevice, DeviceSpec

_IMPLEMENTATIONS: Final[dict[str, tuple[str, str]]] = {
    c.DT_FILE: ("ganeti.storage.file", "FileDevice"),
    c.DT_SHARED_FILE: ("ganeti.storage.file", "FileDevice"),
}


def device_class(dev_type: str) -> type[BlockDevice]:
    """Return the class of a disk type; raises ProgrammerError for an unknown one."""
    try:
        module, name = _IMPLEMENTATIONS[dev_type]
    except KeyError:
        supported = ", ".join(sorted(_IMPLEMENTATIONS))
        raise ProgrammerError(f"Invalid block device type '{dev_type}', this node supports {supported}") from None
    cls: type[BlockDevice] = getattr(import_module(module), name)
    assert issubclass(cls, BlockDevice)
    return cls


__all__ = ["BlockDevice", "DeviceSpec", "device_class"]
