"""Connects declared procedures with the functions of this package that carry them out."""

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar

from ganeti.rpc.declaration import Procedure
from ganeti.rpc.dispatch import Handler, HandlerTable, QuitDaemon, RPCFail

P = ParamSpec("P")
R = TypeVar("R")

_HANDLERS: Final[dict[str, tuple[Procedure[Any, Any], Handler]]] = {}


def implements(procedure: Procedure[P, R]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function the one that answers calls of *procedure*."""

    def register(function: Callable[P, R]) -> Callable[P, R]:
        assert procedure.name not in _HANDLERS, f"Procedure {procedure.name} is implemented twice"
        _HANDLERS[procedure.name] = (procedure, function)
        return function

    return register


def load_handlers() -> HandlerTable:
    """Import all topic modules of this package and return what they implement."""
    package = importlib.import_module("ganeti.backend")
    for module in pkgutil.walk_packages(package.__path__, "ganeti.backend."):
        importlib.import_module(module.name)
    return dict(_HANDLERS)


__all__ = ["QuitDaemon", "RPCFail", "implements", "load_handlers"]
