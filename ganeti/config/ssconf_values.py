"""The content of the simple configuration files, computed from the configuration."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from ganeti import constants as c
from ganeti.config.index import Index
from ganeti.objects import Cluster, ConfigData, Node, NodeGroup
from ganeti.objects.fill import fill_nd
from ganeti.ssconf import NO_MASTER
from ganeti.utils.text import nice_sort_key

Values = dict[str, str]


def _lines(items: Iterable[str]) -> str:
    return "\n".join(items)


def _sorted_nodes(nodes: Mapping[str, Node]) -> list[Node]:
    return sorted(nodes.values(), key=lambda node: nice_sort_key(node.name))


def _uid_range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def cluster_values(cluster: Cluster, release: str = c.RELEASE_VERSION) -> Values:
    """Return the values that depend on the cluster object alone."""
    values = {
        c.SS_CLUSTER_NAME: cluster.cluster_name,
        c.SS_CLUSTER_TAGS: _lines(sorted(cluster.tags)),
        c.SS_MASTER_IP: cluster.master_ip,
        c.SS_MASTER_NETDEV: cluster.master_netdev,
        c.SS_MASTER_NETMASK: str(cluster.master_netmask),
        c.SS_PRIMARY_IP_FAMILY: str(cluster.primary_ip_family),
        c.SS_MASTER_CANDIDATES_CERTS: _lines(
            f"{uuid}={cert}" for uuid, cert in sorted(cluster.candidate_certs.items())
        ),
        c.SS_HYPERVISOR_LIST: _lines(cluster.enabled_hypervisors),
        c.SS_FILE_STORAGE_DIR: cluster.file_storage_dir,
        c.SS_SHARED_FILE_STORAGE_DIR: cluster.shared_file_storage_dir,
        c.SS_GLUSTER_STORAGE_DIR: cluster.gluster_storage_dir,
        c.SS_MAINTAIN_NODE_HEALTH: str(cluster.maintain_node_health),
        c.SS_ENABLED_USER_SHUTDOWN: str(cluster.enabled_user_shutdown),
        c.SS_UID_POOL: _lines(_uid_range(first, last) for first, last in cluster.uid_pool),
        c.SS_RELEASE_VERSION: release,
    }
    for hypervisor in sorted(c.HYPER_TYPES):
        params = cluster.hvparams.get(hypervisor, {})
        values[c.SS_HVPARAMS_PREF + hypervisor] = _lines(f"{key}={value}" for key, value in sorted(params.items()))
    return values


def node_values(cluster: Cluster, nodes: Mapping[str, Node], groups: Mapping[str, NodeGroup]) -> Values:
    """Return the values about nodes and groups."""
    ordered = _sorted_nodes(nodes)
    candidates = [node for node in ordered if node.master_candidate or node.uuid == cluster.master_node]
    master = nodes.get(cluster.master_node)

    def ssh_port(node: Node) -> Any:
        group = groups.get(node.group)
        params = fill_nd(cluster, group, node) if group else {**cluster.ndparams, **node.ndparams}
        return params.get(c.ND_SSH_PORT, c.NDC_DEFAULTS[c.ND_SSH_PORT])

    return {
        c.SS_MASTER_NODE: master.name if master else NO_MASTER,
        c.SS_NODE_LIST: _lines(node.name for node in ordered),
        c.SS_ONLINE_NODES: _lines(node.name for node in ordered if not node.offline),
        c.SS_OFFLINE_NODES: _lines(node.name for node in ordered if node.offline),
        c.SS_MASTER_CANDIDATES: _lines(node.name for node in candidates),
        c.SS_MASTER_CANDIDATES_IPS: _lines(node.primary_ip for node in candidates),
        c.SS_NODE_PRIMARY_IPS: _lines(f"{node.name} {node.primary_ip}" for node in ordered),
        c.SS_NODE_SECONDARY_IPS: _lines(f"{node.name} {node.secondary_ip}" for node in ordered),
        c.SS_NODE_VM_CAPABLE: _lines(f"{node.name}={node.vm_capable}" for node in ordered),
        c.SS_SSH_PORTS: _lines(f"{node.name}={ssh_port(node)}" for node in ordered),
        c.SS_NODEGROUPS: _lines(
            f"{group.uuid} {group.name}" for group in sorted(groups.values(), key=lambda g: nice_sort_key(g.name))
        ),
    }


def network_values(config: ConfigData) -> Values:
    """Return the list of networks."""
    networks = sorted(config.networks.values(), key=lambda network: nice_sort_key(network.name))
    return {c.SS_NETWORKS: _lines(f"{network.uuid} {network.name}" for network in networks)}


def instance_values(names: Iterable[str]) -> Values:
    """Return the list of instances."""
    return {c.SS_INSTANCE_LIST: _lines(sorted(names, key=nice_sort_key))}


def ssconf_values(config: ConfigData) -> Values:
    """Return all values."""
    return {
        **cluster_values(config.cluster),
        **node_values(config.cluster, config.nodes, config.nodegroups),
        **network_values(config),
        **instance_values(instance.name for instance in config.instances.values() if instance.name),
    }


_Inputs = tuple[object, ...]
_NOTHING: Final[_Inputs] = (object(),)


class SsconfValues:
    """Computes the values of successive snapshots, each part only when what it depends on is another object."""

    def __init__(self) -> None:
        """Start without anything known."""
        self._known: dict[str, tuple[_Inputs, Values]] = {}

    def _part(self, name: str, inputs: _Inputs, compute: Callable[[], Values]) -> Values:
        known_inputs, values = self._known.get(name, (_NOTHING, {}))
        if len(known_inputs) != len(inputs) or any(a is not b for a, b in zip(known_inputs, inputs, strict=True)):
            values = compute()
            self._known[name] = (inputs, values)
        return values

    def compute(self, config: ConfigData, index: Index) -> Values:
        """Return all values of a snapshot; *index* belongs to it."""
        cluster = config.cluster
        node_inputs = (cluster.ndparams, cluster.master_node, config.nodes, config.nodegroups)
        return {
            **self._part("cluster", (cluster,), lambda: cluster_values(cluster)),
            **self._part("nodes", node_inputs, lambda: node_values(cluster, config.nodes, config.nodegroups)),
            **self._part("networks", (config.networks,), lambda: network_values(config)),
            # The table of names is replaced only when instances come, go or are renamed.
            **self._part("instances", (index.instances,), lambda: instance_values(index.instances)),
        }
