"""Node parameters, and hypervisor and disk states, as given on the command line."""

from collections.abc import Mapping, Sequence
from typing import Any

from ganeti import constants as c
from ganeti import errors
from ganeti.cli.values import IdentKeyValues
from ganeti.utils import paramtypes


def node_parameters(given: Mapping[str, Any] | None, *, may_reset: bool = False) -> dict[str, Any] | None:
    """Return node parameters as their types, None if the option is not given.

    Raises TypeEnforcementError.
    """
    if given is None:
        return None
    allowed = (c.VALUE_DEFAULT,) if may_reset else ()
    return paramtypes.enforce(given, c.NDS_PARAMETER_TYPES, allowed_values=allowed)


def hypervisor_state(given: Sequence[IdentKeyValues]) -> dict[str, Any] | None:
    """Return ``{hypervisor: {key: value}}``, None if the option is not given."""
    return dict(given) or None


def disk_state(given: Sequence[IdentKeyValues]) -> dict[str, Any] | None:
    """Return ``{storage type: {unit: {key: value}}}`` of options like ``plain/xenvg:disk_overhead=1024``.

    None if the option is not given. Raises OpPrereqError if the unit is missing.
    """
    result: dict[str, dict[str, Any]] = {}
    for ident, params in given:
        storage_type, has_unit, unit = ident.partition("/")
        if not has_unit or not unit:
            raise errors.OpPrereqError(f"Invalid disk state '{ident}', use TYPE/NAME:KEY=VALUE,...", c.ECODE_INVAL)
        result.setdefault(storage_type, {})[unit] = params
    return result or None
