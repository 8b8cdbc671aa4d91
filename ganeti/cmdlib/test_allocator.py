"""OP_TEST_ALLOCATOR: show what an instance allocator is asked, or what it answers, without acting on it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import msgspec

from ganeti import constants as c
from ganeti.cmdlib import names
from ganeti.cmdlib.allocation import allocator_or_default
from ganeti.cmdlib.base import Feedback, LogicalUnit, lu_for
from ganeti.cmdlib.instance.nics import own_params
from ganeti.errors import OpPrereqError
from ganeti.iallocator import ask
from ganeti.iallocator.requests import (
    Allocate,
    AllocateSecondary,
    ChangeGroup,
    MultiAllocate,
    NewDisk,
    NewInstance,
    NodeEvacuate,
    Relocate,
    Request,
)
from ganeti.objects import ConfigData, Instance, Nic
from ganeti.objects.lookup import by_name_or_uuid
from ganeti.opcodes import OpTestAllocator

_ALLOCATING: Final = frozenset({c.IALLOCATOR_MODE_ALLOC, c.IALLOCATOR_MODE_MULTI_ALLOC})
_OF_INSTANCES: Final = frozenset({c.IALLOCATOR_MODE_CHG_GROUP, c.IALLOCATOR_MODE_NODE_EVAC})


def _invalid(text: str) -> OpPrereqError:
    return OpPrereqError(text, c.ECODE_INVAL)


def parse_disks(disks: list[Any] | None) -> tuple[NewDisk, ...]:
    """Return disks of which each has a whole number as size and a mode; raises OpPrereqError."""
    if disks is None:
        raise _invalid("Disks are needed to allocate an instance")
    return tuple(_parse_disk(disk) for disk in disks)


def _parse_disk(disk: Any) -> NewDisk:
    if isinstance(disk, Mapping):
        size, mode, spindles = disk.get(c.IDISK_SIZE), disk.get(c.IDISK_MODE), disk.get(c.IDISK_SPINDLES)
        if isinstance(size, int) and not isinstance(size, bool) and mode in c.DISK_ACCESS_SET:
            return NewDisk(size, mode, spindles=spindles)
    raise _invalid(f"Invalid disk {disk!r}: size must be a number, mode ro or rw")


def parse_nic(config: ConfigData, spec: Mapping[Any, str | None]) -> Nic:
    """Return a NIC as the opcode describes it; its addresses may be missing."""
    network = spec.get(c.INIC_NETWORK)
    return Nic(
        uuid="",
        mac=spec.get(c.INIC_MAC) or c.VALUE_AUTO,
        ip=spec.get(c.INIC_IP),
        network=names.find_network(config, network).uuid if network else None,
        nicparams=own_params(spec),
        name=spec.get(c.INIC_NAME),
    )


def parse_new_instance(config: ConfigData, op: OpTestAllocator) -> NewInstance:
    """Return the instance for which nodes are wanted; what is not given is as for a new instance.

    Raises OpPrereqError.
    """
    cluster = config.cluster
    be = cluster.beparams[c.PP_DEFAULT]
    return NewInstance(
        name=op.name,
        template=op.disk_template or cluster.enabled_disk_templates[0],
        hypervisor=op.hypervisor or cluster.enabled_hypervisors[0],
        memory=op.memory if op.memory is not None else int(be[c.BE_MAXMEM]),
        vcpus=op.vcpus if op.vcpus is not None else int(be[c.BE_VCPUS]),
        spindle_use=op.spindle_use,
        disks=parse_disks(op.disks),
        nics=tuple(parse_nic(config, spec) for spec in op.nics or ()),
        os=op.os,
        tags=tuple(sorted(set(op.tags))),
        group_name=op.group_name,
    )


def make_request(config: ConfigData, op: OpTestAllocator) -> Request[Any]:
    """Return the request that the opcode describes; raises OpPrereqError for names that are unknown or taken."""
    if op.mode in _ALLOCATING:
        return _allocation(config, op)
    if op.mode in _OF_INSTANCES:
        instances = tuple(_instance(config, name) for name in op.instances or ())
        if op.mode == c.IALLOCATOR_MODE_NODE_EVAC:
            return NodeEvacuate(instances, op.evac_mode or c.NODE_EVAC_ALL)
        return ChangeGroup(instances, tuple(names.find_group(config, name).uuid for name in op.target_groups or ()))
    instance = _instance(config, op.name)
    return Relocate(instance) if op.mode == c.IALLOCATOR_MODE_RELOC else AllocateSecondary(instance)


def _instance(config: ConfigData, name: str) -> Instance:
    return names.find_instance(config, name, allow_forthcoming=True)


def _allocation(config: ConfigData, op: OpTestAllocator) -> Request[Any]:
    if op.group_name is not None:
        names.find_group(config, op.group_name)
    wanted = parse_new_instance(config, op)
    if op.mode == c.IALLOCATOR_MODE_ALLOC:
        _check_free(config, op.name)
        return Allocate(wanted)
    copies = tuple(replace(wanted, name=f"{op.name}{number}") for number in range(op.count))
    for copy in copies:
        _check_free(config, copy.name)
    return MultiAllocate(copies)


def _check_free(config: ConfigData, name: str) -> None:
    if by_name_or_uuid(config.instances, name) is not None:
        raise OpPrereqError(f"Instance '{name}' already in the cluster", c.ECODE_EXISTS)


@lu_for(OpTestAllocator)
class LUTestAllocator(LogicalUnit[OpTestAllocator]):
    """Ask an allocator, alone in the cluster so that the answer fits what it was told."""

    #: Set by ``check_prereq``.
    request: Request[Any]

    def check_arguments(self) -> None:
        """Check what the kind of request needs."""
        op = self.op
        if op.mode in _ALLOCATING:
            parse_disks(op.disks)
        if op.mode in _OF_INSTANCES and not op.instances:
            raise _invalid(f"Instances are needed for a request of kind {op.mode}")
        if op.direction == c.IALLOCATOR_DIR_OUT:
            if op.iallocator is None:
                raise _invalid("An allocator must be named to be run")
            name = allocator_or_default(self.snapshot().cluster, op.iallocator, "name one")
            self.op = msgspec.structs.replace(op, iallocator=name)

    def check_prereq(self) -> None:
        """Check the names, and that the request makes sense."""
        config = self.snapshot()
        self.request = make_request(config, self.op)
        self.request.check(config)

    def exec(self, feedback: Feedback) -> str:
        """Return the text of the request, or what the allocator prints."""
        config = self.snapshot()
        text = ask.request_text(self.rpc, config, self.request, self.log_warning)
        if self.op.direction == c.IALLOCATOR_DIR_IN:
            return text
        return ask.run(self.rpc, config, str(self.op.iallocator), self.request, text)
