"""Files that the master writes on nodes."""

import grp
import os
import pwd
import stat
from pathlib import Path

import msgspec
import pytest

from ganeti import pathutils
from ganeti.backend import files
from ganeti.backend.base import RPCFail
from ganeti.rpc.uploads import compress

USER = pwd.getpwuid(0).pw_name
GROUP = grp.getgrgid(0).gr_name


def test_allowed_targets_are_those_of_the_interface() -> None:
    assert files.allowed_target(pathutils.RAPI_CERT_FILE) == pathutils.RAPI_CERT_FILE
    assert files.allowed_target("/etc/hosts") == "/etc/hosts"


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        pathutils.NODED_CERT_FILE,
        pathutils.NODED_CLIENT_CERT_FILE,
        pathutils.FILE_STORAGE_PATHS_FILE,
        f"{pathutils.DATA_DIR}/../ganeti/config.data",
    ],
)
def test_other_targets_are_refused(path: str) -> None:
    with pytest.raises(RPCFail, match=f"not in allowed upload targets: '{path}'"):
        files.allowed_target(path)


def test_relative_names_are_refused() -> None:
    with pytest.raises(RPCFail, match="is not absolute: 'etc/hosts'"):
        files.allowed_target("etc/hosts")


@pytest.mark.skipif(os.geteuid() != 0, reason="gives files away")
def test_upload_sets_content_mode_and_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "users"
    monkeypatch.setattr(files, "UPLOAD_TARGETS", frozenset({str(target)}))
    files.upload_file((str(target), compress("x" * 5000), 0o640, USER, GROUP, 1000.0, 2000.0))
    found = target.stat()
    assert (target.read_text(), stat.S_IMODE(found.st_mode)) == ("x" * 5000, 0o640)
    files.upload_file_single(str(target), compress("y"), None, USER, GROUP, 1000.0, 2000.0)
    assert (target.read_text(), stat.S_IMODE(target.stat().st_mode)) == ("y", 0o600)
    assert target.stat().st_mtime == 2000.0


def test_accounts_that_are_not_ours_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "users"
    monkeypatch.setattr(files, "UPLOAD_TARGETS", frozenset({str(target)}))
    with pytest.raises(RPCFail, match="User 'daemon' is none of the daemons' users"):
        files.upload_file((str(target), compress("x"), 0o640, "daemon", GROUP, 1.0, 2.0))
    assert not target.exists()


def test_damaged_upload_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "users"
    target.write_text("old")
    monkeypatch.setattr(files, "UPLOAD_TARGETS", frozenset({str(target)}))
    with pytest.raises(RPCFail, match="Cannot write"):
        files.upload_file((str(target), (1, "garbage!"), 0o640, USER, GROUP, 1.0, 2.0))
    assert target.read_text() == "old"


def test_pause_of_the_watcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "watcher.pause"
    monkeypatch.setattr(pathutils, "WATCHER_PAUSEFILE", str(path))
    assert files.get_watcher_pause() is None
    files.set_watcher_pause(1700000000.7)
    assert path.read_text() == "1700000000\n"
    assert files.get_watcher_pause() == 1700000000
    files.set_watcher_pause(None)
    files.set_watcher_pause(None)
    assert files.get_watcher_pause() is None


def test_unknown_ssconf_keys_are_refused() -> None:
    with pytest.raises(RPCFail, match="no_such_key"):
        files.write_ssconf_files({"no_such_key": "x"})


def test_file_info(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("12345")
    assert files.get_file_info(str(tmp_path / "x")) == (True, {"size": 5})
    assert files.get_file_info(str(tmp_path / "y")) == (False, {})


@pytest.mark.skipif(os.geteuid() != 0, reason="gives files away")
def test_only_the_known_master_may_replace_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "config.data"
    monkeypatch.setattr(files, "UPLOAD_TARGETS", frozenset({str(target)}))
    monkeypatch.setattr(pathutils, "CLUSTER_CONF_FILE", str(target))
    monkeypatch.setattr(pathutils, "DATA_DIR", str(tmp_path))
    (tmp_path / "ssconf_master_node").write_text("node2\n")

    def upload(master: str) -> None:
        nodes = {"u1": {"name": "node1"}, "u2": {"name": "node2"}}
        content = msgspec.json.encode({"cluster": {"master_node": master, "x": 1}, "nodes": nodes, "serial_no": 3})
        files.upload_file((str(target), compress(content), 0o640, USER, GROUP, 1000.0, 2000.0))

    with pytest.raises(RPCFail, match="the master node1, but the master is node2"):
        upload("u1")
    assert not target.exists()
    upload("u2")
    assert target.exists()
