"""Noticing changed files, with and without help of the kernel."""

import sys
import time
from pathlib import Path

import pytest

from ganeti.utils.file_watch import FileWatch, file_version
from ganeti.utils.files import write_atomic


@pytest.fixture(params=["kernel", "looking"])
def watch_files(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileWatch:
    if request.param == "looking":
        monkeypatch.setitem(sys.modules, "pyinotify", None)
    watch = FileWatch([str(tmp_path / "one"), str(tmp_path / "two")])
    request.addfinalizer(watch.close)
    return watch


def _is_noticed(watch: FileWatch) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if watch.wait(1):
            return True
    return False


def test_created_replaced_written_and_removed_files_are_noticed(watch_files: FileWatch, tmp_path: Path) -> None:
    path = tmp_path / "two"
    write_atomic(str(path), "first")
    assert _is_noticed(watch_files)
    write_atomic(str(path), "second")
    assert _is_noticed(watch_files)
    path.write_text("third, in place")
    assert _is_noticed(watch_files)
    path.unlink()
    assert _is_noticed(watch_files)


def test_other_files_are_not_noticed(watch_files: FileWatch, tmp_path: Path) -> None:
    write_atomic(str(tmp_path / "other"), "x")
    assert not watch_files.wait(0.01)


def test_version_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert file_version(str(path)) is None
    write_atomic(str(path), "x")
    first = file_version(str(path))
    assert file_version(str(path)) == first
    write_atomic(str(path), "x")
    assert file_version(str(path)) != first


def test_files_of_several_directories_cannot_be_watched_together() -> None:
    with pytest.raises(ValueError, match="one directory"):
        FileWatch(["/tmp/a", "/var/b"])
