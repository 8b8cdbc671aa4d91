"""What really happens with an instance on its node, compared with what the configuration says."""

from collections.abc import Collection, Mapping
from typing import Any

from ganeti import constants as c
from ganeti.cmdlib.base import LogicalUnit
from ganeti.cmdlib.instance.nodechecks import node_name
from ganeti.errors import OpPrereqError
from ganeti.objects import Cluster, Instance
from ganeti.objects.fill import fill_instance_hv
from ganeti.objects.guest import GuestState
from ganeti.rpc import procedures
from ganeti.rpc.result import RpcResult

#: Answer about a guest: memory, vcpus, state, time; empty if it is unknown.
GuestReport = Mapping[str, Any]


def ask_guest(lu: LogicalUnit[Any], instance: Instance, node_uuid: str | None = None) -> RpcResult[dict[str, Any]]:
    """Ask a node (by default the primary) about an instance."""
    hvparams = fill_instance_hv(lu.snapshot().cluster, instance)
    node = node_uuid or instance.primary_node
    return lu.rpc.call_one(node, procedures.instance_info, instance.name, instance.hypervisor, hvparams)


def is_up(report: GuestReport | None) -> bool:
    """Tell whether a report says that the guest runs; one that shut itself down does not."""
    return bool(report) and "state" in report and report["state"] != GuestState.SHUTDOWN  # type: ignore[operator,index]


def is_user_down(cluster: Cluster, instance: Instance, report: GuestReport | None) -> bool:
    """Tell whether a report says that the guest's user has shut it down."""
    if not report or report.get("state") != GuestState.SHUTDOWN:
        return False
    if instance.hypervisor != c.HT_KVM:
        return True
    return bool(fill_instance_hv(cluster, instance).get(c.HV_KVM_USER_SHUTDOWN))


def check_state(lu: LogicalUnit[Any], instance: Instance, allowed: Collection[str], message: str = "") -> None:
    """Check an instance's recorded state and, unless it may be up, that it really does not run.

    With an offline primary node only a warning can be given. Raises OpPrereqError.
    """
    what = message or "can't be done in that state"
    if instance.admin_state not in allowed:
        raise OpPrereqError(f"Instance '{instance.name}' is marked to be {instance.admin_state}, {what}", c.ECODE_STATE)
    if c.ADMINST_UP in allowed:
        return
    config = lu.snapshot()
    name = node_name(config, instance.primary_node)
    if config.nodes[instance.primary_node].offline:
        lu.log_warning(f"Primary node {name} offline, ignoring check that instance is down")
        return
    result = ask_guest(lu, instance)
    result.raise_(f"Can't contact node {name} for instance information", prereq=True, ecode=c.ECODE_ENVIRON)
    if is_up(result.payload):
        raise OpPrereqError(f"Instance '{instance.name}' is running, {what}", c.ECODE_STATE)
