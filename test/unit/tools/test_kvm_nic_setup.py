"""The built-in set-up of interfaces for scripts of a site."""

from __future__ import annotations

import pytest

from ganeti.tools.common import ToolError
from ganeti.tools.kvm_nic_setup import main, read_event


def test_environment_describes_the_nic() -> None:
    environment = {"MODE": "routed", "MAC": "aa:00:00:00:00:01", "IP": "192.0.2.1", "LINK": "100", "INSTANCE": "web1"}
    event = read_event(["tap7"], {**environment, "ACTION": "down", "INTERFACE_INDEX": "2"})
    assert (event.action, event.interface, event.instance, event.index) == ("down", "tap7", "web1", 2)
    assert event.nic.nicparams == {"mode": "routed", "link": "100", "vlan": ""} and event.nic.ip == "192.0.2.1"


def test_interface_may_be_in_the_environment_and_up_is_the_usual_action() -> None:
    event = read_event([], {"INTERFACE": "tap0", "MODE": "bridged", "MAC": "aa:00:00:00:00:01"})
    assert (event.interface, event.action) == ("tap0", "up")


@pytest.mark.parametrize("environment", [{}, {"INTERFACE": "tap0"}, {"INTERFACE": "tap0", "MODE": "bridged"}])
def test_missing_values_are_named(environment: dict[str, str]) -> None:
    with pytest.raises(ToolError):
        read_event([], environment)


def test_failure_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    environment = {"MODE": "bridged", "MAC": "aa:00:00:00:00:01", "LINK": "no-such-bridge"}
    assert main(["tap0"], environment) == 1
    assert "no-such-bridge" in capsys.readouterr().err
