"""Parameters of node groups: what is given laid over what is stored; ``default`` leaves a value to the cluster."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ganeti import constants as c
from ganeti.cmdlib import ndparams
from ganeti.cmdlib.cluster.params.outcome import invalid
from ganeti.cmdlib.cluster.params.policy import updated_policy
from ganeti.cmdlib.instance.ipolicy import size_of_instance, violations
from ganeti.cmdlib.instance.items import enforce_types
from ganeti.cmdlib.locks import nodes_of_instance
from ganeti.config.verify import ipolicy_problems
from ganeti.objects import ConfigData, Instance, Params, fill
from ganeti.opcodes.types import DiskTemplate


def _overlaid(stored: Mapping[str, Any], given: Mapping[str, Any]) -> Params:
    return {key: value for key, value in {**stored, **given}.items() if value != c.VALUE_DEFAULT}


def changed_ndparams(stored: Mapping[str, Any], given: Mapping[str, Any]) -> Params:
    """Return node parameters; raises OpPrereqError (wrong_input)."""
    return _overlaid(stored, ndparams.checked(given, c.VALUE_DEFAULT))


def changed_diskparams(stored: Mapping[str, Params], given: Mapping[DiskTemplate, dict[str, Any]]) -> dict[str, Params]:
    """Return disk parameters by template; raises OpPrereqError (wrong_input)."""
    result: dict[str, Params] = dict(stored)
    for template, params in given.items():
        unknown = sorted(set(params) - set(c.DISK_DT_DEFAULTS[template]))
        if unknown:
            raise invalid(f"Disk template {template} has no parameter {', '.join(unknown)}")
        typed = enforce_types(params, c.DISK_DT_TYPES, c.VALUE_DEFAULT)
        access = typed.get(c.LDP_ACCESS, c.VALUE_DEFAULT)
        if access != c.VALUE_DEFAULT and access not in c.DISK_VALID_ACCESS_MODES:
            raise invalid(f"Invalid access mode '{access}' of disk template {template}")
        result[template] = _overlaid(stored.get(template, {}), typed)
    return {template: params for template, params in result.items() if params}


def check_access(config: ConfigData, diskparams: Mapping[str, Params], instances: Collection[Instance]) -> None:
    """Check that all *instances* of a group can use their disks in the way that its parameters say.

    Raises OpPrereqError (wrong_input).
    """
    for template, params in diskparams.items():
        if params.get(c.LDP_ACCESS) != c.DISK_USERSPACE:
            continue
        unable = [
            instance.name
            for instance in instances
            if instance.hypervisor != c.HT_KVM
            and any(config.disks[uuid].dev_type == template for uuid in instance.disks)
        ]
        if unable:
            raise invalid(f"Access mode userspace of template {template} needs kvm, but is used by {', '.join(unable)}")


def changed_ipolicy(config: ConfigData, stored: Mapping[str, Any], given: Mapping[str, Any]) -> Params:
    """Return the instance policy of a group, valid together with that of the cluster.

    Raises OpPrereqError (wrong_input).
    """
    policy = updated_policy(stored, given, is_cluster=False)
    filled = fill.fill_ipolicy(config.cluster, policy)
    problems = list(ipolicy_problems("Instance policy", filled, is_cluster=False))
    if problems:
        raise invalid("; ".join(problems))
    foreign = sorted(set(policy.get(c.IPOLICY_DTS, ())) - set(config.cluster.enabled_disk_templates))
    if foreign:
        raise invalid(f"Disk template(s) {', '.join(foreign)} of the instance policy are not enabled in the cluster")
    return policy


def new_violations(
    config: ConfigData, instances: Collection[Instance], before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[str]:
    """Yield the names of instances that fit the group's policy *before*, but not in every respect the one *after*."""
    old, new = (fill.fill_ipolicy(config.cluster, policy) for policy in (before, after))
    for instance in instances:
        if instance.forthcoming:
            continue
        size, _ = size_of_instance(
            config, instance, [config.nodes[uuid] for uuid in nodes_of_instance(config, instance)]
        )
        if set(violations(new, size)) - set(violations(old, size)):
            yield instance.name
