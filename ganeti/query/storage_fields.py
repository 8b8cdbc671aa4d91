"""Fields of exports and of providers of external storage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ganeti import constants as c
from ganeti.objects import Node
from ganeti.query.fields import Field, FilterMode, Resource, Special, table

NEEDS_EXPORTS: Final = frozenset({"exports"})


@dataclass(frozen=True)
class ExportItem:
    """An export on a node, or instead why the node's exports are not known."""

    node: Node
    export: str | Special


EXPORTS: Final[Resource[ExportItem]] = Resource(
    c.QR_EXPORT,
    "node",
    table(
        [
            Field("node", "Node", c.QFT_TEXT, "Node name", lambda item: item.node.name, mode=FilterMode.HOSTNAME),
            Field("export", "Export", c.QFT_TEXT, "Export name", lambda item: item.export, NEEDS_EXPORTS),
        ]
    ),
)


@dataclass(frozen=True)
class ProviderItem:
    """A provider of external storage over all nodes that answered.

    *nodes* maps node UUIDs to rows of [path, valid, diagnosis, parameters], *groups* group names to whether it is valid
    on all their nodes.
    """

    name: str
    nodes: Mapping[str, Sequence[Sequence[Any]]]
    groups: Mapping[str, bool]
    parameters: Sequence[Sequence[str]]


EXTSTORAGES: Final[Resource[ProviderItem]] = Resource(
    c.QR_EXTSTORAGE,
    "name",
    table(
        [
            Field("name", "Name", c.QFT_TEXT, "Name of the provider", lambda item: item.name),
            Field("node_status", "NodeStatus", c.QFT_OTHER, "What was found on each node", lambda item: item.nodes),
            Field("nodegroup_status", "NodegroupStatus", c.QFT_OTHER, "Where it is valid", lambda item: item.groups),
            Field("parameters", "Parameters", c.QFT_OTHER, "Parameters on all nodes", lambda item: item.parameters),
        ]
    ),
)
