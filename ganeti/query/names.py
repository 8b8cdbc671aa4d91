"""Find what a query names: by UUID, name, or for nodes and instances a unique prefix of a host name."""

from collections.abc import Mapping
from typing import Final

from ganeti import constants as c
from ganeti import errors
from ganeti.objects.lookup import NamedT, by_short_name
from ganeti.query.view import View

#: Kinds whose names are host names and may be shortened.
_SHORTENED: Final = frozenset({"Node", "Instance"})


def find_by_name(view: View, objects: Mapping[str, NamedT], name: str, what: str) -> NamedT:
    """Return the object of a section with this UUID or name; *what* is the kind (Node, Instance, Group, Network).

    Raises OpPrereqError (unknown_entity).
    """
    found = view.named(objects, name)
    if found is None and what in _SHORTENED:
        found = by_short_name(objects, name)
    if found is None:
        raise errors.OpPrereqError(f"{what} name '{name}' not found, or it fits several", c.ECODE_NOENT)
    return found
