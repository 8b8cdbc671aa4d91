"""Static states of hypervisors and disks: recorded figures that nothing but queries uses."""

from collections.abc import Mapping
from typing import Any

from ganeti import constants as c
from ganeti.errors import OpPrereqError, TypeEnforcementError
from ganeti.objects.base import Params
from ganeti.utils.paramtypes import enforce


def _merged(stored: Mapping[str, Any], given: Any, types: Mapping[str, str], what: str) -> Params:
    if not isinstance(given, Mapping):
        raise OpPrereqError(f"{what} must be given as parameters", c.ECODE_INVAL)
    try:
        typed = enforce(given, types, allowed_values=(c.VALUE_DEFAULT,))
    except TypeEnforcementError as err:
        raise OpPrereqError(f"{what}: {err}", c.ECODE_INVAL) from None
    return {key: value for key, value in {**stored, **typed}.items() if value != c.VALUE_DEFAULT}


def merged_hv_state(stored: Mapping[str, Any], given: Mapping[str, Any]) -> Params:
    """Return the state by hypervisor with changes laid over; the value ``default`` drops a key.

    Raises OpPrereqError (wrong_input).
    """
    unknown = sorted(set(given) - set(c.HYPER_TYPES))
    if unknown:
        raise OpPrereqError(f"Unknown hypervisor(s) in the hypervisor state: {', '.join(unknown)}", c.ECODE_INVAL)
    changed = {
        name: _merged(stored.get(name, {}), params, c.HVSTS_PARAMETER_TYPES, f"State of hypervisor {name}")
        for name, params in given.items()
    }
    return {name: params for name, params in {**stored, **changed}.items() if params}


def merged_disk_state(stored: Mapping[str, Any], given: Mapping[str, Any]) -> Params:
    """Return the state by storage type and unit with changes laid over; the value ``default`` drops a key.

    Raises OpPrereqError (wrong_input).
    """
    unknown = sorted(set(given) - set(c.DS_VALID_TYPES))
    if unknown:
        raise OpPrereqError(f"Unknown storage type(s) in the disk state: {', '.join(unknown)}", c.ECODE_INVAL)
    result = dict(stored)
    for kind, units in given.items():
        if not isinstance(units, Mapping):
            raise OpPrereqError(f"The disk state of {kind} must name storage units", c.ECODE_INVAL)
        before = stored.get(kind, {})
        changed = {
            unit: _merged(before.get(unit, {}), params, c.DSS_PARAMETER_TYPES, f"State of {kind}/{unit}")
            for unit, params in units.items()
        }
        result[kind] = {unit: params for unit, params in {**before, **changed}.items() if params}
    return {kind: units for kind, units in result.items() if units}


def cluster_hv_state(stored: Mapping[str, Any], given: Mapping[str, Any]) -> Params:
    """Return the state for the whole cluster, which is complete for each hypervisor; see ``merged_hv_state``."""
    return {name: {**c.HVST_DEFAULTS, **params} for name, params in merged_hv_state(stored, given).items()}


def cluster_disk_state(stored: Mapping[str, Any], given: Mapping[str, Any]) -> Params:
    """Return the state for the whole cluster, which is complete for each storage unit; see ``merged_disk_state``."""
    merged = merged_disk_state(stored, given)
    return {
        kind: {unit: {**c.DS_DEFAULTS, **params} for unit, params in units.items()} for kind, units in merged.items()
    }
