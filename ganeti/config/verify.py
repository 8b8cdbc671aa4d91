"""Consistency of the configuration: everything that is checked after a change, at start and by cluster verify.

All functions are pure. ``step_problems`` looks only at what a change touched; ``all_problems`` at everything.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ganeti import constants as c
from ganeti import errors
from ganeti.config import ippool, usage
from ganeti.config.changes import Step
from ganeti.config.index import Index
from ganeti.config.integrity import instance_reference_problems
from ganeti.config.operations import pool_counts, ports_of
from ganeti.config.usage import Usage, claims_of, nic_defaults_of
from ganeti.objects import Cluster, ConfigData, Disk, Instance, Network, Node, NodeGroup, fill
from ganeti.utils import paramtypes

_UUID_RE: Final = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
_ACCESS_TEMPLATES: Final = (c.DT_RBD, c.DT_GLUSTER, c.DT_EXT)
#: Tables in which every key may have one user only.
_UNIQUE: Final = (usage.MACS, usage.PORTS, usage.SECRETS, usage.MINORS, usage.NIC_IPS, usage.DISK_OWNERS, usage.UUIDS)


# structural checks: masterd does not start when one fails


def structural_problems(config: ConfigData) -> list[str]:
    """Return what makes a configuration unusable; empty if it can be worked with."""
    cluster = config.cluster
    problems = []
    if not cluster.enabled_hypervisors:
        problems.append("No hypervisor is enabled")
    problems += [
        f"Hypervisor {name} is enabled but has no parameters"
        for name in cluster.enabled_hypervisors
        if name not in cluster.hvparams
    ]
    if not cluster.enabled_disk_templates:
        problems.append("No disk template is enabled")
    if cluster.master_node not in config.nodes:
        problems.append(f"The master node {cluster.master_node!r} does not exist")
    for kind, section in _keyed_sections(config):
        problems += [f"{kind} {item.uuid} is stored under the UUID {key}" for key, item in section if key != item.uuid]
    problems += [
        f"Node {node.name} belongs to group {node.group}, which does not exist"
        for node in config.nodes.values()
        if node.group not in config.nodegroups
    ]
    for instance in config.instances.values():
        problems += instance_reference_problems(config, instance)
    return problems


def _keyed_sections(config: ConfigData) -> Iterator[tuple[str, Iterable[tuple[str, Any]]]]:
    yield "Node", config.nodes.items()
    yield "Node group", config.nodegroups.items()
    yield "Instance", config.instances.items()
    yield "Network", config.networks.items()
    yield "Disk", config.disks.items()


# single objects


def _typed(what: str, params: Mapping[str, Any], types: Mapping[str, str]) -> Iterator[str]:
    """Yield the parameters in force that are missing, unknown or of a wrong type."""
    missing = [key for key in types if key not in params]
    if missing:
        yield f"{what} lack {', '.join(missing)}"
    try:
        paramtypes.enforce(params, types)
    except errors.GenericError as err:
        yield f"{what}: {err}"


def _nic_params(what: str, params: Mapping[str, Any]) -> Iterator[str]:
    yield from _typed(what, params, c.NICS_PARAMETER_TYPES)
    mode = params.get(c.NIC_MODE)
    if mode not in c.NIC_VALID_MODES:
        yield f"{what}: unknown NIC mode {mode!r}"
    elif mode == c.NIC_MODE_BRIDGED and not params.get(c.NIC_LINK):
        yield f"{what}: a bridged NIC needs a link"


def ipolicy_problems(what: str, policy: Mapping[str, Any], *, is_cluster: bool) -> Iterator[str]:
    """Yield what is wrong with a filled instance policy."""
    yield from (f"{what}: unknown key {key}" for key in policy if key not in c.IPOLICY_ALL_KEYS)
    pairs = policy.get(c.ISPECS_MINMAX) or ()
    if not pairs:
        yield f"{what}: no bounds (minmax)"
    std: Mapping[str, Any] = policy.get(c.ISPECS_STD, {})
    fits = False
    for pair in pairs:
        low, high = pair.get(c.ISPECS_MIN, {}), pair.get(c.ISPECS_MAX, {})
        wrong = [key for key in c.ISPECS_PARAMETER_TYPES if key not in low or key not in high or low[key] > high[key]]
        if wrong:
            yield f"{what}: minimum above maximum, or missing, for {', '.join(wrong)}"
            continue
        fits = fits or all(low[key] <= std.get(key, low[key]) <= high[key] for key in c.ISPECS_PARAMETER_TYPES)
    lacking = [key for key in c.ISPECS_PARAMETER_TYPES if key not in std]
    if is_cluster and lacking:
        yield f"{what}: the standard specification lacks {', '.join(lacking)}"
    if is_cluster and pairs and not fits:
        yield f"{what}: the standard specification is outside of all bounds"
    if not policy.get(c.IPOLICY_DTS):
        yield f"{what}: no disk templates"


def _cluster_problems(cluster: Cluster) -> Iterator[str]:
    for group, params in cluster.beparams.items():
        yield from _typed(f"Backend parameters '{group}'", params, c.BES_PARAMETER_TYPES)
    for group, params in cluster.nicparams.items():
        yield from _nic_params(f"NIC parameters '{group}'", params)
    yield from _typed("Node parameters", cluster.ndparams, c.NDS_PARAMETER_TYPES)
    yield from ipolicy_problems("Instance policy", cluster.ipolicy, is_cluster=True)
    for template in _ACCESS_TEMPLATES:
        access = cluster.diskparams.get(template, {}).get(c.RBD_ACCESS, c.DISK_KERNELSPACE)
        if access not in c.DISK_VALID_ACCESS_MODES:
            yield f"Disk template {template}: unknown access mode {access!r}"
    for port in cluster.tcpudp_port_pool:
        yield from _port_problems(cluster, port, f"The {usage.PORT_POOL}")


def _node_problems(config: ConfigData, node: Node) -> Iterator[str]:
    flags = [flag for flag in ("master_candidate", "drained", "offline") if getattr(node, flag)]
    if len(flags) > 1:
        yield f"Node {node.name} is {' and '.join(flags)} at once"
    group = config.nodegroups.get(node.group)
    if group is None:
        yield f"Node {node.name} belongs to group {node.group}, which does not exist"
        return
    yield from _typed(
        f"Node parameters of {node.name}", fill.fill_nd(config.cluster, group, node), c.NDS_PARAMETER_TYPES
    )
    if set(node.ndparams) & set(c.NDC_GLOBALS):
        yield f"Node {node.name} sets global node parameters"


def _group_problems(config: ConfigData, group: NodeGroup) -> Iterator[str]:
    if _UUID_RE.match(group.name):
        yield f"The name of node group {group.name} looks like a UUID"
    policy = fill.fill_ipolicy(config.cluster, group.ipolicy)
    yield from ipolicy_problems(f"Instance policy of node group {group.name}", policy, is_cluster=False)
    params = fill.fill_nd_group(config.cluster, group)
    yield from _typed(f"Node parameters of node group {group.name}", params, c.NDS_PARAMETER_TYPES)
    for uuid in group.networks:
        if uuid not in config.networks:
            yield f"Node group {group.name} is connected to network {uuid}, which does not exist"


def _instance_problems(config: ConfigData, instance: Instance) -> Iterator[str]:
    name = instance.name or instance.uuid
    if not instance.name and not instance.forthcoming:
        yield f"Instance {instance.uuid} has no name"
    yield from instance_reference_problems(config, instance)
    disks = [config.disks[uuid] for uuid in instance.disks if uuid in config.disks]
    for position, disk in enumerate(disks):
        if disk.iv_name != f"disk/{position}":
            yield f"Disk {position} of instance {name} is called {disk.iv_name!r}"
        for node in disk.secondary_nodes(instance.primary_node):
            if node not in config.nodes:
                yield f"Instance {name} has secondary node {node}, which does not exist"
    beparams = fill.fill_be(config.cluster, instance.beparams)
    yield from _typed(f"Backend parameters of instance {name}", beparams, c.BES_PARAMETER_TYPES)
    for position, nic in enumerate(instance.nics):
        what = f"NIC {position} of instance {name}"
        yield from _nic_params(what, fill.fill_nic(config.cluster, nic.nicparams))
        network = config.networks.get(nic.network) if nic.network else None
        if nic.network and network is None:
            yield f"{what} is in network {nic.network}, which does not exist"
        elif (
            network is not None and nic.ip and ippool.contains(network, nic.ip) and not ippool.is_used(network, nic.ip)
        ):
            yield f"{what} has {nic.ip}, which network {network.name} does not show as used"


def _disk_problems(config: ConfigData, disk: Disk) -> Iterator[str]:
    if disk.mode not in c.DISK_ACCESS_SET:
        yield f"Disk {disk.uuid} has unknown mode {disk.mode!r}"
    for port in ports_of(disk):
        yield from _port_problems(config.cluster, port, f"Disk {disk.uuid}")


def _port_problems(cluster: Cluster, port: int, user: str) -> Iterator[str]:
    if port > cluster.highest_used_port:
        yield f"{user} uses port {port}, above the highest known one ({cluster.highest_used_port})"


def _network_problems(network: Network) -> Iterator[str]:
    try:
        size = ippool.size_of(network)
    except errors.AddressPoolError as err:
        yield str(err)
        return
    for field in ("reservations", "ext_reservations"):
        bitmap = getattr(network, field)
        if bitmap and len(bitmap) != size:
            yield f"Network {network.name} has {size} addresses, but {len(bitmap)} in its {field}"


def _object_problems(config: ConfigData, item: object) -> Iterator[str]:
    if isinstance(item, Cluster):
        yield from _cluster_problems(item)
    elif isinstance(item, Node):
        yield from _node_problems(config, item)
    elif isinstance(item, NodeGroup):
        yield from _group_problems(config, item)
    elif isinstance(item, Instance):
        yield from _instance_problems(config, item)
        if item.network_port is not None:
            yield from _port_problems(config.cluster, item.network_port, f"Instance {item.name or item.uuid}")
    elif isinstance(item, Disk):
        yield from _disk_problems(config, item)
    elif isinstance(item, Network):
        yield from _network_problems(item)


# the cluster as a whole


def _candidate_problems(config: ConfigData) -> Iterator[str]:
    master = config.nodes.get(config.cluster.master_node)
    if master is not None and not master.master_candidate:
        yield f"The master node {master.name} is not a master candidate"
    counts = pool_counts(list(config.nodes.values()), config.cluster.candidate_pool_size)
    if counts.now < counts.should:
        yield f"Not enough master candidates: {counts.now} instead of {counts.should}"


def _certificate_problems(config: ConfigData) -> Iterator[str]:
    candidates = {node.uuid for node in config.nodes.values() if node.master_candidate}
    known = set(config.cluster.candidate_certs) - {c.CRYPTO_BOOTSTRAP}
    for uuid in sorted(known - candidates):
        name = config.nodes[uuid].name if uuid in config.nodes else uuid
        yield f"Node {name} is not a master candidate, but its certificate is accepted"
    if not known:
        yield "The list of certificates of the master candidates is empty"
        return
    for uuid in sorted(candidates - known):
        yield f"Node {config.nodes[uuid].name} is a master candidate, but its certificate is not known"


def _duplicate_text(table: str, key: object, users: Iterable[str]) -> str:
    shown = "" if table == usage.SECRETS else f" {key}"
    return f"{table}{shown} is used several times: {', '.join(sorted(users))}"


def _host_ip_problems(used: Usage) -> Iterator[str]:
    for key, users in used.duplicates(usage.HOST_IPS):
        yield _duplicate_text(usage.HOST_IPS, key, users)


def _pool_agreement(config: ConfigData) -> Iterator[str]:
    """Yield addresses that a network shows as used though no NIC has them."""
    in_use = {(nic.network, nic.ip) for instance in config.instances.values() for nic in instance.nics}
    for network in config.networks.values():
        for address in ippool.used_addresses(network):
            if (network.uuid, address) not in in_use:
                yield f"Network {network.name} shows {address} as used by an instance, but no instance has it"


def all_problems(config: ConfigData) -> list[str]:
    """Return everything that is wrong with a configuration, one message each."""
    problems = structural_problems(config)
    sections = (config.nodes, config.nodegroups, config.instances, config.disks, config.networks)
    for item in (config.cluster, *(item for section in sections for item in section.values())):
        problems += _object_problems(config, item)
    used = Usage(config)
    for table in _UNIQUE:
        problems += [_duplicate_text(table, key, users) for key, users in used.duplicates(table)]
    problems += _host_ip_problems(used)
    problems += _candidate_problems(config)
    problems += _certificate_problems(config)
    problems += _pool_agreement(config)
    for table, section in (("Node group", config.nodegroups), ("Node", config.nodes), ("Instance", config.instances)):
        problems += _repeated_names(table, (item.name for item in section.values()))
    # References are both structural and part of each instance; everybody is told once.
    return list(dict.fromkeys(problems))


def _repeated_names(kind: str, names: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name and name in seen:
            yield f"{kind} name {name} is used several times"
        seen.add(name)


def step_problems(step: Step, index: Index, used: Usage) -> list[str]:
    """Return what is wrong with the objects that a change touched; *index* and *used* are those after it."""
    config = step.after
    problems: list[str] = []
    touched_nodes = False
    for old, new in step.changes:
        touched_nodes = touched_nodes or isinstance(old or new, Node)
        if new is None or _only_counters_differ(old, new):
            continue
        problems += _object_problems(config, new)
        if isinstance(new, Disk) and new.uuid in index.instance_of_disk:
            problems += _instance_problems(config, config.instances[index.instance_of_disk[new.uuid]])
        for claim in claims_of(new, nic_defaults_of(config)):
            users = used.users(claim.table, claim.key)
            if len(users) > 1 and claim.table in (*_UNIQUE, usage.HOST_IPS):
                problems.append(_duplicate_text(claim.table, claim.key, users))
    if touched_nodes or step.before.cluster.candidate_pool_size != config.cluster.candidate_pool_size:
        problems += _candidate_problems(config)
    return list(dict.fromkeys(problems))


_COUNTER_FIELDS: Final = ("serial_no", "mtime", "highest_used_port", "tcpudp_port_pool")


def _only_counters_differ(old: object, new: object) -> bool:
    """Tell whether a cluster changed in nothing that checks look at (most changes touch the cluster like that)."""
    if not isinstance(old, Cluster) or not isinstance(new, Cluster):
        return False
    fields = (field for field in Cluster.__struct_fields__ if field not in _COUNTER_FIELDS)
    return all(getattr(old, field) is getattr(new, field) for field in fields)
