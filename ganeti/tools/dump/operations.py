"""Dump of the master's operations: opcodes that have a logical unit, and their hooks."""

import importlib
import pkgutil
from typing import Any, Final

import msgspec

from ganeti import cmdlib
from ganeti import constants as c
from ganeti.cmdlib.base import LU_BY_OPCODE, LogicalUnit
from ganeti.opcodes import OpCode, all_opcodes
from ganeti.tools.dump.grammar import named, type_text

_COMMON: Final = frozenset(field.name for field in msgspec.structs.fields(OpCode))


def _logical_units() -> dict[str, type[LogicalUnit[Any]]]:
    """Return all logical units by opcode id."""
    for module in pkgutil.walk_packages(cmdlib.__path__, f"{cmdlib.__name__}."):
        importlib.import_module(module.name)
    return {op.op_id(): unit for op, unit in LU_BY_OPCODE.items()}


def _parameter(field: msgspec.structs.FieldInfo) -> dict[str, Any]:
    result: dict[str, Any] = {"name": field.name, "type": type_text(field.type), "required": field.required}
    if not field.required:
        default = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
        result["default"] = msgspec.to_builtins(default)
    return result


def _opcode(cls: type[OpCode], unit: type[LogicalUnit[Any]]) -> dict[str, Any]:
    result = type_text(cls.RESULT)
    return {
        "id": cls.op_id(),
        "class": cls.__name__,
        "summary_field": cls.SUMMARY_FIELD,
        "params": [_parameter(field) for field in msgspec.structs.fields(cls) if field.name not in _COMMON],
        "result": result,
        "lu": unit.__name__,
        "kind": cls.KIND,
        "exclusive_cluster_lock": unit.REQ_BGL,
        "hooks_path": unit.HPATH,
        "hooks_object": unit.HTYPE,
        "submits_jobs": "JobIdList" in result,
    }


def opcodes() -> dict[str, Any]:
    """Return the opcodes that the program can execute."""
    units = _logical_units()
    found = [_opcode(cls, units[op_id]) for op_id, cls in sorted(all_opcodes().items()) if op_id in units]
    return {
        "version": c.RELEASE_VERSION,
        "count": len(found),
        "common_params": [_parameter(field) for field in msgspec.structs.fields(OpCode)],
        "opcodes": found,
        "types": named(),
    }


def hooks() -> dict[str, Any]:
    """Return which operations run hooks."""
    units = [
        {"lu": unit.__name__, "opcode": op_id, "path": unit.HPATH, "object_type": unit.HTYPE}
        for op_id, unit in sorted(_logical_units().items())
        if unit.HPATH
    ]
    return {
        "version": c.RELEASE_VERSION,
        "hooks_version": c.HOOKS_VERSION,
        "count": len(units),
        "logical_units": units,
    }


