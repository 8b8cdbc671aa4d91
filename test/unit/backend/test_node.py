"""Procedures about the node itself."""

import stat
from pathlib import Path

import pytest

from ganeti.backend.base import RPCFail
from ganeti.backend.node import node_configure_ovs


@pytest.fixture
def ovs_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file in which a made-up ovs-vsctl notes how it was called; it refuses the port of ``bad0``."""
    log, program = tmp_path / "log", tmp_path / "ovs-vsctl"
    program.write_text(f'#!/bin/sh\necho "$*" >> {log}\ncase "$*" in *bad0) echo no such device >&2; exit 1;; esac\n')
    program.chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return log


def test_switch_is_made_with_its_uplink(ovs_log: Path) -> None:
    node_configure_ovs("sw0", "eth1")
    node_configure_ovs("sw1", None)
    assert ovs_log.read_text().splitlines() == [
        "--may-exist add-br sw0",
        "--may-exist add-port sw0 eth1",
        "--may-exist add-br sw1",
    ]


def test_uplink_that_cannot_be_is_told(ovs_log: Path) -> None:
    with pytest.raises(RPCFail, match=r"add-port sw0 bad0 failed.*no such device"):
        node_configure_ovs("sw0", "bad0")


def test_machine_without_open_vswitch_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RPCFail, match="Open vSwitch is not usable"):
        node_configure_ovs("sw0", None)
