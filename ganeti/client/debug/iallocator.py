"""gnt-debug iallocator: what an instance allocator is asked, and what it answers."""

from collections.abc import Sequence
from typing import Any

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cli import submit
from ganeti.cli.invocation import Invocation
from ganeti.utils.text import parse_unit


def _disks(text: str) -> list[dict[str, Any]]:
    """Return the disks whose sizes are listed."""
    try:
        return [{c.IDISK_SIZE: parse_unit(size), c.IDISK_MODE: c.DISK_RDWR} for size in text.split(",") if size]
    except errors.UnitParseError as err:
        raise errors.OpPrereqError(f"Invalid disk size in '{text}': {err}", c.ECODE_INVAL) from None


def _nics(text: str) -> list[dict[str, str | None]]:
    """Return the interfaces described as ``MAC[/IP[/LINK]]``."""
    nics = []
    for item in text.split(","):
        mac, ip, link = (*item.split("/", 2), "", "")[:3]
        nics.append({c.INIC_MAC: mac or None, c.INIC_IP: ip or None, c.INIC_LINK: link or None})
    return nics


def _words(text: str | None) -> list[str]:
    return [word for word in (text or "").split(",") if word]


def _build(call: Invocation, names: Sequence[str]) -> opcodes.OpTestAllocator:
    options = call.options
    return opcodes.OpTestAllocator(
        mode=options.mode,
        direction=options.direction,
        name=names[0],
        instances=list(names),
        evac_mode=options.evac_mode,
        target_groups=options.target_groups,
        iallocator=options.iallocator,
        disks=_disks(options.disks),
        nics=_nics(options.nics),  # type: ignore[arg-type]  # the keys are those above
        memory=options.memory,
        vcpus=options.vcpus,
        spindle_use=options.spindle_use,
        disk_template=options.disk_template,
        os=options.os,
        tags=_words(options.tags),
        count=options.count,
    )


def run(call: Invocation) -> int:
    """Submit the test and print its result."""
    print(submit.submit_or_run(call, _build(call, call.arguments)))
    return c.EXIT_SUCCESS
