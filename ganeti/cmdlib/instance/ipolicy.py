"""Instance policies: whether the size of an instance is allowed where it is or shall be."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ganeti import constants as c
from ganeti.errors import OpPrereqError
from ganeti.mcpu.lulog import LuLog
from ganeti.objects import Cluster, ConfigData, Disk, Instance, Node, NodeGroup, disks_of
from ganeti.objects.fill import fill_be, fill_ipolicy, fill_nd

__all__ = ["InstanceSize", "check_group_policy", "group_policy", "size_of_instance", "violations"]


@dataclass(frozen=True)
class InstanceSize:
    """What a policy looks at; None is not checked. Memory and disk sizes in MiB."""

    memory: int | None = None
    vcpus: int | None = None
    nic_count: int | None = None
    spindle_use: int | None = None
    disk_sizes: tuple[int, ...] = ()
    disk_types: tuple[str, ...] = ()


def violations(policy: Mapping[str, Any], size: InstanceSize) -> list[str]:
    """Return how *size* breaks a complete *policy*; of several ranges the one that fits best counts."""
    allowed = policy[c.IPOLICY_DTS]
    found = [
        f"Disk template {kind} is not allowed (allowed templates: {', '.join(allowed)})"
        for kind in sorted(set(size.disk_types or (c.DT_DISKLESS,)))
        if kind not in allowed
    ]
    ranges = policy[c.ISPECS_MINMAX]
    return found + min((_outside(pair, size) for pair in ranges), key=len, default=[])


def _outside(pair: Mapping[str, Mapping[str, int]], size: InstanceSize) -> list[str]:
    """Return which values of *size* are outside of one range."""
    values: list[tuple[str, str, int | None]] = [
        (c.ISPEC_MEM_SIZE, "", size.memory),
        (c.ISPEC_CPU_COUNT, "", size.vcpus),
        (c.ISPEC_NIC_COUNT, "", size.nic_count),
        (c.ISPEC_SPINDLE_USE, "", size.spindle_use),
    ]
    if size.disk_sizes:
        values.append((c.ISPEC_DISK_COUNT, "", len(size.disk_sizes)))
    values += [(c.ISPEC_DISK_SIZE, f"/{index}", disk) for index, disk in enumerate(size.disk_sizes)]
    lower, upper = pair.get(c.ISPECS_MIN, {}), pair.get(c.ISPECS_MAX, {})
    found = []
    for key, suffix, value in values:
        if value is None:
            continue
        low, high = lower.get(key), upper.get(key)
        if (low is not None and value < low) or (high is not None and value > high):
            limits = f"[{'-' if low is None else low}, {'-' if high is None else high}]"
            found.append(f"{key}{suffix} value {value} is not in range {limits}")
    return found


def group_policy(cluster: Cluster, group: NodeGroup) -> Mapping[str, Any]:
    """Return the policy in force for the instances of a group."""
    return fill_ipolicy(cluster, group.ipolicy)


def uses_exclusive_storage(config: ConfigData, nodes: Iterable[Node]) -> bool:
    """Tell whether one of the nodes gives whole disks to instances."""
    return any(
        fill_nd(config.cluster, config.nodegroups[node.group], node).get(c.ND_EXCLUSIVE_STORAGE) for node in nodes
    )


def size_of_instance(config: ConfigData, instance: Instance, nodes: Iterable[Node]) -> tuple[InstanceSize, list[str]]:
    """Return the size of an existing instance, and what makes it unfit for policies (missing spindle counts)."""
    disks = disks_of(config, instance)
    be = fill_be(config.cluster, instance.beparams)
    spindles, problems = int(be[c.BE_SPINDLE_USE]), list[str]()
    if uses_exclusive_storage(config, nodes):
        spindles, problems = _disk_spindles(disks)
    size = InstanceSize(
        memory=int(be[c.BE_MAXMEM]),
        vcpus=int(be[c.BE_VCPUS]),
        nic_count=len(instance.nics),
        spindle_use=spindles,
        disk_sizes=tuple(disk.size for disk in disks),
        disk_types=tuple(disk.dev_type for disk in disks),
    )
    return size, problems


def _disk_spindles(disks: Sequence[Disk]) -> tuple[int, list[str]]:
    missing = [disk.iv_name for disk in disks if disk.spindles is None]
    problems = [f"Number of spindles not configured for {name}" for name in missing]
    return sum(disk.spindles or 0 for disk in disks), problems


def check_group_policy(
    log: LuLog,
    cluster: Cluster,
    group: NodeGroup,
    size: InstanceSize,
    *,
    what: str,
    ignore: bool,
    more: Sequence[str] = (),
) -> None:
    """Check a size against the policy of a group; with *ignore* a violation is a warning.

    *what* says what would break the policy, *more* are problems found already. Raises OpPrereqError (wrong_input).
    """
    found = [*violations(group_policy(cluster, group), size), *more]
    if not found:
        return
    text = f"{what} violates the instance policy of group {group.name}: {'; '.join(found)}"
    if not ignore:
        raise OpPrereqError(text, c.ECODE_INVAL)
    log.warning(text)


def check_target_policy(log: LuLog, config: ConfigData, instance: Instance, target: Node, *, ignore: bool) -> None:
    """Check that an instance may move to *target*; within its group it always may. Raises OpPrereqError."""
    if config.nodes[instance.primary_node].group == target.group:
        return
    size, problems = size_of_instance(config, instance, [target])
    what = f"Instance {instance.name} on node {target.name}"
    group = config.nodegroups[target.group]
    check_group_policy(log, config.cluster, group, size, what=what, ignore=ignore, more=problems)
