"""Choice of NIC scripts and their environment."""

from __future__ import annotations

from typing import Any

import pytest

from ganeti import pathutils
from ganeti.errors import HypervisorError, ParseError
from ganeti.network.nic import NicEvent, configure_nic, find_script, nic_environment
from ganeti.network.vlan import parse_vlan
from test.unit.hypervisor.guests import make_nic

CONF = pathutils.CONF_DIR


def event(action: str = "up", interface: str = "tap0", **changes: Any) -> NicEvent:
    phase = changes.pop("migration_phase", None)
    return NicEvent(action, interface, "web1.example.com", ("a", "b"), make_nic(**changes), 1, phase)


def test_environment_of_a_bridged_nic() -> None:
    assert nic_environment(event()) == {
        "ACTION": "up",
        "INSTANCE": "web1.example.com",
        "TAGS": "a b",
        "MAC": "aa:00:00:12:34:00",
        "MODE": "bridged",
        "INTERFACE": "tap0",
        "INTERFACE_INDEX": "1",
        "INTERFACE_UUID": "932df160-7a22-4067-8000-000000000000",
        "VLAN": "",
        "LINK": "br0",
        "BRIDGE": "br0",
    }


def test_environment_of_a_routed_nic_in_a_network() -> None:
    netinfo = {"name": "net1", "tags": ["x"], "network": "192.0.2.0/24", "gateway": "192.0.2.1", "mac_prefix": None}
    found = nic_environment(
        event(
            nicparams={"mode": "routed", "link": "100", "vlan": ""},
            ip="192.0.2.9",
            name="front",
            network="net-uuid",
            netinfo=netinfo,
            migration_phase="post",
        )
    )
    expected = {
        "IP": "192.0.2.9",
        "INTERFACE_NAME": "front",
        "MIGRATION_PHASE": "post",
        "NETWORK_NAME": "net1",
        "NETWORK_UUID": "net-uuid",
        "NETWORK_TAGS": "x",
        "NETWORK_SUBNET": "192.0.2.0/24",
        "NETWORK_GATEWAY": "192.0.2.1",
    }
    assert {name: found[name] for name in expected} == expected
    assert "BRIDGE" not in found and "NETWORK_MAC_PREFIX" not in found


@pytest.mark.parametrize(
    ("changes", "present", "chosen"),
    [
        ({}, [], None),
        ({}, ["kvm-vif-bridge"], "kvm-vif-bridge"),
        ({}, ["kvm-vif-bridge", "network/bridged/up"], "kvm-vif-bridge"),
        ({}, ["network/bridged/up", "network/routed/up"], "network/bridged/up"),
        ({"action": "down"}, ["kvm-vif-bridge"], None),
        ({"action": "down"}, ["network/bridged/down"], "network/bridged/down"),
        ({}, ["kvm-ifup-os"], None),
        (
            {"interface": "gnt.com.0", "nicparams": {"mode": "routed"}},
            ["kvm-ifup-os", "kvm-vif-bridge"],
            "kvm-ifup-os",
        ),
    ],
)
def test_script_of_the_site(changes: dict[str, Any], present: list[str], chosen: str | None) -> None:
    executable = {f"{CONF}/{name}": True for name in present}
    assert find_script(event(**changes), executable) == (f"{CONF}/{chosen}" if chosen else None)


def test_mode_without_built_in_action_needs_a_script() -> None:
    with pytest.raises(HypervisorError, match="network/ext/up"):
        configure_nic(event(nicparams={"mode": "ext", "link": "x"}))
    configure_nic(event(action="down", nicparams={"mode": "ext", "link": "x"}))


def test_missing_bridge_is_named() -> None:
    with pytest.raises(HypervisorError, match="no-such-bridge"):
        configure_nic(event(nicparams={"mode": "bridged", "link": "no-such-bridge"}))


@pytest.mark.parametrize(
    ("text", "untagged", "tagged"),
    [("5", 5, ()), (".5", 5, ()), (":5:6", None, (5, 6)), (".5:6:7", 5, (6, 7))],
)
def test_vlan(text: str, untagged: int | None, tagged: tuple[int, ...]) -> None:
    setting = parse_vlan(text)
    assert (setting.untagged, setting.tagged) == (untagged, tagged)


@pytest.mark.parametrize("text", ["", "x", "5:", "0", ".4095", "5,6", "..5"])
def test_malformed_vlan(text: str) -> None:
    with pytest.raises(ParseError):
        parse_vlan(text)
