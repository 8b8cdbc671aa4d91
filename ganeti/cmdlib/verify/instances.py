"""Checks of instances: where they run, where they ought to, and what they are made of."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ganeti import constants as c
from ganeti.cmdlib.instance.ipolicy import uses_exclusive_storage
from ganeti.cmdlib.locks import nodes_of_instance
from ganeti.cmdlib.verify.findings import ERROR, WARNING, Finding, warning
from ganeti.objects import ConfigData, Disk, Instance, Node, fill
from ganeti.objects.wire import BlockDevStatus


def check_location(config: ConfigData, running: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """Check every guest that nodes report; *running* maps node UUIDs to the names of the guests there."""
    by_name = {instance.name: instance for instance in config.instances.values()}
    for uuid, names in running.items():
        node = config.nodes[uuid]
        for name in sorted(names):
            instance = by_name.get(name)
            if instance is None:
                yield Finding(c.CV_ENODEORPHANINSTANCE, node.name, f"instance {name} on node is unknown to the cluster")
            elif instance.primary_node != uuid:
                expected = config.nodes[instance.primary_node].name
                text = f"instance should not run on node {node.name}, its primary node is {expected}"
                yield Finding(c.CV_EINSTANCEWRONGNODE, name, text)


def check_instance(
    config: ConfigData, instance: Instance, running: Mapping[str, Sequence[str]], failed: Iterable[str]
) -> Iterator[Finding]:
    """Check the nodes of an instance and that it runs if it ought to; *failed* are nodes that did not answer."""
    primary = config.nodes[instance.primary_node]
    is_up = instance.admin_state == c.ADMINST_UP
    if primary.offline and is_up:
        text = f"instance is marked as running and lives on offline node {primary.name}"
        yield Finding(c.CV_EINSTANCEBADNODE, instance.name, text)
    for uuid in nodes_of_instance(config, instance):
        node = config.nodes[uuid]
        if not node.vm_capable:
            text = f"instance lives on non-vm_capable node {node.name}"
            yield Finding(c.CV_EINSTANCEBADNODE, instance.name, text)
        if node.offline and uuid != primary.uuid:
            yield Finding(c.CV_EINSTANCEBADNODE, instance.name, f"instance has offline secondary node {node.name}")
        if uuid in failed and not node.offline:
            which = "primary" if uuid == primary.uuid else "secondary"
            yield Finding(c.CV_ENODERPC, node.name, f"instance {instance.name}, connection to {which} node failed")
    if primary.uuid in running and not primary.offline:
        yield from _check_running(instance, primary, instance.name in running[primary.uuid])


def _check_running(instance: Instance, primary: Node, is_running: bool) -> Iterator[Finding]:
    is_up = instance.admin_state == c.ADMINST_UP
    if is_up and not is_running:
        yield Finding(c.CV_EINSTANCEDOWN, instance.name, f"instance not running on its primary node {primary.name}")
    elif is_running and not is_up:
        # Also what a shutdown leaves that was interrupted after its intent had been recorded.
        text = f"instance runs on its primary node {primary.name} although it is marked {instance.admin_state}"
        yield warning(c.CV_EINSTANCEDOWN, instance.name, text)


def check_layout(config: ConfigData, instance: Instance) -> Iterator[Finding]:
    """Check how an instance is spread over nodes and groups."""
    secondaries = nodes_of_instance(config, instance)[1:]
    if len(secondaries) > 1:
        names = ", ".join(sorted(config.nodes[uuid].name for uuid in secondaries))
        yield warning(c.CV_EINSTANCELAYOUT, instance.name, f"instance has multiple secondary nodes: {names}")
    groups = {config.nodes[uuid].group for uuid in nodes_of_instance(config, instance)}
    if len(groups) > 1:
        names = ", ".join(sorted(config.nodegroups[uuid].name for uuid in groups if uuid in config.nodegroups))
        yield warning(c.CV_EINSTANCESPLITGROUPS, instance.name, f"instance has nodes in different groups: {names}")


def check_exclusive_storage(config: ConfigData, instance: Instance) -> Iterator[Finding]:
    """Check that the disks of an instance can be on its nodes, if these give whole physical disks to instances."""
    used = (config.nodes[uuid] for uuid in nodes_of_instance(config, instance))
    exclusive = sorted(node.name for node in used if uses_exclusive_storage(config, [node]))
    if not exclusive:
        return
    disks = [config.disks[uuid] for uuid in instance.disks]
    unsuitable = sorted({disk.dev_type for disk in disks} - set(c.DTS_EXCL_STORAGE))
    if unsuitable:
        text = (
            f"instance uses disk types {', '.join(unsuitable)}, which are not supported on nodes with exclusive"
            f" storage: {', '.join(exclusive)}"
        )
        yield Finding(c.CV_EINSTANCEUNSUITABLENODE, instance.name, text)
    for index, disk in enumerate(disks):
        if disk.spindles is None:
            text = (
                f"number of spindles not configured for disk/{index} while exclusive storage is enabled; try"
                " 'gnt-cluster repair-disk-sizes'"
            )
            yield Finding(c.CV_EINSTANCEMISSINGCFGPARAMETER, instance.name, text)


def check_policy(instance: Instance, violations: Iterable[str]) -> Iterator[Finding]:
    """Report the *violations* of the instance policy of the instance's group."""
    text = ", ".join(violations)
    if text:
        yield warning(c.CV_EINSTANCEPOLICY, instance.name, text)


def check_disks(
    config: ConfigData, instance: Instance, statuses: Mapping[str, Mapping[str, tuple[bool, BlockDevStatus | str]]]
) -> Iterator[Finding]:
    """Check the state of disks; *statuses*: node UUID to disk UUID to (success, status or message).

    Files are always there, other disks only while they are active.
    """
    for index, uuid in enumerate(instance.disks):
        is_file = config.disks[uuid].dev_type in c.DTS_INSTANCE_DEPENDENT_PATH
        for node_uuid in nodes_of_instance(config, instance):
            found = statuses.get(node_uuid, {}).get(uuid)
            node = config.nodes[node_uuid]
            if found is None or node.offline:
                continue
            if is_file and not found[0]:
                text = f"disk/{index} is missing on node {node.name}: {found[1]}"
                yield Finding(c.CV_EINSTANCEMISSINGDISK, instance.name, text)
            elif instance.disks_active:
                yield from _disk_finding(instance, index, node, *found)


def _disk_finding(
    instance: Instance, index: int, node: Node, succeeded: bool, status: BlockDevStatus | str
) -> Iterator[Finding]:
    if not succeeded or isinstance(status, str):
        text = f"couldn't retrieve status for disk/{index} on {node.name}: {status}"
        yield Finding(c.CV_EINSTANCEFAULTYDISK, instance.name, text)
        return
    if not status.is_degraded:
        return
    local = status.ldisk_status
    is_harmless = local in (c.LDS_OKAY, c.LDS_SYNC)
    name = c.LDS_NAMES.get(local, "unknown") if local is not None else "unknown"
    text = f"disk/{index} on {node.name} is degraded; local disk state is '{name}'"
    yield Finding(c.CV_EINSTANCEFAULTYDISK, instance.name, text, WARNING if is_harmless else ERROR)


def check_exclusion_tags(config: ConfigData, instances: Iterable[Instance]) -> Iterator[Finding]:
    """Find instances that share a node although a tag says that they must not."""
    prefixes = tuple(
        tag.removeprefix(c.EX_TAGS_PREFIX)
        for tag in config.cluster.tags
        if tag.startswith(c.EX_TAGS_PREFIX) and tag != c.EX_TAGS_PREFIX
    )
    if not prefixes:
        return
    sharing: dict[tuple[str, str], list[str]] = defaultdict(list)
    for instance in instances:
        for tag in instance.tags:
            if tag.startswith(prefixes):
                sharing[instance.primary_node, tag].append(instance.name)
    for (uuid, tag), names in sorted(sharing.items()):
        if len(names) > 1:
            text = f"tag {tag} is shared by instances {', '.join(sorted(names))}"
            yield warning(c.CV_EEXTAGS, config.nodes[uuid].name, text)


def check_n_plus_one(config: ConfigData, free_memory: Mapping[str, int]) -> Iterator[Finding]:
    """Check that each secondary can take the instances of any one primary; *free_memory* in MiB by node UUID."""
    needed: dict[tuple[str, str], int] = defaultdict(int)
    for instance in config.instances.values():
        be = fill.fill_be(config.cluster, instance.beparams)
        if be[c.BE_AUTO_BALANCE]:
            for secondary in nodes_of_instance(config, instance)[1:]:
                needed[secondary, instance.primary_node] += be[c.BE_MINMEM]
    for (secondary, primary), memory in sorted(needed.items()):
        free = free_memory.get(secondary)
        if free is not None and not config.nodes[secondary].offline and memory > free:
            text = (
                f"not enough memory to accommodate instance failovers should node {config.nodes[primary].name} fail"
                f" ({memory}MiB needed, {free}MiB available)"
            )
            yield Finding(c.CV_ENODEN1, config.nodes[secondary].name, text)


def is_redundant(disks: Sequence[Disk]) -> bool:
    """Tell whether all disks of an instance are mirrored, by us or by their storage."""
    return all(disk.dev_type in c.DTS_MIRRORED for disk in disks)


def notes(config: ConfigData, instances: Sequence[Instance], nodes: Iterable[Node]) -> Iterator[str]:
    """Return the closing remarks about what needs attention but is no error."""
    unprotected = [i for i in instances if not is_redundant([config.disks[uuid] for uuid in i.disks])]
    unbalanced = [i for i in instances if not fill.fill_be(config.cluster, i.beparams)[c.BE_AUTO_BALANCE]]
    offline_instances = [i for i in instances if i.admin_state == c.ADMINST_OFFLINE]
    counts: tuple[tuple[Sequence[Any], str], ...] = (
        (unprotected, "non-redundant instance(s)"),
        (unbalanced, "non-auto-balanced instance(s)"),
        (offline_instances, "offline instance(s)"),
        ([node for node in nodes if node.offline], "offline node(s)"),
        ([node for node in nodes if node.drained], "drained node(s)"),
    )
    for items, what in counts:
        if items:
            yield f"  - NOTICE: {len(items)} {what} found."
