"""Bring the plain JSON of a configuration to the form of this release: defaults filled in, old names replaced.

Pure functions on dictionaries; the input is never changed. This is what happens at every load, on files of the current
format version. Files of older versions go through ``tools/cfgupgrade`` first.
"""

import logging
import socket
import uuid as uuid_module
from collections.abc import Callable, Mapping
from typing import Any, Final

from ganeti import constants as c
from ganeti import hvparams
from ganeti.errors import ConfigurationError

_LOG = logging.getLogger(__name__)

Json = dict[str, Any]
NewUuid = Callable[[], str]

_SECTIONS: Final = ("nodes", "nodegroups", "instances", "disks", "networks", "filters")
_OLD_DISK_TYPES: Final = {"lvm": c.DT_PLAIN, "drbd8": c.DT_DRBD8}
#: Old parameter that sets both limits.
_OLD_MEMORY: Final = "memory"
_NETWORK_LEFTOVERS: Final = ("network_type", "family")
_FLAGS_OF_NODES: Final = {"master_capable": True, "vm_capable": True, "powered": True}


def random_uuid() -> str:
    """Return a fresh UUID."""
    return str(uuid_module.uuid4())


def upgrade(raw: Mapping[str, Any], *, now: float, new_uuid: NewUuid = random_uuid) -> Json:
    """Return the upgraded form of a whole configuration.

    *now* is the modification time of groups that have none. Raises ConfigurationError if the file lacks a part that
    cannot be guessed.
    """
    config: Json = dict(raw)
    missing = [section for section in ("cluster", *_SECTIONS) if not isinstance(config.get(section), Mapping)]
    if missing:
        raise ConfigurationError(f"The configuration lacks {', '.join(missing)}")
    config["instances"] = _upgraded(config["instances"], lambda item: upgrade_instance(item, new_uuid), new_uuid)
    config["disks"] = _upgraded(config["disks"], lambda item: upgrade_disk(item, new_uuid), new_uuid)
    config["networks"] = _upgraded(config["networks"], upgrade_network, new_uuid)
    config["nodes"] = _upgraded(config["nodes"], upgrade_node, new_uuid)
    config["nodegroups"] = _upgraded(config["nodegroups"], lambda group: upgrade_group(group, now), new_uuid)
    config = _with_a_group(config, now, new_uuid)
    config["cluster"] = upgrade_cluster(_with_uuid(without_nulls(config["cluster"]), new_uuid), config)
    config["nodegroups"] = {
        key: _complete_group(group, config["cluster"]) for key, group in config["nodegroups"].items()
    }
    return config


def _upgraded(section: Mapping[str, Json], function: Callable[[Json], Json], new_uuid: NewUuid) -> Json:
    """Upgrade all objects of a section; what needs no change stays the same object."""
    clean = {key: without_nulls(item) for key, item in section.items()}
    return {
        key: function(item if item.get("uuid") else {**item, "uuid": key or new_uuid()}) for key, item in clean.items()
    }


def without_nulls(item: Json) -> Json:
    """Return an object without the fields that are null, which is another way to leave them out."""
    return {key: value for key, value in item.items() if value is not None} if None in item.values() else item


def _with_uuid(item: Json, new_uuid: NewUuid) -> Json:
    return item if item.get("uuid") else {**item, "uuid": new_uuid()}


def _without(item: Json, keys: "tuple[str, ...] | set[str] | frozenset[str]") -> Json:
    return {key: value for key, value in item.items() if key not in keys} if any(key in item for key in keys) else item


def _with_defaults(item: Json, defaults: Mapping[str, Any]) -> Json:
    """Return the item with what it lacks or has as null."""
    missing = {key: value for key, value in defaults.items() if item.get(key) is None}
    return {**item, **missing} if missing else item


def upgrade_memory(beparams: Json) -> Json:
    """Replace the old single memory size by its two limits."""
    if _OLD_MEMORY not in beparams:
        return beparams
    size = beparams[_OLD_MEMORY]
    rest = _without(beparams, (_OLD_MEMORY,))
    return {c.BE_MAXMEM: size, c.BE_MINMEM: size, **rest}


# objects


def upgrade_instance(item: Json, new_uuid: NewUuid = random_uuid) -> Json:
    """Upgrade an instance and its NICs."""
    if "admin_up" in item:
        state = c.ADMINST_UP if item["admin_up"] else c.ADMINST_DOWN
        item = {"admin_state": state, **_without(item, ("admin_up",))}
    item = _with_defaults(
        item,
        {
            "hvparams": {},
            "beparams": {},
            "osparams": {},
            "osparams_private": {},
            "admin_state_source": c.ADMIN_SOURCE,
            "disks_active": item.get("admin_state") == c.ADMINST_UP,
        },
    )
    own, be = _without(item["hvparams"], c.HVC_GLOBALS), upgrade_memory(item["beparams"])
    if own is not item["hvparams"] or be is not item["beparams"]:
        item = {**item, "hvparams": own, "beparams": be}
    nics = item.get("nics") or []
    if any("uuid" not in nic or None in nic.values() for nic in nics):
        item = {**item, "nics": [_with_uuid(without_nulls(nic), new_uuid) for nic in nics]}
    return item


def upgrade_disk(item: Json, new_uuid: NewUuid = random_uuid) -> Json:
    """Upgrade a disk and its children."""
    item = _with_uuid(without_nulls(item), new_uuid)
    dev_type = _OLD_DISK_TYPES.get(item.get("dev_type", ""), item.get("dev_type"))
    if dev_type != item.get("dev_type"):
        item = {**item, "dev_type": dev_type}
    if item.get("params") is None or (item["params"] and dev_type != c.DT_EXT):
        item = {**item, "params": {}}
    children = item.get("children") or []
    upgraded = [upgrade_disk(child, new_uuid) for child in children]
    if any(new is not old for new, old in zip(upgraded, children, strict=True)):
        item = {**item, "children": upgraded}
    return item


def upgrade_network(item: Json) -> Json:
    """Upgrade a network."""
    return _without(item, _NETWORK_LEFTOVERS)


def upgrade_node(item: Json) -> Json:
    """Upgrade a node; global node parameters are dropped with a warning."""
    item = _with_defaults(item, {"ndparams": {}, **_FLAGS_OF_NODES})
    own = _without(item["ndparams"], c.NDC_GLOBALS)
    if own is not item["ndparams"]:
        dropped = ", ".join(sorted(set(item["ndparams"]) & set(c.NDC_GLOBALS)))
        _LOG.warning("Node %s: dropping the global node parameters %s", item.get("name"), dropped)
        item = {**item, "ndparams": own}
    # Filled while the original runs; never part of the file of this release.
    return _without(item, ("hv_state", "disk_state"))


def upgrade_group(item: Json, now: float) -> Json:
    """Upgrade a node group."""
    item = _without(item, ("members",))
    defaults = {"ndparams": {}, "diskparams": {}, "ipolicy": {}, "networks": {}, "mtime": now}
    return _with_defaults(item, {**defaults, "alloc_policy": c.ALLOC_POLICY_PREFERRED})


def _complete_group(item: Json, cluster: Json) -> Json:
    """Fill what a group takes from the cluster: parameters of its networks, and only enabled disk templates."""
    defaults = cluster["nicparams"][c.PP_DEFAULT]
    networks = {key: {**defaults, **params} for key, params in item["networks"].items()}
    policy = _upgrade_ipolicy(item["ipolicy"], cluster["enabled_disk_templates"])
    if networks == item["networks"] and policy == item["ipolicy"]:
        return item
    return {**item, "networks": networks, "ipolicy": policy}


def _with_a_group(config: Json, now: float, new_uuid: NewUuid) -> Json:
    """Create the default group if there is no group, and put nodes without a group into it."""
    groups = config["nodegroups"]
    if not groups:
        group = upgrade_group({"uuid": new_uuid(), "name": c.INITIAL_NODE_GROUP_NAME, "serial_no": 1}, now)
        groups = {group["uuid"]: group}
        config = {**config, "nodegroups": groups}
    first = next(iter(groups))
    if any(not node.get("group") for node in config["nodes"].values()):
        nodes = {key: node if node.get("group") else {**node, "group": first} for key, node in config["nodes"].items()}
        config = {**config, "nodes": nodes}
    return config


# the cluster


def upgrade_cluster(item: Json, config: Json) -> Json:
    """Upgrade the cluster; *config* is the rest of the configuration, upgraded."""
    item = _with_defaults(item, _cluster_defaults())
    item = _upgrade_hypervisors(item)
    item = _upgrade_nicparams(item)
    nd_own = {key: value for key, value in item["ndparams"].items() if key != c.ND_OOB_PROGRAM or value is not None}
    be_defaults = c.BEC_DEFAULTS
    item = {
        **item,
        "beparams": {name: {**be_defaults, **upgrade_memory(own)} for name, own in item["beparams"].items()}
        or {c.PP_DEFAULT: dict(be_defaults)},
        "ndparams": {**c.NDC_DEFAULTS, **nd_own},
        "diskparams": {
            name: {**c.DISK_DT_DEFAULTS[name], **item["diskparams"].get(name, {})} for name in c.DISK_TEMPLATES
        },
        "data_collectors": {**_collector_defaults(), **item["data_collectors"]},
    }
    if not item.get("enabled_disk_templates"):
        item["enabled_disk_templates"] = inferred_templates(item, config)
    if c.DT_DRBD8 in item["enabled_disk_templates"] and item.get("drbd_usermode_helper") is None:
        item["drbd_usermode_helper"] = c.DEFAULT_DRBD_HELPER
    item["ipolicy"] = _upgrade_ipolicy({**_json_ipolicy(), **item["ipolicy"]}, item["enabled_disk_templates"])
    if item["primary_ip_family"] == socket.AF_INET6 and "master_netmask" not in item:
        item["master_netmask"] = 128
    return item


def _cluster_defaults() -> Json:
    """Return the fields of the cluster that the rest of the upgrade relies on."""
    return {
        "hvparams": {},
        "os_hvp": {},
        "beparams": {},
        "ndparams": {},
        "diskparams": {},
        "ipolicy": {},
        "data_collectors": {},
        "osparams": {},
        "osparams_private_cluster": {},
        "enabled_hypervisors": [],
        "candidate_certs": {},
        "primary_ip_family": int(socket.AF_INET),
        "tcpudp_port_pool": [],
    }


def _collector_defaults() -> Json:
    return {name: {"active": True, "interval": 5_000_000} for name in c.DATA_COLLECTOR_NAMES}


def _json_ipolicy() -> Json:
    """Return the default policy with lists where JSON has lists."""
    return {
        **c.IPOLICY_DEFAULTS,
        c.ISPECS_MINMAX: list(c.IPOLICY_DEFAULTS[c.ISPECS_MINMAX]),
        c.IPOLICY_DTS: list(c.IPOLICY_DEFAULTS[c.IPOLICY_DTS]),
    }


def _upgrade_hypervisors(item: Json) -> Json:
    """Complete the parameters of every known hypervisor; an old default hypervisor becomes the first."""
    known = {name: {**hvparams.defaults(name), **item["hvparams"].get(name, {})} for name in sorted(c.HYPER_TYPES)}
    extra = {name: params for name, params in item["hvparams"].items() if name not in known}
    enabled = list(item["enabled_hypervisors"])
    first = item.get("default_hypervisor")
    if first:
        enabled = [first, *(name for name in enabled if name != first)]
    item = _without(item, ("default_hypervisor",))
    return {**item, "hvparams": {**extra, **known}, "enabled_hypervisors": enabled}


def _upgrade_nicparams(item: Json) -> Json:
    """Complete the NIC parameters; an old default bridge is their link."""
    nicparams = item.get("nicparams")
    if not nicparams:
        bridge = item.get("default_bridge")
        nicparams = {c.PP_DEFAULT: {c.NIC_LINK: bridge} if bridge else {}}
    item = _without(item, ("default_bridge",))
    return {**item, "nicparams": {name: {**c.NICC_DEFAULTS, **own} for name, own in nicparams.items()}}


def _upgrade_ipolicy(policy: Json, enabled: list[str]) -> Json:
    """Restrict a policy to the enabled disk templates.

    Raises ConfigurationError for unknown keys, which would be lost otherwise.
    """
    unknown = sorted(set(policy) - set(c.IPOLICY_ALL_KEYS))
    if unknown:
        raise ConfigurationError(f"The instance policy has unknown keys: {', '.join(unknown)}")
    if c.IPOLICY_DTS not in policy:
        return policy
    allowed = [name for name in policy[c.IPOLICY_DTS] if name in enabled]
    return policy if allowed == list(policy[c.IPOLICY_DTS]) else {**policy, c.IPOLICY_DTS: allowed}


def inferred_templates(cluster: Json, config: Json) -> list[str]:
    """Return the disk templates that a cluster evidently uses, in order of preference."""
    used = {disk.get("dev_type") for disk in config["disks"].values()}
    if any(not instance.get("disks") for instance in config["instances"].values()):
        used.add(c.DT_DISKLESS)
    if cluster.get("volume_group_name"):
        used |= {c.DT_DRBD8, c.DT_PLAIN}
    return [name for name in c.DISK_TEMPLATE_PREFERENCE if name in used]
