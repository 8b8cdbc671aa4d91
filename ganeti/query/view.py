"""A snapshot of the configuration with the look-ups that field functions need, made once per snapshot."""

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple, Self, TypeAlias

from ganeti import constants as c
from ganeti.objects import Cluster, ConfigData, Disk, Instance, Node, fill, secondary_nodes_of
from ganeti.objects.base import Params
from ganeti.objects.lookup import NamedT
from ganeti.utils.text import nice_sort_key

SortKey: TypeAlias = tuple[tuple[int, int, str], ...]


class _Sorted(NamedTuple):
    """The objects of one section in natural order of names, and their UUIDs by name."""

    section: Mapping[str, Any]
    objects: list[Any]
    uuids: dict[str, str]


def _beginnings(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts) + 1)]


class View:
    """Read-only look-ups over one snapshot; everything beyond the snapshot is computed on first use.

    Used by several threads at once: what two of them compute at the same time is the same.
    """

    def __init__(self, config: ConfigData) -> None:
        self.config = config
        self._sorted: dict[int, _Sorted] = {}
        #: By the identity of a section: objects by every beginning of their names up to a dot, in lower case.
        self._by_beginning: dict[int, dict[str, list[Any]]] = {}
        #: Of all names in use and perhaps some that were: computing these costs more than sorting by them.
        self._sort_keys: dict[str, SortKey] = {}
        self._hv_bases: dict[tuple[str, str], Params] = {}

    @classmethod
    def after(cls, earlier: "View", config: ConfigData) -> Self:
        """Return the view of a newer snapshot that keeps from an earlier one what both have in common."""
        view = cls(config)
        sections = {id(section) for section in (config.instances, config.nodes, config.nodegroups, config.networks)}
        view._sorted = {key: found for key, found in earlier._sorted.items() if key in sections}
        view._by_beginning = {key: found for key, found in earlier._by_beginning.items() if key in view._sorted}
        if len(earlier._sort_keys) < 2 * (len(config.instances) + len(config.nodes)) + 1000:
            view._sort_keys = earlier._sort_keys
        return view

    @property
    def cluster(self) -> Cluster:
        """The cluster object."""
        return self.config.cluster

    def _section(self, objects: Mapping[str, NamedT]) -> _Sorted:
        found = self._sorted.get(id(objects))
        if found is None:
            keys = self._sort_keys
            for obj in objects.values():
                if obj.name not in keys:
                    keys[obj.name] = nice_sort_key(obj.name)
            in_order = sorted(objects.values(), key=lambda obj: keys[obj.name])
            # The entry keeps the section alive, so that its id stays its own.
            found = _Sorted(objects, in_order, {obj.name: obj.uuid for obj in in_order})
            self._sorted[id(objects)] = found
        return found

    def in_order(self, objects: Mapping[str, NamedT]) -> list[NamedT]:
        """Return the objects of a section of the snapshot in natural order of names; not to be changed."""
        return self._section(objects).objects

    def named(self, objects: Mapping[str, NamedT], name: str) -> NamedT | None:
        """Return the object of a section of the snapshot with exactly this UUID or name."""
        return objects.get(name) or objects.get(self._section(objects).uuids.get(name, ""))

    def named_like(self, objects: Mapping[str, NamedT], name: str) -> list[NamedT]:
        """Return the objects of a section whose names begin with *name* up to a dot, or the one that is called so.

        Case does not matter.
        """
        # The sorted form keeps the section alive, so that its id stays its own.
        in_order = self._section(objects).objects
        index = self._by_beginning.get(id(objects))
        if index is None:
            index = defaultdict(list)
            for obj in in_order:
                for beginning in _beginnings(obj.name.lower()):
                    index[beginning].append(obj)
            self._by_beginning[id(objects)] = index
        wanted = name.lower()
        found = index.get(wanted, []) if wanted else []
        return [obj for obj in found if obj.name.lower() == wanted] or found

    def hv_base(self, hypervisor: str, os: str) -> Params:
        """Return what instances with an OS that set nothing themselves have as hypervisor parameters, without globals.

        Shared by all of them and not to be changed.
        """
        key = (hypervisor, os if os in self.cluster.os_hvp else "")
        found = self._hv_bases.get(key)
        if found is None:
            found = fill.hvparams_of(self.cluster, hypervisor, os, {}, skip_globals=True)
            self._hv_bases[key] = found
        return found

    @cached_property
    def be_base(self) -> Params:
        """What instances that set nothing themselves have as backend parameters."""
        return self.cluster.beparams.get(c.PP_DEFAULT, {})

    @cached_property
    def nic_base(self) -> Params:
        """What NICs that set nothing themselves have as parameters."""
        return self.cluster.nicparams.get(c.PP_DEFAULT, {})

    def disks_of(self, instance: Instance) -> list[Disk]:
        """Return the disks of an instance in order."""
        disks = self.config.disks
        return [disks[uuid] for uuid in instance.disks if uuid in disks]

    def secondaries_of(self, instance: Instance) -> list[Node]:
        """Return the secondary nodes of an instance."""
        uuids = secondary_nodes_of(instance.primary_node, self.disks_of(instance))
        return [self.config.nodes[uuid] for uuid in uuids if uuid in self.config.nodes]

    @cached_property
    def primaries(self) -> dict[str, list[Instance]]:
        """Instances by the UUID of their primary node, in natural order of names."""
        result: dict[str, list[Instance]] = defaultdict(list)
        for instance in self.in_order(self.config.instances):
            result[instance.primary_node].append(instance)
        return result

    @cached_property
    def secondaries(self) -> dict[str, list[Instance]]:
        """Instances by the UUID of each of their secondary nodes, in natural order of names."""
        result: dict[str, list[Instance]] = defaultdict(list)
        for instance in self.in_order(self.config.instances):
            for node in self.secondaries_of(instance):
                result[node.uuid].append(instance)
        return result

    @cached_property
    def members(self) -> dict[str, list[Node]]:
        """Nodes by the UUID of their group, in natural order of names."""
        result: dict[str, list[Node]] = defaultdict(list)
        for node in self.in_order(self.config.nodes):
            result[node.group].append(node)
        return result

    @cached_property
    def network_users(self) -> dict[str, list[Instance]]:
        """Instances with a NIC in a network, by the network's UUID, in natural order of names."""
        result: dict[str, list[Instance]] = defaultdict(list)
        for instance in self.in_order(self.config.instances):
            for network in dict.fromkeys(nic.network for nic in instance.nics if nic.network):
                result[network].append(instance)
        return result

    def node_name(self, uuid: str) -> str | None:
        """Return the name of a node, None if there is none."""
        node = self.config.nodes.get(uuid)
        return node.name if node else None
