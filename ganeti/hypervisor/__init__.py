"""Hypervisors of a node: one module or package per hypervisor, looked up by name.

Modules are imported when a hypervisor is first asked for, so that a node loads only what it uses.
"""

from __future__ import annotations

import importlib

from ganeti import constants as c
from ganeti import errors
from ganeti.hypervisor.base import BlockDevice, Hypervisor

_IMPLEMENTATIONS = {
    c.HT_FAKE: ("ganeti.hypervisor.fake", "FakeHypervisor"),
    c.HT_KVM: ("ganeti.hypervisor.kvm.hypervisor", "KvmHypervisor"),
}


def get_hypervisor_class(name: str) -> type[Hypervisor]:
    """The class that implements a hypervisor.

    Raises:
      HypervisorError: there is no such hypervisor.
    """
    try:
        module_name, class_name = _IMPLEMENTATIONS[name]
    except KeyError:
        raise errors.HypervisorError(
            f"Unknown hypervisor '{name}', this node supports {', '.join(sorted(_IMPLEMENTATIONS))}"
        ) from None
    cls: type[Hypervisor] = getattr(importlib.import_module(module_name), class_name)
    return cls


def get_hypervisor(name: str) -> Hypervisor:
    """A fresh object for one operation of a hypervisor; see `get_hypervisor_class`."""
    return get_hypervisor_class(name)()


__all__ = ["BlockDevice", "Hypervisor", "get_hypervisor", "get_hypervisor_class"]
