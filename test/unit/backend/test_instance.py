"""Node procedures about guests and disks, with the fake hypervisor and real files."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ganeti import constants as c
from ganeti import pathutils
from ganeti.backend import bdev, bdev_content, file_storage, guests, instance, migration
from ganeti.backend.base import RPCFail
from ganeti.hypervisor.fake import FakeHypervisor
from ganeti.objects.wire import WireDisk, WireInstance

MIB = 1024 * 1024
NAME = "web1"


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A node with an empty run directory and a directory for disks."""
    for name in ("RUN_DIR", "DISK_LINKS_DIR", "BDEV_CACHE_DIR", "INSTANCE_REASON_DIR"):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(pathutils, name, str(tmp_path / name))
    (tmp_path / "disks").mkdir()
    (tmp_path / "paths").write_text(f"{tmp_path}/disks\n")
    monkeypatch.setattr(pathutils, "FILE_STORAGE_PATHS_FILE", str(tmp_path / "paths"))
    yield tmp_path / "disks"


def make_disk(storage: Path, index: int = 0) -> WireDisk:
    path = str(storage / NAME / f"disk{index}")
    return WireDisk(
        uuid=f"d{index}", dev_type=c.DT_SHARED_FILE, logical_id=(c.FD_LOOP, path), size=2, iv_name=f"disk/{index}"
    )


def make_instance(*disks: WireDisk, **changes: Any) -> WireInstance:
    values: dict[str, Any] = {
        "uuid": "u",
        "name": NAME,
        "primary_node": "n",
        "os": "busybox",
        "hypervisor": c.HT_FAKE,
        "hvparams": {},
        "beparams": {c.BE_MINMEM: 16, c.BE_MAXMEM: 16, c.BE_VCPUS: 1},
        "disks_info": disks,
    }
    return WireInstance(**{**values, **changes})


def prepared(storage: Path) -> tuple[WireInstance, WireDisk]:
    disk = make_disk(storage)
    file_storage.file_storage_dir_create(str(storage / NAME))
    bdev.blockdev_create(disk, disk.size, NAME, True, "info", False)
    return make_instance(disk), disk


def link(storage: Path) -> Path:
    return storage.parent / "DISK_LINKS_DIR" / f"{NAME}:0"


def test_guest_runs_with_links_to_its_disks(storage: Path) -> None:
    guest, disk = prepared(storage)
    instance.instance_start(guest, False, [("gnt:client", "because", 1)])
    assert os.readlink(link(storage)) == disk.logical_id[1]
    assert guests.instance_info(NAME, c.HT_FAKE, {})["memory"] == 16
    assert guests.all_instances_info([c.HT_FAKE], {}) == {NAME: guests.instance_info(NAME, c.HT_FAKE, {})}
    reasons = json.loads((storage.parent / "INSTANCE_REASON_DIR" / NAME).read_text())
    assert [entry[0] for entry in reasons] == ["gnt:client", "gnt:daemon:noded:start"]
    migration.instance_migratable(guest)
    instance.instance_start(guest, False, [])
    instance.instance_reboot(guest, c.INSTANCE_REBOOT_HARD, 5, [])
    assert link(storage).is_symlink()
    instance.instance_shutdown(guest, 5, [])
    instance.instance_shutdown(guest, 5, [])
    assert not link(storage).is_symlink() and not guests.instance_list([c.HT_FAKE], {})


def test_failed_start_leaves_no_links(storage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guest, _ = prepared(storage)

    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise instance.HypervisorError("no emulator")

    monkeypatch.setattr(FakeHypervisor, "start_instance", fail)
    with pytest.raises(RPCFail, match="Hypervisor error: no emulator"):
        instance.instance_start(guest, False, [])
    assert not link(storage).is_symlink()


def test_start_without_a_disk_fails(storage: Path) -> None:
    with pytest.raises(RPCFail, match="disk/0"):
        instance.instance_start(make_instance(make_disk(storage)), False, [])


def test_stubborn_guest_is_killed(storage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guest, _ = prepared(storage)
    instance.instance_start(guest, False, [])
    stop = FakeHypervisor.stop_instance

    def ignore(self: FakeHypervisor, name: str, *args: Any, force: bool = False, **kwargs: Any) -> None:
        if force:
            stop(self, name, force=True)

    monkeypatch.setattr(FakeHypervisor, "stop_instance", ignore)
    instance.instance_shutdown(guest, 0, [])
    assert not guests.instance_list([c.HT_FAKE], {})


def test_reboot_needs_a_running_guest(storage: Path) -> None:
    guest, _ = prepared(storage)
    with pytest.raises(RPCFail, match="not running"):
        instance.instance_reboot(guest, c.INSTANCE_REBOOT_SOFT, 5, [])


def test_disk_procedures(storage: Path) -> None:
    guest, disk = prepared(storage)
    path = disk.logical_id[1]
    assert bdev.blockdev_assemble(disk, guest, False, 0) == [True, True]
    assert bdev.blockdev_assemble(disk, guest, True, 0) == [path, str(link(storage)), None]
    cache = storage.parent / "BDEV_CACHE_DIR"
    assert [entry.read_text() for entry in cache.iterdir()] == [f"{NAME} primary disk/0\n"]
    status = bdev.blockdev_find(disk)
    assert status is not None and (status.dev_path, status.is_degraded, status.ldisk_status) == (path, False, 1)
    assert bdev.blockdev_getdimensions([disk, make_disk(storage, 1)]) == [(2 * MIB, None), None]
    ok, absent = bdev.blockdev_getmirrorstatus_multi([disk, make_disk(storage, 1)])
    assert ok[0] and absent == (False, f"Can't find device disk/1 ({storage}/{NAME}/disk1)")
    bdev.blockdev_close(NAME, [disk])
    assert not link(storage).is_symlink()
    bdev.blockdev_open(NAME, [disk], True)
    assert link(storage).is_symlink()
    bdev.blockdev_rename([(disk, (c.FD_LOOP, f"{path}x"))])
    with pytest.raises(RPCFail, match="Can't find device"):
        bdev.blockdev_rename([(disk, (c.FD_LOOP, f"{path}y"))])
    bdev.blockdev_remove(disk)
    bdev.blockdev_shutdown(disk)
    assert bdev.blockdev_find(disk) is None


def test_closing_one_disk_keeps_the_links_of_others(storage: Path) -> None:
    guest, disk = prepared(storage)
    other = make_disk(storage, 1)
    bdev.blockdev_create(other, 2, NAME, True, "info", False)
    instance.instance_start(make_instance(disk, other), False, [])
    bdev.blockdev_close(NAME, [other])
    assert link(storage).is_symlink() and not (link(storage).parent / f"{NAME}:1").is_symlink()
    assert guest.name == NAME


def test_images_are_copied_and_wiped(storage: Path) -> None:
    _, disk = prepared(storage)
    image = storage / "image"
    image.write_bytes(b"x" * MIB)
    bdev_content.blockdev_image(disk, str(image), 2)
    assert Path(disk.logical_id[1]).read_bytes()[:3] == b"xxx"
    bdev_content.blockdev_wipe(disk, 0, 1)
    assert not any(Path(disk.logical_id[1]).read_bytes())
    with pytest.raises(RPCFail, match="has only"):
        bdev_content.blockdev_wipe(disk, 1, 2)
    image.write_bytes(b"x" * 3 * MIB)
    with pytest.raises(RPCFail, match="does not fit"):
        bdev_content.blockdev_image(disk, str(image), 2)


def test_errors_of_storage_reach_the_master_with_their_text(storage: Path) -> None:
    _, disk = prepared(storage)
    with pytest.raises(RPCFail, match="File already exists"):
        bdev.blockdev_create(disk, 2, NAME, True, "info", False)
    with pytest.raises(RPCFail, match="not acceptable"):
        file_storage.file_storage_dir_create(str(storage.parent / "elsewhere"))
