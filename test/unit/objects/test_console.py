"""Where consoles are."""

from __future__ import annotations

from typing import Any

import pytest

from ganeti import hvparams, pathutils
from ganeti.objects.console import ConsoleRequest, describe_console

NAME = "web1.example.com"


def console(hypervisor: str = "kvm", port: int | None = 11001, **params: Any) -> Any:
    values = {**hvparams.defaults(hypervisor), **params}
    return describe_console(hypervisor, ConsoleRequest(NAME, port, "node1.example.com", 22, values))


def test_serial_console_goes_through_the_wrapper() -> None:
    found = console()
    control = f"{pathutils.RUN_DIR}/kvm-hypervisor/ctrl/{NAME}"
    assert (found.kind, found.host, found.user, found.port) == ("ssh", "node1.example.com", "root", 22)
    assert found.command == [
        pathutils.KVM_CONSOLE_WRAPPER,
        "/usr/bin/socat",
        NAME,
        f"{control}.monitor",
        "STDIO,raw,echo=0,escape=0x1d",
        f"UNIX-CONNECT:{control}.serial",
    ]


@pytest.mark.parametrize(
    ("params", "kind", "host"),
    [
        ({"vnc_bind_address": "127.0.0.1"}, "vnc", "127.0.0.1"),
        ({"vnc_bind_address": "0.0.0.0"}, "vnc", "node1.example.com"),
        ({"vnc_bind_address": "eth0"}, "vnc", "node1.example.com"),
        ({"spice_bind": "192.0.2.7"}, "spice", "192.0.2.7"),
        ({"vnc_bind_address": "/run/x"}, "msg", None),
        ({}, "msg", None),
    ],
)
def test_without_serial_console(params: dict[str, Any], kind: str, host: str | None) -> None:
    found = console(serial_console=False, **params)
    assert (found.kind, found.host) == (kind, host)
    assert found.display == ("5101" if kind == "vnc" else None)


def test_fake_instances_have_a_message_only() -> None:
    assert console("fake").kind == "msg"
