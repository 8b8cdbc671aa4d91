"""Environment of OS scripts, and running them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ganeti import pathutils
from ganeti.backend import os_run
from ganeti.backend.os_definition import OsDefinition, load_os
from ganeti.backend.os_environment import core_environment, instance_environment
from ganeti.hypervisor import BlockDevice
from ganeti.objects.wire import WireInstance
from ganeti.types import Private
from test.unit.backend.test_os_definition import make_os
from test.unit.hypervisor.guests import make_disk, make_instance, make_nic


@pytest.fixture
def definition(tmp_path: Path) -> OsDefinition:
    return load_os("debian", make_os(tmp_path))


def installed(**changes: Any) -> WireInstance:
    """A small instance: only a few parameters, so that the whole environment can be compared."""
    instance = make_instance(
        os="debian+unstable", secondary_nodes=("s1", "s2"), ctime=1.5, mtime=2.0, osparams={"dhcp": "yes"}
    )
    values = {
        "hvparams": {"acpi": True, "kernel_path": "", "disk_type": "paravirtual", "nic_type": "e1000"},
        "beparams": {"maxmem": 256},
        **changes,
    }
    return type(instance)(**{name: values.get(name, getattr(instance, name)) for name in instance.__struct_fields__})


CORE = {
    "OS_API_VERSION": "20",
    "OS_NAME": "debian",
    "OS_VARIANT": "unstable",
    "DEBUG_LEVEL": "0",
    "PATH": "/sbin:/bin:/usr/sbin:/usr/bin",
    "OSP_DHCP": "yes",
}
INSTANCE = {
    "INSTANCE_NAME": "web1.example.com",
    "INSTANCE_UUID": "0f3b0000-0000-4000-8000-000000000001",
    "INSTANCE_OS": "debian+unstable",
    "INSTANCE_CTIME": "1.5",
    "INSTANCE_MTIME": "2.0",
    "INSTANCE_PRIMARY_NODE": "20000000-0000-4000-8000-000000000001",
    "INSTANCE_SECONDARY_NODES": "s1 s2",
    "HYPERVISOR": "kvm",
    "INSTANCE_BE_maxmem": "256",
    "INSTANCE_HV_acpi": "True",
    "INSTANCE_HV_kernel_path": "",
    "INSTANCE_HV_disk_type": "paravirtual",
    "INSTANCE_HV_nic_type": "e1000",
}


def test_complete_environment(definition: OsDefinition) -> None:
    disk = make_disk(dev_type="drbd")
    nic = make_nic(ip="192.0.2.9")
    instance = installed(disks_info=(disk,), nics=(nic,))
    assert instance_environment(definition, instance, [BlockDevice(disk, "/dev/drbd3", None)], 0) == {
        **CORE,
        **INSTANCE,
        "DISK_COUNT": "1",
        "DISK_0_ACCESS": "rw",
        "DISK_0_UUID": disk.uuid,
        "DISK_0_SIZE": "1024",
        "DISK_0_PATH": "/dev/drbd3",
        "DISK_0_FRONTEND_TYPE": "paravirtual",
        "DISK_0_BACKEND_TYPE": "block",
        "NIC_COUNT": "1",
        "NIC_0_MAC": nic.mac,
        "NIC_0_UUID": nic.uuid,
        "NIC_0_MODE": "bridged",
        "NIC_0_IP": "192.0.2.9",
        "NIC_0_LINK": "br0",
        "NIC_0_BRIDGE": "br0",
        "NIC_0_FRONTEND_TYPE": "e1000",
    }


def test_disk_in_user_space_has_no_path(definition: OsDefinition) -> None:
    disk = make_disk(dev_type="rbd", params={"access": "userspace"}, name="data")
    found = instance_environment(definition, installed(disks_info=(disk,)), [BlockDevice(disk, None, "rbd:rbd/x")], 0)
    assert found["DISK_0_URI"] == "rbd:rbd/x" and found["DISK_0_NAME"] == "data" and "DISK_0_PATH" not in found


def test_file_disk_tells_its_driver(definition: OsDefinition) -> None:
    disk = make_disk(dev_type="file", logical_id=("loop", "/srv/x"))
    found = instance_environment(definition, installed(disks_info=(disk,)), [BlockDevice(disk, "/srv/x", None)], 0)
    assert found["DISK_0_BACKEND_TYPE"] == "file:loop"


def test_nic_in_a_network(definition: OsDefinition) -> None:
    nic = make_nic(
        nicparams={"mode": "routed", "link": ""}, network="u", netinfo={"name": "n", "network": "192.0.2.0/24"}
    )
    found = instance_environment(definition, installed(nics=(nic,)), [], 0)
    assert (found["NIC_0_NETWORK_NAME"], found["NIC_0_NETWORK_UUID"]) == ("n", "u")
    assert found["NIC_0_NETWORK_SUBNET"] == "192.0.2.0/24"
    assert not {"NIC_0_LINK", "NIC_0_BRIDGE", "NIC_0_IP", "NIC_0_NETWORK_GATEWAY"} & set(found)


def test_confidential_parameters_are_there_in_clear(definition: OsDefinition) -> None:
    instance = installed(osparams_private={"root-password": Private("geheim")})
    assert instance_environment(definition, instance, [], 0)["OSP_ROOT_PASSWORD"] == "geheim"


def test_variant_defaults_to_the_first_one(definition: OsDefinition) -> None:
    assert core_environment(definition, "debian", {}, 2)["OS_VARIANT"] == "stable"
    assert core_environment(definition, "debian", {}, 2)["DEBUG_LEVEL"] == "2"


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "log"
    monkeypatch.setattr(pathutils, "LOG_OS_DIR", str(path))
    monkeypatch.setenv("LEAKED", "1")
    return path


def test_create_runs_in_its_directory_with_a_clean_environment(definition: OsDefinition, logs: Path) -> None:
    (definition.path / "create").write_text("#!/bin/sh\npwd\nenv\necho problem >&2\n")
    os_run.run_create(definition, installed(), reinstall=True, debug=0)
    (log,) = logs.iterdir()
    lines = log.read_text().splitlines()
    assert log.name.startswith("add-debian+unstable-web1.example.com-20") and log.stat().st_mode & 0o777 == 0o640
    assert lines[0] == str(definition.path) and lines[-1] == "problem"
    assert "INSTANCE_REINSTALL=1" in lines and "LEAKED=1" not in lines


def test_failing_script_shows_the_end_of_its_log(definition: OsDefinition, logs: Path) -> None:
    (definition.path / "rename").write_text("#!/bin/sh\nseq 100\nprintf 'old %s \\001\\n' $OLD_INSTANCE_NAME\nexit 3\n")
    with pytest.raises(os_run.OsScriptError) as caught:
        os_run.run_rename(definition, installed(), "old1", debug=0)
    text = str(caught.value)
    assert text.startswith("OS rename script failed (exited with exit code 3), last lines in the log file:\n82\n")
    assert text.endswith("\nold old1 \\x01")


def test_verify_gets_its_check_and_reports_output(definition: OsDefinition) -> None:
    (definition.path / "verify").write_text('#!/bin/sh\n[ "$1$OSP_DHCP" = parametersyes ] || { echo bad; exit 1; }\n')
    os_run.run_verify(definition, "debian", {"dhcp": "yes"})
    with pytest.raises(os_run.OsScriptError, match="bad"):
        os_run.run_verify(definition, "debian", {"dhcp": "no"})
