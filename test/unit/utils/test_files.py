"""Atomic replacement and file locks."""

import os
from pathlib import Path

import pytest

from ganeti import errors
from ganeti.utils import files


def test_replacement_has_content_and_mode(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("old")
    files.write_atomic(str(target), "new", mode=0o640)
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["file"]


def test_failure_before_the_rename_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("old")

    def refuse(_fd: int) -> None:
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        files.write_atomic(str(target), "new", prepare=refuse)
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def test_second_lock_fails_within_its_time(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    with files.flock(path), pytest.raises(errors.LockError, match="lock"), files.flock(path, timeout_s=0.05):
        pass
    with files.flock(path, timeout_s=0):
        pass


def test_large_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "big"
    path.write_bytes(b"x" * 100)
    with pytest.raises(ValueError, match="larger"):
        files.read_text(str(path), limit=10)
    assert files.read_text(str(tmp_path / "none"), default="d") == "d"


def test_leftovers_of_a_crash_are_removed_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "config.data"
    files.write_atomic(str(path), "good")
    for name in ("config.data.x7ab_9.new", "config.data.new", "config.data.a.b.new", "other.x7ab_9.new"):
        (tmp_path / name).touch()
    assert files.remove_leftovers(str(path)) == [str(tmp_path / "config.data.x7ab_9.new")]
    remaining = {entry.name for entry in tmp_path.iterdir()}
    assert remaining == {"config.data", "config.data.new", "config.data.a.b.new", "other.x7ab_9.new"}


def test_only_a_missing_or_empty_directory_is_known_to_hold_nothing(tmp_path: Path) -> None:
    assert not files.may_hold_files(str(tmp_path / "missing"))
    assert not files.may_hold_files(str(tmp_path))
    (tmp_path / "file").touch()
    assert files.may_hold_files(str(tmp_path))
    # What cannot be looked at may hold anything.
    assert files.may_hold_files(str(tmp_path / "file"))


def test_link_of_another_user_is_not_followed_where_others_may_write(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("kept")
    link = tmp_path / "link"
    link.symlink_to("target")
    if os.geteuid() == 0:
        os.chown(link, 1, 1, follow_symlinks=False)
        with pytest.raises(PermissionError, match="another user"):
            files.open_in_shared_directory(str(link), os.O_WRONLY | os.O_TRUNC)
        os.chown(link, 0, 0, follow_symlinks=False)
    assert target.read_text() == "kept"
    os.close(files.open_in_shared_directory(str(link), os.O_WRONLY | os.O_TRUNC))
    assert target.read_text() == ""


def test_new_file_where_others_may_write_is_for_its_owner(tmp_path: Path) -> None:
    os.close(files.open_in_shared_directory(str(tmp_path / "new"), os.O_WRONLY | os.O_CREAT))
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600
