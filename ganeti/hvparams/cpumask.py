"""CPU masks of hypervisor parameter `cpu_mask`."""

from __future__ import annotations

import re

from ganeti import constants as c
from ganeti import errors

_RANGE = re.compile(r"(\d+)(?:-(\d+))?\Z", re.ASCII)


def parse_single_cpu_mask(mask: str) -> tuple[int, ...]:
    """Parse a comma separated list of CPU numbers and ranges, such as `0,2-4`, into sorted numbers.

    Raises:
      ParseError: the mask is empty or malformed, or a range is upside down.
    """
    cpus: set[int] = set()
    for part in mask.split(","):
        match = _RANGE.match(part.strip())
        if match is None:
            raise errors.ParseError(f"CPU mask '{mask}': '{part}' is neither a CPU number nor a range")
        lower, upper = int(match[1]), int(match[2] or match[1])
        if lower > upper:
            raise errors.ParseError(f"CPU mask '{mask}': range '{part}' ends before it starts")
        cpus.update(range(lower, upper + 1))
    return tuple(sorted(cpus))


def parse_multi_cpu_mask(masks: str) -> tuple[tuple[int, ...], ...]:
    """Parse one mask per virtual CPU, joined by `:`; the word `all` becomes `CPU_PINNING_OFF`.

    An empty text gives no masks. A single entry applies to all virtual CPUs.

    Raises:
      ParseError: one of the masks is malformed.
    """
    if not masks:
        return ()
    return tuple(
        c.CPU_PINNING_OFF if mask == c.CPU_PINNING_ALL else parse_single_cpu_mask(mask)
        for mask in masks.split(c.CPU_PINNING_SEP)
    )
