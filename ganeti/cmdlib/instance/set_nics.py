"""Changing the NICs of an existing instance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ganeti import constants as c
from ganeti.cmdlib.base import LogicalUnit
from ganeti.cmdlib.instance import nics as rules
from ganeti.cmdlib.instance.items import check_item_names, enforce_types, item_name
from ganeti.cmdlib.instance.modifications import Modification, find_device, position_to_add
from ganeti.cmdlib.instance.nic_addresses import reserve_mac, take_ip
from ganeti.cmdlib.instance.params import updated
from ganeti.cmdlib.names import find_network
from ganeti.errors import OpPrereqError
from ganeti.objects import Nic, Params
from ganeti.objects.fill import fill_nic

Change = tuple[str, Any]

_PARAM_KEYS = (c.INIC_MODE, c.INIC_LINK, c.INIC_VLAN)


@dataclass
class NicChanges:
    """What comes of a list of modifications; ``hotplug`` holds (action, NIC, index) for the running guest."""

    nics: list[Nic]
    changes: list[Change] = field(default_factory=list)
    hotplug: list[tuple[str, Nic, int]] = field(default_factory=list)


def check_nic_params(mod: Modification) -> Modification:
    """Check the parameters of a modification that are wrong for any NIC, and normalise them; raises OpPrereqError."""
    if mod.action in (c.DDM_ATTACH, c.DDM_DETACH):
        raise OpPrereqError(f"Operation '{mod.action}' is not supported for NICs", c.ECODE_INVAL)
    if mod.action == c.DDM_REMOVE:
        return mod
    params = enforce_types(mod.params, c.INIC_PARAMS_TYPES, c.VALUE_DEFAULT)
    if params.get(c.INIC_VLAN) and params[c.INIC_VLAN] != c.VALUE_DEFAULT:
        params[c.INIC_VLAN] = rules.normalise_vlan(params[c.INIC_VLAN])
    network = params.get(c.INIC_NETWORK)
    if network is not None and not rules.is_none(network) and {c.INIC_MODE, c.INIC_LINK} & set(params):
        raise OpPrereqError("If network is given, mode or link should not", c.ECODE_INVAL)
    ip = params.get(c.INIC_IP)
    if ip is not None and not rules.is_none(ip) and ip.lower() != c.NIC_IP_POOL:
        params[c.INIC_IP] = rules.normalise_ip(ip)
    if ip is not None and ip.lower() == c.NIC_IP_POOL and mod.action == c.DDM_ADD and not network:
        raise OpPrereqError("If ip=pool, parameter network cannot be none", c.ECODE_INVAL)
    mac = params.get(c.INIC_MAC)
    if mac is not None and mac.lower() == c.VALUE_AUTO and mod.action == c.DDM_MODIFY:
        raise OpPrereqError("'auto' is not a valid MAC address when modifying an existing NIC", c.ECODE_INVAL)
    if mac is not None and mac.lower() not in rules.SYMBOLIC_MACS:
        params[c.INIC_MAC] = rules.normalise_mac(mac)
    return mod._replace(params=params)


def plan_nics(
    lu: LogicalUnit[Any], nics: Sequence[Nic], mods: Sequence[Modification], primary: str, *, conflicts_check: bool
) -> NicChanges:
    """Apply modifications in order, reserving the addresses they need; raises OpPrereqError."""
    result = NicChanges(list(nics))
    for mod in mods:
        if mod.action == c.DDM_ADD:
            index = position_to_add("NIC", mod.ident, len(result.nics))
            nic = _changed(lu, None, mod.params, primary, conflicts_check=conflicts_check)
            result.nics.insert(index, nic)
            result.changes.append((f"nic.{index}", _added_text(lu, nic)))
            result.hotplug.append((c.HOTPLUG_ACTION_ADD, nic, index))
            continue
        index = find_device("NIC", mod.ident, result.nics)
        old = result.nics[index]
        if mod.action == c.DDM_REMOVE:
            _release_ip(lu, old)
            del result.nics[index]
            result.changes.append((f"NIC/{index}", "remove"))
            result.hotplug.append((c.HOTPLUG_ACTION_REMOVE, old, index))
            continue
        nic = _changed(lu, old, mod.params, primary, conflicts_check=conflicts_check)
        result.nics[index] = nic
        result.changes += _modified_texts(old, nic, index)
        result.hotplug.append((c.HOTPLUG_ACTION_MODIFY, nic, index))
    if len(result.nics) > c.MAX_NICS:
        raise OpPrereqError(f"Instance has too many NICs ({len(result.nics)}), cannot add more", c.ECODE_STATE)
    check_item_names("NIC", [nic.name for nic in result.nics])
    return result


def _changed(
    lu: LogicalUnit[Any], old: Nic | None, params: Mapping[str, Any], primary: str, *, conflicts_check: bool
) -> Nic:
    """Return a NIC with parameters laid over the *old* one, or over nothing for a new one."""
    config = lu.snapshot()
    group = config.nodes[primary].group
    network = _new_network(lu, old, params)
    own = _new_params(lu, old, params, network, group)
    filled = fill_nic(config.cluster, own)
    rules.check_filled_params(filled)
    ip = _wanted_ip(old, params)
    if filled[c.NIC_MODE] == c.NIC_MODE_ROUTED and ip is None and network is None:
        raise OpPrereqError(
            "Cannot set the NIC IP address to None on a routed NIC if not attached to a network", c.ECODE_INVAL
        )
    mac = _new_mac(lu, old, params, network)
    if (ip, network) != ((old.ip, old.network) if old else (None, None)):
        ip = _moved_ip(lu, old, ip, network, group, conflicts_check=conflicts_check)
    base = old or Nic(uuid=lu.cfg.reservations.generate_uuid(lu.ec_id), mac=mac)
    name = item_name(params[c.INIC_NAME]) if c.INIC_NAME in params else base.name
    return msgspec.structs.replace(base, mac=mac, ip=ip, network=network, nicparams=own, name=name)


def _new_network(lu: LogicalUnit[Any], old: Nic | None, params: Mapping[str, Any]) -> str | None:
    if c.INIC_NETWORK not in params:
        return old.network if old else None
    wanted = params[c.INIC_NETWORK]
    return None if wanted is None or rules.is_none(wanted) else find_network(lu.snapshot(), wanted).uuid


def _new_params(
    lu: LogicalUnit[Any], old: Nic | None, params: Mapping[str, Any], network: str | None, group: str
) -> Params:
    """Return the NIC's own parameters: the network's, or those it had with changes."""
    given = {key: params[key] for key in _PARAM_KEYS if params.get(key) is not None}
    if params.get(c.INIC_BRIDGE):
        given.setdefault(c.INIC_LINK, params[c.INIC_BRIDGE])
    if network is None:
        return updated(old.nicparams if old else {}, given)
    if given:
        raise OpPrereqError("Cannot set mode, link or vlan of a NIC that is attached to a network", c.ECODE_INVAL)
    return rules.connection_params(lu.snapshot(), network, group)


def _wanted_ip(old: Nic | None, params: Mapping[str, Any]) -> str | None:
    if c.INIC_IP not in params:
        return old.ip if old else None
    ip: str | None = params[c.INIC_IP]
    if ip is None or rules.is_none(ip):
        return None
    return c.NIC_IP_POOL if ip.lower() == c.NIC_IP_POOL else ip


def _new_mac(lu: LogicalUnit[Any], old: Nic | None, params: Mapping[str, Any], network: str | None) -> str:
    config = lu.snapshot()
    mac: str | None = params.get(c.INIC_MAC)
    if mac is None and old is not None:
        same_range = rules.mac_prefix_of(config, old.network) == rules.mac_prefix_of(config, network)
        if same_range:
            return old.mac
    if mac is None or mac in rules.SYMBOLIC_MACS:
        return lu.cfg.reservations.generate_mac(lu.ec_id, network)
    if old is None or mac != old.mac:
        reserve_mac(lu, mac)
    return mac


def _moved_ip(
    lu: LogicalUnit[Any], old: Nic | None, ip: str | None, network: str | None, group: str, *, conflicts_check: bool
) -> str | None:
    """Take the new address and give the old one back."""
    if ip == c.NIC_IP_POOL and network is None:
        raise OpPrereqError("ip=pool, but no network found", c.ECODE_INVAL)
    if old is not None:
        _release_ip(lu, old)
    if ip is None:
        return None
    if network is not None:
        return take_ip(lu, network, ip, conflicts_check=conflicts_check)
    if conflicts_check:
        rules.check_no_conflict(lu.snapshot(), ip, group)
    return ip


def _release_ip(lu: LogicalUnit[Any], nic: Nic) -> None:
    if nic.network is None or nic.ip is None:
        return
    network = lu.snapshot().networks[nic.network]
    if rules.is_inside(nic.ip, network):
        lu.cfg.reservations.release_ip(nic.network, nic.ip, lu.ec_id)
    else:
        lu.log_warning(f"Release IP {nic.ip}: it does not belong to network {network.name}")


def _added_text(lu: LogicalUnit[Any], nic: Nic) -> str:
    config = lu.snapshot()
    params = fill_nic(config.cluster, nic.nicparams)
    network = config.networks[nic.network].name if nic.network else None
    return f"add:mac={nic.mac},ip={nic.ip},mode={params[c.NIC_MODE]},link={params[c.NIC_LINK]},network={network}"


def _modified_texts(old: Nic, new: Nic, index: int) -> list[Change]:
    """Return what differs between two versions of a NIC."""
    pairs = [(key, getattr(old, key), getattr(new, key)) for key in ("mac", "ip", "name", "network")]
    keys = sorted(set(old.nicparams) | set(new.nicparams))
    pairs += [(key, old.nicparams.get(key), new.nicparams.get(key)) for key in keys]
    return [(f"nic.{key}/{index}", after) for key, before, after in pairs if before != after]
