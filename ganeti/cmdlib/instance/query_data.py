"""OP_INSTANCE_QUERY_DATA: everything about instances, for ``gnt-instance info``."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ganeti import constants as c
from ganeti.cmdlib.base import Feedback, LogicalUnit, lu_for
from ganeti.cmdlib.instance.disks import disks_of, node_tree
from ganeti.cmdlib.instance.runtime import GuestReport, is_up, is_user_down
from ganeti.cmdlib.locks import check_still_covered, groups_of_instance, nodes_of_instance, owned_instances
from ganeti.cmdlib.names import find_instance
from ganeti.objects import ConfigData, Disk, Instance, Nic, disk_template_of, secondary_nodes_of, to_clear_builtins
from ganeti.objects.fill import fill_be, fill_instance_hv, fill_nic, fill_os
from ganeti.objects.to_wire import wire_disk
from ganeti.objects.wire import BlockDevStatus, WireDisk
from ganeti.opcodes.instance import OpInstanceQueryData
from ganeti.rpc import procedures

#: (path, major, minor, sync percent, estimated time, is degraded, local disk status)
StatusTuple = tuple[Any, ...]


class LiveData:
    """What nodes said about guests, by instance UUID, and disks, by (node UUID, disk UUID)."""

    def __init__(self) -> None:
        """Nothing is known."""
        self.guests: dict[str, GuestReport] = {}
        self.disks: dict[tuple[str, str], StatusTuple] = {}


@lu_for(OpInstanceQueryData)
class LUInstanceQueryData(LogicalUnit[OpInstanceQueryData]):
    """Return all about instances, with the state of guests and disks unless only the configuration is wanted."""

    REQ_BGL = False

    def check_arguments(self) -> None:
        """Live data need locks, so that instances do not move in between."""
        if not (self.op.static or self.op.use_locking):
            self.log_warning("Non-static data requested, locks need to be acquired")
            self.op = msgspec.structs.replace(self.op, use_locking=True)

    def expand_names(self) -> None:
        """Lock the named instances, or all, and what they use."""
        config = self.snapshot()
        names = [find_instance(config, name, allow_forthcoming=True).name for name in self.op.instances]
        if names:
            self.op = msgspec.structs.replace(self.op, instances=names)
        self.needed_locks = {}
        if not self.op.use_locking:
            return
        self.share_all_levels()
        self.needed_locks[c.LEVEL_INSTANCE] = names or sorted(
            instance.name for instance in config.instances.values() if instance.name
        )
        for level in (c.LEVEL_NODEGROUP, c.LEVEL_NODE, c.LEVEL_NETWORK):
            self.needed_locks[level] = []

    def declare_locks(self, level: int) -> None:
        """Lock the groups, nodes and networks of the locked instances."""
        if not self.op.use_locking:
            return
        config, instances = self.snapshot(), owned_instances(self)
        if level == c.LEVEL_NODEGROUP:
            self.needed_locks[level] = sorted({uuid for i in instances for uuid in groups_of_instance(config, i)})
        elif level == c.LEVEL_NODE:
            self.needed_locks[level] = sorted({uuid for i in instances for uuid in nodes_of_instance(config, i)})
        elif level == c.LEVEL_NETWORK:
            self.needed_locks[level] = sorted({nic.network for i in instances for nic in i.nics if nic.network})

    def check_prereq(self) -> None:
        """Check that the locks still fit."""
        config = self.snapshot()
        if not self.op.use_locking:
            wanted = self.op.instances or [i.name for i in config.instances.values() if i.name]
            found = [find_instance(config, name, allow_forthcoming=True) for name in wanted]
            self._instances = sorted(found, key=lambda instance: instance.name)
            return
        self._instances = owned_instances(self)
        for instance in self._instances:
            nodes = nodes_of_instance(config, instance)
            check_still_covered("Instance", instance.name, "nodes", nodes, self.owned(c.LEVEL_NODE))

    def exec(self, feedback: Feedback) -> dict[str, dict[str, Any]]:
        """Return a dictionary per instance, by name."""
        del feedback
        live = LiveData() if self.op.static else self._gather()
        config = self.snapshot()
        return {instance.name: describe(config, instance, live, static=self.op.static) for instance in self._instances}

    # live data

    def _gather(self) -> LiveData:
        """Ask each node once about all guests and once about all disks; a dead node only blanks what it has."""
        live = LiveData()
        self._gather_guests(live)
        self._gather_disks(live)
        return live

    def _gather_guests(self, live: LiveData) -> None:
        config = self.snapshot()
        by_node: dict[str, list[Instance]] = {}
        for instance in self._instances:
            if instance.primary_node in config.nodes and not instance.forthcoming:
                by_node.setdefault(instance.primary_node, []).append(instance)
        hypervisors = sorted({instance.hypervisor for instance in self._instances})
        params = {name: config.cluster.hvparams[name] for name in hypervisors}
        for node, result in self.rpc.call(by_node, procedures.all_instances_info, hypervisors, params).items():
            if result.fail_msg:
                name = config.nodes[node].name
                if result.offline:
                    self.log_warning(f"Primary node {name} is marked offline, its instances' state is unknown")
                else:
                    self.log_warning(f"Error checking node {name}, its instances' state is unknown: {result.fail_msg}")
                continue
            for instance in by_node[node]:
                live.guests[instance.uuid] = result.payload.get(instance.name, {})

    def _gather_disks(self, live: LiveData) -> None:
        config = self.snapshot()
        asked: dict[str, list[WireDisk]] = {}
        for instance in self._instances:
            if not instance.disks_active:
                continue
            for disk in disks_of(config, instance):
                for node in node_tree(disk, instance.primary_node):
                    wired = wire_disk(config, disk, instance.primary_node, node)
                    asked.setdefault(node, []).extend((wired, *wired.children))
        args = {node: (disks,) for node, disks in asked.items()}
        for node, result in self.rpc.call_each(procedures.blockdev_getmirrorstatus_multi, args).items():
            if result.fail_msg:
                if not result.offline:
                    self.log_warning(f"Error getting disk states of node {config.nodes[node].name}: {result.fail_msg}")
                continue
            for item, (found, status) in zip(asked[node], result.payload, strict=True):
                if found and isinstance(status, BlockDevStatus):
                    live.disks[node, item.uuid] = status_tuple(status)


def status_tuple(status: BlockDevStatus) -> StatusTuple:
    """Return the state of a device as clients get it."""
    return (
        status.dev_path,
        status.major,
        status.minor,
        status.sync_percent,
        status.estimated_time,
        status.is_degraded,
        status.ldisk_status,
    )


def run_state(config: ConfigData, instance: Instance, report: GuestReport | None) -> str | None:
    """Return what the guest really does; None if that is not known."""
    if report is None:
        return None
    if is_up(report):
        return "up"
    if report:
        return "user down" if is_user_down(config.cluster, instance, report) else "down"
    if instance.admin_state == c.ADMINST_OFFLINE:
        return "offline"
    if instance.admin_state == c.ADMINST_DOWN and instance.admin_state_source == c.USER_SOURCE:
        return "user down"
    return "down"


def describe(config: ConfigData, instance: Instance, live: LiveData, *, static: bool) -> dict[str, Any]:
    """Return everything about one instance."""
    cluster = config.cluster
    disks = disks_of(config, instance)
    primary = config.nodes.get(instance.primary_node)
    group = config.nodegroups[primary.group] if primary else None
    secondaries = [config.nodes[uuid] for uuid in secondary_nodes_of(instance.primary_node, disks)]
    groups = [config.nodegroups[node.group] for node in secondaries]
    hv_actual = fill_instance_hv(cluster, instance, skip_globals=True)
    return {
        "name": instance.name,
        "config_state": instance.admin_state,
        "run_state": None if static else run_state(config, instance, live.guests.get(instance.uuid)),
        "pnode": primary.name if primary else None,
        "pnode_group_uuid": group.uuid if group else None,
        "pnode_group_name": group.name if group else None,
        "snodes": [node.name for node in secondaries],
        "snodes_group_uuids": [item.uuid for item in groups],
        "snodes_group_names": [item.name for item in groups],
        "os": instance.os,
        "nics": [nic_tuple(config, nic) for nic in instance.nics],
        "disk_template": disk_template_of(disks),
        "disks": [describe_disk(config, instance, disk, disk, live) for disk in disks],
        "hypervisor": instance.hypervisor,
        "network_port": instance.network_port,
        "hv_instance": instance.hvparams,
        "hv_actual": hv_actual,
        "be_instance": instance.beparams,
        "be_actual": fill_be(cluster, instance.beparams),
        "os_instance": instance.osparams,
        "os_actual": fill_os(cluster, instance.os, instance.osparams),
        "serial_no": instance.serial_no,
        "mtime": instance.mtime,
        "ctime": instance.ctime,
        "uuid": instance.uuid,
    }


def nic_tuple(config: ConfigData, nic: Nic) -> tuple[Any, ...]:
    """Return (name, uuid, ip, mac, mode, link, vlan, network UUID, network)."""
    params = fill_nic(config.cluster, nic.nicparams)
    network = config.networks.get(nic.network) if nic.network else None
    return (
        nic.name,
        nic.uuid,
        nic.ip,
        nic.mac,
        params[c.NIC_MODE],
        params[c.NIC_LINK],
        params[c.NIC_VLAN],
        nic.network,
        to_clear_builtins(network) if network else None,
    )


def describe_disk(config: ConfigData, instance: Instance, top: Disk, disk: Disk, live: LiveData) -> dict[str, Any]:
    """Return everything about a disk of the instance, or about a child of its disk *top*; never its secret."""
    nodes = node_tree(top, instance.primary_node)
    secondary = next((node for node in nodes if node != instance.primary_node), None)
    is_mirror = disk.dev_type == c.DT_DRBD8
    return {
        "iv_name": disk.iv_name,
        "dev_type": disk.dev_type,
        "logical_id": list(disk.logical_id[:5] if is_mirror else disk.logical_id),
        "drbd_info": _drbd_info(config, disk.logical_id) if is_mirror else None,
        "pstatus": live.disks.get((instance.primary_node, disk.uuid)),
        "sstatus": live.disks.get((secondary, disk.uuid)) if secondary else None,
        "children": [describe_disk(config, instance, top, child, live) for child in disk.children],
        "mode": disk.mode,
        "size": disk.size,
        "spindles": disk.spindles,
        "name": disk.name,
        "uuid": disk.uuid,
    }


def _drbd_info(config: ConfigData, logical_id: Sequence[Any]) -> Mapping[str, Any]:
    first, second, port, first_minor, second_minor = logical_id[:5]
    return {
        "primary_node": config.nodes[first].name,
        "primary_minor": first_minor,
        "secondary_node": config.nodes[second].name,
        "secondary_minor": second_minor,
        "port": port,
    }
