"""gnt-cluster upgrade: what is refused before anything is touched."""

import os
from pathlib import Path

import pytest

from ganeti import buildcfg, pathutils, ssconf
from ganeti import constants as c
from ganeti.bootstrap.upgrade.records import Records
from ganeti.client import gnt_cluster
from ganeti.client.cluster import upgrade
from ganeti.utils import net
from ganeti.utils.files import flock

Capture = pytest.CaptureFixture[str]
NEXT = f"{c.VERSION_MAJOR}.{c.VERSION_MINOR + 1}"


@pytest.fixture(autouse=True)
def master(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let this machine be the master of a cluster, in a directory of its own; returns it."""
    monkeypatch.setattr(buildcfg, "LIBROOT", str(tmp_path))
    monkeypatch.setattr(pathutils, "DATA_DIR", str(tmp_path))
    monkeypatch.setattr(pathutils, "LOG_COMMANDS", str(tmp_path / "commands.log"))
    monkeypatch.setattr(pathutils, "UPGRADE_LOCK_FILE", str(tmp_path / "lock"))
    paths = [str(tmp_path / name) for name in ("intent", "journal", "config.data")]
    monkeypatch.setattr(upgrade, "Records", lambda: Records(*paths))
    (tmp_path / "ssconf_master_node").write_text(f"{net.own_hostname()}\n")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], "exactly one of --to and --resume"),
        (["--resume", "--to", NEXT], "exactly one of --to and --resume"),
        (["--to", "new"], "'new' is not a version"),
        (["--to", f"{c.VERSION_MAJOR + 1}.0"], "There is no way"),
        (["--to", "2.9"], "Version 2.9 is too old"),
        (["--to", NEXT], f"Version {NEXT} is not installed on this node"),
    ],
)
def test_what_cannot_be_is_refused(words: list[str], text: str, capsys: Capture, master: Path) -> None:
    assert gnt_cluster.main(["upgrade", *words]) == 1
    assert text in capsys.readouterr().err
    assert not (master / "intent").exists()


def test_the_installed_revision_must_be_the_wanted_one(master: Path, capsys: Capture) -> None:
    (master / NEXT).mkdir()
    (master / NEXT / "release.json").write_text(f'{{"release": "{NEXT}.2", "config_version": {c.CONFIG_VERSION}}}')
    assert gnt_cluster.main(["upgrade", "--to", f"{NEXT}.3"]) == 1
    assert f"Not {NEXT}.3 but {NEXT}.2 is installed" in capsys.readouterr().err


def test_resume_has_nothing_to_do_without_intent(capsys: Capture) -> None:
    assert gnt_cluster.main(["upgrade", "--resume"]) == 0
    assert capsys.readouterr() == ("", "")


def test_another_machine_than_the_master_does_nothing(master: Path, capsys: Capture) -> None:
    (master / "ssconf_master_node").write_text("other.example.com\n")
    (master / "intent").write_text(f"{c.RELEASE_VERSION},{NEXT},17\n")
    assert gnt_cluster.main(["upgrade", "--resume"]) == 11
    assert gnt_cluster.main(["upgrade", "--to", NEXT]) == 1
    assert "run the command on the master node other.example.com" in capsys.readouterr().err
    assert (master / "intent").exists()


def test_an_unfinished_change_to_another_version_comes_first(master: Path, capsys: Capture) -> None:
    (master / "intent").write_text(f"{c.RELEASE_VERSION},{NEXT},17\n")
    assert gnt_cluster.main(["upgrade", "--to", c.DIR_VERSION]) == 1
    assert f"from version {c.RELEASE_VERSION} to {NEXT} is not finished" in capsys.readouterr().err


def test_only_one_process_changes_the_version(master: Path, capsys: Capture) -> None:
    (master / "intent").write_text(f"{c.RELEASE_VERSION},{NEXT},17\n")
    with flock(str(master / "lock")):
        assert gnt_cluster.main(["upgrade", "--resume"]) == 1
    assert f"Another process is changing the version already (to {NEXT}, process 17)." in capsys.readouterr().err


def test_without_a_cluster_there_is_nothing_to_change(master: Path, capsys: Capture) -> None:
    os.unlink(ssconf.key_file(c.SS_MASTER_NODE))
    assert gnt_cluster.main(["upgrade", "--resume"]) == 0
    assert gnt_cluster.main(["upgrade", "--to", NEXT]) == 1
    assert "does not belong to an initialised cluster" in capsys.readouterr().err
