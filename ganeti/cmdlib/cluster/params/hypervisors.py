"""Enabled hypervisors and their parameters, for the cluster and for OS definitions."""

from collections.abc import Iterator, Mapping
from typing import Any

from ganeti import constants as c
from ganeti import errors, hvparams
from ganeti.cmdlib.cluster.params.outcome import Outcome, invalid, wrong_state
from ganeti.cmdlib.instance.items import enforce_types
from ganeti.cmdlib.instance.params import updated
from ganeti.cmdlib.verify.hypervisors import ParameterSet
from ganeti.objects import Cluster, ConfigData, Params, fill
from ganeti.opcodes import OpClusterSetParams


def enabled_hypervisors(config: ConfigData, op: OpClusterSetParams) -> Outcome:
    """Return the enabled hypervisors and the parameters of all that are enabled or changed."""
    if op.enabled_hypervisors is None and not op.hvparams:
        return Outcome()
    cluster = config.cluster
    unknown = sorted(set(op.hvparams or {}) - set(c.HYPER_TYPES))
    if unknown:
        raise invalid(f"Unknown hypervisor(s): {', '.join(unknown)}")
    wanted = cluster.enabled_hypervisors if op.enabled_hypervisors is None else op.enabled_hypervisors
    enabled = tuple(dict.fromkeys(wanted))
    if not enabled:
        raise invalid("At least one hypervisor must be enabled")
    _check_none_in_use(config, enabled)
    merged = dict(cluster.hvparams)
    for name in sorted({*enabled, *(op.hvparams or {})}):
        own = enforce_types((op.hvparams or {}).get(name, {}), c.HVS_PARAMETER_TYPES)
        merged[name] = {**hvparams.defaults(name), **cluster.hvparams.get(name, {}), **own}
        _check_syntax(name, merged[name], "cluster")
    return Outcome({"enabled_hypervisors": enabled, "hvparams": merged})


def _check_none_in_use(config: ConfigData, enabled: tuple[str, ...]) -> None:
    gone = set(config.cluster.enabled_hypervisors) - set(enabled)
    users = sorted(instance.name for instance in config.instances.values() if instance.hypervisor in gone)
    if users:
        raise wrong_state(
            f"Hypervisor(s) {', '.join(sorted(gone))} cannot be disabled, instances use them: {', '.join(users[:5])}"
        )


def _check_syntax(hypervisor: str, params: Mapping[str, Any], source: str) -> None:
    try:
        hvparams.check_syntax(hypervisor, params)
    except errors.HypervisorError as err:
        raise invalid(f"Parameters of hypervisor {hypervisor} ({source}): {err}") from err


def os_parameters(config: ConfigData, op: OpClusterSetParams) -> Outcome:
    """Return the hypervisor parameters of OS definitions; *config* has the new ones of the cluster already."""
    if not op.os_hvp:
        return Outcome()
    merged: dict[str, dict[str, Params]] = {os: dict(params) for os, params in config.cluster.os_hvp.items()}
    for os, by_hypervisor in op.os_hvp.items():
        own = merged.setdefault(os, {})
        for name, given in by_hypervisor.items():
            if name not in c.HYPER_TYPES:
                raise invalid(f"Unknown hypervisor '{name}'")
            if given is None:
                own.pop(name, None)
                continue
            if not isinstance(given, Mapping):
                raise invalid(f"Parameters of hypervisor {name} for OS {os} are none")
            own[name] = updated(own.get(name, {}), enforce_types(given, c.HVS_PARAMETER_TYPES, c.VALUE_DEFAULT))
            _check_syntax(name, {**config.cluster.hvparams.get(name, {}), **own[name]}, f"OS {os}")
            if not own[name]:
                del own[name]
        if not own:
            del merged[os]
    return Outcome({"os_hvp": merged})


def to_validate(before: Cluster, after: Cluster, op: OpClusterSetParams) -> Iterator[ParameterSet]:
    """Return what nodes must check: parameters of hypervisors that change or become enabled, and of OS definitions."""
    changed = {*(op.hvparams or {}), *(set(after.enabled_hypervisors) - set(before.enabled_hypervisors))}
    for name in sorted(changed):
        yield ParameterSet("cluster", name, after.hvparams[name])
    for os, by_hypervisor in sorted(after.os_hvp.items()):
        for name in by_hypervisor:
            if name in changed or by_hypervisor[name] != before.os_hvp.get(os, {}).get(name):
                params = fill.hvparams_of(after, name, os, {}, skip_globals=False)
                yield ParameterSet(f"OS {os}", name, params)
