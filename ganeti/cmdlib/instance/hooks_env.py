"""Variables that all hooks about instances get."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ganeti import constants as c
from ganeti.cmdlib.instance.disks import disks_of
from ganeti.objects import ConfigData, Disk, Instance, Nic, disk_template_of, secondary_nodes_of
from ganeti.objects.fill import fill_be, fill_instance_hv, fill_nic

Variables = dict[str, object]


@dataclass(frozen=True)
class HookInstance:
    """What hooks see of an instance; ``secondaries`` are UUIDs, parameters are those in force."""

    name: str
    primary: str
    secondaries: tuple[str, ...]
    os: str
    status: object
    disk_template: str
    hypervisor: str
    be: Mapping[str, Any]
    hv: Mapping[str, Any]
    nics: Sequence[Nic]
    disks: Sequence[Variables]
    tags: tuple[str, ...]


def hook_instance(config: ConfigData, instance: Instance) -> HookInstance:
    """Return what hooks see of an instance of the configuration."""
    disks = disks_of(config, instance)
    return HookInstance(
        name=instance.name,
        primary=instance.primary_node,
        secondaries=secondary_nodes_of(instance.primary_node, disks),
        os=instance.os,
        status=instance.admin_state,
        disk_template=disk_template_of(disks),
        hypervisor=instance.hypervisor,
        be=fill_be(config.cluster, instance.beparams),
        hv=fill_instance_hv(config.cluster, instance),
        nics=instance.nics,
        disks=[disk_variables(disk) for disk in disks],
        tags=instance.tags,
    )


def instance_env(config: ConfigData, instance: Instance) -> Variables:
    """Return the variables about an instance of the configuration."""
    return build_env(config, hook_instance(config, instance))


def build_env(config: ConfigData, seen: HookInstance) -> Variables:
    """Return the variables, named without ``GANETI_``."""
    names = [config.nodes[uuid].name for uuid in seen.secondaries]
    env: Variables = {
        "OP_TARGET": seen.name,
        "INSTANCE_NAME": seen.name,
        "INSTANCE_PRIMARY": config.nodes[seen.primary].name if seen.primary in config.nodes else "",
        "INSTANCE_SECONDARIES": " ".join(names),
        "INSTANCE_OS_TYPE": seen.os,
        "INSTANCE_STATUS": seen.status,
        "INSTANCE_MINMEM": seen.be[c.BE_MINMEM],
        "INSTANCE_MAXMEM": seen.be[c.BE_MAXMEM],
        "INSTANCE_MEMORY": seen.be[c.BE_MAXMEM],
        "INSTANCE_VCPUS": seen.be[c.BE_VCPUS],
        "INSTANCE_DISK_TEMPLATE": seen.disk_template,
        "INSTANCE_HYPERVISOR": seen.hypervisor,
        "INSTANCE_NIC_COUNT": len(seen.nics),
        "INSTANCE_DISK_COUNT": len(seen.disks),
        "INSTANCE_TAGS": " ".join(seen.tags),
    }
    for index, nic in enumerate(seen.nics):
        env.update({f"INSTANCE_NIC{index}_{key}": value for key, value in nic_variables(config, nic).items()})
    for index, disk in enumerate(seen.disks):
        env.update({f"INSTANCE_DISK{index}_{key}": value for key, value in disk.items()})
    env.update({f"INSTANCE_BE_{key}": value for key, value in seen.be.items()})
    env.update({f"INSTANCE_HV_{key}": value for key, value in seen.hv.items()})
    return env


def nic_variables(config: ConfigData, nic: Nic) -> Variables:
    """Return the variables of one NIC."""
    params = fill_nic(config.cluster, nic.nicparams)
    mode = params[c.NIC_MODE]
    env: Variables = {"NAME": nic.name} if nic.name else {}
    env.update(UUID=nic.uuid, IP=nic.ip or "", MAC=nic.mac, MODE=mode, LINK=params[c.NIC_LINK], VLAN=params[c.NIC_VLAN])
    if mode in (c.NIC_MODE_BRIDGED, c.NIC_MODE_OVS):
        env["BRIDGE"] = params[c.NIC_LINK]
    network = config.networks.get(nic.network) if nic.network else None
    if network is not None:
        env.update(NETWORK_NAME=network.name, NETWORK_UUID=network.uuid, NETWORK_TAGS=" ".join(network.tags))
        optional = {
            "NETWORK_SUBNET": network.network,
            "NETWORK_GATEWAY": network.gateway,
            "NETWORK_SUBNET6": network.network6,
            "NETWORK_GATEWAY6": network.gateway6,
            "NETWORK_MAC_PREFIX": network.mac_prefix,
        }
        env.update({key: value for key, value in optional.items() if value})
    return env


def disk_variables(disk: Disk) -> Variables:
    """Return the variables of one disk."""
    env: Variables = {"NAME": disk.name} if disk.name else {}
    env.update(UUID=disk.uuid, SIZE=disk.size, MODE=disk.mode, DEV_TYPE=disk.dev_type)
    if disk.dev_type == c.DT_DRBD8:
        data, meta = disk.children
        keys = ("PNODE", "SNODE", "PORT", "PMINOR", "SMINOR")
        env.update(zip(keys, disk.logical_id[:5], strict=True))
        env.update(DATA_VG=data.logical_id[0], DATA_ID=data.logical_id[1])
        env.update(META_VG=meta.logical_id[0], META_ID=meta.logical_id[1])
    else:
        first = {c.DT_PLAIN: "VG", c.DT_EXT: "PROVIDER"}.get(disk.dev_type, "DRIVER")
        env.update({first: disk.logical_id[0], "ID": disk.logical_id[1]})
    return env
