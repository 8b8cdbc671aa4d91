"""VLAN settings of NICs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ganeti import errors

_HIGHEST_VLAN = 4094
_SYNTAX = re.compile(r"(?:\.?(?P<access>\d+))?(?P<trunk>(?::\d+)*)\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class VlanSetting:
    """VLANs of a port.

    Attributes:
      untagged: VLAN of frames without a tag, None if they are not passed on.
      tagged: VLANs passed with their tag.
    """

    untagged: int | None
    tagged: tuple[int, ...]

    def all(self) -> tuple[int, ...]:
        """Every VLAN of the port."""
        return ((self.untagged,) if self.untagged is not None else ()) + self.tagged


def parse_vlan(text: str) -> VlanSetting:
    """Parse `N` or `.N` (untagged), `:A:B` (tagged) or `.N:A:B` (both).

    Raises:
      ParseError: the text has another form, or a number is not a VLAN.
    """
    match = _SYNTAX.match(text)
    if match is None or not text:
        raise errors.ParseError(f"'{text}' is not a VLAN setting like .5 (untagged), :5:6 (tagged) or .5:6:7 (both)")
    tagged = tuple(int(number) for number in match["trunk"].split(":") if number)
    setting = VlanSetting(int(match["access"]) if match["access"] else None, tagged)
    for number in setting.all():
        if not 1 <= number <= _HIGHEST_VLAN:
            raise errors.ParseError(f"VLAN {number} in '{text}' is not between 1 and {_HIGHEST_VLAN}")
    return setting
