"""Storage units that are directories."""

from pathlib import Path

import pytest

from ganeti import constants as c
from ganeti.backend import storage_units
from ganeti.backend.base import RPCFail
from ganeti.errors import StorageError
from ganeti.storage import units

_ALL = [c.SF_NAME, c.SF_SIZE, c.SF_USED, c.SF_FREE, c.SF_ALLOCATABLE]


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that disks may be made in, with a sparse image and a full one."""
    path = tmp_path / "images"
    (path / "inst1").mkdir(parents=True)
    (path / "inst1" / "full").write_bytes(b"x" * 3 * 1024 * 1024)
    with open(path / "sparse", "wb") as file:
        file.truncate(1024**3)
    allowed = tmp_path / "file-storage-paths"
    allowed.write_text(f"{path}\n")
    monkeypatch.setattr("ganeti.pathutils.FILE_STORAGE_PATHS_FILE", str(allowed))
    return path


def test_what_images_occupy_counts_not_how_long_they_are(directory: Path) -> None:
    ((name, size, used, free, allocatable),) = units.list_directories([str(directory)], None, _ALL)
    assert (name, allocatable) == (str(directory), True)
    assert 3 <= used < 10
    assert 0 <= free <= size


def test_looking_that_takes_too_long_gives_no_number(directory: Path) -> None:
    assert units.used_mib(str(directory), timeout_s=-1.0) is None


def test_only_the_named_unit_is_listed(directory: Path) -> None:
    assert units.list_directories([str(directory)], "/srv/other", [c.SF_NAME]) == []
    assert units.list_directories([str(directory)], str(directory), [c.SF_NAME]) == [[str(directory)]]


def test_absent_directories_and_unknown_fields_are_failures(directory: Path) -> None:
    with pytest.raises(StorageError, match="No such file"):
        units.list_directories([str(directory / "absent")], None, [c.SF_SIZE])
    with pytest.raises(StorageError, match="colour"):
        units.list_directories([str(directory)], None, ["colour"])


def test_nodes_refuse_what_they_do_not_allow_or_know(directory: Path) -> None:
    for kind, args in (
        (c.ST_FILE, [["/etc"]]),
        (c.ST_FILE, []),
        (c.ST_FILE, ["/etc"]),
        (c.ST_LVM_VG, []),
        ("tape", []),
    ):
        with pytest.raises(RPCFail):
            storage_units.storage_list(kind, args, None, [c.SF_NAME])
