"""Scripts of the OS definition `busybox` on files as disks."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ganeti.backend.os_definition import load_os
from test.cluster.busybox import OS_DIR, prepared_cache, run_script

MEBI = 1 << 20

pytestmark = pytest.mark.skipif(
    not shutil.which("mcopy") and os.geteuid() != 0, reason="needs mtools, or root to install them"
)


@pytest.fixture(scope="module")
def cache() -> Path:
    return prepared_cache()


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    path = tmp_path / "disk0"
    with path.open("wb") as file:
        file.truncate(32 * MEBI)
    return path


def config_of(disk: Path) -> dict[str, str]:
    """The instance's configuration on its disk."""
    output = subprocess.run(
        ["mtype", "-i", f"{disk}@@1M", "::/instance.cfg"], check=True, capture_output=True, text=True, timeout=30
    ).stdout
    return dict(line.split("=", 1) for line in output.splitlines())


def install(cache: Path, disk: Path, **variables: str) -> None:
    result = run_script(
        "create", cache, **{"INSTANCE_NAME": "inst1", "DISK_COUNT": "1", "DISK_0_PATH": str(disk), **variables}
    )
    assert result.returncode == 0, result.stderr


def test_definition_is_valid() -> None:
    found = load_os("busybox", OS_DIR)
    assert found.api_version == 20 and found.is_trusted
    assert found.variants == ("default", "quiet")
    assert set(found.parameters) == {"ip", "gateway", "root-password", "cache-dir"}


@pytest.mark.parametrize(
    ("variables", "address"),
    [
        ({}, ""),
        ({"NIC_0_IP": "192.0.2.9"}, "192.0.2.9/24"),
        ({"NIC_0_IP": "192.0.2.9", "NIC_0_NETWORK_SUBNET": "192.0.2.0/28"}, "192.0.2.9/28"),
        ({"NIC_0_IP": "192.0.2.9", "OSP_IP": "198.51.100.1/30"}, "198.51.100.1/30"),
    ],
)
def test_address_of_the_guest(cache: Path, disk: Path, variables: dict[str, str], address: str) -> None:
    install(cache, disk, **variables)
    assert config_of(disk)["address"] == address


def test_password_is_stored_as_a_hash(cache: Path, disk: Path) -> None:
    install(cache, disk, OSP_ROOT_PASSWORD="geheim")
    assert config_of(disk)["password"].startswith("$6$")
    assert b"geheim" not in disk.read_bytes()


def test_rename_changes_the_name_only(cache: Path, disk: Path) -> None:
    install(cache, disk, NIC_0_IP="192.0.2.9", OS_VARIANT="quiet")
    result = run_script("rename", cache, INSTANCE_NAME="inst2", OLD_INSTANCE_NAME="inst1", DISK_0_PATH=str(disk))
    assert result.returncode == 0, result.stderr
    assert config_of(disk) == {"hostname": "inst2", "address": "192.0.2.9/24", "gateway": "", "variant": "quiet"}


def test_exported_disk_is_restored_on_a_larger_one(cache: Path, disk: Path, tmp_path: Path) -> None:
    install(cache, disk)
    exported = run_script("export", cache, EXPORT_DEVICE=str(disk), EXPORT_INDEX="0")
    assert exported.returncode == 0 and exported.stdout == disk.read_bytes()
    larger = tmp_path / "larger"
    with larger.open("wb") as file:
        file.truncate(33 * MEBI)
    result = run_script("import", cache, stdin=exported.stdout, IMPORT_DEVICE=str(larger), IMPORT_INDEX="0")
    assert result.returncode == 0, result.stderr
    assert larger.read_bytes()[: 32 * MEBI] == disk.read_bytes()


def test_too_small_disks_are_refused(cache: Path, tmp_path: Path) -> None:
    small = tmp_path / "small"
    with small.open("wb") as file:
        file.truncate(MEBI)
    created = run_script("create", cache, INSTANCE_NAME="i", DISK_COUNT="1", DISK_0_PATH=str(small))
    imported = run_script("import", cache, stdin=b"x" * (MEBI + 1), IMPORT_DEVICE=str(small), IMPORT_INDEX="0")
    for result in (created, imported):
        assert result.returncode != 0 and b"smaller than" in result.stderr
    assert small.stat().st_size == MEBI


def test_missing_image_names_the_remedy(disk: Path, tmp_path: Path) -> None:
    result = run_script("create", tmp_path, INSTANCE_NAME="i", DISK_COUNT="1", DISK_0_PATH=str(disk))
    assert result.returncode != 0 and b"prepare" in result.stderr


@pytest.mark.parametrize(
    ("variables", "accepted"),
    [
        ({}, True),
        ({"OSP_IP": "192.0.2.1"}, True),
        ({"OSP_IP": "192.0.2.1/24", "OSP_GATEWAY": "192.0.2.254"}, True),
        ({"OSP_IP": "192.0.2.256"}, False),
        ({"OSP_IP": "192.0.2.1/33"}, False),
        ({"OSP_IP": "$(id)"}, False),
        ({"OSP_GATEWAY": "gw"}, False),
        ({"OSP_CACHE_DIR": "relative"}, False),
    ],
)
def test_parameters_are_checked(tmp_path: Path, variables: dict[str, str], accepted: bool) -> None:
    result = run_script("verify", Path(variables.pop("OSP_CACHE_DIR", str(tmp_path))), "parameters", **variables)
    assert (result.returncode == 0) is accepted, result.stderr
