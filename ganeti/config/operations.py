"""The changes that concern several objects at once, as functions on a draft."""

import random
from collections.abc import Collection, Sequence

import msgspec

from ganeti import constants as c
from ganeti import errors
from ganeti.config import ippool
from ganeti.config.draft import Draft
from ganeti.objects import Disk, Instance, Network, Node, NodeGroup

_replace = msgspec.structs.replace


def add_instance(draft: Draft, instance: Instance, disks: Sequence[Disk]) -> Instance:
    """Add an instance together with its disks, or replace the forthcoming one with the same UUID.

    The order of *disks* is that of ``instance.disks``, which is set from them. Disks that the configuration has
    already (those of a forthcoming instance) are updated.
    """
    instance = _replace(instance, disks=tuple(disk.uuid for disk in disks))
    for position, disk in enumerate(disks):
        named = _replace(disk, iv_name=f"disk/{position}")
        stored = draft.find(Disk, disk.uuid)
        if stored is None:
            draft.add(named)
        else:
            draft.update(_replace(named, serial_no=stored.serial_no))
    existing = draft.find(Instance, instance.uuid)
    if existing is None:
        return draft.add(instance)
    if not existing.forthcoming:
        raise errors.ConfigurationError(f"Instance {instance.name} exists already (UUID {instance.uuid})")
    draft.touch_cluster()
    return draft.update(_replace(instance, serial_no=existing.serial_no))


def remove_instance(draft: Draft, uuid: str, *, keep_disks: Collection[str] = ()) -> Instance:
    """Remove an instance and its disks; its addresses and ports become free again.

    Disks whose UUID is in *keep_disks* stay, without an owner.
    """
    instance = draft.remove(Instance, uuid)
    release_nic_addresses(draft, instance)
    if instance.network_port is not None:
        return_ports(draft, [instance.network_port])
    for disk_uuid in instance.disks:
        if disk_uuid in keep_disks:
            draft.update(_replace(draft.get(Disk, disk_uuid), iv_name=""))
        else:
            remove_disk(draft, disk_uuid)
    return instance


def release_nic_addresses(draft: Draft, instance: Instance) -> None:
    """Clear the addresses of an instance's NICs in their networks."""
    for nic in instance.nics:
        network = draft.find(Network, nic.network) if nic.network else None
        if network is not None and nic.ip and ippool.contains(network, nic.ip) and ippool.is_used(network, nic.ip):
            draft.update(ippool.with_bit(network, nic.ip, used=False))


def ports_of(disk: Disk) -> list[int]:
    """Return the TCP ports of a disk and its children."""
    own = [disk.logical_id[2]] if disk.dev_type == c.DT_DRBD8 and disk.logical_id[2] is not None else []
    return [*own, *(port for child in disk.children for port in ports_of(child))]


def remove_disk(draft: Draft, uuid: str) -> Disk:
    """Remove a disk that no instance has; its port becomes free again."""
    disk = draft.remove(Disk, uuid)
    return_ports(draft, ports_of(disk))
    return disk


def return_ports(draft: Draft, ports: Sequence[int]) -> None:
    """Put ports back into the pool."""
    new = [port for port in ports if port not in draft.cluster.tcpudp_port_pool]
    if new:
        draft.replace_cluster(tcpudp_port_pool=(*draft.cluster.tcpudp_port_pool, *new))


def take_port(draft: Draft) -> int:
    """Take a port: one that was returned, else a new one.

    Raises ConfigurationError if all are in use.
    """
    pool = draft.cluster.tcpudp_port_pool
    if pool:
        port = min(pool)
        draft.replace_cluster(tcpudp_port_pool=tuple(other for other in pool if other != port))
        return port
    port = draft.cluster.highest_used_port + 1
    if port > c.LAST_DRBD_PORT:
        raise errors.ConfigurationError(f"All ports up to {c.LAST_DRBD_PORT} are in use")
    draft.replace_cluster(highest_used_port=port)
    return port


def attach_disk(draft: Draft, instance_uuid: str, disk_uuid: str, position: int | None = None) -> Instance:
    """Insert a disk of the configuration into an instance at *position* (None: at the end) and number all disks.

    Raises ConfigurationError if the disk belongs to an instance already.
    """
    owner = draft.index.instance_of_disk.get(disk_uuid)
    if owner is not None and disk_uuid in draft.get(Instance, owner).disks:
        raise errors.ConfigurationError(f"Disk {disk_uuid} is attached to instance {draft.get(Instance, owner).name}")
    instance, disk = draft.get(Instance, instance_uuid), draft.get(Disk, disk_uuid)
    disks = list(instance.disks)
    disks.insert(len(disks) if position is None else position, disk.uuid)
    instance = draft.update(_replace(instance, disks=tuple(disks)))
    _number_disks(draft, instance)
    return instance


def detach_disk(draft: Draft, instance_uuid: str, disk_uuid: str) -> Instance:
    """Take a disk out of an instance; it stays in the configuration without an owner."""
    instance, disk = draft.get(Instance, instance_uuid), draft.get(Disk, disk_uuid)
    if disk_uuid not in instance.disks:
        raise errors.ConfigurationError(f"Disk {disk_uuid} is not attached to instance {instance.name}")
    disks = tuple(other for other in instance.disks if other != disk_uuid)
    instance = draft.update(_replace(instance, disks=disks))
    draft.update(_replace(disk, iv_name=""))
    _number_disks(draft, instance)
    return instance


def _number_disks(draft: Draft, instance: Instance) -> None:
    for position, uuid in enumerate(instance.disks):
        disk = draft.get(Disk, uuid)
        if disk.iv_name != f"disk/{position}":
            draft.update(_replace(disk, iv_name=f"disk/{position}"))


def set_instance_state(
    draft: Draft,
    uuid: str,
    *,
    admin_state: str | None = None,
    disks_active: bool | None = None,
    admin_state_source: str | None = None,
) -> Instance:
    """Record what state an instance ought to have; what is None stays. Without a difference nothing changes."""
    instance = draft.get(Instance, uuid)
    wanted = {"admin_state": admin_state, "disks_active": disks_active, "admin_state_source": admin_state_source}
    changes = {key: value for key, value in wanted.items() if value not in (None, getattr(instance, key))}
    return draft.update(_replace(instance, **changes)) if changes else instance


def remove_group(draft: Draft, uuid: str) -> NodeGroup:
    """Remove a group without nodes.

    Raises ConfigurationError if it has nodes or is the last one.
    """
    if any(draft.get(Node, node).group == uuid for node in draft.index.members.get(uuid, ())):
        raise errors.ConfigurationError(f"Node group {draft.get(NodeGroup, uuid).name} still has nodes")
    if len(draft.base.nodegroups) == 1:
        raise errors.ConfigurationError("The last node group cannot be removed")
    return draft.remove(NodeGroup, uuid)


def assign_nodes(draft: Draft, group_by_node: "dict[str, str]") -> list[Node]:
    """Move nodes to groups; returns the nodes that changed."""
    changed = []
    for node_uuid, group_uuid in group_by_node.items():
        group, node = draft.get(NodeGroup, group_uuid), draft.get(Node, node_uuid)
        if node.group != group.uuid:
            changed.append(draft.update(_replace(node, group=group.uuid)))
    return changed


class PoolCounts(msgspec.Struct, frozen=True):
    """Master candidates: how many there are, how many there should be, how many nodes could be one."""

    now: int
    should: int
    possible: int


def pool_counts(nodes: Collection[Node], pool_size: int, exclude: Collection[str] = ()) -> PoolCounts:
    """Return the state of the candidate pool without the nodes whose UUIDs are in *exclude*."""
    rest = [node for node in nodes if node.uuid not in exclude]
    possible = sum(not node.offline and not node.drained and node.master_capable for node in rest)
    return PoolCounts(sum(node.master_candidate for node in rest), min(possible, pool_size), possible)


def maintain_candidate_pool(draft: Draft, nodes: Collection[Node], exclude: Collection[str] = ()) -> list[Node]:
    """Promote random fit nodes until the candidate pool is full; returns them.

    *nodes* are all nodes as the draft has them.
    """
    counts = pool_counts(nodes, draft.cluster.candidate_pool_size, exclude)
    fit = [
        node
        for node in nodes
        if node.uuid not in exclude
        and node.master_capable
        and not (node.offline or node.drained or node.master_candidate)
    ]
    missing = max(0, min(counts.should - counts.now, len(fit)))
    chosen = random.SystemRandom().sample(fit, missing)
    return [draft.update(_replace(node, master_candidate=True)) for node in chosen]
