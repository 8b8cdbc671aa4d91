"""What nodes are asked when a group is verified: the argument of ``node_verify``."""

from collections.abc import Iterable, Sequence
from itertools import cycle
from typing import Any

from ganeti import constants as c
from ganeti import pathutils
from ganeti.cmdlib.instance.nics import bridges_of
from ganeti.cmdlib.locks import nodes_of_instance
from ganeti.cmdlib.verify.files import Expectations
from ganeti.cmdlib.verify.hypervisors import parameter_sets
from ganeti.objects import ConfigData, Instance, Node, fill


def instances_of_group(config: ConfigData, group_uuid: str) -> list[Instance]:
    """Return the instances whose primary node is in a group, sorted by name."""
    found = (
        instance
        for instance in config.instances.values()
        if not instance.forthcoming
        and instance.primary_node in config.nodes
        and config.nodes[instance.primary_node].group == group_uuid
    )
    return sorted(found, key=lambda instance: instance.name)


def nodes_of_group(config: ConfigData, group_uuid: str) -> list[Node]:
    """Return the nodes of a group, sorted by name."""
    return sorted(
        (node for node in config.nodes.values() if node.group == group_uuid),
        key=lambda node: node.name,
    )


def reference_nodes(config: ConfigData, group: Sequence[Node]) -> list[Node]:
    """Return the nodes of other groups whose files are compared with those of *group*: the master and one more."""
    members = {node.uuid for node in group}
    foreign = [node for node in config.nodes.values() if node.uuid not in members and not node.offline]
    master = [node for node in foreign if node.uuid == config.cluster.master_node]
    others = sorted((n for n in foreign if n.vm_capable and n not in master), key=lambda node: node.name)
    return [*master, *others[:1]]


def file_request(expected: Expectations) -> dict[str, Any]:
    """Return the request for checksums of files."""
    return {c.NV_FILELIST: [virtual for virtual in map(virtual_path, expected.every) if virtual is not None]}


def virtual_path(path: str) -> str | None:
    """Return a path as other nodes understand it; None for one of a virtual node's machine, which is not compared."""
    try:
        return pathutils.to_virtual(path)
    except ValueError:
        return None


def verify_request(
    config: ConfigData,
    nodes: Sequence[Node],
    instances: Sequence[Instance],
    expected: Expectations,
    *,
    with_clutter: bool = False,
) -> dict[str, Any]:
    """Return what the nodes of a group are asked; *with_clutter*, also about superfluous SSH keys."""
    cluster = config.cluster
    master = config.nodes[cluster.master_node]
    candidates = [node.name for node in nodes if node.master_candidate and not node.offline]
    request: dict[str, Any] = {
        **file_request(expected),
        c.NV_HYPERVISOR: list(cluster.enabled_hypervisors),
        c.NV_HVPARAMS: [list(item) for item in parameter_sets(config, _instances_on(config, nodes))],
        c.NV_NODELIST: [
            [node.name for node in nodes if not node.offline],
            foreign_ssh_targets(config, nodes),
            candidates,
        ],
        c.NV_NODENETTEST: [[[n.name, n.primary_ip, n.secondary_ip] for n in nodes if not n.offline], candidates],
        c.NV_INSTANCELIST: list(cluster.enabled_hypervisors),
        c.NV_VERSION: None,
        c.NV_HVINFO: cluster.primary_hypervisor,
        c.NV_NODESETUP: None,
        c.NV_TIME: None,
        c.NV_MASTERIP: [master.name, cluster.master_ip, candidates],
        c.NV_OSLIST: None,
        c.NV_NONVMNODES: [node.name for node in nodes if not node.vm_capable],
        c.NV_USERSCRIPTS: _user_scripts(config),
        c.NV_CLIENT_CERT: None,
        c.NV_BRIDGES: bridges_of_group(config, instances),
    }
    oob_paths = oob_programs(config, nodes)
    if oob_paths:
        request[c.NV_OOB_PATHS] = oob_paths
    return {**request, **_storage_part(config, master), **_ssh_part(config, with_clutter=with_clutter)}


def _instances_on(config: ConfigData, nodes: Iterable[Node]) -> list[Instance]:
    """Return the instances that use one of the nodes."""
    uuids = {node.uuid for node in nodes}
    return [i for i in config.instances.values() if uuids.intersection(nodes_of_instance(config, i))]


def _user_scripts(config: ConfigData) -> list[str]:
    if not config.cluster.use_external_mip_script:
        return []
    return [pathutils.to_virtual(pathutils.EXTERNAL_MASTER_SETUP_SCRIPT)]


def bridges_of_group(config: ConfigData, instances: Iterable[Instance]) -> list[str]:
    """Return the bridges that instances of a group use or would get by default."""
    defaults = fill.fill_nic(config.cluster, {})
    bridges = {bridge for instance in instances for bridge in bridges_of(config, instance.nics)}
    if bridges or any(i.nics for i in config.instances.values()):
        # Without a single NIC in the cluster a missing default bridge disturbs nobody.
        bridges |= {defaults[c.NIC_LINK]} if defaults[c.NIC_MODE] == c.NIC_MODE_BRIDGED else set()
    return sorted(bridges)


def oob_programs(config: ConfigData, nodes: Iterable[Node]) -> list[str]:
    """Return the out-of-band programs of nodes."""
    programs = (
        fill.fill_nd(config.cluster, config.nodegroups[node.group], node).get(c.ND_OOB_PROGRAM) for node in nodes
    )
    return sorted({program for program in programs if program})


def _storage_part(config: ConfigData, master: Node) -> dict[str, Any]:
    enabled = config.cluster.enabled_disk_templates
    part: dict[str, Any] = {}
    if any(template in c.DTS_FILEBASED for template in enabled):
        part[c.NV_ACCEPTED_STORAGE_PATHS] = master.name
    if c.DT_FILE in enabled:
        part[c.NV_FILE_STORAGE_PATH] = config.cluster.file_storage_dir
    if c.DT_SHARED_FILE in enabled:
        part[c.NV_SHARED_FILE_STORAGE_PATH] = config.cluster.shared_file_storage_dir
    if c.DT_GLUSTER in enabled:
        part[c.NV_GLUSTER_STORAGE_PATH] = config.cluster.gluster_storage_dir
    return part


def _ssh_part(config: ConfigData, *, with_clutter: bool) -> dict[str, Any]:
    """Return the request for a look at root's SSH keys; in a cluster that does not manage them they can be any."""
    if not config.cluster.modify_ssh_setup:
        return {}
    # All nodes count as potential candidates: capabilities change without a visit to the nodes.
    members = [[node.uuid, node.name, node.master_candidate, True, not node.offline] for node in config.nodes.values()]
    part: dict[str, Any] = {c.NV_SSH_SETUP: [members, config.cluster.ssh_key_type]}
    return {**part, c.NV_SSH_CLUTTER: None} if with_clutter else part


def foreign_ssh_targets(config: ConfigData, nodes: Sequence[Node]) -> dict[str, list[str]]:
    """Return one node of every other group for each of *nodes*, taken in turn, to test connections between groups."""
    own = {node.group for node in nodes}
    online = [node for node in nodes if not node.offline]
    targets: dict[str, list[str]] = {node.name: [] for node in online}
    for group_uuid in sorted(set(config.nodegroups) - own):
        foreign = [node.name for node in nodes_of_group(config, group_uuid) if not node.offline]
        for node, target in zip(online, cycle(foreign), strict=False):
            targets[node.name].append(target)
    return targets
