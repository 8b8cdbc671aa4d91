"""The sets of hypervisor parameters that a cluster uses, each once."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ganeti.objects import ConfigData, Instance, fill


class ParameterSet(NamedTuple):
    """Complete parameters of a hypervisor; *source* says where they come from (``cluster``, ``os X``...)."""

    source: str
    hypervisor: str
    params: Mapping[str, Any]


def parameter_sets(config: ConfigData, instances: Iterable[Instance]) -> Iterator[ParameterSet]:
    """Return the parameters of the enabled hypervisors, of OS definitions, and of instances with own ones.

    What is the same as before, whatever its source, is left out.
    """
    seen: set[tuple[str, str]] = set()
    for item in _every_set(config, instances):
        key = (item.hypervisor, repr(sorted(item.params.items())))
        if key not in seen:
            seen.add(key)
            yield item


def _every_set(config: ConfigData, instances: Iterable[Instance]) -> Iterator[ParameterSet]:
    cluster = config.cluster
    for name in cluster.enabled_hypervisors:
        yield ParameterSet("cluster", name, cluster.hvparams.get(name, {}))
    for os, by_hypervisor in sorted(cluster.os_hvp.items()):
        for name in sorted(set(by_hypervisor) & set(cluster.enabled_hypervisors)):
            yield ParameterSet(f"os {os}", name, fill.hvparams_of(cluster, name, os, {}, skip_globals=False))
    for instance in instances:
        if instance.hvparams:
            params = fill.fill_instance_hv(cluster, instance)
            yield ParameterSet(f"instance {instance.name}", instance.hypervisor, params)
