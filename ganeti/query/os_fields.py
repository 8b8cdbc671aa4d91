"""Fields of operating system definitions, merged from what the nodes found."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ganeti import constants as c
from ganeti.objects import Cluster, fill
from ganeti.query.fields import Field, Resource, table
from ganeti.utils.text import nice_sort_key


@dataclass(frozen=True)
class OsOnNode:
    """An OS definition as one node found it; ``parameters`` are (name, description)."""

    path: str
    is_valid: bool
    diagnosis: str
    variants: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...]
    api_versions: tuple[int, ...]
    is_trusted: bool

    def as_row(self) -> list[Any]:
        """Return the row that clients know."""
        return [
            self.path,
            self.is_valid,
            self.diagnosis,
            list(self.variants),
            [list(param) for param in self.parameters],
            list(self.api_versions),
            self.is_trusted,
        ]


@dataclass(frozen=True)
class OsItem:
    """An OS definition over all nodes that answered: node UUID to what was found there, the one in use first."""

    name: str
    nodes: Mapping[str, Sequence[OsOnNode]]
    cluster: Cluster

    @property
    def in_use(self) -> list[OsOnNode]:
        """The definition in use on each node that has one."""
        return [found[0] for found in self.nodes.values() if found]

    @property
    def is_valid(self) -> bool:
        """Whether every node that answered has it and finds it valid."""
        return all(found and found[0].is_valid for found in self.nodes.values())

    @property
    def variants(self) -> list[str]:
        """Variants that exist on all nodes."""
        common = set.intersection(*(set(found.variants) for found in self.in_use)) if self.in_use else set()
        return sorted(common, key=nice_sort_key)

    @property
    def parameters(self) -> list[list[str]]:
        """Parameters that exist on all nodes, with their descriptions."""
        common = set.intersection(*(set(found.parameters) for found in self.in_use)) if self.in_use else set()
        return [list(param) for param in sorted(common)]

    @property
    def api_versions(self) -> list[int]:
        """Versions of the OS interface that all nodes find in it."""
        common = set.intersection(*(set(found.api_versions) for found in self.in_use)) if self.in_use else set()
        return sorted(common)

    @property
    def full_names(self) -> list[str]:
        """The names by which instances use it: with each variant, or alone."""
        return [f"{self.name}+{variant}" for variant in self.variants] or [self.name]


def merge_diagnoses(diagnoses: Mapping[str, Sequence[tuple[str, OsOnNode]]], cluster: Cluster) -> list[OsItem]:
    """Return every OS definition found, by name; *diagnoses* maps each node that answered to what it found."""
    by_name: dict[str, dict[str, list[OsOnNode]]] = defaultdict(lambda: {node: [] for node in diagnoses})
    for node, found in diagnoses.items():
        for name, definition in found:
            by_name[name][node].append(definition)
    return [OsItem(name, by_name[name], cluster) for name in sorted(by_name, key=nice_sort_key)]


OSES: Final[Resource[OsItem]] = Resource(
    c.QR_OS,
    "name",
    table(
        [
            Field("name", "Name", c.QFT_TEXT, "Name of the definition", lambda item: item.name),
            Field("valid", "Valid", c.QFT_BOOL, "Whether it is valid on all nodes", lambda item: item.is_valid),
            Field(
                "hidden", "Hidden", c.QFT_BOOL, "Whether lists leave it out", lambda i: i.name in i.cluster.hidden_os
            ),
            Field(
                "blacklisted",
                "Blacklisted",
                c.QFT_BOOL,
                "Whether it may not be used",
                lambda item: item.name in item.cluster.blacklisted_os,
            ),
            Field("variants", "Variants", c.QFT_OTHER, "Variants on all nodes", lambda item: item.variants),
            Field("parameters", "Parameters", c.QFT_OTHER, "Parameters on all nodes", lambda item: item.parameters),
            Field("api_versions", "ApiVersions", c.QFT_OTHER, "Interface versions", lambda item: item.api_versions),
            Field(
                "trusted",
                "Trusted",
                c.QFT_BOOL,
                "Whether its scripts may run on the nodes",
                lambda item: all(found.is_trusted for found in item.in_use),
            ),
            Field(
                "node_status",
                "NodeStatus",
                c.QFT_OTHER,
                "What was found on each node",
                lambda item: {node: [os.as_row() for os in found] for node, found in item.nodes.items()},
            ),
            Field(
                "os_hvp",
                "OsHypervisorParams",
                c.QFT_OTHER,
                "Hypervisor parameters of each variant",
                lambda item: {name: item.cluster.os_hvp.get(name, {}) for name in item.full_names},
            ),
            Field(
                "osparams",
                "OsParameters",
                c.QFT_OTHER,
                "Parameters of each variant",
                lambda item: {name: fill.fill_os(item.cluster, name, {}) for name in item.full_names},
            ),
        ]
    ),
)
