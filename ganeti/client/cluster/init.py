"""gnt-cluster init: create a cluster with this machine as its first node."""

from argparse import Namespace
from typing import Any

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.bootstrap import init as bootstrap
from ganeti.bootstrap.params import InitParams
from ganeti.cli import failures, state_params, submit
from ganeti.cli.invocation import Invocation
from ganeti.client.cluster import parameters, policy


def volume_group(given: str | None, templates: tuple[str, ...]) -> str | None:
    """Return the LVM volume group, which has a default if a template needs one.

    Raises ExitError if it is needed and given as empty.
    """
    needs_lvm = any(template in c.DTS_LVM for template in templates)
    name = given if given is not None else c.DEFAULT_VG if needs_lvm else ""
    if needs_lvm and not name:
        raise failures.ExitError(c.EXIT_FAILURE, "LVM disk templates are enabled, but the volume group name is empty.")
    if name and not needs_lvm:
        print("Note: a volume group is given, but no enabled disk template uses LVM.")
    return name or None


def drbd_helper(given: str | None, templates: tuple[str, ...]) -> str | None:
    """Return the helper program of DRBD, None where DRBD is not used.

    Raises ExitError if it is needed and given as empty.
    """
    if c.DT_DRBD8 not in templates:
        return given or None
    helper = given if given is not None else c.DEFAULT_DRBD_HELPER
    if not helper:
        raise failures.ExitError(c.EXIT_FAILURE, "The disk template drbd is enabled, but its usermode helper is empty.")
    return helper


def master_netdev(given: str | None, nicparams: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the device of the cluster address, and the NIC parameters, whose link follows from it for Open vSwitch.

    Raises ExitError if the NIC mode has no default device.
    """
    mode = nicparams.get(c.NIC_MODE, c.NICC_DEFAULTS[c.NIC_MODE])
    if mode == c.NIC_MODE_OVS:
        return given or c.DEFAULT_OVS, {c.NIC_LINK: c.DEFAULT_OVS, **nicparams}
    if given:
        return given, nicparams
    if mode == c.NIC_MODE_BRIDGED:
        return c.DEFAULT_BRIDGE, nicparams
    raise failures.ExitError(c.EXIT_FAILURE, f"NIC mode {mode} has no default network device, use --master-netdev.")


def ip_version(given: Any) -> int:
    """Return the IP version.

    Raises OpPrereqError.
    """
    if str(given) not in ("4", "6"):
        raise errors.OpPrereqError(f"Invalid primary IP version '{given}', use 4 or 6", c.ECODE_INVAL)
    return int(given)


def _hypervisors(options: Namespace) -> tuple[str, ...]:
    given = parameters.split_list(options.enabled_hypervisors)
    return (c.DEFAULT_ENABLED_HYPERVISOR,) if given is None else tuple(given)


def _templates(options: Namespace) -> tuple[str, ...]:
    given = parameters.split_list(options.enabled_disk_templates)
    return c.DEFAULT_ENABLED_DISK_TEMPLATES if given is None else tuple(given)


def _optional(options: Namespace) -> dict[str, Any]:
    """Return the parameters that have a default when their option is not given."""
    tools = parameters.split_list(options.compression_tools)
    values = {
        "mac_prefix": options.mac_prefix,
        "candidate_pool_size": options.candidate_pool_size,
        "maintain_node_health": options.maintain_node_health,
        "prealloc_wipe_disks": options.prealloc_wipe_disks,
        "install_image": options.install_image,
        "zeroing_image": options.zeroing_image,
        "enabled_user_shutdown": options.enabled_user_shutdown,
        "use_external_mip_script": options.use_external_mip_script,
        "ssh_key_type": options.ssh_key_type,
        "default_iallocator_params": options.default_iallocator_params,
        "hv_state": state_params.hypervisor_state(options.hv_state),
        "disk_state": state_params.disk_state(options.disk_state),
        "ndparams": state_params.node_parameters(options.ndparams),
        "compression_tools": tuple(tools) if tools else None,
        "uid_pool": tuple(parameters.uid_ranges(options.uid_pool) or ()),
    }
    return {name: value for name, value in values.items() if value is not None}


def build(cluster_name: str, options: Namespace) -> InitParams:
    """Return what the options say about the cluster to create.

    Raises OpPrereqError, TypeEnforcementError or ExitError.
    """
    templates = _templates(options)
    netdev, nicparams = master_netdev(options.master_netdev, parameters.nic_parameters(options.nicparams))
    return InitParams(
        cluster_name=cluster_name,
        master_netdev=netdev,
        enabled_hypervisors=_hypervisors(options),
        enabled_disk_templates=templates,
        secondary_ip=options.secondary_ip,
        primary_ip_version=ip_version(options.primary_ip_version),
        master_netmask=parameters.netmask(options.master_netmask),
        vg_name=volume_group(options.vg_name, templates),
        drbd_helper=drbd_helper(options.drbd_helper, templates),
        file_storage_dir=options.file_storage_dir,
        shared_file_storage_dir=options.shared_file_storage_dir,
        gluster_storage_dir=options.gluster_storage_dir,
        beparams=parameters.backend_parameters(options.beparams),
        nicparams=nicparams,
        hvparams=parameters.hypervisors_parameters(options.hvparams),
        diskparams=parameters.disk_parameters(options.diskparams),
        ipolicy=policy.filled_ipolicy(policy.ipolicy_of(options)),
        modify_etc_hosts=options.modify_etc_hosts,
        modify_ssh_setup=options.modify_ssh_setup,
        default_iallocator=options.default_iallocator,
        ssh_key_bits=options.ssh_key_bits,
        **_optional(options),
    )


def _progress(text: str) -> None:
    print(text, flush=True)


def run(call: Invocation) -> int:
    """Create a cluster."""
    bootstrap.init_cluster(build(call.arguments[0], call.options), feedback=_progress)
    submit.run_op(call, opcodes.OpClusterPostInit())
    return c.EXIT_SUCCESS
