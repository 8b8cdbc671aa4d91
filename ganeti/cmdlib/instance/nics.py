"""NICs of instances, the pure part: from what the user writes to NIC objects."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from ganeti import constants as c
from ganeti.cmdlib.instance.items import check_item_names, enforce_types, item_name
from ganeti.cmdlib.names import find_network
from ganeti.errors import OpPrereqError
from ganeti.objects import ConfigData, Network, Nic, Params
from ganeti.objects.fill import fill_nic

#: MAC values that ask for a generated address.
SYMBOLIC_MACS: Final = (c.VALUE_AUTO, c.VALUE_GENERATE)
#: Modes that a user may give; ``pool`` is a way to choose an IP only.
USER_MODES: Final = tuple(mode for mode in c.NIC_VALID_MODES if mode != c.NIC_IP_POOL)

_MAC_RE: Final = re.compile(r"^[0-9a-f]{2}(:[0-9a-f]{2}){5}$")
_VLAN_RE: Final = re.compile(r"^(\.?\d+|\.\d+(:\d+)+|(:\d+)+)$")
_MAX_VLAN: Final = 4094


def _invalid(text: str) -> OpPrereqError:
    return OpPrereqError(text, c.ECODE_INVAL)


def is_none(value: str | None) -> bool:
    """Tell whether a value means "nothing"."""
    return value is None or value.lower() == c.VALUE_NONE


def normalise_vlan(vlan: str) -> str:
    """Return a VLAN in its stored form: ``.N`` access, ``:A:B`` trunk, ``.N:A:B`` hybrid, empty none.

    Raises OpPrereqError (wrong_input).
    """
    text = vlan.strip()
    if not text:
        return ""
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    if not _VLAN_RE.fullmatch(text) or not all(1 <= number <= _MAX_VLAN for number in numbers):
        raise _invalid(f"Specified VLAN parameter is invalid: {vlan}")
    return f".{text}" if text.isdigit() else text


def normalise_mac(mac: str) -> str:
    """Return a MAC address in lower case; raises OpPrereqError (wrong_input)."""
    lower = mac.strip().lower()
    if not _MAC_RE.fullmatch(lower):
        raise _invalid(f"Invalid MAC address specified: {mac}")
    return lower


def check_filled_params(params: Mapping[str, Any]) -> None:
    """Check NIC parameters in force; raises OpPrereqError (wrong_input)."""
    mode = params.get(c.NIC_MODE)
    if mode not in USER_MODES:
        raise _invalid(f"Invalid NIC mode '{mode}', must be one of {', '.join(USER_MODES)}")
    if mode == c.NIC_MODE_BRIDGED and not params.get(c.NIC_LINK):
        raise _invalid("Missing bridged NIC link")


def normalise_specs(specs: list[Any]) -> list[dict[str, Any]]:
    """Return NIC specifications with keys, types, names and VLANs checked.

    Raises OpPrereqError.
    """
    if len(specs) > c.MAX_NICS:
        raise _invalid(f"An instance can have {c.MAX_NICS} NICs at most, not {len(specs)}")
    result = []
    for spec in specs:
        typed = enforce_types(spec, c.INIC_PARAMS_TYPES)
        if typed.get(c.INIC_VLAN):
            typed[c.INIC_VLAN] = normalise_vlan(typed[c.INIC_VLAN])
        result.append(typed)
    check_item_names("NIC", [item_name(spec.get(c.INIC_NAME)) for spec in result])
    return result


def own_params(spec: Mapping[str, Any]) -> Params:
    """Return the NIC parameters that a specification sets; ``auto`` and missing ones are left to the cluster."""
    values = {key: spec.get(key) for key in (c.INIC_MODE, c.INIC_LINK, c.INIC_VLAN)}
    if spec.get(c.INIC_BRIDGE) and not values[c.INIC_LINK]:
        values[c.INIC_LINK] = spec[c.INIC_BRIDGE]
    return {key: value for key, value in values.items() if value is not None and value != c.VALUE_AUTO}


def _spec_ip(spec: Mapping[str, Any], network: Network | None, resolved_ip: str | None) -> str | None:
    """Return the IP of a specification, ``pool`` for one to be chosen later."""
    ip: str | None = spec.get(c.INIC_IP)
    if ip is None or is_none(ip):
        return None
    if ip.lower() == c.VALUE_AUTO:
        if resolved_ip is None:
            raise _invalid("IP address set to auto but name checks have been skipped")
        return resolved_ip
    if ip.lower() == c.NIC_IP_POOL:
        if network is None:
            raise _invalid("if ip=pool, parameter network must be passed too")
        return c.NIC_IP_POOL
    return normalise_ip(ip)


def normalise_ip(ip: str) -> str:
    """Return a valid IP address; raises OpPrereqError (wrong_input)."""
    try:
        return str(ipaddress.ip_address(ip))
    except ValueError:
        raise _invalid(f"Invalid IP address '{ip}'") from None


def build_nic(
    config: ConfigData,
    spec: Mapping[str, Any],
    *,
    resolved_ip: str | None,
    reserve_mac: Callable[[str], None],
    new_uuid: Callable[[], str],
) -> Nic:
    """Return the NIC that a normalised specification describes; MAC and IP may still be symbolic.

    *resolved_ip* is what the name check found. An explicit MAC is handed to *reserve_mac*. Raises OpPrereqError.
    """
    wanted = spec.get(c.INIC_NETWORK)
    network = None if wanted is None or is_none(wanted) else find_network(config, wanted)
    params = own_params(spec)
    if network is not None and (c.NIC_MODE in params or c.NIC_LINK in params):
        raise _invalid("If network is given, no mode or link is allowed to be passed")
    ip = _spec_ip(spec, network, resolved_ip)
    filled = fill_nic(config.cluster, params)
    if network is None:
        check_filled_params(filled)
        if filled[c.NIC_MODE] == c.NIC_MODE_ROUTED and ip is None:
            raise _invalid("Routed nic mode requires an ip address if not attached to a network")
    mac = spec.get(c.INIC_MAC) or c.VALUE_AUTO
    if mac.lower() in SYMBOLIC_MACS:
        mac = mac.lower()
    else:
        mac = normalise_mac(mac)
        reserve_mac(mac)
    return Nic(
        uuid=new_uuid(),
        mac=mac,
        ip=ip,
        network=network.uuid if network else None,
        nicparams=params,
        name=item_name(spec.get(c.INIC_NAME)),
    )


def is_inside(ip: str, network: Network) -> bool:
    """Tell whether an address belongs to a network's IPv4 or IPv6 range."""
    address = ipaddress.ip_address(ip)
    ranges = [text for text in (network.network, network.network6) if text]
    return any(address in ipaddress.ip_network(text, strict=False) for text in ranges)


def conflicting_network(config: ConfigData, ip: str, group_uuid: str) -> Network | None:
    """Return the network connected to a group to which an address belongs, if there is one."""
    connected = (config.networks[uuid] for uuid in config.nodegroups[group_uuid].networks if uuid in config.networks)
    return next((network for network in connected if is_inside(ip, network)), None)


def check_no_conflict(config: ConfigData, ip: str, group_uuid: str) -> None:
    """Check that the address of a NIC without network belongs to no network of the group; raises OpPrereqError."""
    network = conflicting_network(config, ip, group_uuid)
    if network is not None:
        raise OpPrereqError(
            f"The requested IP address ({ip}) belongs to network {network.name}, but the target NIC does not",
            c.ECODE_STATE,
        )


def connection_params(config: ConfigData, network_uuid: str, group_uuid: str) -> Params:
    """Return the NIC parameters of a network in a group; raises OpPrereqError if they are not connected."""
    group = config.nodegroups[group_uuid]
    params = group.networks.get(network_uuid)
    if params is None:
        network = config.networks[network_uuid]
        raise _invalid(f"Network {network.name} is not connected to node group {group.name}")
    return dict(params)


def bridges_of(config: ConfigData, nics: "list[Nic] | tuple[Nic, ...]") -> list[str]:
    """Return the bridges that NICs need on their node."""
    filled = (fill_nic(config.cluster, nic.nicparams) for nic in nics)
    return [str(params[c.NIC_LINK]) for params in filled if params[c.NIC_MODE] == c.NIC_MODE_BRIDGED]


def mac_prefix_of(config: ConfigData, network_uuid: str | None) -> str:
    """Return the prefix of generated MAC addresses of NICs in a network (or none)."""
    network = config.networks.get(network_uuid) if network_uuid else None
    return (network.mac_prefix if network else None) or config.cluster.mac_prefix
