"""Asking nodes for the states of the disks of instances."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ganeti.cmdlib.base import LogicalUnit
from ganeti.cmdlib.locks import nodes_of_instance
from ganeti.objects import ConfigData, Instance
from ganeti.objects.to_wire import wire_disk
from ganeti.objects.wire import BlockDevStatus, WireDisk
from ganeti.rpc import procedures

#: Disk UUID -> (succeeded, state or problem).
States = Mapping[str, tuple[bool, BlockDevStatus | str]]


@dataclass(frozen=True)
class DiskStates:
    """What nodes (by UUID) reported about disks, and why others did not."""

    states: Mapping[str, States]
    failures: Mapping[str, str]


def disks_by_node(
    config: ConfigData, instances: Iterable[Instance], left_out: Collection[str] = ()
) -> dict[str, list[WireDisk]]:
    """Return the disks to ask each node (UUID) about; nodes that are offline or in *left_out* are not asked."""
    wanted: dict[str, list[WireDisk]] = defaultdict(list)
    for instance in instances:
        for uuid in nodes_of_instance(config, instance):
            node = config.nodes[uuid]
            if node.offline or not node.vm_capable or uuid in left_out:
                continue
            wanted[uuid] += [
                wire_disk(config, config.disks[disk], instance.primary_node, uuid) for disk in instance.disks
            ]
    return {uuid: disks for uuid, disks in wanted.items() if disks}


def ask(lu: LogicalUnit[Any], wanted: Mapping[str, list[WireDisk]]) -> DiskStates:
    """Ask every node about its disks."""
    results = lu.rpc.call_each(
        procedures.blockdev_getmirrorstatus_multi, {uuid: (disks,) for uuid, disks in wanted.items()}
    )
    states: dict[str, States] = {}
    failures: dict[str, str] = {}
    for uuid, result in results.items():
        if result.fail_msg:
            failures[uuid] = result.fail_msg
        elif len(result.payload) != len(wanted[uuid]):
            failures[uuid] = f"{len(result.payload)} answers about {len(wanted[uuid])} disks"
        else:
            states[uuid] = {disk.uuid: row for disk, row in zip(wanted[uuid], result.payload, strict=True)}
    return DiskStates(states, failures)
