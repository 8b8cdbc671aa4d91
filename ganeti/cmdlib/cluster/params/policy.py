"""Instance policies: changing that of the cluster or a group, and who breaks the new one."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from ganeti import constants as c
from ganeti.cmdlib.cluster.params.outcome import Outcome, invalid
from ganeti.cmdlib.instance.ipolicy import group_policy, size_of_instance, violations
from ganeti.cmdlib.instance.items import enforce_types
from ganeti.cmdlib.locks import nodes_of_instance
from ganeti.config.verify import ipolicy_problems
from ganeti.objects import Cluster, ConfigData, Params, fill
from ganeti.opcodes import OpClusterSetParams


def updated_policy(stored: Mapping[str, Any], given: Mapping[str, Any], *, is_cluster: bool) -> Params:
    """Return a policy with the given keys replaced; a group drops a key by an empty value or ``default``.

    Raises OpPrereqError (wrong_input).
    """
    result = dict(stored)
    for key, value in given.items():
        if key not in c.IPOLICY_ALL_KEYS:
            raise invalid(f"The instance policy has no key '{key}'")
        if not is_cluster and key == c.ISPECS_STD:
            raise invalid("The standard instance specification can only be set for the cluster")
        if not value or value in (c.VALUE_DEFAULT, [c.VALUE_DEFAULT]):
            if is_cluster:
                raise invalid(f"'{key}' of the cluster's instance policy cannot be unset or zero")
            result.pop(key, None)
        else:
            result[key] = _typed(key, value)
    return result


def _typed(key: str, value: Any) -> Any:
    if key in c.IPOLICY_PARAMETERS:
        return _ratio(key, value)
    if key == c.ISPECS_STD:
        missing = sorted(set(c.ISPECS_PARAMETER_TYPES) - set(value))
        if missing:
            raise invalid(f"The standard instance specification lacks {', '.join(missing)}")
        return enforce_types(value, c.ISPECS_PARAMETER_TYPES)
    if key == c.ISPECS_MINMAX:
        return [{bound: enforce_types(specs, c.ISPECS_PARAMETER_TYPES) for bound, specs in p.items()} for p in value]
    unknown = sorted(set(value) - set(c.DISK_TEMPLATES))
    if unknown:
        raise invalid(f"Unknown disk template(s) in the instance policy: {', '.join(unknown)}")
    return list(value)


def _ratio(key: str, value: Any) -> float:
    try:
        ratio = float(value)
    except (TypeError, ValueError):
        ratio = math.nan
    if not (math.isfinite(ratio) and ratio > 0):
        raise invalid(f"'{key}' of the instance policy must be a positive number, not '{value}'")
    return ratio


def ipolicy(config: ConfigData, op: OpClusterSetParams) -> Outcome:
    """Return the cluster's instance policy; *config* has the new list of enabled templates already."""
    cluster = config.cluster
    policy = updated_policy(cluster.ipolicy, op.ipolicy or {}, is_cluster=True)
    if op.ipolicy:
        problems = list(ipolicy_problems("Instance policy", policy, is_cluster=True))
        if problems:
            raise invalid("; ".join(problems))
    if op.ipolicy or op.enabled_disk_templates is not None:
        _check_templates(config, policy)
    return Outcome({"ipolicy": policy}) if op.ipolicy else Outcome()


def _check_templates(config: ConfigData, policy: Mapping[str, Any]) -> None:
    """Check that policies allow nothing that is not enabled, and something that is."""
    enabled = set(config.cluster.enabled_disk_templates)
    foreign = sorted(set(policy.get(c.IPOLICY_DTS, ())) - enabled)
    if foreign:
        raise invalid(
            f"The instance policy allows disk template(s) {', '.join(foreign)}, which are not enabled in the cluster"
        )
    for group in config.nodegroups.values():
        allowed = group.ipolicy.get(c.IPOLICY_DTS)
        if allowed and not enabled.intersection(allowed):
            raise invalid(f"The instance policy of node group {group.name} allows no disk template that is enabled")


def new_violations(config: ConfigData, after: Cluster) -> Iterator[str]:
    """Return the names of the instances that fit the policies of now but not those of the cluster *after*."""
    for instance in sorted(config.instances.values(), key=lambda item: item.name):
        node = config.nodes.get(instance.primary_node)
        if node is None or instance.forthcoming:
            continue
        group = config.nodegroups[node.group]
        size, _ = size_of_instance(config, instance, [config.nodes[u] for u in nodes_of_instance(config, instance)])
        before = violations(group_policy(config.cluster, group), size)
        if set(violations(fill.fill_ipolicy(after, group.ipolicy), size)) - set(before):
            yield instance.name
