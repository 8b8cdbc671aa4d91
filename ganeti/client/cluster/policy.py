"""The instance policy as given on the command line."""

from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ganeti import constants as c
from ganeti import errors
from ganeti.utils import paramtypes

_BOUNDS: Final = frozenset({"min", "max"})
#: Options that set minimum, maximum and standard of one property, and the property.
_SPLIT_OPTIONS: Final = {
    "ispecs_mem_size": c.ISPEC_MEM_SIZE,
    "ispecs_cpu_count": c.ISPEC_CPU_COUNT,
    "ispecs_disk_count": c.ISPEC_DISK_COUNT,
    "ispecs_disk_size": c.ISPEC_DISK_SIZE,
    "ispecs_nic_count": c.ISPEC_NIC_COUNT,
}


#: Properties that may be given with a unit.
_SIZES: Final = (c.ISPEC_MEM_SIZE, c.ISPEC_DISK_SIZE)


def _typed(specs: Mapping[str, Any]) -> dict[str, Any]:
    """Return properties as numbers, sizes in MiB.

    Raises TypeEnforcementError.
    """
    sizes = {key: paramtypes.enforce_one(key, specs[key], c.VTYPE_SIZE) for key in _SIZES if key in specs}
    return paramtypes.enforce({**specs, **sizes}, c.ISPECS_PARAMETER_TYPES)


def _bounds(alternatives: Sequence[Mapping[str, Mapping[str, Any]]]) -> list[dict[str, dict[str, Any]]]:
    """Return the pairs of bounds.

    Raises OpPrereqError for a pair that is none, TypeEnforcementError for a wrong value.
    """
    for pair in alternatives:
        if set(pair) != _BOUNDS:
            raise errors.OpPrereqError(
                "Bounds of the instance policy are given as min:KEY=VALUE,.../max:KEY=VALUE,...", c.ECODE_INVAL
            )
    return [{bound: _typed(specs) for bound, specs in pair.items()} for pair in alternatives]


def _split_specs(options: Namespace) -> dict[str, Any]:
    """Return the policy of the ``--specs-*`` options, empty if none is given."""
    result: dict[str, dict[str, Any]] = {"min": {}, "max": {}, "std": {}}
    for dest, name in _SPLIT_OPTIONS.items():
        for bound, value in getattr(options, dest, {}).items():
            if bound not in result:
                raise errors.OpPrereqError(f"Unknown key '{bound}', use min, max and std", c.ECODE_INVAL)
            result[bound].update(_typed({name: value}))
    if not any(result.values()):
        return {}
    return {"minmax": [{"min": result["min"], "max": result["max"]}], "std": result["std"]}


def ipolicy_of(options: Namespace) -> dict[str, Any]:
    """Return the parts of the instance policy that the options set.

    Raises OpPrereqError or TypeEnforcementError.
    """
    policy = _split_specs(options)
    # Node groups have no standard instance of their own.
    std_specs = getattr(options, "ipolicy_std_specs", None)
    if policy and (options.ipolicy_bounds_specs or std_specs):
        raise errors.OpPrereqError("Options --ipolicy-*-specs and --specs-* cannot be used together", c.ECODE_INVAL)
    if options.ipolicy_bounds_specs is not None:
        policy["minmax"] = _bounds(options.ipolicy_bounds_specs)
    if std_specs is not None:
        policy["std"] = _typed(std_specs)
    if options.ipolicy_disk_templates is not None:
        policy[c.IPOLICY_DTS] = list(options.ipolicy_disk_templates)
    if options.ipolicy_vcpu_ratio is not None:
        policy[c.IPOLICY_VCPU_RATIO] = options.ipolicy_vcpu_ratio
    if options.ipolicy_spindle_ratio is not None:
        policy[c.IPOLICY_SPINDLE_RATIO] = options.ipolicy_spindle_ratio
    return policy


def filled_ipolicy(policy: Mapping[str, Any]) -> dict[str, Any]:
    """Return a complete policy for a new cluster: what is not said has its default."""
    defaults = c.IPOLICY_DEFAULTS
    default_pair = defaults["minmax"][0]
    result = {key: list(value) if isinstance(value, tuple) else value for key, value in defaults.items()}
    result.update(policy)
    result["minmax"] = [
        {bound: {**default_pair[bound], **pair.get(bound, {})} for bound in sorted(_BOUNDS)}
        for pair in policy.get("minmax") or [{}]
    ]
    result["std"] = {**defaults["std"], **policy.get("std", {})}
    return result
