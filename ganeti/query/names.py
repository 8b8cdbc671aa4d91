"""Find what a query names: by UUID, name, or for nodes and instances a unique beginning of a host name."""

from collections.abc import Mapping
from typing import Final

from ganeti import constants as c
from ganeti import errors
from ganeti.objects.lookup import NamedT
from ganeti.query.view import View

#: Kinds whose names are host names and may be shortened.
_SHORTENED: Final = frozenset({"Node", "Instance"})


def find_by_name(view: View, objects: Mapping[str, NamedT], name: str, what: str) -> NamedT:
    """Return the object of a section with this UUID or name; *what* is the kind (Node, Instance, Group, Network).

    Raises OpPrereqError (unknown_entity).
    """
    found = view.named(objects, name)
    if found is not None:
        return found
    similar = view.named_like(objects, name) if what in _SHORTENED else []
    if len(similar) == 1:
        return similar[0]
    if not similar:
        raise errors.OpPrereqError(f"{what} name '{name}' not found", c.ECODE_NOENT)
    names = ", ".join(obj.name for obj in similar)
    raise errors.OpPrereqError(f"{what} name '{name}' has multiple matches: {names}", c.ECODE_NOENT)
