"""Hooks that an operation runs itself, because it ends what the processor would run them on."""

from collections.abc import Sequence
from typing import Any

from ganeti.cmdlib.base import LogicalUnit
from ganeti.mcpu.hooks import HooksMaster


def run_post_hooks(lu: LogicalUnit[Any], nodes: Sequence[str]) -> None:
    """Run the post hooks of an operation on *nodes* now; failures are warnings."""
    HooksMaster(lu.context, lu.op, lu, lu.log).run_post(nodes)
