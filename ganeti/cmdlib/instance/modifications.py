"""Changes of an instance's NICs or disks as lists of operations, the pure part: forms, identifiers, positions."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from ganeti import constants as c
from ganeti.errors import OpPrereqError


class _Device(Protocol):
    @property
    def uuid(self) -> str: ...
    @property
    def name(self) -> str | None: ...


DeviceT = TypeVar("DeviceT", bound=_Device)


class Modification(NamedTuple):
    """One operation (DDM_*) on the device that an index, name or UUID means; -1 is the end."""

    action: str
    ident: int | str
    params: dict[str, Any]


def _invalid(text: str) -> OpPrereqError:
    return OpPrereqError(text, c.ECODE_INVAL)


def normalise(kind: str, mods: Sequence[Sequence[Any]]) -> list[Modification]:
    """Return modifications, those in the older form of two items (action or index, parameters) too.

    Raises OpPrereqError (wrong_input).
    """
    result = []
    old_form_actions = 0
    for mod in mods:
        if len(mod) == 3:
            action, ident, params = mod
            if action in (c.DDM_REMOVE, c.DDM_DETACH) and params:
                raise _invalid(f"Not accepting parameters on {kind} {action}")
            result.append(Modification(action, ident, dict(params)))
        elif mod[0] in (c.DDM_ADD, c.DDM_REMOVE, c.DDM_ATTACH, c.DDM_DETACH):
            old_form_actions += 1
            result.append(Modification(mod[0], -1, dict(mod[1])))
        else:
            result.append(Modification(c.DDM_MODIFY, mod[0], dict(mod[1])))
    if old_form_actions > 1:
        raise _invalid(f"Only one {kind} add or remove operation is supported at a time in this form")
    return result


def position_to_add(kind: str, ident: int | str, count: int) -> int:
    """Return where a new device goes among *count* ones; raises OpPrereqError."""
    try:
        index = int(ident)
    except ValueError:
        raise _invalid(f"Only a position or -1 is accepted to add a {kind}, not '{ident}'") from None
    if index == -1:
        return count
    if not 0 <= index <= count:
        raise OpPrereqError(f"{kind} index {index} is out of range, the instance has {count}", c.ECODE_INVAL)
    return index


def find_device(kind: str, ident: int | str, devices: Sequence[DeviceT]) -> int:
    """Return the index of the device that an index, name or UUID means; raises OpPrereqError."""
    if isinstance(ident, int) or ident.lstrip("-").isdigit():
        index = int(ident)
        if index == -1:
            index = len(devices) - 1
        if not 0 <= index < len(devices):
            raise OpPrereqError(f"{kind} index {ident} is out of range, the instance has {len(devices)}", c.ECODE_NOENT)
        return index
    found = [index for index, device in enumerate(devices) if ident in (device.uuid, device.name)]
    if not found:
        raise OpPrereqError(f"Cannot find {kind} with identifier {ident}", c.ECODE_NOENT)
    return found[0]
