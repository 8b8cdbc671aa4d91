"""Cluster parameters that stand for themselves: numbers, switches, names, lists."""

import os
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ganeti import buildcfg
from ganeti import constants as c
from ganeti.cmdlib.cluster.params.outcome import Outcome, invalid
from ganeti.objects import Cluster, ConfigData, DataCollector
from ganeti.objects.cluster_values import check_compression_tools, check_image, check_uid_ranges
from ganeti.objects.static_states import cluster_disk_state, cluster_hv_state
from ganeti.opcodes import OpClusterSetParams
from ganeti.utils import net

_LONGEST_NETMASK: Final = {socket.AF_INET: 32, socket.AF_INET6: 128}


def _mac_prefix(_cluster: Cluster, value: str) -> str:
    return net.normalise_mac_prefix(value)


def _netmask(cluster: Cluster, value: int) -> int:
    longest = _LONGEST_NETMASK[socket.AddressFamily(cluster.primary_ip_family)]
    if not 1 <= value <= longest:
        raise invalid(f"Netmask {value} is not valid; it must be from 1 to {longest}")
    return value


def _netdev(_cluster: Cluster, value: str) -> str:
    if not value.strip():
        raise invalid("The master network device must have a name")
    return value


def _install_image(_cluster: Cluster, value: str) -> str:
    check_image(value or None, "Install image")
    return value


def _zeroing_image(_cluster: Cluster, value: str) -> str:
    check_image(value or None, "Zeroing image")
    return value


def _reserved_lvs(_cluster: Cluster, value: Sequence[str]) -> tuple[str, ...]:
    for pattern in value:
        try:
            re.compile(pattern)
        except re.error as err:
            raise invalid(f"Reserved volume '{pattern}' is no regular expression: {err}") from None
    return tuple(value)


def _compression_tools(_cluster: Cluster, value: Sequence[str]) -> tuple[str, ...]:
    check_compression_tools(value)
    return tuple(value)


def _iallocator(_cluster: Cluster, value: str) -> str:
    candidates = (os.path.join(directory, value) for directory in buildcfg.IALLOCATOR_SEARCH_PATH)
    if value and ("/" in value or not any(os.path.isfile(path) for path in candidates)):
        raise invalid(f"Instance allocator '{value}' is not in {', '.join(buildcfg.IALLOCATOR_SEARCH_PATH)}")
    return value


def _as_it_is(_cluster: Cluster, value: Any) -> Any:
    return value


#: Parameter (and field of the cluster) -> check, which returns the value to store.
_CHECKS: Final[Mapping[str, Callable[[Cluster, Any], Any]]] = {
    "candidate_pool_size": _as_it_is,
    "max_running_jobs": _as_it_is,
    "max_tracked_jobs": _as_it_is,
    "maintain_node_health": _as_it_is,
    "prealloc_wipe_disks": _as_it_is,
    "modify_etc_hosts": _as_it_is,
    "use_external_mip_script": _as_it_is,
    "enabled_user_shutdown": _as_it_is,
    "default_iallocator_params": _as_it_is,
    "default_iallocator": _iallocator,
    "mac_prefix": _mac_prefix,
    "master_netdev": _netdev,
    "master_netmask": _netmask,
    "reserved_lvs": _reserved_lvs,
    "install_image": _install_image,
    "zeroing_image": _zeroing_image,
    "compression_tools": _compression_tools,
}


def plain_values(config: ConfigData, op: OpClusterSetParams) -> Outcome:
    """Return the parameters that replace the old ones, each checked by itself."""
    given = {name: getattr(op, name) for name in _CHECKS}
    return Outcome({name: _CHECKS[name](config.cluster, value) for name, value in given.items() if value is not None})


def static_states(config: ConfigData, op: OpClusterSetParams) -> Outcome:
    """Return the recorded states of hypervisors and disks."""
    cluster, values = config.cluster, dict[str, Any]()
    if op.hv_state is not None:
        values["hv_state_static"] = cluster_hv_state(cluster.hv_state_static, op.hv_state)
    if op.disk_state is not None:
        values["disk_state_static"] = cluster_disk_state(cluster.disk_state_static, op.disk_state)
    return Outcome(values)


def uid_pool(config: ConfigData, op: OpClusterSetParams) -> Outcome:
    """Return the pool of user ids: ranges added, then removed, then all replaced."""
    if op.uid_pool is None and not op.add_uids and not op.remove_uids:
        return Outcome()
    check_uid_ranges([*(op.uid_pool or ()), *(op.add_uids or ()), *(op.remove_uids or ())])
    pool = list(config.cluster.uid_pool)
    pool += [(low, high) for low, high in op.add_uids or () if (low, high) not in pool]
    for low, high in op.remove_uids or ():
        if (low, high) not in pool:
            raise invalid(f"User ids {low}-{high} are not a range of the pool; only whole ranges can be removed")
        pool.remove((low, high))
    if op.uid_pool is not None:
        pool = [(low, high) for low, high in op.uid_pool]
    return Outcome({"uid_pool": tuple(pool)})


def os_lists(config: ConfigData, op: OpClusterSetParams) -> Outcome:
    """Return the lists of hidden and blacklisted OS definitions."""
    values: dict[str, Any] = {}
    notes: list[str] = []
    for field, what in (("hidden_os", "hidden"), ("blacklisted_os", "blacklisted")):
        changes = getattr(op, field)
        if changes is None:
            continue
        names = list(getattr(config.cluster, field))
        for action, name in changes:
            if action not in (c.DDM_ADD, c.DDM_REMOVE):
                raise invalid(f"The list of {what} OS definitions knows add and remove, not '{action}'")
            if (action == c.DDM_ADD) == (name in names):
                notes.append(f"OS {name} is {'already' if action == c.DDM_ADD else 'not'} {what}, ignoring")
            elif action == c.DDM_ADD:
                names.append(name)
            else:
                names.remove(name)
        values[field] = tuple(names)
    return Outcome(values, notes=tuple(notes))


def data_collectors(config: ConfigData, op: OpClusterSetParams) -> Outcome:
    """Return the settings of the data collectors."""
    switches, intervals = op.enabled_data_collectors or {}, op.data_collector_interval or {}
    unknown = sorted({*switches, *intervals} - set(c.DATA_COLLECTOR_NAMES))
    if unknown:
        raise invalid(f"Unknown data collectors: {', '.join(unknown)}")
    if any(interval <= 0 for interval in intervals.values()):
        raise invalid("Intervals of data collectors must be positive")
    if not switches and not intervals:
        return Outcome()
    collectors = dict(config.cluster.data_collectors)
    for name in sorted({*switches, *intervals}):
        before = collectors.get(name, DataCollector())
        collectors[name] = DataCollector(
            active=switches.get(name, before.active), interval=intervals.get(name, before.interval)
        )
    return Outcome({"data_collectors": collectors})
