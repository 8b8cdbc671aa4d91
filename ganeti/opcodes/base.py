"""The base of all opcodes: parameters that every opcode has."""

from typing import Any, ClassVar, Literal

import msgspec

from ganeti.opcodes.types import JobDependency, NonNegativeInt


class OpCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID"):
    """An operation to be executed by the master daemon, with its parameters.

    ``depends`` holds (job id or negative relative id, final states), ``reason`` the trail of (source, text, ns).
    """

    #: What it is for: change, query, verify or test.
    KIND: ClassVar[str] = "change"
    #: Parameter shown in parentheses in summaries.
    SUMMARY_FIELD: ClassVar[str | None] = None
    #: Parameters that are lists of other opcodes, with their class.
    CARRIED: ClassVar[dict[str, type["OpCode"]]] = {}
    #: Type of the result.
    RESULT: ClassVar[Any] = Any

    dry_run: bool | None = None
    debug_level: NonNegativeInt | None = None
    priority: Literal[-10, 0, 10] = 0
    depends: list[JobDependency] | None = None
    comment: str | None = None
    reason: list[Any] | None = msgspec.field(default_factory=list)

    @classmethod
    def op_id(cls) -> str:
        """Return the id on the wire, for example ``OP_INSTANCE_STARTUP``."""
        tag = cls.__struct_config__.tag
        assert isinstance(tag, str)
        return tag
