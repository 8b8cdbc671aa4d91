"""gnt-instance batch-create: several instances from a file."""

import sys
from collections.abc import Mapping
from typing import Any

from ganeti import constants as c
from ganeti import errors, opcodes, serializer
from ganeti.cli import submit
from ganeti.cli.failures import ExitError
from ganeti.cli.invocation import Invocation
from ganeti.cli.jobs import wait_for_result_jobs
from ganeti.utils.text import parse_unit


def read_instances(path: str) -> list[dict[str, Any]]:
    """Return the descriptions in a file; raises ExitError if it holds anything else."""
    try:
        with open(path, encoding="utf-8") as handle:
            data: Any = serializer.loads(handle.read())
    except (OSError, ValueError) as err:
        raise ExitError(c.EXIT_FAILURE, f"Can't parse the instance definition file: {err}") from None
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
        raise ExitError(c.EXIT_FAILURE, "The instance definition file does not hold a list of dictionaries")
    return data


def as_creation(item: Mapping[str, Any]) -> opcodes.OpInstanceCreate:
    """Return the creation opcode of a description, with the sizes of disks in MiB.

    Raises OpPrereqError (wrong_input) for wrong parameters.
    """
    disks = item.get("disks")
    sized = {**item, "disks": [_sized(disk) for disk in disks]} if isinstance(disks, list) else item
    op = opcodes.decode({"OP_ID": opcodes.OpInstanceCreate.op_id(), **sized})
    if not isinstance(op, opcodes.OpInstanceCreate):
        name = item.get("instance_name")
        raise errors.OpPrereqError(f"Instance '{name}' is described by {op.op_id()}", c.ECODE_INVAL)
    return op


def _sized(disk: Any) -> Any:
    size = disk.get(c.IDISK_SIZE) if isinstance(disk, dict) else None
    if not isinstance(size, str):
        return disk
    try:
        return {**disk, c.IDISK_SIZE: parse_unit(size)}
    except errors.UnitParseError as err:
        raise errors.OpPrereqError(f"Invalid disk size '{size}': {err}", c.ECODE_INVAL) from None


def run(call: Invocation) -> int:
    """Create the instances described in a file."""
    instances = [as_creation(item) for item in read_instances(call.arguments[0])]
    op = opcodes.OpInstanceMultiAlloc(iallocator=call.options.iallocator, instances=instances)
    result = submit.submit_or_run(call, op)
    failed = result.get("failed", [])
    if failed:
        sys.stderr.write(f"No nodes were found for: {', '.join(failed)}\n")
    outcomes = [] if call.options.dry_run else wait_for_result_jobs(call, result, result.get("allocatable"))
    errors_seen = len(failed) + sum(not outcome.success for outcome in outcomes)
    if errors_seen:
        print(f"There were {errors_seen} errors during the creation of instances.")
        return c.EXIT_FAILURE
    print("All instances can be created." if call.options.dry_run else "All instances created successfully.")
    return c.EXIT_SUCCESS
