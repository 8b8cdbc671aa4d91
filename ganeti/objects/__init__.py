"""Immutable values of the configuration."""

from ganeti.objects.base import Params as Params
from ganeti.objects.base import convert_to as convert_to
from ganeti.objects.base import decode_as as decode_as
from ganeti.objects.base import encode_clear as encode_clear
from ganeti.objects.base import to_clear_builtins as to_clear_builtins
from ganeti.objects.cluster import Cluster as Cluster
from ganeti.objects.cluster import DataCollector as DataCollector
from ganeti.objects.cluster import FilterRule as FilterRule
from ganeti.objects.config import ConfigData as ConfigData
from ganeti.objects.config import disks_of as disks_of
from ganeti.objects.config import nodes_of_instance as nodes_of_instance
from ganeti.objects.instance import Disk as Disk
from ganeti.objects.instance import Instance as Instance
from ganeti.objects.instance import Nic as Nic
from ganeti.objects.instance import disk_template_of as disk_template_of
from ganeti.objects.instance import secondary_nodes_of as secondary_nodes_of
from ganeti.objects.node import Network as Network
from ganeti.objects.node import Node as Node
from ganeti.objects.node import NodeGroup as NodeGroup
