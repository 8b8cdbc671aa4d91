"""Prerequisites that nodes must confirm: memory, CPUs, bridges, hypervisor and OS parameters."""

from collections.abc import Mapping, Sequence
from typing import Any

from ganeti import constants as c
from ganeti.cmdlib.base import LogicalUnit
from ganeti.cmdlib.instance.nics import bridges_of
from ganeti.cmdlib.instance.nodechecks import node_name, vm_capable_online
from ganeti.errors import OpPrereqError
from ganeti.objects import Nic
from ganeti.rpc import procedures


def _environment(text: str) -> OpPrereqError:
    return OpPrereqError(text, c.ECODE_ENVIRON)


def host_figures(lu: LogicalUnit[Any], node_uuid: str, hypervisor: str) -> Mapping[str, Any]:
    """Return what a node's hypervisor reports about the node; raises OpPrereqError (environment_error)."""
    config = lu.snapshot()
    name = node_name(config, node_uuid)
    specs = [(hypervisor, config.cluster.hvparams[hypervisor])]
    result = lu.rpc.call_one(node_uuid, procedures.node_info, [], specs)
    result.raise_(f"Can't get data from node {name}", prereq=True, ecode=c.ECODE_ENVIRON)
    _, _, figures = result.payload
    return (figures[0] if figures else None) or {}


def check_free_memory(lu: LogicalUnit[Any], node_uuid: str, reason: str, requested_mib: int, hypervisor: str) -> int:
    """Check that a node has memory for an instance; returns the free memory in MiB. Raises OpPrereqError."""
    name = node_name(lu.snapshot(), node_uuid)
    free = host_figures(lu, node_uuid, hypervisor).get("memory_free")
    if not isinstance(free, int):
        raise _environment(f"Can't compute free memory on node {name}, result was '{free}'")
    if requested_mib > free:
        raise OpPrereqError(
            f"Not enough memory on node {name} for {reason}: needed {requested_mib} MiB, available {free} MiB",
            c.ECODE_NORES,
        )
    return free


def check_physical_cpus(lu: LogicalUnit[Any], node_uuids: Sequence[str], requested: int, hypervisor: str) -> None:
    """Check that nodes have at least so many physical CPUs; raises OpPrereqError."""
    for uuid in node_uuids:
        name = node_name(lu.snapshot(), uuid)
        total = host_figures(lu, uuid, hypervisor).get("cpu_total")
        if not isinstance(total, int):
            raise _environment(f"Can't compute the number of CPUs on node {name}, result was '{total}'")
        if requested > total:
            raise OpPrereqError(f"Node {name} has {total} physical CPUs, but {requested} are required", c.ECODE_NORES)


def check_bridges(lu: LogicalUnit[Any], nics: Sequence[Nic], node_uuid: str) -> None:
    """Check that the bridges of NICs exist on a node; raises OpPrereqError (environment_error)."""
    config = lu.snapshot()
    bridges = sorted(set(bridges_of(config, tuple(nics))))
    if not bridges:
        return
    result = lu.rpc.call_one(node_uuid, procedures.bridges_exist, bridges)
    name = node_name(config, node_uuid)
    result.raise_(f"Error checking bridges on destination node '{name}'", prereq=True, ecode=c.ECODE_ENVIRON)


def validate_hvparams(
    lu: LogicalUnit[Any], node_uuids: Sequence[str], hypervisor: str, filled: Mapping[str, Any]
) -> None:
    """Let nodes check complete hypervisor parameters (files, users); raises OpExecError."""
    config = lu.snapshot()
    nodes = vm_capable_online(config, list(node_uuids))
    results = lu.rpc.call(nodes, procedures.hypervisor_validate_params, hypervisor, dict(filled))
    for uuid, result in results.items():
        if not result.offline:
            result.raise_(f"Hypervisor parameter validation failed on node {node_name(config, uuid)}")


def validate_os(
    lu: LogicalUnit[Any],
    node_uuids: Sequence[str],
    os: str,
    params: Mapping[str, Any],
    *,
    required: bool,
    force_variant: bool,
) -> None:
    """Let nodes check an OS definition and its parameters (values in clear); raises OpExecError."""
    if not os:
        return
    config = lu.snapshot()
    nodes = vm_capable_online(config, list(node_uuids))
    checks = [c.OS_VALIDATE_PARAMETERS]
    results = lu.rpc.call(nodes, procedures.os_validate, required, os, checks, dict(params), force_variant)
    for uuid, result in results.items():
        name = node_name(config, uuid)
        if result.offline:
            continue
        result.raise_(f"OS Parameters validation failed on node {name}")
        if not result.payload:
            lu.log_info(f"OS {os} not found on node {name}, validation skipped")


def check_compression(lu: LogicalUnit[Any], tool: str) -> None:
    """Check that a compression tool is none or enabled; raises OpPrereqError (wrong_input)."""
    tools = lu.snapshot().cluster.compression_tools
    if tool != c.IEC_NONE and tool not in tools:
        raise OpPrereqError(
            f"Compression tool '{tool}' is not enabled, must be one of {', '.join(tools)}", c.ECODE_INVAL
        )
