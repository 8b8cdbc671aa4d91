"""Opcodes to and from their wire form; validation; summaries."""

import functools
from collections.abc import Mapping
from typing import Any, Final, TypeVar, get_args, get_origin

import msgspec

from ganeti import constants as c
from ganeti import errors
from ganeti.opcodes.base import OpCode
from ganeti.opcodes.checks import CHECKS
from ganeti.types import REDACTED, Private, Secret

OpT = TypeVar("OpT", bound=OpCode)


def _subclasses(cls: type[OpCode]) -> list[type[OpCode]]:
    return [cls, *(deeper for sub in cls.__subclasses__() for deeper in _subclasses(sub))]


@functools.cache
def all_opcodes() -> dict[str, type[OpCode]]:
    """Return every opcode class by its id."""
    return {cls.op_id(): cls for cls in _subclasses(OpCode) if cls is not OpCode}


def _named_checks(kind: Any) -> list[str]:
    """Return the names of the checks that apply to a field's type, looking through Optional."""
    found = [
        meta.extra["check"]
        for meta in getattr(kind, "__metadata__", ())
        if isinstance(meta, msgspec.Meta) and meta.extra and "check" in meta.extra
    ]
    for arg in get_args(kind) if get_origin(kind) is not dict else ():
        found.extend(_named_checks(arg))
    return found


@functools.cache
def _checked_fields(cls: type[OpCode]) -> tuple[tuple[str, str], ...]:
    """Return (field, check) of an opcode class."""
    hints = {field.name: field.type for field in msgspec.structs.fields(cls)}
    return tuple((name, check) for name, kind in hints.items() for check in _named_checks(kind))


def _unwrap_input(kind: type, value: Any) -> Any:
    origin = getattr(kind, "__origin__", kind)
    if isinstance(origin, type) and issubclass(origin, Private):
        return value if isinstance(value, Private) else origin(value)
    raise TypeError(f"Cannot decode {kind}")


def _run_checks(op: OpCode) -> None:
    for name, check in _checked_fields(type(op)):
        value = getattr(op, name)
        items = value if isinstance(value, list) and check.startswith("ip") else [value]
        for item in items:
            problem = CHECKS[check](item) if item is not None else None
            if problem:
                raise errors.OpPrereqError(
                    f"Parameter '{op.op_id()}.{name}' fails validation: {problem}", c.ECODE_INVAL
                )


def _described(op_id: str, problem: str) -> str:
    """Return an error of msgspec with the place of the problem in front."""
    text, _, place = problem.rpartition(" - at `$.")
    return f"Parameters of {op_id} fail validation: " + (f"{place.removesuffix('`')}: {text}" if text else problem)


def decode(data: object) -> OpCode:
    """Return the opcode that an object with the key ``OP_ID`` describes.

    Missing parameters get their defaults. Raises OpCodeUnknown, or OpPrereqError (wrong_input) naming the parameter.
    """
    if not isinstance(data, Mapping) or not isinstance(data.get("OP_ID"), str):
        raise errors.OpPrereqError("An opcode must be an object with a text OP_ID", c.ECODE_INVAL)
    op_id = data["OP_ID"]
    cls = all_opcodes().get(op_id)
    if cls is None:
        raise errors.OpCodeUnknown(f"Unknown opcode {op_id}")
    try:
        op = msgspec.convert(data, cls, dec_hook=_unwrap_input)
    except msgspec.ValidationError as err:
        raise errors.OpPrereqError(_described(op_id, str(err)), c.ECODE_INVAL) from None
    _run_checks(op)
    return with_carried(op)


def with_carried(op: OpT) -> OpT:
    """Return the opcode with the opcodes that it carries as such, whether they are dictionaries yet or not.

    Raises OpPrereqError (wrong_input) for those that are wrong.
    """
    lists = {
        name: [_carried(item, cls, f"{op.op_id()}.{name}") for item in getattr(op, name)]
        for name, cls in op.CARRIED.items()
    }
    return msgspec.structs.replace(op, **lists) if lists else op


def _carried(item: object, cls: type[OpCode], place: str) -> OpCode:
    if isinstance(item, cls):
        return item
    if not isinstance(item, Mapping) or item.get("OP_ID", cls.op_id()) != cls.op_id():
        raise errors.OpPrereqError(
            f"Each item of {place} must be described by the parameters of {cls.op_id()}", c.ECODE_INVAL
        )
    return decode({"OP_ID": cls.op_id(), **item})


def validate(op: OpCode) -> None:
    """Check the types of an opcode that was built by code.

    Raises OpPrereqError (wrong_input).
    """
    decode(encode_clear(op))


def _redact(value: object) -> Any:
    if isinstance(value, Private):
        return REDACTED
    raise TypeError(f"Cannot encode {type(value).__name__}")


def _hide_secret(value: object) -> Any:
    if isinstance(value, Secret):
        return REDACTED
    return _reveal(value)


def _reveal(value: object) -> Any:
    if isinstance(value, Private):
        return value.get()
    raise TypeError(f"Cannot encode {type(value).__name__}")


def encode(op: OpCode) -> dict[str, Any]:
    """Return the opcode with all parameters for people and logs: confidential values are redacted."""
    return dict(msgspec.to_builtins(op, enc_hook=_redact))


def encode_clear(op: OpCode) -> dict[str, Any]:
    """Return the opcode with all parameters, confidential ones in clear: only for memory and the luxi socket."""
    return dict(msgspec.to_builtins(op, enc_hook=_reveal))


def encode_for_disk(op: OpCode) -> dict[str, Any]:
    """Return the opcode as stored in a job file that is not final: private values in clear, secrets redacted."""
    return dict(msgspec.to_builtins(op, enc_hook=_hide_secret))


def has_redacted_secrets(op: OpCode) -> bool:
    """Tell whether the secrets of an opcode were lost (it was read from a job file)."""

    def lost(value: object) -> bool:
        if isinstance(value, Secret):
            return bool(value.get() == REDACTED)
        if isinstance(value, Mapping):
            return any(lost(item) for item in value.values())
        if isinstance(value, OpCode):
            return has_redacted_secrets(value)
        return isinstance(value, list) and any(lost(item) for item in value)

    return any(lost(getattr(op, name)) for name in op.__struct_fields__)


_TINY: Final = (("CLUSTER_", "C_"), ("GROUP_", "G_"), ("NODE_", "N_"), ("INSTANCE_", "I_"))


def summary(op: OpCode) -> str:
    """Return the short text of job lists, for example ``INSTANCE_STARTUP(web1.example.com)``."""
    return summary_of(op.op_id(), {op.SUMMARY_FIELD: getattr(op, op.SUMMARY_FIELD)} if op.SUMMARY_FIELD else {})


def summary_of(op_id: str, params: Mapping[str, Any]) -> str:
    """Return the summary of an opcode given by its id and parameters, known or not."""
    text = op_id.removeprefix("OP_")
    cls = all_opcodes().get(op_id)
    field = cls.SUMMARY_FIELD if cls else None
    if field is None:
        return text
    value = params.get(field)
    if op_id == "OP_TEST_DELAY" and isinstance(value, (int, float)):
        value = f"{round(value * 1e9)} ns"
    elif isinstance(value, (list, tuple)):
        value = ",".join(str(item) for item in value)
    return f"{text}({value})"


def tiny_summary(op: OpCode) -> str:
    """Return the name of an opcode abbreviated for thread names and logs, for example ``I_STARTUP``."""
    text = op.op_id().removeprefix("OP_")
    for prefix, short in _TINY:
        if text.startswith(prefix):
            return short + text[len(prefix) :]
    return text
