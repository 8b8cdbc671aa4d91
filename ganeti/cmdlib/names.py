"""Finding objects by the names that people type."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from ganeti import constants as c
from ganeti.errors import OpPrereqError
from ganeti.objects import ConfigData, Instance, Network, Node, NodeGroup
from ganeti.objects.lookup import Named, NamedT, by_name_or_uuid, by_short_name

_UUID_RE: Final = re.compile(c.UUID_REGEX)


def _by_short_name(kind: str, short: str, objects: Mapping[str, NamedT]) -> NamedT:
    found = by_short_name(objects, short)
    if found is None:
        raise OpPrereqError(f"{kind} '{short}' is not known, or the short name fits several", c.ECODE_NOENT)
    return found


def _same_object(kind: str, found: Named, expected_uuid: str | None) -> None:
    if expected_uuid is not None and found.uuid != expected_uuid:
        raise OpPrereqError(
            f"{kind} '{found.name}' has UUID {found.uuid}, but {expected_uuid} was expected. Maybe the"
            f" {kind.lower()} changed since you submitted this job.",
            c.ECODE_NOTUNIQUE,
        )


def find_instance(
    config: ConfigData, name: str, uuid: str | None = None, *, allow_forthcoming: bool = False
) -> Instance:
    """Return the instance called *name* (may be short); with *uuid* it must be that one.

    Raises OpPrereqError: unknown_entity, resource_not_unique (another UUID), or for a forthcoming instance.
    """
    instance = _by_short_name("Instance", name, config.instances)
    _same_object("Instance", instance, uuid)
    if instance.forthcoming and not allow_forthcoming:
        raise OpPrereqError(f"Instance '{instance.name}' is only forthcoming; create it first", c.ECODE_STATE)
    return instance


def find_node(config: ConfigData, name: str, uuid: str | None = None) -> Node:
    """Return the node called *name* (may be short); with *uuid* it must be that one.

    Raises OpPrereqError: unknown_entity, resource_not_unique (another UUID).
    """
    node = _by_short_name("Node", name, config.nodes)
    _same_object("Node", node, uuid)
    return node


def find_nodes(config: ConfigData, names: Iterable[str] | None, *, all_if_empty: bool = False) -> list[Node]:
    """Return the nodes called *names*, in that order; none or all of them (sorted by name) if there are no names."""
    wanted = list(names or ())
    if not wanted and all_if_empty:
        return sorted(config.nodes.values(), key=lambda node: node.name)
    return [find_node(config, name) for name in wanted]


def _by_name_or_uuid(kind: str, wanted: str, objects: Mapping[str, NamedT]) -> NamedT:
    found = by_name_or_uuid(objects, wanted)
    if found is None:
        raise OpPrereqError(f"{kind} '{wanted}' is not known", c.ECODE_NOENT)
    return found


def find_group(config: ConfigData, name: str | None) -> NodeGroup:
    """Return the node group with this name or UUID; None means the only one.

    Raises OpPrereqError: unknown_entity, or wrong_input for None if there are several.
    """
    if name is not None:
        return _by_name_or_uuid("Node group", name, config.nodegroups)
    if len(config.nodegroups) != 1:
        raise OpPrereqError("There are several node groups, one must be named", c.ECODE_INVAL)
    return next(iter(config.nodegroups.values()))


def find_network(config: ConfigData, name: str) -> Network:
    """Return the network with this name or UUID.

    Raises OpPrereqError (unknown_entity).
    """
    return _by_name_or_uuid("Network", name, config.networks)


def check_new_name(kind: str, name: str, objects: Mapping[str, NamedT]) -> None:
    """Check that an object of a *kind* that is also found by its UUID can get this name.

    Raises OpPrereqError: already_exists, or wrong_input for a name that would be taken for a UUID.
    """
    taken = by_name_or_uuid(objects, name)
    if taken is not None:
        raise OpPrereqError(f"{kind} '{name}' exists already (UUID {taken.uuid})", c.ECODE_EXISTS)
    if _UUID_RE.match(name.lower()):
        raise OpPrereqError(f"A {kind.lower()} cannot be called '{name}': that looks like a UUID", c.ECODE_INVAL)
