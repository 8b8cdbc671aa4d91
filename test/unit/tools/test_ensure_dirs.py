"""Owners and modes of a node's files."""

import os
import stat
from pathlib import Path

import pytest

from ganeti.tools import ensure_dirs
from ganeti.tools.common import ToolError
from ganeti.tools.filetable import TABLE, Entry, Kind

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="changes owners, which only root may")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_directory_is_created_with_its_parents(tmp_path: Path) -> None:
    ensure_dirs.ensure([Entry(f"{tmp_path}/a/b", 0o750, "masterd", "daemons", Kind.DIRECTORY)])
    assert mode(tmp_path / "a" / "b") == 0o750


def test_files_of_a_pattern_are_corrected_and_missing_ones_are_not_made(tmp_path: Path) -> None:
    for name in ("job-1", "job-2", "other"):
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o666)
    ensure_dirs.ensure(
        [
            Entry(f"{tmp_path}/job-*", 0o640, "masterd", "daemons", Kind.FILE),
            Entry(f"{tmp_path}/missing", 0o640, "masterd", "daemons", Kind.FILE),
        ]
    )
    assert [mode(tmp_path / name) for name in ("job-1", "job-2", "other")] == [0o640, 0o640, 0o666]
    assert not (tmp_path / "missing").exists()


def test_link_in_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("")
    target.chmod(0o600)
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(OSError, match="link"):
        ensure_dirs.ensure([Entry(f"{tmp_path}/link", 0o666, "masterd", "daemons", Kind.FILE)])
    assert mode(target) == 0o600


def test_file_in_place_of_a_directory_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(ToolError, match="not a directory"):
        ensure_dirs.ensure([Entry(f"{tmp_path}/a", 0o755, "masterd", "daemons", Kind.DIRECTORY)])


def test_parents_come_before_what_they_hold() -> None:
    directories = [entry.path for entry in TABLE if entry.kind is Kind.DIRECTORY]
    for entry in TABLE:
        parent = os.path.dirname(entry.path)
        if parent in directories:
            own = TABLE.index(entry)
            assert next(i for i, other in enumerate(TABLE) if other.path == parent) < own
