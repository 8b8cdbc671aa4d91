"""Steps about the cluster, its parameters and its node groups."""

from collections.abc import Mapping
from typing import Any, Final

from ganeti import constants as c

Json = dict[str, Any]

_XEN_CMD: Final = "xen_cmd"
#: What a cluster had before it could choose its kind of SSH keys; the default of new clusters is another one.
_FORMER_SSH_KEY: Final = {"ssh_key_type": c.SSHK_DSA, "ssh_key_bits": 1024}
_OLD_DISCARD: Final = "default"
_COLLECTOR: Final = {"active": True, "interval": 5_000_000}


def without(item: Json, *keys: str) -> Json:
    """Return a dictionary without some keys."""
    return {key: value for key, value in item.items() if key not in keys}


def each(config: Json, section: str, change: Any) -> Json:
    """Return the configuration with *change* applied to every object of a section that it has."""
    return {**config, section: {key: change(item) for key, item in (config.get(section) or {}).items()}}


def set_version(config: Json) -> Json:
    """Put the present version in."""
    return {**config, "version": c.CONFIG_VERSION}


def add_sections(config: Json) -> Json:
    """Add the sections that came later."""
    return {**{section: {} for section in ("nodegroups", "networks", "filters")}, **config}


def extend_cluster(config: Json) -> Json:
    """Add what clusters got over time."""
    cluster: Json = config["cluster"]
    collectors = {
        **{name: dict(_COLLECTOR) for name in c.DATA_COLLECTOR_NAMES},
        **(cluster.get("data_collectors") or {}),
    }
    added: Json = {
        "candidate_certs": {},
        "install_image": "",
        "zeroing_image": "",
        "instance_communication_network": "",
        "compression_tools": list(c.IEC_DEFAULT_TOOLS),
        "enabled_user_shutdown": False,
        **_FORMER_SSH_KEY,
    }
    return {**config, "cluster": {**added, **cluster, "data_collectors": collectors}}


def _clean_xen(params: Json) -> Json:
    return without(params, _XEN_CMD) if _XEN_CMD in params else params


def _clean_kvm(params: Json) -> Json:
    if params.get(c.HV_DISK_DISCARD) != _OLD_DISCARD:
        return params
    return {**params, c.HV_DISK_DISCARD: c.HT_DISCARD_IGNORE}


_CLEANERS: Final = {c.HT_XEN_PVM: _clean_xen, c.HT_XEN_HVM: _clean_xen, c.HT_KVM: _clean_kvm}


def _clean_hvparams(params_of: Mapping[str, Json]) -> Json:
    """Clean parameters by hypervisor."""
    return {name: _CLEANERS.get(name, dict)(params) for name, params in params_of.items()}


def clean_hypervisors(config: Json) -> Json:
    """Drop the choice of the Xen tool, and rename a value of KVM."""
    cluster: Json = config["cluster"]
    cluster = {
        **cluster,
        "hvparams": _clean_hvparams(cluster.get("hvparams") or {}),
        "os_hvp": {os: _clean_hvparams(params_of) for os, params_of in (cluster.get("os_hvp") or {}).items()},
    }

    def clean(instance: Json) -> Json:
        cleaner = _CLEANERS.get(instance.get("hypervisor", ""))
        params = instance.get("hvparams")
        return {**instance, "hvparams": cleaner(params)} if cleaner is not None and params else instance

    return each({**config, "cluster": cluster}, "instances", clean)


# instance policies


def _filled_pair(pair: Mapping[str, Json], parent: Mapping[str, Json]) -> Json:
    return {bound: {**parent[bound], **pair.get(bound, {})} for bound in c.ISPECS_MINMAX_KEYS}


def _policy(policy: Json, parent: Json) -> Json:
    """Return a policy with the bounds in the present form, complete as in the parent's first pair."""
    old = {bound: policy[bound] for bound in c.ISPECS_MINMAX_KEYS if bound in policy}
    pairs = policy.get(c.ISPECS_MINMAX) or ([old] if old else None)
    result = without(policy, *c.ISPECS_MINMAX_KEYS)
    if pairs is None:
        return result
    first = parent[c.ISPECS_MINMAX][0]
    return {**result, c.ISPECS_MINMAX: [_filled_pair(pair, first) for pair in pairs]}


def update_policies(config: Json) -> Json:
    """Bring the instance policies of the cluster and the groups to their present form."""
    cluster: Json = config["cluster"]
    defaults = c.IPOLICY_DEFAULTS
    policy = _policy(cluster.get("ipolicy") or {}, defaults)
    if c.ISPECS_STD in policy:
        policy = {**policy, c.ISPECS_STD: {**defaults[c.ISPECS_STD], **policy[c.ISPECS_STD]}}
    complete = {c.ISPECS_MINMAX: defaults[c.ISPECS_MINMAX], **policy}

    def update(group: Json) -> Json:
        own = group.get("ipolicy")
        return {**group, "ipolicy": _policy(without(own, c.ISPECS_STD), complete)} if own else group

    return each({**config, "cluster": {**cluster, "ipolicy": policy}}, "nodegroups", update)


def add_group_networks(config: Json) -> Json:
    """Give groups the networks that they are connected to (none)."""
    return each(config, "nodegroups", lambda group: {"networks": {}, **group})
