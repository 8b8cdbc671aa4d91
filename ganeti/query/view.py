"""A snapshot of the configuration with the look-ups that field functions need, made once per snapshot."""

from collections import defaultdict
from functools import cached_property

from ganeti.objects import Cluster, ConfigData, Disk, Instance, Node, secondary_nodes_of
from ganeti.utils.text import nice_sort_key


class View:
    """Read-only look-ups over one snapshot; everything beyond the snapshot is computed on first use."""

    def __init__(self, config: ConfigData) -> None:
        self.config = config

    @property
    def cluster(self) -> Cluster:
        """The cluster object."""
        return self.config.cluster

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
        for instance in sorted(self.config.instances.values(), key=lambda inst: nice_sort_key(inst.name)):
            result[instance.primary_node].append(instance)
        return result

    @cached_property
    def secondaries(self) -> dict[str, list[Instance]]:
        """Instances by the UUID of each of their secondary nodes, in natural order of names."""
        result: dict[str, list[Instance]] = defaultdict(list)
        for instance in sorted(self.config.instances.values(), key=lambda inst: nice_sort_key(inst.name)):
            for node in self.secondaries_of(instance):
                result[node.uuid].append(instance)
        return result

    @cached_property
    def members(self) -> dict[str, list[Node]]:
        """Nodes by the UUID of their group, in natural order of names."""
        result: dict[str, list[Node]] = defaultdict(list)
        for node in sorted(self.config.nodes.values(), key=lambda node: nice_sort_key(node.name)):
            result[node.group].append(node)
        return result

    @cached_property
    def network_users(self) -> dict[str, list[Instance]]:
        """Instances with a NIC in a network, by the network's UUID, in natural order of names."""
        result: dict[str, list[Instance]] = defaultdict(list)
        for instance in sorted(self.config.instances.values(), key=lambda inst: nice_sort_key(inst.name)):
            for network in dict.fromkeys(nic.network for nic in instance.nics if nic.network):
                result[network].append(instance)
        return result

    def node_name(self, uuid: str) -> str | None:
        """Return the name of a node, None if there is none."""
        node = self.config.nodes.get(uuid)
        return node.name if node else None
