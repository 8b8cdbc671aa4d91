"""What ``QueryClusterInfo`` and ``QueryConfigValues`` answer."""

import socket
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from ganeti import buildcfg
from ganeti import constants as c
from ganeti.objects import Cluster, ConfigData
from ganeti.objects.lookup import by_name_or_uuid, by_short_name
from ganeti.query.cluster_fields import architecture

#: Keys that show the cluster's attribute of the same name.
_SAME_NAME: Final = (
    "os_hvp",
    "hvparams",
    "osparams",
    "ipolicy",
    "ndparams",
    "diskparams",
    "candidate_pool_size",
    "max_running_jobs",
    "max_tracked_jobs",
    "mac_prefix",
    "master_netdev",
    "master_netmask",
    "use_external_mip_script",
    "volume_group_name",
    "drbd_usermode_helper",
    "file_storage_dir",
    "shared_file_storage_dir",
    "gluster_storage_dir",
    "maintain_node_health",
    "ctime",
    "mtime",
    "uuid",
    "tags",
    "uid_pool",
    "default_iallocator",
    "default_iallocator_params",
    "reserved_lvs",
    "prealloc_wipe_disks",
    "hidden_os",
    "blacklisted_os",
    "enabled_hypervisors",
    "enabled_disk_templates",
    "install_image",
    "instance_communication_network",
    "zeroing_image",
    "compression_tools",
    "enabled_user_shutdown",
    "modify_ssh_setup",
    "ssh_key_type",
    "ssh_key_bits",
)


def _master_name(config: ConfigData) -> str:
    master = config.nodes.get(config.cluster.master_node)
    return master.name if master else ""


def cluster_info(config: ConfigData) -> dict[str, Any]:
    """Return the cluster's parameters under the keys that clients know."""
    cluster = config.cluster
    enabled = cluster.enabled_hypervisors
    info: dict[str, Any] = {name: getattr(cluster, name) for name in _SAME_NAME}
    info |= {
        "software_version": c.RELEASE_VERSION,
        "protocol_version": c.PROTOCOL_VERSION,
        "config_version": c.CONFIG_VERSION,
        "os_api_version": max(c.OS_API_VERSIONS),
        "export_version": c.EXPORT_VERSION,
        "vcs_version": buildcfg.VCS_VERSION,
        "architecture": architecture(),
        "name": cluster.cluster_name,
        "master": _master_name(config),
        "default_hypervisor": cluster.primary_hypervisor,
        "hvparams": {name: params for name, params in cluster.hvparams.items() if name in enabled},
        "os_hvp": _enabled_os_hvp(cluster),
        "beparams": cluster.beparams,
        "nicparams": cluster.nicparams,
        "primary_ip_version": c.IP6_VERSION if cluster.primary_ip_family == socket.AF_INET6 else c.IP4_VERSION,
        "enabled_data_collectors": {name: item.active for name, item in cluster.data_collectors.items()},
        "data_collector_interval": {name: item.interval for name, item in cluster.data_collectors.items()},
    }
    return info


def _enabled_os_hvp(cluster: Cluster) -> dict[str, Any]:
    """Return the hypervisor parameters per OS, of enabled hypervisors only."""
    return {
        os: {name: params for name, params in per_hv.items() if name in cluster.enabled_hypervisors}
        for os, per_hv in cluster.os_hvp.items()
    }


def config_values(
    config: ConfigData, fields: Sequence[str], *, is_drained: bool, watcher_pause: Callable[[], float | None]
) -> list[Any]:
    """Return single values by name, None for unknown names.

    *watcher_pause* is called only if its value is asked for; a pause that is over counts as none.
    """

    def pause() -> int | None:
        until = watcher_pause()
        return int(until) if until is not None and until > time.time() else None

    values: dict[str, Callable[[], Any]] = {
        "cluster_name": lambda: config.cluster.cluster_name,
        "master_node": lambda: _master_name(config),
        "drain_flag": lambda: is_drained,
        "watcher_pause": pause,
        "modify_ssh_setup": lambda: config.cluster.modify_ssh_setup,
        "ssh_key_type": lambda: config.cluster.ssh_key_type,
        "ssh_key_bits": lambda: config.cluster.ssh_key_bits,
    }
    return [values[name]() if name in values else None for name in fields]


def tags_of(config: ConfigData, kind: str, name: str) -> list[str] | None:
    """Return the sorted tags of an object given by UUID or name, None if there is none (or no such *kind*).

    The names of nodes and instances may be shortened.
    """
    if kind == c.TAG_CLUSTER:
        return sorted(config.cluster.tags)
    objects: dict[str, Any] = {
        c.TAG_NODE: config.nodes,
        c.TAG_INSTANCE: config.instances,
        c.TAG_NODEGROUP: config.nodegroups,
        c.TAG_NETWORK: config.networks,
    }
    candidates = objects.get(kind, {})
    found = by_name_or_uuid(candidates, name)
    if found is None and kind in (c.TAG_NODE, c.TAG_INSTANCE):
        found = by_short_name(candidates, name)
    return None if found is None else sorted(found.tags)
