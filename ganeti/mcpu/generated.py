"""What opcodes that an operation generates inherit from it."""

import msgspec

from ganeti import constants as c
from ganeti.opcodes import OpCode


def submit_priority(priority: int) -> int:
    """Return the closest priority that may be given on submission, the more urgent one if in doubt."""
    return min(c.OP_PRIO_SUBMIT_VALID, key=lambda valid: (abs(valid - priority), valid))


def with_inherited(op: OpCode, parent: OpCode, priority: int) -> OpCode:
    """Return the generated opcode *op* with debug level, priority, comment and reason trail of *parent*.

    *priority* is the current one of the parent's job; an opcode that has a priority of its own keeps it.
    """
    inherited = submit_priority(priority) if op.priority == c.OP_PRIO_DEFAULT else op.priority
    return msgspec.structs.replace(
        op,
        debug_level=parent.debug_level,
        priority=inherited,
        comment=op.comment or f"Submitted by {parent.op_id()}",
        reason=[*(op.reason or []), *(parent.reason or [])],
    )
