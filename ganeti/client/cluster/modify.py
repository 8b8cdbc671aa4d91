"""gnt-cluster modify: change the configuration of the cluster."""

import sys
from typing import Any, Final

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cli import state_params, submit
from ganeti.cli.invocation import Invocation
from ganeti.client.cluster import parameters, policy
from ganeti.utils import paramtypes

_MICRO: Final = 1_000_000
#: Parameters that go from the option to the opcode as they are, under the same name.
_PLAIN: Final = (
    "vg_name",
    "drbd_helper",
    "candidate_pool_size",
    "max_running_jobs",
    "max_tracked_jobs",
    "maintain_node_health",
    "prealloc_wipe_disks",
    "default_iallocator",
    "default_iallocator_params",
    "mac_prefix",
    "master_netdev",
    "use_external_mip_script",
    "modify_etc_hosts",
    "file_storage_dir",
    "shared_file_storage_dir",
    "gluster_storage_dir",
    "install_image",
    "instance_communication_network",
    "zeroing_image",
    "enabled_user_shutdown",
)


def _collector_switches(given: dict[str, Any]) -> dict[str, bool] | None:
    """Return which data collectors to switch on and off, None if the option is not given."""
    unknown = sorted(set(given) - set(c.DATA_COLLECTOR_NAMES))
    if unknown:
        raise errors.OpPrereqError(f"Unknown data collectors: {', '.join(unknown)}", c.ECODE_INVAL)
    return {name: str(value).lower().startswith("t") for name, value in given.items()} or None


def _collector_intervals(given: dict[str, Any]) -> dict[str, int] | None:
    """Return the intervals of data collectors in microseconds, None if the option is not given."""
    unknown = sorted(set(given) - set(c.DATA_COLLECTOR_NAMES))
    if unknown:
        raise errors.OpPrereqError(f"Unknown data collectors: {', '.join(unknown)}", c.ECODE_INVAL)
    return {
        name: round(paramtypes.enforce_one(name, value, c.VTYPE_FLOAT) * _MICRO) for name, value in given.items()
    } or None


def _compression_tools(text: str | None) -> list[str] | None:
    """Return the programs; an empty option stands for the default ones."""
    tools = parameters.split_list(text)
    return list(c.IEC_DEFAULT_TOOLS) if tools == [] else tools


def _changes(call: Invocation) -> dict[str, Any]:
    """Return the parameters of the opcode that the options set."""
    options = call.options
    changes = {name: getattr(options, name) for name in _PLAIN}
    changes.update(
        enabled_hypervisors=parameters.split_list(options.enabled_hypervisors),
        enabled_disk_templates=parameters.split_list(options.enabled_disk_templates),
        hvparams=parameters.hypervisors_parameters(options.hvparams) or None,
        beparams=parameters.backend_parameters(options.beparams) or None,
        nicparams=parameters.nic_parameters(options.nicparams) or None,
        ndparams=state_params.node_parameters(options.ndparams),
        diskparams=parameters.disk_parameters(options.diskparams) or None,
        ipolicy=policy.ipolicy_of(options) or None,
        hv_state=state_params.hypervisor_state(options.hv_state),
        disk_state=state_params.disk_state(options.disk_state),
        master_netmask=parameters.netmask(options.master_netmask),
        uid_pool=parameters.uid_ranges(options.uid_pool),
        add_uids=parameters.uid_ranges(options.add_uids),
        remove_uids=parameters.uid_ranges(options.remove_uids),
        reserved_lvs=parameters.split_list(options.reserved_lvs),
        compression_tools=_compression_tools(options.compression_tools),
        enabled_data_collectors=_collector_switches(options.enabled_data_collectors),
        data_collector_interval=_collector_intervals(options.data_collector_interval),
    )
    return {name: value for name, value in changes.items() if value is not None}


def run(call: Invocation) -> int:
    """Change the cluster."""
    changes = _changes(call)
    if not changes:
        sys.stderr.write("Please give at least one of the parameters.\n")
        return c.EXIT_FAILURE
    result = submit.submit_or_run(call, opcodes.OpClusterSetParams(force=call.options.force, **changes))
    if not isinstance(result, dict) or not result.get("jobs"):
        return c.EXIT_SUCCESS
    from ganeti.cli.jobs import wait_for_result_jobs

    outcomes = wait_for_result_jobs(call, result)
    return c.EXIT_SUCCESS if all(outcome.success for outcome in outcomes) else c.EXIT_FAILURE
