"""Changing the parameters of an existing instance: hypervisor, backend and OS parameters, and their checks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ganeti import constants as c
from ganeti import hvparams
from ganeti.cmdlib.base import LogicalUnit
from ganeti.cmdlib.instance.checks import (
    check_free_memory,
    check_physical_cpus,
    host_figures,
    validate_hvparams,
    validate_os,
)
from ganeti.cmdlib.instance.disks import DiskSpec
from ganeti.cmdlib.instance.ipolicy import InstanceSize, check_group_policy
from ganeti.cmdlib.instance.items import enforce_types
from ganeti.cmdlib.instance.nodechecks import node_name
from ganeti.cmdlib.instance.params import check_beparams, check_hvparams, fill_os_params, updated
from ganeti.cmdlib.instance.runtime import ask_guest, is_up
from ganeti.cmdlib.locks import nodes_of_instance
from ganeti.errors import OpPrereqError
from ganeti.objects import Disk, Instance, Params
from ganeti.objects.fill import fill_be
from ganeti.opcodes.instance import OpInstanceSetParams
from ganeti.types import REDACTED, Private

Change = tuple[str, Any]


@dataclass(frozen=True)
class NewValues:
    """Parameters as they will be, and what of them changes."""

    os: str
    hvparams: Params
    beparams: Params
    be_filled: Params
    osparams: Params
    osparams_private: dict[str, Private[Any]]
    changes: list[Change] = field(default_factory=list)

    def fields(self) -> dict[str, Any]:
        """Return the fields of the instance that hold them."""
        return {
            "os": self.os,
            "hvparams": self.hvparams,
            "beparams": self.beparams,
            "osparams": self.osparams,
            "osparams_private": self.osparams_private,
        }


def check_new_values(lu: LogicalUnit[Any], instance: Instance, op: OpInstanceSetParams) -> NewValues:
    """Return the parameters with the changes of an opcode, checked by master and nodes; raises OpPrereqError."""
    cluster = lu.snapshot().cluster
    nodes = nodes_of_instance(lu.snapshot(), instance)
    os = op.os_name if op.os_name and not op.force else instance.os
    given_hv = enforce_types(op.hvparams, c.HVS_PARAMETER_TYPES, c.VALUE_DEFAULT)
    hv, hv_filled = check_hvparams(cluster, instance.hypervisor, os, updated(instance.hvparams, given_hv))
    if op.hvparams:
        validate_hvparams(lu, nodes, instance.hypervisor, hv_filled)
    given_be = enforce_types(
        {key: value for key, value in op.beparams.items() if value is not None}, c.BES_PARAMETER_TYPES, c.VALUE_DEFAULT
    )
    reset = {key: c.VALUE_DEFAULT for key, value in op.beparams.items() if value is None}
    be, be_filled = check_beparams(cluster, updated(instance.beparams, {**given_be, **reset}))
    _check_cpu_mask(lu, instance, op, hv_filled, int(be_filled[c.BE_VCPUS]))
    osparams = updated(instance.osparams, op.osparams)
    private = updated(instance.osparams_private, op.osparams_private or {})
    filled = fill_os_params(cluster, os, osparams, private, {})
    if op.osparams or op.osparams_private or op.os_name:
        validate_os(lu, nodes, os, filled.merged(), required=not op.force, force_variant=op.force_variant)
    changes: list[Change] = [(f"hv/{key}", value) for key, value in given_hv.items()]
    changes += [(f"be/{key}", value) for key, value in {**given_be, **reset}.items()]
    if op.os_name:
        changes.append(("os", op.os_name))
    changes += [(f"os/{key}", value) for key, value in op.osparams.items()]
    changes += [(f"os_private/{key}", REDACTED) for key in op.osparams_private or {}]
    return NewValues(op.os_name or instance.os, hv, be, be_filled, osparams, private, changes)


def _check_cpu_mask(
    lu: LogicalUnit[Any], instance: Instance, op: OpInstanceSetParams, filled: Params, vcpus: int
) -> None:
    """Check that CPUs are pinned for each virtual CPU, to CPUs that the nodes have."""
    mask = filled.get(c.HV_CPU_MASK)
    if not mask or not ({c.HV_CPU_MASK} & set(op.hvparams) or {c.BE_VCPUS} & set(op.beparams)):
        return
    entries = hvparams.parse_multi_cpu_mask(str(mask))
    if len(entries) > 1 and len(entries) != vcpus:
        raise OpPrereqError(f"Number of vCPUs [{vcpus}] does not match the CPU mask [{mask}]", c.ECODE_INVAL)
    highest = max((cpu for entry in entries for cpu in entry), default=-1)
    if c.HV_CPU_MASK in op.hvparams and highest >= 0:
        nodes = nodes_of_instance(lu.snapshot(), instance)
        check_physical_cpus(lu, nodes, highest + 1, instance.hypervisor)


def check_memory(lu: LogicalUnit[Any], instance: Instance, op: OpInstanceSetParams, values: NewValues) -> None:
    """Check that the primary node could give the instance its new maximum; raises OpPrereqError."""
    config = lu.snapshot()
    before = int(fill_be(config.cluster, instance.beparams)[c.BE_MAXMEM])
    wanted = int(values.be_filled[c.BE_MAXMEM])
    if c.BE_MAXMEM not in op.beparams or wanted <= before or op.force:
        return
    result = ask_guest(lu, instance)
    name = node_name(config, instance.primary_node)
    if result.fail_msg:
        lu.log_warning(f"Can't get info from primary node {name}: {result.fail_msg}")
        return
    used = int(result.payload.get("memory", 0)) if is_up(result.payload) else 0
    free = host_figures(lu, instance.primary_node, instance.hypervisor).get("memory_free")
    if not isinstance(free, int):
        lu.log_warning(f"Node data from primary node {name} doesn't contain free memory information")
    elif free + used < wanted:
        raise OpPrereqError(
            f"This change will prevent the instance from starting, due to {wanted - free - used} MiB of memory missing"
            f" on its primary node {name}",
            c.ECODE_NORES,
        )


def check_runtime_memory(lu: LogicalUnit[Any], instance: Instance, op: OpInstanceSetParams, values: NewValues) -> None:
    """Check that the running guest can be given another amount of memory; raises OpPrereqError."""
    if not op.runtime_mem:
        return
    name = node_name(lu.snapshot(), instance.primary_node)
    result = ask_guest(lu, instance)
    result.raise_(f"Error checking node {name}", prereq=True, ecode=c.ECODE_ENVIRON)
    if not is_up(result.payload):
        raise OpPrereqError(f"Instance {instance.name} is not running", c.ECODE_STATE)
    low, high = int(values.be_filled[c.BE_MINMEM]), int(values.be_filled[c.BE_MAXMEM])
    if not op.force and not low <= op.runtime_mem <= high:
        raise OpPrereqError(
            f"Instance {instance.name} must have memory between {low} and {high} MiB unless --force is given",
            c.ECODE_INVAL,
        )
    more = op.runtime_mem - int(result.payload["memory"])
    if more > 0:
        check_free_memory(
            lu, instance.primary_node, f"ballooning memory for {instance.name}", more, instance.hypervisor
        )


def check_size(
    lu: LogicalUnit[Any],
    instance: Instance,
    op: OpInstanceSetParams,
    values: NewValues,
    disks: Sequence[Disk | DiskSpec],
    nic_count: int,
) -> None:
    """Check the changed instance against the policy of its group, with both limits of its memory.

    Raises OpPrereqError (wrong_input).
    """
    config = lu.snapshot()
    group = config.nodegroups[config.nodes[instance.primary_node].group]
    be = values.be_filled if op.beparams else None
    for limit in (c.BE_MAXMEM, c.BE_MINMEM):
        size = InstanceSize(
            memory=int(be[limit]) if be else None,
            vcpus=int(be[c.BE_VCPUS]) if be else None,
            spindle_use=int(be[c.BE_SPINDLE_USE]) if be else None,
            nic_count=nic_count,
            disk_sizes=tuple(disk.size for disk in disks),
            disk_types=tuple(disk.dev_type for disk in disks if isinstance(disk, Disk)),
        )
        what = f"Instance {instance.name} with these changes"
        check_group_policy(lu.log, config.cluster, group, size, what=what, ignore=op.ignore_ipolicy)
