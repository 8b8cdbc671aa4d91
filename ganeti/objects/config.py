"""The whole configuration as one immutable value."""

from ganeti import constants as c
from ganeti.objects.base import ConfigObject, written
from ganeti.objects.cluster import Cluster, FilterRule
from ganeti.objects.instance import Disk, Instance
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
