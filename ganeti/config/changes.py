"""What one committed change consists of: (kind, old object, new object) triples."""

from collections.abc import Mapping
from typing import Final, NamedTuple, TypeAlias

from ganeti.objects import Cluster, ConfigData, Disk, FilterRule, Instance, Network, Node, NodeGroup

#: Everything that lives in the configuration.
ConfigItem: TypeAlias = Cluster | Node | NodeGroup | Instance | Disk | Network | FilterRule

#: Field of ConfigData that holds objects of a class.
SECTIONS: Final[Mapping[type, str]] = {
    Node: "nodes",
    NodeGroup: "nodegroups",
    Instance: "instances",
    Disk: "disks",
    Network: "networks",
    FilterRule: "filters",
}

#: How messages call an object of a class.
KIND_NAMES: Final[Mapping[type, str]] = {
    Cluster: "Cluster",
    Node: "Node",
    NodeGroup: "Node group",
    Instance: "Instance",
    Disk: "Disk",
    Network: "Network",
    FilterRule: "Filter rule",
}


class Change(NamedTuple):
    """One object before and after; None where it does not exist."""

    old: ConfigItem | None
    new: ConfigItem | None


class Step(NamedTuple):
    """A whole change: the configurations around it and what differs."""

    before: ConfigData
    after: ConfigData
    changes: tuple[Change, ...]


def describe(item: ConfigItem) -> str:
    """Return how messages name an object."""
    kind = KIND_NAMES[type(item)]
    if isinstance(item, Cluster):
        return kind
    name = getattr(item, "name", None)
    return f"{kind} {name}" if name else f"{kind} {item.uuid}"
