"""Find objects by UUID, name, or a unique prefix of a host name."""

from collections.abc import Mapping
from typing import Any, TypeVar

from ganeti import constants as c
from ganeti import errors

Obj = TypeVar("Obj")

#: Kinds whose names are host names and may be shortened.
_SHORTENED = frozenset({"Node", "Instance"})


def find_by_name(objects: Mapping[str, Obj], name: str, what: str) -> Obj:
    """Return the object with this UUID or name; nodes and instances also by a unique prefix ending at a dot.

    *what* is the kind for the message (Node, Instance, Group, Network). Raises OpPrereqError (unknown_entity).
    """
    if name in objects:
        return objects[name]
    exact = [obj for obj in objects.values() if _name(obj) == name]
    if exact:
        return exact[0]
    if what in _SHORTENED:
        wanted = name.lower()
        matches = [
            obj
            for obj in objects.values()
            if _name(obj).lower() == wanted or _name(obj).lower().startswith(wanted + ".")
        ]
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise errors.OpPrereqError(f"{what} name '{name}' has multiple matches", c.ECODE_NOENT)
    raise errors.OpPrereqError(f"{what} name '{name}' not found", c.ECODE_NOENT)


def _name(obj: Any) -> str:
    return str(obj.name)
