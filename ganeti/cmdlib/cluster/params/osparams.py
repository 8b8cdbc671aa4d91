"""Parameters of OS definitions that hold for the whole cluster."""

from collections.abc import Iterator, Mapping
from typing import Any

from ganeti.cmdlib.cluster.params.outcome import Outcome, invalid
from ganeti.cmdlib.instance.params import plain, updated
from ganeti.objects import Cluster, ConfigData, Params, fill
from ganeti.opcodes import OpClusterSetParams


def _merged(stored: Mapping[str, Mapping[str, Any]], given: Mapping[str, Mapping[str, Any]]) -> dict[str, Params]:
    """Return parameters by OS; None and ``default`` drop a key, an OS without keys vanishes."""
    result = {os: dict(params) for os, params in stored.items()}
    for os, params in given.items():
        result[os] = updated(result.get(os, {}), params, none_removes=True)
        if not result[os]:
            del result[os]
    return result


def os_parameters(config: ConfigData, op: OpClusterSetParams) -> Outcome:
    """Return public and private parameters; none may be both."""
    cluster, values = config.cluster, dict[str, Any]()
    if op.osparams:
        values["osparams"] = _merged(cluster.osparams, op.osparams)
    if op.osparams_private_cluster:
        values["osparams_private_cluster"] = _merged(cluster.osparams_private_cluster, op.osparams_private_cluster)
    public = values.get("osparams", cluster.osparams)
    private = values.get("osparams_private_cluster", cluster.osparams_private_cluster)
    for os in sorted({*(op.osparams or {}), *(op.osparams_private_cluster or {})}):
        twice = sorted(set(public.get(os, {})) & set(private.get(os, {})))
        if twice:
            raise invalid(f"Parameters of OS {os} given as public and private: {', '.join(twice)}")
    return Outcome(values)


def to_validate(after: Cluster, op: OpClusterSetParams) -> Iterator[tuple[str, Params]]:
    """Return (OS, its parameters in clear) for the OS definitions whose parameters change."""
    for os in sorted({*(op.osparams or {}), *(op.osparams_private_cluster or {})}):
        params = {**fill.fill_os(after, os, {}), **plain(fill.fill_os_private(after, os, {}))}
        if params:
            yield os, params
