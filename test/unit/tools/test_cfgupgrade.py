"""cfgupgrade on a data directory."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from ganeti.tools import cfgupgrade, daemon_control
from ganeti.utils import net
from test.unit.config.oldformat.oldconfigs import version_2_0, version_2_6


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory of a cluster of version 2.6 on this machine."""
    directory = tmp_path / "data"
    directory.mkdir()
    (tmp_path / "conf").mkdir()
    (directory / "config.data").write_text(json.dumps(version_2_6()))
    for name in ("server.pem", "known_hosts"):
        (directory / name).write_text(f"{name}\n")
    (directory / "ssconf_master_node").write_text(f"{net.own_hostname()}\n")
    return directory


def run(data: Path, *options: str) -> int:
    return cfgupgrade.main(["--path", str(data), "--confdir", str(data.parent / "conf"), *options])


def config_of(data: Path) -> Any:
    return json.loads((data / "config.data").read_text())


def test_upgrade_writes_a_new_configuration_and_keeps_the_old_one(data: Path) -> None:
    assert run(data, "-f") == 0
    assert config_of(data)["version"] == 3010000
    (backup,) = data.glob("config.data.backup-*")
    assert json.loads(backup.read_text()) == version_2_6()
    for path in (backup, data / "config.data"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_dry_run_writes_nothing(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "rapi_users").write_text("x")
    before = sorted(path.name for path in data.iterdir())
    run(data, "--dry-run")
    assert config_of(data) == version_2_6()
    assert sorted(path.name for path in data.iterdir()) == before


def test_sibling_files_are_brought_up_to_date_and_secrets_kept(data: Path) -> None:
    (data / "rapi_users").write_text("users")
    (data / "watcher.data").write_text("state")
    (data / "hmac.key").write_text("old key")
    assert run(data, "-f", "--no-verify") == 0
    assert (data / "rapi/users").read_text() == "users"
    assert (data / "rapi_users").is_symlink()
    assert (data / "rapi_users").read_text() == "users"
    assert not (data / "watcher.data").exists()
    paths = data.parent / "conf/file-storage-paths"
    assert paths.read_text() == "/srv/ganeti/file-storage\n"
    assert stat.S_IMODE(paths.stat().st_mode) == 0o600
    assert (data / "server.pem").read_text() == "server.pem\n"
    assert (data / "hmac.key").read_text() == "old key"
    for name in ("rapi.pem", "spice.pem", "spice-ca.pem", "cluster-domain-secret"):
        assert (data / name).exists()
    assert not (data / "client.pem").exists()


def test_storage_paths_of_the_administrator_stay(data: Path) -> None:
    paths = data.parent / "conf/file-storage-paths"
    paths.write_text("/mine\n")
    run(data, "-f")
    assert paths.read_text() == "/mine\n"


def test_a_failing_step_writes_nothing(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = version_2_0()
    broken["instances"]["a.example.com"]["primary_node"] = "stranger"
    (data / "config.data").write_text(json.dumps(broken))
    assert run(data, "-f") == 1
    assert "stranger" in capsys.readouterr().err
    assert config_of(data) == broken
    assert list(data.glob("*.backup-*")) == []


def test_a_file_that_cannot_be_moved_stops_the_upgrade(data: Path) -> None:
    (data / "rapi").mkdir()
    (data / "rapi/users").write_text("new")
    (data / "rapi_users").write_text("old")
    assert run(data, "-f") == 1
    assert config_of(data) == version_2_6()


def test_a_result_that_cannot_be_loaded_is_not_written_unless_told_to(data: Path) -> None:
    strange = version_2_6()
    strange["cluster"]["a_key_of_nobody"] = 1
    (data / "config.data").write_text(json.dumps(strange))
    assert run(data, "-f") == 1
    assert config_of(data) == strange
    assert run(data, "-f", "--no-verify") == 0
    assert config_of(data)["version"] == 3010000


def test_only_on_the_master(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "ssconf_master_node").write_text("another.example.com\n")
    assert run(data, "-f") == 1
    assert "another.example.com" in capsys.readouterr().err
    assert run(data, "-f", "--ignore-hostname") == 0


@pytest.mark.parametrize("name", ["config.data", "server.pem", "known_hosts"])
def test_only_in_a_data_directory(data: Path, name: str) -> None:
    (data / name).unlink()
    assert run(data, "-f") == 1


def test_not_while_daemons_run(data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(cfgupgrade.pathutils, "DATA_DIR", str(data))
    monkeypatch.setattr(daemon_control, "running_pid", lambda name: 1)
    assert run(data, "-f") == 1
    assert "Stop the daemons" in capsys.readouterr().err


def test_down_and_up(data: Path) -> None:
    assert run(data, "-f") == 0
    assert run(data, "-f", "--downgrade") == 0
    assert config_of(data)["version"] == 3000000
    assert run(data, "-f", "--downgrade") == 0
    assert run(data, "-f") == 0
    assert config_of(data)["version"] == 3010000


def test_2_x_cannot_go_down(data: Path) -> None:
    assert run(data, "-f", "--downgrade") == 1
    assert config_of(data) == version_2_6()


def test_versions_that_are_too_new_are_refused(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "config.data").write_text(json.dumps({**version_2_6(), "version": 4000000}))
    assert run(data, "-f") == 1
    assert "no way" in capsys.readouterr().err
