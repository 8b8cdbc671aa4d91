"""Installing an operating system on an instance: the OS definition's scripts, run on the primary node."""

from collections.abc import Mapping
from typing import Any

from ganeti import constants as c
from ganeti.cmdlib.base import LogicalUnit
from ganeti.cmdlib.instance.nodechecks import node_name
from ganeti.errors import OpPrereqError
from ganeti.objects import Instance
from ganeti.objects.fill import os_base_name
from ganeti.objects.to_wire import wire_instance
from ganeti.rpc import procedures


def check_trusted(lu: LogicalUnit[Any], node_uuid: str, os: str) -> None:
    """Check that the scripts of an OS definition may run on the node itself; raises OpPrereqError.

    Definitions that are not trusted need a helper machine, started from the cluster's install image.
    """
    name = node_name(lu.snapshot(), node_uuid)
    result = lu.rpc.call_one(node_uuid, procedures.os_diagnose)
    result.raise_(f"Cannot get the OS definitions of node {name}", prereq=True, ecode=c.ECODE_ENVIRON)
    report = next((report for report in result.payload if report[0] == os_base_name(os) and report[2]), None)
    if report is None:
        raise OpPrereqError(f"OS definition '{os}' was not found on node {name}", c.ECODE_ENVIRON)
    if not report[-1]:
        raise OpPrereqError(
            f"OS definition '{os}' is not trusted, its scripts cannot be run on node {name} itself", c.ECODE_ENVIRON
        )


def install_os(
    lu: LogicalUnit[Any], instance: Instance, osparams: Mapping[str, Any], *, reinstall: bool, debug_level: int
) -> None:
    """Run the create script of the instance's OS; its disks must be active.

    *osparams* (values in clear) are laid over what the configuration holds. Raises OpExecError.
    """
    node = instance.primary_node
    wired = wire_instance(lu.snapshot(), instance, node, osparams=osparams)
    result = lu.rpc.call_one(node, procedures.instance_os_add, wired, reinstall, debug_level)
    verb = "install" if not reinstall else "reinstall"
    name = node_name(lu.snapshot(), node)
    result.raise_(f"Could not {verb} OS {instance.os} for instance {instance.name} on node {name}")
