"""Files below a directory of disk images."""

from pathlib import Path

import pytest

from ganeti.errors import BlockDeviceError
from ganeti.storage import file
from ganeti.storage.file_listing import list_files


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An allowed directory."""
    allowed = tmp_path / "file-storage-paths"
    directory = tmp_path / "images"
    allowed.write_text(f"{directory}\n")
    monkeypatch.setattr(file.pathutils, "FILE_STORAGE_PATHS_FILE", str(allowed))
    return directory


def test_files_at_any_depth_are_listed_and_links_are_not_followed(images: Path, tmp_path: Path) -> None:
    (images / "sub" / "web1").mkdir(parents=True)
    (images / "sub" / "web1" / "disk0").write_bytes(b"12345")
    (images / "top").write_bytes(b"")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret").write_bytes(b"x")
    (images / "link").symlink_to(tmp_path / "elsewhere")
    found = sorted(list_files(str(images)))
    assert [(path, size) for path, size, _ in found] == [
        (str(images / "sub" / "web1" / "disk0"), 5),
        (str(images / "top"), 0),
    ]
    assert found[1][2] == pytest.approx((images / "top").stat().st_mtime)


def test_absent_directory_has_no_files(images: Path) -> None:
    assert list(list_files(str(images))) == []


def test_directory_that_is_not_allowed_is_refused(images: Path, tmp_path: Path) -> None:
    with pytest.raises(BlockDeviceError):
        list(list_files(str(tmp_path)))
