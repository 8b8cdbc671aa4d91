"""gnt-cluster info, version and show-ispecs-cmd."""

from collections.abc import Mapping, Sequence
from typing import Any

from ganeti import constants as c
from ganeti import pathutils
from ganeti.cli import dates, printer
from ganeti.cli.invocation import Invocation
from ganeti.cli.roman import to_roman
from ganeti.utils.text import comma_join, nice_sort_key

Section = list[tuple[Any, ...]]


def version(call: Invocation) -> int:
    """Print the versions of the software and its formats."""
    info = call.client.query_cluster_info()
    print(f"Software version: {info['software_version']}")
    print(f"Internode protocol: {info['protocol_version']}")
    print(f"Configuration format: {info['config_version']}")
    print(f"OS api version: {info['os_api_version']}")
    print(f"Export interface: {info['export_version']}")
    print(f"VCS version: {info['vcs_version']}")
    return c.EXIT_SUCCESS


def _listed(items: Sequence[Any], *, nothing: str = "") -> str:
    return comma_join([str(item) for item in items]) or nothing


def _uid_pool(ranges: Sequence[Sequence[int]]) -> str:
    return comma_join([str(low) if low == high else f"{low}-{high}" for low, high in ranges])


def policy_info(ipolicy: Mapping[str, Any]) -> Section:
    """Return an instance policy for printing."""
    bounds = [
        [(f"min/{index}", pair["min"]), (f"max/{index}", pair["max"])] for index, pair in enumerate(ipolicy["minmax"])
    ]
    section: Section = [("bounds specs", bounds), ("std", ipolicy["std"])]
    section.append(("allowed disk templates", comma_join(list(ipolicy[c.IPOLICY_DTS]))))
    return section + [(key, ipolicy[key]) for key in sorted(c.IPOLICY_PARAMETERS)]


def _cluster_parameters(info: Mapping[str, Any]) -> Section:
    """Return what concerns the cluster as a whole for printing."""
    return [
        ("candidate pool size", info["candidate_pool_size"]),
        ("maximal number of jobs running simultaneously", info["max_running_jobs"]),
        ("maximal number of jobs simultaneously tracked by the scheduler", info["max_tracked_jobs"]),
        ("mac prefix", info["mac_prefix"]),
        ("master netdev", info["master_netdev"]),
        ("master netmask", info["master_netmask"]),
        ("use external master IP address setup script", info["use_external_mip_script"]),
        ("lvm volume group", info["volume_group_name"]),
        ("lvm reserved volumes", _listed(info["reserved_lvs"] or (), nothing="(none)")),
        ("drbd usermode helper", info["drbd_usermode_helper"]),
        ("file storage path", info["file_storage_dir"]),
        ("shared file storage path", info["shared_file_storage_dir"]),
        ("gluster storage path", info["gluster_storage_dir"]),
        ("maintenance of node health", info["maintain_node_health"]),
        ("uid pool", _uid_pool(info["uid_pool"] or ())),
        ("default instance allocator", info["default_iallocator"]),
        ("default instance allocator parameters", info["default_iallocator_params"] or {}),
        ("primary ip version", info["primary_ip_version"]),
        ("preallocation wipe disks", info["prealloc_wipe_disks"]),
        ("OS search path", _listed(pathutils.OS_SEARCH_PATH)),
        ("ExtStorage Providers search path", _listed(pathutils.ES_SEARCH_PATH)),
        ("enabled disk templates", _listed(info["enabled_disk_templates"])),
        ("install image", info["install_image"]),
        ("instance communication network", info["instance_communication_network"]),
        ("zeroing image", info["zeroing_image"]),
        ("compression tools", _listed(info["compression_tools"])),
        ("enabled user shutdown", info["enabled_user_shutdown"]),
        ("modify ssh setup", info["modify_ssh_setup"]),
        ("ssh_key_type", info["ssh_key_type"]),
        ("ssh_key_bits", info["ssh_key_bits"]),
    ]


def _data_collectors(info: Mapping[str, Any]) -> dict[str, Any]:
    intervals = info["data_collector_interval"]
    return {
        name: [("active", is_active), ("interval", f"{intervals.get(name, 0) / 1e6:.3f}s")]
        for name, is_active in info["enabled_data_collectors"].items()
    }


def _cluster(info: Mapping[str, Any]) -> Section:
    """Return the cluster for printing."""
    enabled = info["enabled_hypervisors"]
    bits, machine = info["architecture"]
    return [
        ("Cluster name", info["name"]),
        ("Cluster UUID", info["uuid"]),
        ("Creation time", dates.format_optional_time(info["ctime"])),
        ("Modification time", dates.format_optional_time(info["mtime"])),
        ("Master node", info["master"]),
        ("Architecture (this node)", f"{bits} ({machine})"),
        ("Tags", _listed(sorted(info["tags"], key=nice_sort_key), nothing="(none)")),
        ("Default hypervisor", info["default_hypervisor"]),
        ("Enabled hypervisors", _listed(enabled)),
        ("Hypervisor parameters", {name: info["hvparams"].get(name, {}) for name in enabled}),
        ("OS-specific hypervisor parameters", info["os_hvp"]),
        ("OS parameters", info["osparams"]),
        ("Hidden OSes", _listed(info["hidden_os"])),
        ("Blacklisted OSes", _listed(info["blacklisted_os"])),
        ("Cluster parameters", _cluster_parameters(info)),
        ("Default node parameters", info["ndparams"]),
        ("Default instance parameters", info["beparams"]),
        ("Default nic parameters", info["nicparams"]),
        ("Default disk parameters", info["diskparams"]),
        ("Instance policy - limits for instances", policy_info(info["ipolicy"])),
        ("Data collectors", _data_collectors(info)),
    ]


def info(call: Invocation) -> int:
    """Show the configuration of the cluster."""
    values = call.client.query_cluster_info()
    print(printer.format_info(_cluster(to_roman(values) if call.options.roman_integers else values)), end="")
    return c.EXIT_SUCCESS


def _specs(specs: Mapping[str, Any]) -> str:
    return ",".join(f"{key}={specs[key]}" for key in sorted(specs))


def bounds_option(ipolicy: Mapping[str, Any]) -> list[str]:
    """Return the option that sets the bounds of an instance policy, nothing if it has none of its own."""
    if "minmax" not in ipolicy:
        return []
    pairs = ["/".join(f"{bound}:{_specs(pair[bound])}" for bound in ("min", "max")) for pair in ipolicy["minmax"]]
    return [f"--ipolicy-bounds-specs {'//'.join(pairs)}"]


def ispecs_options(ipolicy: Mapping[str, Any]) -> list[str]:
    """Return the options that set the standard and the bounds of an instance policy."""
    standard = [f"--ipolicy-std-specs {_specs(ipolicy['std'])}"] if "std" in ipolicy else []
    return [*standard, *bounds_option(ipolicy)]


def show_ispecs_command(call: Invocation) -> int:
    """Print the command that makes a cluster with the same instance policy."""
    values = call.client.query_cluster_info()
    print(" ".join(["gnt-cluster init", *ispecs_options(values["ipolicy"]), str(values["name"])]))
    return c.EXIT_SUCCESS
