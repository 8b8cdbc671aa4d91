"""File disks and their directories."""

from pathlib import Path

import pytest

from ganeti import constants as c
from ganeti import pathutils
from ganeti.errors import BlockDeviceError, ProgrammerError
from ganeti.storage import DeviceSpec, device_class, file

MIB = 1024 * 1024


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory in which this node allows disks."""
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    (tmp_path / "paths").write_text(f"# where disks may be\n\n{allowed}\nrelative\n")
    monkeypatch.setattr(pathutils, "FILE_STORAGE_PATHS_FILE", str(tmp_path / "paths"))
    return allowed


def spec(path: Path, size: int = 3) -> DeviceSpec:
    return DeviceSpec(c.DT_FILE, (c.FD_LOOP, str(path)), size, {})


def test_life_of_a_file(base: Path) -> None:
    path = base / "disk0"
    cls = device_class(c.DT_FILE)
    assert not cls(spec(path)).attached
    device = cls.create(spec(path), (), exclusive=False)
    assert device.attached and device.actual_size() == 3 * MIB and path.stat().st_blocks == 0
    assert path.stat().st_mode & 0o777 == 0o600
    device.grow(2, dry_run=True, backing_store=True, exclusive=False)
    device.grow(2, dry_run=False, backing_store=False, exclusive=False)
    assert device.actual_size() == 3 * MIB
    device.grow(2, dry_run=False, backing_store=True, exclusive=False)
    assert device.actual_size() == 5 * MIB
    device.rename((c.FD_LOOP, str(base / "disk1")))
    assert not path.exists() and (base / "disk1").exists()
    device.remove()
    device.remove()
    assert not list(base.iterdir())


def test_existing_files_are_never_overwritten(base: Path) -> None:
    (base / "a").write_text("a")
    (base / "b").write_text("b")
    with pytest.raises(BlockDeviceError, match="already exists"):
        device_class(c.DT_FILE).create(spec(base / "a"), (), exclusive=False)
    with pytest.raises(BlockDeviceError, match="rename"):
        device_class(c.DT_FILE)(spec(base / "a")).rename((c.FD_LOOP, str(base / "b")))
    assert (base / "b").read_text() == "b"


def test_absent_files_cannot_be_assembled(base: Path) -> None:
    with pytest.raises(BlockDeviceError, match="No such file"):
        device_class(c.DT_FILE)(spec(base / "gone")).assemble()


def test_missing_directory_and_shrinking_are_errors(base: Path) -> None:
    with pytest.raises(BlockDeviceError, match="file creation"):
        device_class(c.DT_FILE).create(spec(base / "no" / "disk"), (), exclusive=False)
    device = device_class(c.DT_FILE).create(spec(base / "disk"), (), exclusive=False)
    with pytest.raises(BlockDeviceError, match="shrink"):
        device.grow(-1, dry_run=True, backing_store=True, exclusive=False)


def test_disks_that_do_not_fit_are_refused(base: Path) -> None:
    with pytest.raises(BlockDeviceError, match="Not enough space"):
        device_class(c.DT_FILE).create(spec(base / "disk", 1 << 40), (), exclusive=False)
    assert not (base / "disk").exists()
    device = device_class(c.DT_FILE).create(spec(base / "disk"), (), exclusive=False)
    with pytest.raises(BlockDeviceError, match="Not enough space"):
        device.grow(1 << 40, dry_run=True, backing_store=True, exclusive=False)


def test_paths_elsewhere_are_refused(base: Path) -> None:
    for path in (base.parent / "other" / "disk", base, Path("/etc/passwd")):
        with pytest.raises(BlockDeviceError, match=r"not acceptable|forbidden"):
            device_class(c.DT_FILE)(spec(path))


def test_links_do_not_lead_out(base: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (base / "link").symlink_to(tmp_path / "outside")
    with pytest.raises(BlockDeviceError, match="not acceptable"):
        device_class(c.DT_FILE)(spec(base / "link" / "disk"))


def test_directories(base: Path) -> None:
    old, new = base / "sub" / "old", base / "sub" / "new"
    file.create_directory(str(old))
    file.create_directory(str(old))
    (old / "disk").write_text("")
    with pytest.raises(BlockDeviceError, match="not empty"):
        file.remove_directory(str(old))
    file.rename_directory(str(old), str(new))
    file.rename_directory(str(old), str(new))
    assert (new / "disk").exists()
    file.create_directory(str(old))
    with pytest.raises(BlockDeviceError, match="both locations exist"):
        file.rename_directory(str(old), str(new))
    file.remove_directory(str(old))
    file.remove_directory(str(old))
    with pytest.raises(BlockDeviceError):
        file.create_directory(str(base.parent / "elsewhere"))


def test_unknown_types_and_exclusive_storage_are_mistakes_of_the_caller(base: Path) -> None:
    with pytest.raises(ProgrammerError):
        device_class("floppy")
    with pytest.raises(ProgrammerError):
        device_class(c.DT_SHARED_FILE).create(spec(base / "disk"), (), exclusive=True)
