"""The backup of the data directory."""

import os
import stat
import tarfile
from pathlib import Path

import pytest

from ganeti import pathutils
from ganeti.bootstrap.upgrade import backup
from ganeti.errors import OpExecError


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a data directory with a queue, an archive and exports."""
    directory = tmp_path / "lib/data"
    for name in ("config.data", "server.pem", "queue/job-1", "queue/archive/0/job-0", "export/disk", "rapi/users"):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(f"content of {name}")
    (directory / "config.data").chmod(0o640)
    for name, path in (
        ("DATA_DIR", directory),
        ("BACKUP_DIR", tmp_path),
        ("JOB_QUEUE_ARCHIVE_DIR", directory / "queue/archive"),
        ("EXPORT_DIR", directory / "export"),
        ("CLUSTER_CONF_FILE", directory / "config.data"),
    ):
        monkeypatch.setattr(pathutils, name, str(path))
    return directory


def test_backup_is_for_root_alone_and_leaves_out_what_is_large(data: Path, tmp_path: Path) -> None:
    path = Path(backup.make_backup())
    assert path.parent == tmp_path
    assert path.name.startswith("ganeti")
    assert path.suffix == ".tar"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with tarfile.open(path) as archive:
        files = {member.name for member in archive.getmembers() if member.isfile()}
    assert files == {f"ganeti/{name}" for name in ("config.data", "server.pem", "queue/job-1", "rapi/users")}


def test_backups_of_the_same_second_do_not_replace_each_other(data: Path) -> None:
    assert len({backup.make_backup() for _ in range(3)}) == 3


def test_restored_configuration_is_the_same_file_again(data: Path) -> None:
    config = data / "config.data"
    path = backup.make_backup()
    config.write_text("something else")
    config.chmod(0o600)
    backup.restore_config(path)
    assert config.read_text() == "content of config.data"
    assert stat.S_IMODE(config.stat().st_mode) == 0o640


def test_a_backup_that_cannot_be_written_leaves_nothing(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: tarfile.TarFile, *args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tarfile.TarFile, "add", full)
    with pytest.raises(OSError, match="No space left"):
        backup.make_backup()
    assert os.listdir(tmp_path) == ["lib"]


def test_a_backup_without_configuration_changes_nothing(data: Path) -> None:
    (data / "config.data").rename(data / "other")
    path = backup.make_backup()
    (data / "other").rename(data / "config.data")
    with pytest.raises(OpExecError, match="no configuration"):
        backup.restore_config(path)
    assert (data / "config.data").read_text() == "content of config.data"
