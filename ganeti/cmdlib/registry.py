"""Loading of all logical units, so that every opcode finds the one that implements it."""

import importlib
import pkgutil

import ganeti.cmdlib


def load_all() -> None:
    """Import every module of this package; call it once when the master daemon starts."""
    for module in pkgutil.walk_packages(ganeti.cmdlib.__path__, "ganeti.cmdlib."):
        importlib.import_module(module.name)
