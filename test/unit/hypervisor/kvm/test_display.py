"""VNC and SPICE options."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ganeti.errors import HypervisorError
from ganeti.hvparams import ParamView
from ganeti.hypervisor.kvm.display import display_arguments, read_password
from test.unit.hypervisor.guests import NAME, make_instance

ADDRESSES = {"eth0": ["2001:db8::1", "192.0.2.1"], "eth1": []}


def addresses_of(interface: str) -> Sequence[str]:
    return ADDRESSES.get(interface, [])


def display(port: int | None = 11001, stored: Sequence[str] = (), **params: Any) -> list[str]:
    view = ParamView(make_instance(hvparams=params).hvparams)
    return display_arguments(view, NAME, port, stored, addresses_of)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, "-display none"),
        ({"vnc_bind_address": "0.0.0.0"}, "-vnc :5101"),
        ({"vnc_bind_address": "127.0.0.1"}, "-vnc 127.0.0.1:5101"),
        ({"vnc_bind_address": "::1"}, "-vnc [::1]:5101"),
        ({"vnc_bind_address": "eth0"}, "-vnc 192.0.2.1:5101"),
        ({"vnc_bind_address": "/run/vnc"}, f"-vnc unix:/run/vnc/{NAME}.vnc"),
        (
            {"vnc_bind_address": "127.0.0.1", "vnc_tls": True, "vnc_password_file": "/p"},
            '-object {"qom-type":"tls-creds-anon","id":"vnctls0","endpoint":"server"}'
            " -vnc 127.0.0.1:5101,tls-creds=vnctls0,password=on",
        ),
        (
            {"vnc_bind_address": "127.0.0.1", "vnc_tls": True, "vnc_x509_path": "/x", "vnc_x509_verify": True},
            '-object {"qom-type":"tls-creds-x509","id":"vnctls0","endpoint":"server","dir":"/x","verify-peer":true}'
            " -vnc 127.0.0.1:5101,tls-creds=vnctls0",
        ),
        (
            {"spice_bind": "127.0.0.1", "spice_use_vdagent": False},
            "-spice addr=127.0.0.1,port=11001,disable-ticketing=on,agent-mouse=off",
        ),
        (
            {"spice_bind": "eth0", "spice_ip_version": 6, "spice_password_file": "/p", "spice_use_vdagent": False}
            | {"spice_image_compression": "lz", "spice_playback_compression": False},
            "-spice addr=2001:db8::1,port=11001,ipv6=on,image-compression=lz,playback-compression=off,agent-mouse=off",
        ),
    ],
)
def test_display_options(params: dict[str, Any], expected: str) -> None:
    assert display(**params) == expected.split()


def test_spice_agent_gets_its_channel() -> None:
    assert "spicevmc,id=spicechannel0,name=vdagent" in display(spice_bind="127.0.0.1")


def test_instance_without_port_has_no_reachable_vnc() -> None:
    assert display(port=None, vnc_bind_address="127.0.0.1") == ["-vnc", "none"]


def test_interface_without_address_is_refused() -> None:
    with pytest.raises(HypervisorError, match="eth1"):
        display(vnc_bind_address="eth1")


def test_display_in_an_old_stored_command_is_kept() -> None:
    assert display(stored=["qemu", "-vnc", ":1"], vnc_bind_address="0.0.0.0") == []


@pytest.mark.parametrize(("content", "password"), [("secret\n", "secret"), ("secret", "secret")])
def test_password_is_the_only_line(tmp_path: Path, content: str, password: str) -> None:
    path = tmp_path / "password"
    path.write_text(content)
    assert read_password(str(path)) == password


@pytest.mark.parametrize("content", ["", "\n", "a\nb\n"])
def test_password_files_with_other_lines_are_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "password"
    path.write_text(content)
    with pytest.raises(HypervisorError, match="exactly one line"):
        read_password(str(path))
