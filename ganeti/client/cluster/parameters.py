"""Parameters of the cluster as given on the command line, with their types enforced."""

from collections.abc import Mapping, Sequence
from typing import Any

from ganeti import constants as c
from ganeti import errors
from ganeti.cli.values import IdentKeyValues
from ganeti.utils import paramtypes


def split_list(text: str | None) -> list[str] | None:
    """Return the parts of a comma-separated list, None if the option is not given."""
    if text is None:
        return None
    return [part for part in text.split(",") if part]


def os_hypervisors_parameters(given: Sequence[IdentKeyValues]) -> dict[str, dict[str, Any] | None]:
    """Return the parameters by hypervisor that an OS sets, as their types.

    The word ``default`` is any of them; None (``-kvm``) stands for those that the OS sets no longer. Raises like
    ``hypervisors_parameters``.
    """
    removed: dict[str, dict[str, Any] | None] = {name: None for name, params in given if params is None}
    changed = hypervisors_parameters([item for item in given if item[1] is not None], may_reset=True)
    result = removed | changed
    if len(result) < len(given) or not set(result) <= set(c.HYPER_TYPES):
        raise errors.OpPrereqError(f"Hypervisor unknown or given twice: {', '.join(sorted(removed))}", c.ECODE_INVAL)
    return result


def hypervisors_parameters(given: Sequence[IdentKeyValues], *, may_reset: bool = False) -> dict[str, dict[str, Any]]:
    """Return parameters by hypervisor as their types; with *may_reset* the word ``default`` is any of them.

    Raises OpPrereqError for a hypervisor that is unknown or named twice, TypeEnforcementError for a wrong value.
    """
    result: dict[str, dict[str, Any]] = {}
    allowed = (c.VALUE_DEFAULT,) if may_reset else ()
    for name, params in given:
        if name not in c.HYPER_TYPES or name in result or not isinstance(params, dict):
            raise errors.OpPrereqError(
                f"Hypervisor '{name}' is unknown, given twice or lacks parameters", c.ECODE_INVAL
            )
        result[name] = paramtypes.enforce(params, c.HVS_PARAMETER_TYPES, allowed_values=allowed)
    return result


def disk_parameters(given: Sequence[IdentKeyValues], *, may_reset: bool = False) -> dict[str, dict[str, Any]]:
    """Return parameters by disk template as their types; with *may_reset* the word ``default`` is any of them.

    Raises OpPrereqError for a template that is unknown or named twice, TypeEnforcementError for a wrong value.
    """
    result: dict[str, dict[str, Any]] = {}
    allowed = (c.VALUE_DEFAULT,) if may_reset else ()
    for template, params in given:
        if template not in c.DISK_TEMPLATES or template in result or not isinstance(params, dict):
            raise errors.OpPrereqError(
                f"Disk template '{template}' is unknown, given twice or lacks parameters", c.ECODE_INVAL
            )
        result[template] = paramtypes.enforce(params, c.DISK_DT_TYPES, allowed_values=allowed)
    return result


def nic_parameters(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters of network interfaces as their types.

    Raises TypeEnforcementError.
    """
    return paramtypes.enforce(given, c.NICS_PARAMETER_TYPES)


def backend_parameters(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return backend parameters as their types, ``memory`` as the limits it stands for.

    Raises TypeEnforcementError.
    """
    params = paramtypes.enforce(given, c.BES_PARAMETER_COMPAT)
    memory = params.pop(c.BE_MEMORY, None)
    if memory is not None:
        params.setdefault(c.BE_MAXMEM, memory)
        params.setdefault(c.BE_MINMEM, memory)
    return params


def _uid(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise errors.OpPrereqError(f"Invalid user id '{text}'", c.ECODE_INVAL)
    return int(text)


def uid_ranges(text: str | None) -> list[tuple[int, int]] | None:
    """Return the ranges of ``1000-1019,1025``, None if the option is not given.

    Raises OpPrereqError.
    """
    if text is None:
        return None
    ranges = []
    for part in text.split(",") if text else ():
        low, is_range, high = part.strip().partition("-")
        ranges.append((_uid(low), _uid(high) if is_range else _uid(low)))
    return ranges


def netmask(text: str | None) -> int | None:
    """Return a prefix length.

    Raises OpPrereqError.
    """
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        raise errors.OpPrereqError(f"Invalid netmask '{text}', use a prefix length", c.ECODE_INVAL)
    return int(text)
