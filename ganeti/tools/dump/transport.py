"""Dump of calls over the wire: procedures of the node daemon and methods of the LUXI server."""

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable
from typing import Any, Final

from ganeti import constants as c
from ganeti import luxiserver
from ganeti.backend.base import load_handlers
from ganeti.luxiserver.table import declared_in
from ganeti.rpc.declaration import Procedure, Timeout
from ganeti.tools.dump.grammar import type_text

#: Time-out classes whose names in the documents are no names in Python.
_CLASS_NAMES: Final = {Timeout.FOUR_HOURS: "4hrs", Timeout.ONE_DAY: "1day"}


def _class_name(timeout: Timeout) -> str:
    return _CLASS_NAMES.get(timeout, timeout.name.lower())


def _procedure(procedure: Procedure[Any, Any]) -> dict[str, Any]:
    limit = procedure.time_limit
    return {
        "name": procedure.name,
        "client": procedure.client.value,
        "nodes": "multi" if procedure.is_multi else "single",
        "offline_ok": procedure.offline_ok,
        "timeout_class": _class_name(limit) if isinstance(limit, Timeout) else "by arguments",
        "timeout_seconds": int(limit) if isinstance(limit, Timeout) else None,
        "args": [{"name": argument.name, "type": type_text(argument.kind)} for argument in procedure.arguments],
        "result": None if procedure.result is type(None) else type_text(procedure.result),
    }


def _argument_texts(function: Callable[..., Any]) -> list[str]:
    """Return the arguments of a method as ``name: type``; optional ones in brackets."""
    hints = typing.get_type_hints(function, include_extras=True)
    texts = []
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        text = f"{parameter.name}: {type_text(hints[parameter.name])}"
        texts.append(text if parameter.default is inspect.Parameter.empty else f"[{text}]")
    return texts


def _luxi_methods() -> dict[str, Any]:
    """Return the methods that are declared anywhere in the LUXI server."""
    found: dict[str, Any] = {}
    for info in pkgutil.walk_packages(luxiserver.__path__, f"{luxiserver.__name__}."):
        for _, cls in inspect.getmembers(importlib.import_module(info.name), inspect.isclass):
            for name, function in declared_in(cls).items():
                result = typing.get_type_hints(function, include_extras=True).get("return", Any)
                found[name] = {
                    "args": _argument_texts(function),
                    "result": None if result is type(None) else type_text(result),
                }
    return dict(sorted(found.items()))


def calls() -> dict[str, Any]:
    """Return the procedures that nodes answer and the methods that the master answers."""
    procedures = [_procedure(procedure) for _, (procedure, _) in sorted(load_handlers().items())]
    methods = _luxi_methods()
    return {
        "version": c.RELEASE_VERSION,
        "timeouts": {_class_name(timeout): int(timeout) for timeout in Timeout},
        "counts": {"procedures": len(procedures), "luxi_methods": len(methods)},
        "procedures": procedures,
        "luxi": {"version": c.LUXI_VERSION, "methods": methods},
    }
