"""Providers of external storage, merged from what the nodes found."""

from collections.abc import Mapping, Sequence
from typing import Any

from ganeti.objects import ConfigData
from ganeti.query.storage_fields import ProviderItem
from ganeti.rpc.procedures.storage import FoundProvider
from ganeti.utils.text import nice_sort_key


def merge_providers(config: ConfigData, diagnoses: Mapping[str, Sequence[FoundProvider]]) -> list[ProviderItem]:
    """Return every provider, by name; *diagnoses* maps the UUID of each node that answered to what it found."""
    names = {found[0] for rows in diagnoses.values() for found in rows}
    return [_merged(config, name, diagnoses) for name in sorted(names, key=nice_sort_key)]


def _merged(config: ConfigData, name: str, diagnoses: Mapping[str, Sequence[FoundProvider]]) -> ProviderItem:
    nodes: dict[str, list[list[Any]]] = {
        uuid: [
            [path, valid, problem, [list(p) for p in params]] for n, path, valid, problem, params in rows if n == name
        ]
        for uuid, rows in diagnoses.items()
    }
    groups: dict[str, bool] = {}
    common: set[tuple[str, str]] | None = None
    for uuid, found in nodes.items():
        is_valid = bool(found) and bool(found[0][1])
        group = config.nodegroups[config.nodes[uuid].group].name
        groups[group] = groups.get(group, True) and is_valid
        here = {(key, text) for key, text in found[0][3]} if is_valid else set()
        common = here if common is None else common & here
    return ProviderItem(name, nodes, groups, [list(pair) for pair in sorted(common or ())])
