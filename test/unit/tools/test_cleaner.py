"""What ganeti-cleaner removes, and what it must not touch."""

import os
import time
from pathlib import Path

import pytest

from ganeti import pathutils
from ganeti.tools import check_cert_expired, cleaner
from ganeti.utils import x509

_DAY_S = 86400
#: Less than the clocks of nodes may differ by.
_EXPIRED_S = 1


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A node that is in a cluster."""
    for directory in ("crypto", "archive", "log", "reasons"):
        (tmp_path / directory).mkdir()
    monkeypatch.setattr(pathutils, "DATA_DIR", str(tmp_path))
    monkeypatch.setattr(pathutils, "CRYPTO_KEYS_DIR", str(tmp_path / "crypto"))
    monkeypatch.setattr(pathutils, "JOB_QUEUE_ARCHIVE_DIR", str(tmp_path / "archive"))
    monkeypatch.setattr(pathutils, "INSTANCE_REASON_DIR", str(tmp_path / "reasons"))
    monkeypatch.setattr(pathutils, "LOG_DIR", str(tmp_path / "log"))
    (tmp_path / "ssconf_master_node").write_text("node1\n")
    (tmp_path / "ssconf_instance_list").write_text("inst1\n")
    return tmp_path


def _make(path: Path, age_days: float, content: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    _age(path, age_days)
    return path


def _age(path: Path, days: float) -> None:
    stamp = time.time() - days * _DAY_S
    os.utime(path, (stamp, stamp), follow_symlinks=False)


def _transfer(directory: Path, validity_s: int) -> Path:
    directory.mkdir()
    pair = x509.make_self_signed("test", validity_s=validity_s)
    (directory / "cert").write_bytes(pair.certificate_pem())
    (directory / "key").write_bytes(pair.to_pem())
    return directory


def _log_lines(node: Path, directory: str) -> list[str]:
    (log,) = (node / "log" / directory).glob("cleaner-????-??-??T??_??.*.log")
    return log.read_text().splitlines()


def test_expired_keys_go_and_valid_ones_stay(node: Path) -> None:
    expired = _transfer(node / "crypto" / "expired", _EXPIRED_S)
    valid = _transfer(node / "crypto" / "valid", 86400)
    assert check_cert_expired.main([str(expired / "cert")]) == 0
    assert check_cert_expired.main([str(valid / "cert")]) == 1
    assert cleaner.main(["node"]) == 0
    assert not expired.exists()
    assert sorted(path.name for path in valid.iterdir()) == ["cert", "key"]
    removed = [f"Removed {expired}/cert", f"Removed {expired}/key", f"Removed {expired}"]
    assert _log_lines(node, "cleaner")[1:] == removed


def test_directory_with_other_files_stays_and_so_does_garbage(node: Path) -> None:
    mixed = _transfer(node / "crypto" / "mixed", _EXPIRED_S)
    _make(mixed / "other", 100)
    garbage = _make(node / "crypto" / "garbage" / "cert", 100, "no certificate")
    cleaner.main(["node"])
    assert [path.name for path in mixed.iterdir()] == ["other"]
    assert garbage.exists()


def test_empty_transfer_directories_go_unless_they_are_new(node: Path) -> None:
    for name, age in (("new", 0), ("old", 2)):
        (node / "crypto" / name).mkdir()
        _age(node / "crypto" / name, age)
    cleaner.main(["node"])
    assert [path.name for path in (node / "crypto").iterdir()] == ["new"]


def test_state_files_of_watchers_go_when_they_are_old(node: Path) -> None:
    uuid = "11111111-2222-4333-8444-555555555555"
    old = [_make(node / f"watcher.{uuid}.data", 22.1), _make(node / f"watcher.{uuid}.instance-status", 22.1)]
    kept = [
        _make(node / f"watcher.{uuid[::-1]}.data", 21.9),
        _make(node / "watcher.pause", 100),
        _make(node / f"watcher.{uuid}.other", 100),
        _make(node / "sub" / f"watcher.{uuid}.data", 100),
    ]
    cleaner.main(["node"])
    assert not any(path.exists() for path in old)
    assert all(path.exists() for path in kept)


def test_reasons_of_instances_that_are_gone_go(node: Path) -> None:
    for name, age in (("inst1", 30), ("gone", 2), ("being-created", 0)):
        _make(node / "reasons" / name, age)
    cleaner.main(["node"])
    assert sorted(path.name for path in (node / "reasons").iterdir()) == ["being-created", "inst1"]


def test_node_without_cluster_keeps_everything_but_keys(node: Path) -> None:
    (node / "ssconf_master_node").unlink()
    kept = [_make(node / "watcher.1-2-3-4.data", 100), _make(node / "archive" / "0" / "job-1", 100)]
    for what in ("node", "master"):
        assert cleaner.main([what]) == 0
    assert all(path.exists() for path in kept)


def test_old_archived_jobs_go(node: Path) -> None:
    archive = node / "archive"
    gone = [_make(archive / "0" / "job-1", 22.1), _make(archive / "1" / "deeper" / "job-2", 30)]
    kept = [_make(archive / "0" / "job-3", 21.9), _make(archive / "job-at-the-top", 100)]
    link = archive / "0" / "link"
    link.symlink_to(kept[1])
    _age(link, 100)
    cleaner.main(["master"])
    assert not any(path.exists() for path in gone)
    assert all(path.exists() for path in (*kept, link))
    assert _log_lines(node, "master-cleaner")[1:] == [f"Removed {path}" for path in gone]


def test_empty_directories_of_the_archive_go_when_they_are_old(node: Path) -> None:
    archive = node / "archive"
    _make(archive / "0" / "job-1", 30)
    _age(archive / "0", 30)
    (archive / "1").mkdir()
    cleaner.main(["master"])
    assert [path.name for path in archive.iterdir()] == ["1"]


def test_newest_logs_are_kept(node: Path) -> None:
    for number in range(60):
        _make(node / "log" / "cleaner" / f"cleaner-2020-01-01T00_00.{number}.log", 100 - number)
    _make(node / "log" / "cleaner" / "other", 100)
    cleaner.main(["node"])
    names = {path.name for path in (node / "log" / "cleaner").iterdir()}
    assert len(names) == 52
    assert "cleaner-2020-01-01T00_00.9.log" not in names
    assert {"cleaner-2020-01-01T00_00.10.log", "other"} < names


def test_usage(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["nodes"], ["node", "master"]):
        assert cleaner.main(words) == 1
        assert "Usage" in capsys.readouterr().err
    assert cleaner.main(["--help-completion"]) == 0
    assert capsys.readouterr().out == "choices=node,master 1 1\n"
