"""Write Python types of parameters in the type grammar of the interface documents."""

import types
import typing
from collections.abc import Hashable
from functools import cache
from typing import Any, Final, Literal, Union, get_args, get_origin

import msgspec

from ganeti.opcodes import types as named_types
from ganeti.types import Private, Secret

_PLAIN: Final[dict[Any, str]] = {
    Any: "Any",
    None: "None",
    type(None): "None",
    bool: "Bool",
    int: "Int",
    float: "Float",
    str: "String",
    bytes: "Bytes",
}
_LISTS: Final = (list, typing.Sequence)
_SETS: Final = (set, frozenset)
#: Names that the grammar has other words for.
_NOT_NAMES: Final = frozenset({"NonEmptyStr", "NonNegativeInt", "PositiveInt", "SetNicMods", "SetDiskMods"})


@cache
def _names() -> dict[Hashable, str]:
    """Return the named types by value."""
    found: dict[Hashable, str] = {}
    for name, value in vars(named_types).items():
        if name[0].isupper() and name not in _NOT_NAMES and get_origin(value) is not None:
            found.setdefault(value, name)
    return found


def _is_union(kind: Any) -> bool:
    return get_origin(kind) in (Union, types.UnionType)


def _annotated(kind: Any) -> str:
    """Write a type with constraints."""
    base, *metas = get_args(kind)
    text = type_text(base)
    for meta in metas:
        if not isinstance(meta, msgspec.Meta):
            continue
        if meta.extra and "grammar" in meta.extra:
            return str(meta.extra["grammar"])
        if meta.min_length == 1 and base is str:
            text = "NonEmptyString"
        elif meta.ge is not None and meta.le is not None:
            text = f"{text} in {meta.ge}..{meta.le}"
        elif meta.ge == 0:
            text = f"NonNegative({text})"
        elif meta.gt == 0:
            text = f"Positive({text})"
        elif meta.lt is not None:
            text = f"{text} < {meta.lt}"
    return text


def _union(kind: Any) -> str:
    """Write a union; null is set apart, and the rest may have a name of its own."""
    members = get_args(kind)
    others = [member for member in members if member is not type(None)]
    if len(others) < len(members):
        rest: Any = Union[tuple(others)]  # noqa: UP007  # made from a list
        return f"Maybe({type_text(rest)})"
    return f"Or({','.join(type_text(member) for member in others)})"


def _generic(kind: Any) -> str:
    origin, args = get_origin(kind), get_args(kind)
    if origin is Literal:
        return f"Enum({'|'.join(str(value) for value in args)})"
    if origin in _LISTS:
        return f"List({type_text(args[0])})"
    if origin in _SETS:
        return f"Set({type_text(args[0])})"
    if origin is tuple:
        return f"Tuple({','.join(type_text(arg) for arg in args)})"
    if isinstance(origin, type) and issubclass(origin, Private):
        return f"{'Secret' if issubclass(origin, Secret) else 'Private'}({type_text(args[0])})"
    if args and len(args) == 2:
        key, value = (type_text(arg) for arg in args)
        # Object is for values that the declaration leaves open, whoever may see them.
        is_open = value in ("Any", "Private(Any)", "Secret(Any)")
        return f"Object({value})" if key == "String" and is_open else f"Dict({key},{value})"
    return str(kind)


def type_text(kind: Any) -> str:
    """Return *kind* in the type grammar; a class is written as its name."""
    if isinstance(kind, Hashable):
        if kind in _PLAIN:
            return _PLAIN[kind]
        name = _names().get(kind)
        if name is not None:
            return name
    if _is_union(kind):
        return _union(kind)
    if get_origin(kind) is typing.Annotated:
        return _annotated(kind)
    if get_origin(kind) is not None:
        return _generic(kind)
    return {list: "List(Any)", dict: "Object(Any)"}.get(kind, getattr(kind, "__name__", str(kind)))


def named() -> dict[str, dict[str, Any]]:
    """Return the definition of every named type; sets of values are listed too."""
    result: dict[str, dict[str, Any]] = {}
    for kind, name in _names().items():
        definition = _union(kind) if _is_union(kind) else _definition(kind)
        result[name] = {"def": definition}
        if get_origin(kind) is Literal:
            result[name]["values"] = list(get_args(kind))
    return dict(sorted(result.items()))


def _definition(kind: Any) -> str:
    return _annotated(kind) if get_origin(kind) is typing.Annotated else _generic(kind)
