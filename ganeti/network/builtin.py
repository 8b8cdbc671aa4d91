"""Built-in ways of connecting a tap interface: bridge, routing, Open vSwitch."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from pathlib import Path

from ganeti import constants as c
from ganeti import errors
from ganeti.network.vlan import VlanSetting, parse_vlan
from ganeti.objects.wire import WireNic
from ganeti.utils.process import CmdResult, run_cmd

_TIMEOUT_S = 20
_SYS_NET = Path("/sys/class/net")
_PROC_NET = Path("/proc/sys/net")
_VLAN_TABLE = Path("/proc/net/vlan/config")
#: Interfaces of guests on a bridge, as opposed to its uplinks.
_GUEST_PREFIXES = ("tap", "gnt.com.", "veth")
#: The kernel puts every new bridge port into this VLAN.
_DEFAULT_VLAN = 1

Action = Callable[[str, WireNic], None]


def _run(*argv: str) -> CmdResult:
    return run_cmd(argv, timeout_s=_TIMEOUT_S)


def _check(*argv: str) -> CmdResult:
    result = _run(*argv)
    if result.failed:
        raise errors.CommandError(f"'{' '.join(argv)}' {result.fail_reason}: {result.output.strip()}")
    return result


def _link_up(interface: str) -> None:
    _check("ip", "link", "set", "dev", interface, "up")


def bridge_up(interface: str, nic: WireNic) -> None:
    """Make an interface a port of the NIC's bridge."""
    bridge = str(nic.nicparams.get(c.NIC_LINK) or "")
    if not (_SYS_NET / bridge / "bridge").is_dir():
        raise errors.CommandError(f"bridge '{bridge}' does not exist on this node")
    # A bridge takes the lowest address of its ports for itself; the first octet fe is higher than that of any uplink.
    # Only cosmetic, so a driver that does not let us is fine.
    _run("ip", "link", "set", "dev", interface, "address", f"fe{nic.mac[2:]}")
    _link_up(interface)
    _check("ip", "link", "set", "dev", interface, "mtu", (_SYS_NET / bridge / "mtu").read_text().strip())
    _check("ip", "link", "set", "dev", interface, "master", bridge)
    vlan = str(nic.nicparams.get(c.NIC_VLAN) or "")
    if vlan:
        _set_bridge_vlans(interface, bridge, parse_vlan(vlan))


def _set_bridge_vlans(interface: str, bridge: str, vlans: VlanSetting) -> None:
    if (_SYS_NET / bridge / "bridge" / "vlan_filtering").read_text().strip() != "1":
        raise errors.CommandError(f"bridge '{bridge}' does not filter VLANs, set its option vlan_filtering to 1")
    uplinks = bridge_uplinks(bridge)
    for uplink in uplinks:
        _refuse_vlan_interface(uplink, vlans)
    if _DEFAULT_VLAN not in vlans.all():
        _run("bridge", "vlan", "del", "dev", interface, "vid", str(_DEFAULT_VLAN))
    for vid in vlans.all():
        untagged = ("pvid", "untagged") if vid == vlans.untagged else ()
        _check("bridge", "vlan", "add", "dev", interface, "vid", str(vid), *untagged, "master")
        for uplink in uplinks:
            _check("bridge", "vlan", "add", "dev", uplink, "vid", str(vid), "master")


def bridge_uplinks(bridge: str) -> list[str]:
    """Ports of a bridge that lead out of the node."""
    names = sorted(path.name for path in (_SYS_NET / bridge / "brif").iterdir())
    return [name for name in names if not name.startswith(_GUEST_PREFIXES)]


def _refuse_vlan_interface(uplink: str, vlans: VlanSetting) -> None:
    """A VLAN interface above an uplink takes the frames of its VLAN away from the bridge."""
    try:
        table = _VLAN_TABLE.read_text()
    except FileNotFoundError:
        return
    for line in table.splitlines():
        fields = [field.strip() for field in line.split("|")]
        if len(fields) == 3 and fields[2] == uplink and fields[1].isdigit() and int(fields[1]) in vlans.all():
            raise errors.CommandError(f"VLAN {fields[1]} of {uplink} is in use by interface {fields[0]}")


def route_up(interface: str, nic: WireNic) -> None:
    """Route the NIC's address to an interface, in the routing table that is the NIC's link."""
    if not nic.ip:
        raise errors.CommandError("a routed NIC needs an IP address")
    _link_up(interface)
    family = f"-{ipaddress.ip_address(nic.ip).version}"
    table = str(nic.nicparams.get(c.NIC_LINK) or "")
    route = ["ip", family, "route", "replace", nic.ip]
    if table:
        _delete_rules(interface, family)
        _check("ip", family, "rule", "add", "dev", interface, "table", table)
        route += ["table", table]
    _check(*route, "proto", "static", "dev", interface)
    for setting in (
        f"ipv4/conf/{interface}/proxy_arp",
        f"ipv4/conf/{interface}/forwarding",
        f"ipv6/conf/{interface}/proxy_ndp",
        f"ipv6/conf/{interface}/forwarding",
    ):
        path = _PROC_NET / setting
        if path.exists():  # IPv6 may be switched off
            path.write_text("1")


def route_down(interface: str, nic: WireNic) -> None:
    """Remove the routing rules of an interface; its routes go with it."""
    if nic.ip:
        _delete_rules(interface, f"-{ipaddress.ip_address(nic.ip).version}")


def _delete_rules(interface: str, family: str) -> None:
    # One call deletes one rule; it fails when none is left.
    while not _run("ip", family, "rule", "del", "dev", interface).failed:
        continue


def openvswitch_up(interface: str, nic: WireNic) -> None:
    """Make an interface a port of the NIC's virtual switch."""
    switch = str(nic.nicparams.get(c.NIC_LINK) or "")
    # The switch remembers ports of interfaces that have gone, and names of interfaces are used again.
    _run("ovs-vsctl", "--if-exists", "del-port", interface)
    _link_up(interface)
    _check("ovs-vsctl", "add-port", switch, interface)
    vlan = str(nic.nicparams.get(c.NIC_VLAN) or "")
    if not vlan:
        return
    setting = parse_vlan(vlan)
    if setting.untagged is not None:
        _check("ovs-vsctl", "set", "port", interface, f"tag={setting.untagged}")
    if setting.tagged:
        _check("ovs-vsctl", "set", "port", interface, f"trunks={','.join(str(vid) for vid in setting.tagged)}")


def openvswitch_down(interface: str, nic: WireNic) -> None:  # noqa: ARG001 - signature of an action
    """Remove the port from the database of the switch."""
    _check("ovs-vsctl", "--if-exists", "del-port", interface)


UP: dict[str, Action] = {
    c.NIC_MODE_BRIDGED: bridge_up,
    c.NIC_MODE_ROUTED: route_up,
    c.NIC_MODE_OVS: openvswitch_up,
}
#: Bridge ports vanish with their interface.
DOWN: dict[str, Action] = {
    c.NIC_MODE_ROUTED: route_down,
    c.NIC_MODE_OVS: openvswitch_down,
}
