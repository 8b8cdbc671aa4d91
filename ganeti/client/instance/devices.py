"""Disks and network interfaces as given with ``--disk`` and ``--net``."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ganeti import constants as c
from ganeti import errors
from ganeti.cli.values import IdentKeyValues
from ganeti.utils.text import parse_unit

_INDEX: Final = re.compile(r"-?\d+")
_APPEND: Final = -1
_MAXIMUM: Final = {"disk": c.MAX_DISKS, "nic": c.MAX_NICS}
#: Operations whose device is told by the parameters that follow, not only by its place.
_OPERATIONS_WITH_PARAMETERS: Final = frozenset({c.DDM_ADD, c.DDM_ATTACH})


def _size_of(kind: str, index: Any, text: Any) -> int:
    try:
        return parse_unit(text)
    except errors.UnitParseError as err:
        raise errors.OpPrereqError(f"Invalid size of {kind} {index}: {err}", c.ECODE_INVAL) from None


def _integer_of(kind: str, index: Any, key: str, text: Any) -> int:
    try:
        return int(text)
    except (TypeError, ValueError):
        raise errors.OpPrereqError(f"Invalid value '{text}' for '{key}' of {kind} {index}", c.ECODE_INVAL) from None


def by_index(kind: str, given: Sequence[IdentKeyValues]) -> list[dict[str, Any]]:
    """Return the parameters of the devices of a new instance; devices that are left out in between have none.

    Raises OpPrereqError.
    """
    devices: dict[int, dict[str, Any]] = {}
    for ident, params in given:
        if not (ident.isascii() and ident.isdigit()) or not isinstance(params, dict):
            raise errors.OpPrereqError(
                f"Invalid {kind} '{ident}', use INDEX:KEY=VALUE,... with an index from 0", c.ECODE_INVAL
            )
        index = int(ident)
        if index >= _MAXIMUM[kind]:
            raise errors.OpPrereqError(f"The index of {kind} {index} is too large", c.ECODE_INVAL)
        if index in devices:
            raise errors.OpPrereqError(f"{kind.capitalize()} {index} is given twice", c.ECODE_INVAL)
        devices[index] = dict(params)
    return [devices.get(index, {}) for index in range(max(devices) + 1)] if devices else []


def _new_disk(index: int, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of one disk of a new instance."""
    disk = dict(given)
    has_size, has_source = c.IDISK_SIZE in disk, c.IDISK_ADOPT in disk
    if has_size and has_source:
        raise errors.OpPrereqError(f"Disk {index} cannot have both a size and a volume to adopt", c.ECODE_INVAL)
    if has_size:
        disk[c.IDISK_SIZE] = _size_of("disk", index, disk[c.IDISK_SIZE])
    elif has_source:
        if c.IDISK_SPINDLES in disk:
            raise errors.OpPrereqError(f"Disk {index}: spindles cannot be set for adopted volumes", c.ECODE_INVAL)
        disk[c.IDISK_SIZE] = 0
    else:
        raise errors.OpPrereqError(f"Missing size or adoption source for disk {index}", c.ECODE_INVAL)
    if c.IDISK_SPINDLES in disk:
        disk[c.IDISK_SPINDLES] = _integer_of("disk", index, c.IDISK_SPINDLES, disk[c.IDISK_SPINDLES])
    return disk


def new_disks(given: Sequence[IdentKeyValues], size_mib: int | None, template: str | None) -> list[dict[str, Any]]:
    """Return the disks of an instance to create, from ``--disk``, ``--os-size`` and the disk template.

    Raises OpPrereqError if these contradict each other or leave the size open.
    """
    if template == c.DT_DISKLESS:
        if given or size_mib is not None:
            raise errors.OpPrereqError("A diskless instance cannot have disks", c.ECODE_INVAL)
        return []
    if given and size_mib is not None:
        raise errors.OpPrereqError("Give either --disk or --os-size, not both", c.ECODE_INVAL)
    if size_mib is not None:
        return [{c.IDISK_SIZE: size_mib}]
    if not given:
        raise errors.OpPrereqError("No disk information given, use --disk, --os-size or -t diskless", c.ECODE_INVAL)
    return [_new_disk(index, params) for index, params in enumerate(by_index("disk", given))]


def new_nics(given: Sequence[IdentKeyValues], *, has_none: bool) -> list[dict[str, Any]]:
    """Return the network interfaces of an instance to create; one with all defaults if nothing is said.

    Raises OpPrereqError.
    """
    if has_none:
        return []
    return by_index("nic", given) if given else [{}]


def _operation(kind: str, ident: str, params: dict[str, Any]) -> tuple[str, Any, dict[str, Any]]:
    """Return (operation, device, parameters) of one ``--disk`` or ``--net`` of modify."""
    named = [op for op in c.DDMS_VALUES_WITH_MODIFY if op in params]
    if ident in c.DDMS_VALUES:
        if named:
            raise errors.OpPrereqError(f"Cannot do '{named[0]}' and '{ident}' to a {kind} at once", c.ECODE_INVAL)
        return ident, _APPEND, params
    if len(named) > 1:
        raise errors.OpPrereqError(f"Cannot do {' and '.join(named)} to {kind} {ident} at once", c.ECODE_INVAL)
    rest = {key: value for key, value in params.items() if key not in named}
    operation = named[0] if named else c.DDM_MODIFY
    if named and params[operation] is not True:
        raise errors.OpPrereqError(f"Operation '{operation}' on {kind} {ident} takes no value", c.ECODE_INVAL)
    return operation, int(ident) if _INDEX.fullmatch(ident) else ident, rest


def modification(kind: str, ident: str, params: Any) -> list[Any]:
    """Return one change of a device as ``[operation, device, parameters]``.

    Raises OpPrereqError.
    """
    if not isinstance(params, dict):
        raise errors.OpPrereqError(f"Invalid change of {kind} '{ident}'", c.ECODE_INVAL)
    operation, device, rest = _operation(kind, ident, params)
    if operation in (c.DDM_REMOVE, c.DDM_DETACH) and rest:
        raise errors.OpPrereqError(f"'{operation}' of {kind} {ident} takes no parameters", c.ECODE_INVAL)
    if operation in _OPERATIONS_WITH_PARAMETERS and not isinstance(device, int):
        raise errors.OpPrereqError(f"'{operation}' of a {kind} needs an index, not '{ident}'", c.ECODE_INVAL)
    return [operation, device, rest]


def nic_modifications(given: Sequence[IdentKeyValues]) -> list[list[Any]]:
    """Return the changes of network interfaces, in the given order.

    Raises OpPrereqError.
    """
    return [modification("nic", ident, params) for ident, params in given]


def disk_modifications(given: Sequence[IdentKeyValues]) -> list[list[Any]]:
    """Return the changes of disks, in the given order, with sizes as MiB.

    Raises OpPrereqError.
    """
    changes = []
    for ident, params in given:
        operation, device, rest = modification("disk", ident, params)
        if c.IDISK_SIZE in rest:
            rest[c.IDISK_SIZE] = _size_of("disk", ident, rest[c.IDISK_SIZE])
        elif operation == c.DDM_ADD:
            raise errors.OpPrereqError("Missing size of the disk to add", c.ECODE_INVAL)
        if c.IDISK_SPINDLES in rest:
            rest[c.IDISK_SPINDLES] = _integer_of("disk", ident, c.IDISK_SPINDLES, rest[c.IDISK_SPINDLES])
        changes.append([operation, device, rest])
    return changes


def split_nodes(text: str | None) -> tuple[str | None, str | None]:
    """Return primary and secondary node of ``PRIMARY[:SECONDARY]``."""
    if not text:
        return None, None
    primary, _, secondary = text.partition(":")
    return primary, secondary or None
