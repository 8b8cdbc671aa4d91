"""The whole configuration as one immutable value."""

from ganeti import constants as c
from ganeti.objects.base import ConfigObject, written
from ganeti.objects.cluster import Cluster, FilterRule
from ganeti.objects.instance import Disk, Instance, secondary_nodes_of
from ganeti.objects.node import Network, Node, NodeGroup


class ConfigData(ConfigObject, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Content of ``config.data``; every dictionary maps UUIDs to objects."""

    version: int = written(lambda: c.CONFIG_VERSION)
    cluster: Cluster
    nodes: dict[str, Node]
    nodegroups: dict[str, NodeGroup]
    instances: dict[str, Instance]
    disks: dict[str, Disk]
    networks: dict[str, Network]
    filters: dict[str, FilterRule]
    serial_no: int = written(lambda: 1)
    ctime: float = written(float)
    mtime: float = written(float)


def disks_of(config: ConfigData, instance: Instance) -> list[Disk]:
    """Return the disks of an instance in order."""
    return [config.disks[uuid] for uuid in instance.disks]


def nodes_of_instance(config: ConfigData, instance: Instance) -> tuple[str, ...]:
    """Return the UUIDs of the nodes that an instance uses, primary first."""
    nodes = (instance.primary_node, *secondary_nodes_of(instance.primary_node, disks_of(config, instance)))
    return tuple(uuid for uuid in nodes if uuid)  # a forthcoming instance may have none yet
