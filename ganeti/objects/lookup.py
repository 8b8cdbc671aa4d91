"""Find objects by the names that people type."""

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol, TypeVar

from ganeti import constants as c
from ganeti.objects.config import ConfigData


class Named(Protocol):
    """An object with a name and a UUID."""

    @property
    def name(self) -> str: ...
    @property
    def uuid(self) -> str: ...


NamedT = TypeVar("NamedT", bound=Named)


def match_name(short: str, names: Iterable[str]) -> str | None:
    """Return the full name that *short* means, ignoring case, or None if there is none or more than one.

    ``web1`` means ``web1.example.com`` if no other name begins with ``web1.``; a complete name means itself.
    """
    wanted = short.lower()
    prefixed = []
    for name in names:
        candidate = name.lower()
        if candidate == wanted:
            return name
        if candidate.startswith(wanted + "."):
            prefixed.append(name)
    return prefixed[0] if len(prefixed) == 1 and wanted else None


def by_short_name(objects: Mapping[str, NamedT], short: str) -> NamedT | None:
    """Return the object whose name is *short* or begins with it up to a dot; None if there is none or several."""
    by_name = {obj.name: obj for obj in objects.values() if obj.name}
    full = short if short in by_name else match_name(short, by_name)
    return by_name[full] if full is not None else None


def by_name_or_uuid(objects: Mapping[str, NamedT], wanted: str) -> NamedT | None:
    """Return the object with exactly this UUID or name."""
    if wanted in objects:
        return objects[wanted]
    return next((obj for obj in objects.values() if obj.name == wanted), None)


def lock_names(config: ConfigData, level: int) -> Collection[str]:
    """Return the names of all locks at *level*."""
    if level == c.LEVEL_INSTANCE:
        return {instance.name for instance in config.instances.values() if instance.name}
    if level == c.LEVEL_NODEGROUP:
        return config.nodegroups.keys()
    if level in (c.LEVEL_NODE, c.LEVEL_NODE_RES):
        return config.nodes.keys()
    if level == c.LEVEL_NETWORK:
        return config.networks.keys()
    return {c.BGL}
