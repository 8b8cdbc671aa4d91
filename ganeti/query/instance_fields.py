"""Fields of instances."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Final

import msgspec

from ganeti import constants as c
from ganeti.objects import Disk, Instance, Network, Nic, Node, disk_template_of, fill
from ganeti.objects.wire import ConsoleInfo
from ganeti.query.fields import (
    NODATA,
    OFFLINE,
    UNAVAIL,
    Field,
    FilterMode,
    Resource,
    Special,
    common_fields,
    optional,
    parameter_fields,
    table,
)
from ganeti.query.status import Sighting, instance_status
from ganeti.query.view import View

#: Live data: the state of the instances as their nodes see it, and how to reach their consoles.
NEEDS_STATE: Final = frozenset({"state"})
NEEDS_CONSOLE: Final = frozenset({"state", "console"})


class InstanceItem:
    """An instance with what its fields show; parameters are filled in once, when first asked for.

    *running* is what the hypervisor of the node reports (memory in MiB, vcpus, state), None if it does not know the
    instance.
    """

    def __init__(
        self,
        view: View,
        instance: Instance,
        seen: Sighting | None = None,
        running: Mapping[str, Any] | None = None,
        console: ConsoleInfo | None = None,
    ) -> None:
        self.view = view
        self.instance = instance
        self.seen = seen or Sighting()
        self.running = running
        self.console = console

    @cached_property
    def hv(self) -> dict[str, Any]:
        """Hypervisor parameters in force, without the global ones; shared with other instances."""
        base = self.view.hv_base(self.instance.hypervisor, self.instance.os)
        own = self.instance.hvparams
        return fill.fill(base, own, c.HVC_GLOBALS) if own else base

    @cached_property
    def be(self) -> dict[str, Any]:
        """Backend parameters in force; shared with other instances."""
        own = self.instance.beparams
        return fill.fill(self.view.be_base, own) if own else self.view.be_base

    @cached_property
    def disks(self) -> list[Disk]:
        """Disks in order."""
        return self.view.disks_of(self.instance)

    @cached_property
    def secondaries(self) -> list[Node]:
        """Secondary nodes."""
        return self.view.secondaries_of(self.instance)

    @cached_property
    def nics(self) -> list[tuple[Nic, dict[str, Any]]]:
        """NICs with their parameters in force, which are shared with other NICs."""
        base = self.view.nic_base
        return [(nic, fill.fill(base, nic.nicparams) if nic.nicparams else base) for nic in self.instance.nics]

    def network_of(self, nic: Nic) -> Network | None:
        """Return the network of a NIC, if it is in one."""
        return self.view.config.networks.get(nic.network) if nic.network else None

    @property
    def group_uuid(self) -> str | Special:
        """UUID of the primary node's group."""
        node = self.view.config.nodes.get(self.instance.primary_node)
        return node.group if node else NODATA

    def group_name(self, uuid: str | Special) -> str | Special:
        """Return the name of a group."""
        group = self.view.config.nodegroups.get(uuid) if isinstance(uuid, str) else None
        return group.name if group else NODATA


def _status(item: InstanceItem) -> str:
    allows = item.view.cluster.enabled_user_shutdown
    if item.instance.hypervisor == c.HT_KVM:
        allows = allows and bool(item.hv.get(c.HV_KVM_USER_SHUTDOWN))
    return instance_status(item.instance, item.seen, allows_user_shutdown=allows)


def _oper_state(item: InstanceItem) -> bool | Special:
    if item.seen.primary_offline or item.seen.primary_failed:
        return NODATA
    return item.running is not None


def _running_value(key: str) -> Callable[[InstanceItem], Any]:
    def value(item: InstanceItem) -> Any:
        if item.seen.primary_offline:
            return OFFLINE
        if item.running is not None:
            return item.running.get(key, NODATA)
        return NODATA if item.seen.primary_failed else UNAVAIL

    return value


def _console(item: InstanceItem) -> Any:
    if item.running is None and not (item.seen.primary_offline or item.seen.primary_failed):
        return UNAVAIL
    return NODATA if item.console is None else msgspec.to_builtins(item.console)


def _disk_usage(item: InstanceItem) -> int:
    """Return the MiB that the instance takes on each of its nodes."""

    def usage(disk: Disk) -> int:
        if disk.dev_type in (c.DT_DISKLESS, c.DT_BLOCK):
            return 0
        return disk.size + (c.DRBD_META_SIZE if disk.dev_type == c.DT_DRBD8 else 0)

    return sum(usage(disk) for disk in item.disks)


def _bridge(params: Mapping[str, Any]) -> str | None:
    return str(params[c.NIC_LINK]) if params.get(c.NIC_MODE) == c.NIC_MODE_BRIDGED else None


def _vlan(params: Mapping[str, Any]) -> str | None:
    return str(params.get(c.NIC_VLAN, "")) if params.get(c.NIC_MODE) == c.NIC_MODE_OVS else None


NicValue = Callable[[InstanceItem, Nic, Mapping[str, Any]], Any]


def _network_name(item: InstanceItem, nic: Nic) -> str | None:
    network = item.network_of(nic)
    return network.name if network else None


#: Per-NIC values: name of one, title of one, name of the list, title of the list, description, value.
_NIC_VALUES: Final[tuple[tuple[str, str, str, str, str, NicValue], ...]] = (
    ("ip", "NicIP", "ips", "NIC_IPs", "IP address", lambda item, nic, params: nic.ip),
    ("mac", "NicMAC", "macs", "NIC_MACs", "MAC address", lambda item, nic, params: nic.mac),
    ("name", "NicName", "names", "NIC_Names", "Name", lambda item, nic, params: nic.name),
    ("uuid", "NicUUID", "uuids", "NIC_UUIDs", "UUID", lambda item, nic, params: nic.uuid),
    ("mode", "NicMode", "modes", "NIC_modes", "Mode", lambda item, nic, params: params[c.NIC_MODE]),
    ("link", "NicLink", "links", "NIC_links", "Link", lambda item, nic, params: params[c.NIC_LINK]),
    ("vlan", "NicVLAN", "vlans", "NIC_VLANs", "VLAN", lambda item, nic, params: _vlan(params)),
    ("bridge", "NicBridge", "bridges", "NIC_bridges", "Bridge", lambda item, nic, params: _bridge(params)),
    ("network", "NicNetwork", "networks", "NIC_networks", "Network", lambda item, nic, params: nic.network),
    (
        "network.name",
        "NicNetworkName",
        "networks.names",
        "NIC_networks_names",
        "Name of the network",
        lambda item, nic, params: _network_name(item, nic),
    ),
)

DiskValue = Callable[[Disk], Any]

#: Per-disk values: as for NICs, and the kind of a single value.
_DISK_VALUES: Final[tuple[tuple[str, str, str, str, str, str, DiskValue], ...]] = (
    ("size", "Disk", "sizes", "Disk_sizes", c.QFT_UNIT, "Size", lambda disk: disk.size),
    ("spindles", "DiskSpindles", "spindles", "Disk_spindles", c.QFT_NUMBER, "Spindles", lambda disk: disk.spindles),
    ("name", "DiskName", "names", "Disk_names", c.QFT_TEXT, "Name", lambda disk: disk.name),
    ("uuid", "DiskUUID", "uuids", "Disk_UUIDs", c.QFT_TEXT, "UUID", lambda disk: disk.uuid),
)


def _nic_field(name: str, title: str, doc: str, value: NicValue, index: int) -> Field[InstanceItem]:
    def one(item: InstanceItem) -> Any:
        if index >= len(item.instance.nics):
            return UNAVAIL
        return optional(value(item, *item.nics[index]))

    return Field(f"nic.{name}/{index}", f"{title}/{index}", c.QFT_TEXT, f"{doc} of network interface {index}", one)


def _nic_list(name: str, title: str, doc: str, value: NicValue) -> Field[InstanceItem]:
    return Field(
        f"nic.{name}",
        title,
        c.QFT_OTHER,
        f"{doc} of each network interface",
        lambda item: [value(item, nic, params) for nic, params in item.nics],
    )


def _disk_field(name: str, title: str, kind: str, doc: str, value: DiskValue, index: int) -> Field[InstanceItem]:
    def one(item: InstanceItem) -> Any:
        return optional(value(item.disks[index])) if index < len(item.disks) else UNAVAIL

    return Field(f"disk.{name}/{index}", f"{title}/{index}", kind, f"{doc} of disk {index}", one)


def _disk_list(name: str, title: str, doc: str, value: DiskValue) -> Field[InstanceItem]:
    return Field(
        f"disk.{name}", title, c.QFT_OTHER, f"{doc} of each disk", lambda item: [value(disk) for disk in item.disks]
    )


def _device_fields() -> list[Field[InstanceItem]]:
    fields: list[Field[InstanceItem]] = []
    for name, title, plural, list_title, doc, nic_value in _NIC_VALUES:
        fields.append(_nic_list(plural, list_title, doc, nic_value))
        fields.extend(_nic_field(name, title, doc, nic_value, index) for index in range(c.MAX_NICS))
    for name, title, plural, list_title, kind, doc, disk_value in _DISK_VALUES:
        fields.append(_disk_list(plural, list_title, doc, disk_value))
        fields.extend(_disk_field(name, title, kind, doc, disk_value, index) for index in range(c.MAX_DISKS))
    return fields


def _placement_fields() -> list[Field[InstanceItem]]:
    return [
        Field(
            "pnode",
            "Primary_node",
            c.QFT_TEXT,
            "Primary node",
            lambda item: item.view.node_name(item.instance.primary_node) or NODATA,
            mode=FilterMode.HOSTNAME,
        ),
        Field(
            "pnode.group",
            "PrimaryNodeGroup",
            c.QFT_TEXT,
            "Node group of the primary node",
            lambda item: item.group_name(item.group_uuid),
        ),
        Field(
            "pnode.group.uuid",
            "PrimaryNodeGroupUUID",
            c.QFT_TEXT,
            "UUID of the primary node's group",
            lambda item: item.group_uuid,
        ),
        Field(
            "snodes",
            "Secondary_Nodes",
            c.QFT_OTHER,
            "Secondary nodes",
            lambda item: [node.name for node in item.secondaries],
        ),
        Field(
            "snodes.group",
            "SecondaryNodesGroups",
            c.QFT_OTHER,
            "Node groups of the secondary nodes",
            lambda item: [item.view.config.nodegroups[node.group].name for node in item.secondaries],
        ),
        Field(
            "snodes.group.uuid",
            "SecondaryNodesGroupsUUID",
            c.QFT_OTHER,
            "UUIDs of the secondary nodes' groups",
            lambda item: [node.group for node in item.secondaries],
        ),
    ]


def _state_fields() -> list[Field[InstanceItem]]:
    return [
        Field("admin_state", "InstanceState", c.QFT_TEXT, "Desired state", lambda item: item.instance.admin_state),
        Field(
            "admin_state_source",
            "InstanceStateSource",
            c.QFT_TEXT,
            "Who asked for the desired state",
            lambda item: item.instance.admin_state_source,
        ),
        Field(
            "admin_up",
            "Autostart",
            c.QFT_BOOL,
            "Whether the instance ought to run",
            lambda item: item.instance.admin_state == c.ADMINST_UP,
        ),
        Field(
            "disks_active",
            "DisksActive",
            c.QFT_BOOL,
            "Whether the disks ought to be active",
            lambda item: item.instance.disks_active,
        ),
        Field(
            "forthcoming",
            "Forthcoming",
            c.QFT_BOOL,
            "Whether the instance is only reserved",
            lambda item: item.instance.forthcoming,
        ),
        Field("status", "Status", c.QFT_TEXT, "Status of the instance", _status, NEEDS_STATE),
        Field("oper_state", "Running", c.QFT_BOOL, "Whether the instance runs", _oper_state, NEEDS_STATE),
        Field("oper_ram", "Memory", c.QFT_UNIT, "Memory in use", _running_value("memory"), NEEDS_STATE),
        Field("oper_vcpus", "VCPUs", c.QFT_NUMBER, "Virtual CPUs in use", _running_value("vcpus"), NEEDS_STATE),
        Field("console", "Console", c.QFT_OTHER, "How to reach the console", _console, NEEDS_CONSOLE),
    ]


def _parameter_sets() -> list[Field[InstanceItem]]:
    return [
        Field("beparams", "BackendParameters", c.QFT_OTHER, "Backend parameters in force", lambda item: item.be),
        Field("hvparams", "HypervisorParameters", c.QFT_OTHER, "Hypervisor parameters in force", lambda item: item.hv),
        Field(
            "osparams",
            "OpSysParameters",
            c.QFT_OTHER,
            "Operating system parameters in force",
            lambda item: fill.fill_os(item.view.cluster, item.instance.os, item.instance.osparams),
        ),
        Field(
            "custom_beparams",
            "CustomBackendParameters",
            c.QFT_OTHER,
            "Backend parameters set for the instance",
            lambda item: item.instance.beparams,
        ),
        Field(
            "custom_hvparams",
            "CustomHypervisorParameters",
            c.QFT_OTHER,
            "Hypervisor parameters set for the instance",
            lambda item: item.instance.hvparams,
        ),
        Field(
            "custom_osparams",
            "CustomOpSysParameters",
            c.QFT_OTHER,
            "Operating system parameters set for the instance",
            lambda item: item.instance.osparams,
        ),
        Field(
            "custom_nicparams",
            "CustomNicParameters",
            c.QFT_OTHER,
            "Parameters set for each network interface",
            lambda item: [nic.nicparams for nic in item.instance.nics],
        ),
    ]


def _plain_fields() -> list[Field[InstanceItem]]:
    return [
        Field(
            "name", "Instance", c.QFT_TEXT, "Instance name", lambda item: item.instance.name, mode=FilterMode.HOSTNAME
        ),
        Field("os", "OS", c.QFT_TEXT, "Operating system", lambda item: item.instance.os),
        Field("hypervisor", "Hypervisor", c.QFT_TEXT, "Hypervisor", lambda item: item.instance.hypervisor),
        Field(
            "network_port",
            "Network_port",
            c.QFT_OTHER,
            "TCP port of the graphical console",
            lambda item: optional(item.instance.network_port),
        ),
        Field(
            "disk_template",
            "Disk_template",
            c.QFT_TEXT,
            "Disk template",
            lambda item: disk_template_of(item.disks),
        ),
        Field("disk_usage", "DiskUsage", c.QFT_UNIT, "Space taken on each of the nodes", _disk_usage),
        Field("disk.count", "Disks", c.QFT_NUMBER, "Number of disks", lambda item: len(item.instance.disks)),
        Field("nic.count", "NICs", c.QFT_NUMBER, "Number of network interfaces", lambda item: len(item.instance.nics)),
    ]


def _hv_types() -> dict[str, str]:
    return {name: kind for name, kind in c.HVS_PARAMETER_TYPES.items() if name not in c.HVC_GLOBALS}


def _hv_parameter(name: str) -> Callable[[InstanceItem], Any]:
    return lambda item: item.hv.get(name, UNAVAIL)


def _be_parameter(name: str) -> Callable[[InstanceItem], Any]:
    return lambda item: item.be.get(name, UNAVAIL)


_ALIASES: Final = {
    "vcpus": "be/vcpus",
    "be/memory": "be/maxmem",
    "sda_size": "disk.size/0",
    "sdb_size": "disk.size/1",
    "ip": "nic.ip/0",
    "mac": "nic.mac/0",
    "bridge": "nic.bridge/0",
    "nic_mode": "nic.mode/0",
    "nic_link": "nic.link/0",
    "nic_network": "nic.network/0",
}

INSTANCES: Final = Resource(
    c.QR_INSTANCE,
    "name",
    table(
        [
            *_plain_fields(),
            *common_fields("instance", lambda item: item.instance),
            *_placement_fields(),
            *_state_fields(),
            *_parameter_sets(),
            *_device_fields(),
            *parameter_fields("hv", _hv_types(), c.HVS_PARAMETER_TITLES, "hypervisor", _hv_parameter),
            *parameter_fields("be", c.BES_PARAMETER_TYPES, c.BES_PARAMETER_TITLES, "backend", _be_parameter),
        ],
        _ALIASES,
    ),
)
