"""Giving NICs their addresses: MACs from the cluster's or network's range, IPs from pools."""

from typing import Any

import msgspec

from ganeti import constants as c
from ganeti.cmdlib.base import LogicalUnit
from ganeti.cmdlib.instance.nics import SYMBOLIC_MACS, check_no_conflict, connection_params
from ganeti.errors import AddressPoolError, OpPrereqError, ReservationError
from ganeti.objects import Nic


def reserve_mac(lu: LogicalUnit[Any], mac: str) -> None:
    """Set a MAC aside that the user gave; raises OpPrereqError (resource_not_unique)."""
    try:
        lu.cfg.reservations.reserve_mac(mac, lu.ec_id)
    except ReservationError as err:
        raise OpPrereqError(f"MAC address {mac} already in use in cluster ({err})", c.ECODE_NOTUNIQUE) from err


def with_mac(lu: LogicalUnit[Any], nic: Nic) -> Nic:
    """Return the NIC with a generated MAC if it asks for one."""
    if nic.mac not in SYMBOLIC_MACS:
        return nic
    return msgspec.structs.replace(nic, mac=lu.cfg.reservations.generate_mac(lu.ec_id, nic.network))


def take_ip(lu: LogicalUnit[Any], network_uuid: str, ip: str, *, conflicts_check: bool) -> str:
    """Set an address of a network aside, a free one if *ip* is ``pool``, and return it; raises OpPrereqError."""
    name = lu.snapshot().networks[network_uuid].name
    reservations = lu.cfg.reservations
    if ip == c.NIC_IP_POOL:
        try:
            return reservations.generate_ip(network_uuid, lu.ec_id)
        except ReservationError as err:
            raise OpPrereqError(
                f"Unable to get a free IP from the address pool of {name}: {err}", c.ECODE_STATE
            ) from err
    try:
        reservations.reserve_ip(network_uuid, ip, lu.ec_id, check_external=conflicts_check)
    except (ReservationError, AddressPoolError) as err:
        raise OpPrereqError(
            f"IP address {ip} already in use or does not belong to network {name}: {err}", c.ECODE_NOTUNIQUE
        ) from err
    return ip


def connect_nic(lu: LogicalUnit[Any], nic: Nic, primary: str, *, conflicts_check: bool) -> Nic:
    """Return the NIC with its final IP and, in a network, the parameters of that network in the primary's group.

    Raises OpPrereqError.
    """
    config = lu.snapshot()
    group = config.nodes[primary].group
    if nic.network is None:
        if nic.ip and conflicts_check:
            check_no_conflict(config, nic.ip, group)
        return nic
    params = connection_params(config, nic.network, group)
    ip = nic.ip
    if ip is not None:
        ip = take_ip(lu, nic.network, ip, conflicts_check=conflicts_check)
        lu.log_info(f"Chose IP {ip} from network {config.networks[nic.network].name}")
    return msgspec.structs.replace(nic, nicparams=params, ip=ip)
