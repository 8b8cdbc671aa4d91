"""Environment variables of OS scripts, as described in `ganeti-os-interface(7)`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ganeti import constants as c
from ganeti.backend.os_definition import OsDefinition
from ganeti.hypervisor.base import BlockDevice
from ganeti.objects.wire import WireInstance, WireNic

_PATH = "/sbin:/bin:/usr/sbin:/usr/bin"
_NETWORK_VARIABLES = (
    ("SUBNET", "network"),
    ("GATEWAY", "gateway"),
    ("SUBNET6", "network6"),
    ("GATEWAY6", "gateway6"),
    ("MAC_PREFIX", "mac_prefix"),
)


def core_environment(
    definition: OsDefinition, full_name: str, osparams: Mapping[str, Any], debug: int
) -> dict[str, str]:
    """Variables of every script.

    Args:
      definition: the OS.
      full_name: its name with variant.
      osparams: all OS parameters, confidential ones in clear.
      debug: debug level.
    """
    variables = {
        "OS_API_VERSION": str(definition.api_version),
        "OS_NAME": definition.name,
        "OS_VARIANT": definition.variant_of(full_name),
        "DEBUG_LEVEL": str(debug),
        "PATH": _PATH,
    }
    variables.update({parameter_variable(name): str(value) for name, value in osparams.items()})
    return variables


def parameter_variable(name: str) -> str:
    """Name of the variable that holds an OS parameter."""
    return f"OSP_{name.upper().replace('-', '_')}"


def clear_osparams(instance: WireInstance) -> dict[str, Any]:
    """All OS parameters of an instance, confidential ones in clear."""
    return {**instance.osparams, **{name: value.get() for name, value in instance.osparams_private.items()}}


def instance_environment(
    definition: OsDefinition, instance: WireInstance, disks: Sequence[BlockDevice], debug: int
) -> dict[str, str]:
    """Variables of the scripts that work on an instance.

    Args:
      definition: the OS.
      instance: the instance.
      disks: its active disks; `link` is the device or file.
      debug: debug level.
    """
    return {
        **core_environment(definition, instance.os, clear_osparams(instance), debug),
        **_instance_variables(instance),
        **_disk_variables(instance, disks),
        **_nic_variables(instance),
        **{f"INSTANCE_BE_{name}": str(value) for name, value in instance.beparams.items()},
        **{f"INSTANCE_HV_{name}": str(value) for name, value in instance.hvparams.items()},
    }


def _instance_variables(instance: WireInstance) -> dict[str, str]:
    variables = {
        "INSTANCE_NAME": instance.name,
        "INSTANCE_UUID": instance.uuid,
        "INSTANCE_OS": instance.os,
        "INSTANCE_PRIMARY_NODE": instance.primary_node,
        "INSTANCE_SECONDARY_NODES": " ".join(instance.secondary_nodes),
        "HYPERVISOR": instance.hypervisor,
        "DISK_COUNT": str(len(instance.disks_info)),
        "NIC_COUNT": str(len(instance.nics)),
    }
    for name, moment in (("INSTANCE_CTIME", instance.ctime), ("INSTANCE_MTIME", instance.mtime)):
        if moment is not None:
            variables[name] = str(moment)
    return variables


def backend_type(dev_type: str, logical_id: Sequence[Any]) -> str:
    """What a disk is made of: `block`, or `file:` and the file driver."""
    if dev_type in c.DTS_FILEBASED:
        return f"file:{logical_id[0] if logical_id else ''}"
    return "block"


def _disk_variables(instance: WireInstance, disks: Sequence[BlockDevice]) -> dict[str, str]:
    variables: dict[str, str] = {}
    frontend = instance.hvparams.get(c.HV_DISK_TYPE)
    for index, (disk, path, uri) in enumerate(disks):
        values = {
            "ACCESS": disk.mode,
            "UUID": disk.uuid,
            "SIZE": str(disk.size),
            "PATH": path,
            "URI": uri,
            "NAME": disk.name,
            "FRONTEND_TYPE": frontend,
            "BACKEND_TYPE": backend_type(disk.dev_type, disk.logical_id),
        }
        variables.update({f"DISK_{index}_{name}": str(value) for name, value in values.items() if value})
    return variables


def _nic_variables(instance: WireInstance) -> dict[str, str]:
    variables: dict[str, str] = {}
    frontend = instance.hvparams.get(c.HV_NIC_TYPE)
    for index, nic in enumerate(instance.nics):
        values = {**_one_nic(nic), "FRONTEND_TYPE": frontend}
        variables.update({f"NIC_{index}_{name}": str(value) for name, value in values.items() if value is not None})
    return variables


def _one_nic(nic: WireNic) -> dict[str, str | None]:
    mode = nic.nicparams.get(c.NIC_MODE)
    link = nic.nicparams.get(c.NIC_LINK) or None
    values = {
        "MAC": nic.mac,
        "UUID": nic.uuid,
        "MODE": mode,
        "NAME": nic.name,
        "IP": nic.ip,
        "LINK": link,
        "BRIDGE": link if mode == c.NIC_MODE_BRIDGED else None,
    }
    if nic.network and nic.netinfo:
        values["NETWORK_NAME"] = str(nic.netinfo.get("name") or "")
        values["NETWORK_UUID"] = nic.network
        values["NETWORK_TAGS"] = " ".join(nic.netinfo.get("tags") or ())
        values.update({f"NETWORK_{name}": nic.netinfo.get(key) or None for name, key in _NETWORK_VARIABLES})
    return values
