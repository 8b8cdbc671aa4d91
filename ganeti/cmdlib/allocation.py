"""Letting an instance allocator decide: which one, its answer or why there is none, and the jobs it wants."""

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from ganeti import constants as c
from ganeti.cmdlib.base import LogicalUnit
from ganeti.errors import OpExecError, OpPrereqError, ResultValidationError
from ganeti.iallocator import ask
from ganeti.iallocator.answers import Evacuation
from ganeti.iallocator.requests import Request
from ganeti.objects import Cluster, ConfigData
from ganeti.opcodes import OpCode

R = TypeVar("R")


def allocator_or_default(cluster: Cluster, iallocator: str | None, instead: str) -> str:
    """Return the allocator to be asked: the one given, else the default one of the cluster.

    Raises OpPrereqError (wrong_input) if there is none; *instead* says what else can be given.
    """
    if iallocator not in (None, c.DEFAULT_IALLOCATOR_SHORTCUT):
        return str(iallocator)
    if not cluster.default_iallocator:
        raise OpPrereqError(f"No iallocator is given, and the cluster has no default one; {instead}", c.ECODE_INVAL)
    return cluster.default_iallocator


def allocator_or_node(cluster: Cluster, iallocator: str | None, node: str | None, instead: str) -> str | None:
    """Return the allocator to be asked for a node, None if *node* is given.

    Raises OpPrereqError (wrong_input) if both or neither are given; *instead* says what else can be given.
    """
    if node is None:
        return allocator_or_default(cluster, iallocator, instead)
    if iallocator is not None:
        raise OpPrereqError("Do not specify both, iallocator and node", c.ECODE_INVAL)
    return None


def solve(
    lu: LogicalUnit[Any],
    name: str,
    request: Request[R],
    *,
    failure: str = "Can't compute nodes",
    ecode: str = c.ECODE_NORES,
) -> R:
    """Put a request to the allocator called *name* and return its checked result.

    Raises OpPrereqError with *ecode*, beginning with *failure*, if the allocator finds no solution; OpExecError or
    ResultValidationError if it cannot be run or answers nonsense.
    """
    config = lu.snapshot()
    answer = ask.ask(lu.rpc, config, name, request, lu.log_warning)
    if not answer.success:
        raise OpPrereqError(f"{failure} using iallocator '{name}': {answer.info}", ecode)
    try:
        return request.parse_result(config, answer.result)
    except ResultValidationError as err:
        raise ResultValidationError(f"{err} (from '{name}')") from None


def evacuation_jobs(
    lu: LogicalUnit[Any], found: Evacuation, *, early_release: bool, by_group: bool = False
) -> list[list[OpCode]]:
    """Return the jobs that move instances, all or none of them, and say where the instances go (*by_group*: roughly).

    Raises OpExecError if some cannot be moved.
    """
    if found.failed:
        failed = ",".join(f"{name} ({reason})" for name, reason in found.failed)
        lu.log_warning(f"Unable to evacuate instances {failed}")
        raise OpExecError(f"Unable to evacuate instances {failed}")
    if found.moved:
        places = [f"{move.name} (to {move.group if by_group else ', '.join(move.nodes)})" for move in found.moved]
        lu.log_info(f"Instances to be moved: {', '.join(places)}")
    return [[_released_early(op) if early_release else op for op in job] for job in found.jobs]


def _released_early(op: OpCode) -> OpCode:
    """Return an opcode that gives its locks back early if it can."""
    has_parameter = "early_release" in op.__struct_fields__
    return msgspec.structs.replace(op, early_release=True) if has_parameter else op


def target_groups(config: ConfigData, named: Sequence[str], left: frozenset[str], what: str) -> list[str]:
    """Return the UUIDs of the groups that instances may go to: the *named* ones, else all but those they leave.

    Raises OpPrereqError (wrong_input), naming *what* is moved, if they would not leave their groups, or there is no
    other group.
    """
    both = [config.nodegroups[uuid].name for uuid in left.intersection(named)]
    if both:
        raise OpPrereqError(f"Can't move {what} to node group {', '.join(sorted(both))}: already there", c.ECODE_INVAL)
    targets = list(dict.fromkeys(named)) or sorted(config.nodegroups.keys() - left)
    if not targets:
        raise OpPrereqError(f"There are no other node groups to which {what} could be moved", c.ECODE_INVAL)
    return targets
