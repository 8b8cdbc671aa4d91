"""Removing the cluster from a node by hand."""

from pathlib import Path

import pytest

from ganeti import pathutils
from ganeti.tools import node_cleanup
from ganeti.utils.process import CmdResult


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A node with secrets, key files and jobs."""
    queue = tmp_path / "queue"
    (queue / "archive" / "0").mkdir(parents=True)
    history = tmp_path / "config-history"
    history.mkdir()
    for name in ("server.pem", "ssconf_node_list", "known_hosts", "queue/job-1", "queue/archive/0/job-2"):
        (tmp_path / name).write_text("content")
    (history / "config.data.20231114T221320.000000Z").write_text("content")
    monkeypatch.setattr(pathutils, "DATA_DIR", str(tmp_path))
    monkeypatch.setattr(pathutils, "QUEUE_DIR", str(queue))
    monkeypatch.setattr(pathutils, "CONFIG_HISTORY_DIR", str(history))
    monkeypatch.setattr(node_cleanup, "_KEPT_ASIDE", (str(tmp_path / "server.pem"), str(tmp_path / "config.data")))
    return tmp_path


def stopping(monkeypatch: pytest.MonkeyPatch, *, exit_code: int) -> None:
    result = CmdResult(("daemon-util",), exit_code, None, "", "no")
    monkeypatch.setattr(node_cleanup, "run_cmd", lambda *_args, **_kwargs: result)


def files(node: Path) -> set[str]:
    return {str(path.relative_to(node)) for path in node.rglob("*") if path.is_file()}


def test_without_its_flag_it_only_explains(node: Path) -> None:
    before = files(node)
    assert node_cleanup.main([]) == 1
    assert files(node) == before


def test_secrets_are_kept_aside_for_root_and_the_rest_goes(node: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopping(monkeypatch, exit_code=0)
    assert node_cleanup.main(["--yes-do-it"]) == 0
    (kept,) = node.glob("removed-cluster.*")
    assert kept.stat().st_mode & 0o777 == 0o700
    assert files(node) == {"known_hosts", f"{kept.name}/server.pem"}


def test_no_backup_leaves_no_secret(node: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopping(monkeypatch, exit_code=0)
    assert node_cleanup.main(["--yes-do-it", "--no-backup"]) == 0
    assert files(node) == {"known_hosts"}


@pytest.mark.parametrize("words", [["--ya-rly"], ["--yes-do-it", "extra"]])
def test_old_name_of_the_flag_and_wrong_usage(node: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    stopping(monkeypatch, exit_code=0)
    if "extra" in words:
        with pytest.raises(SystemExit) as stop:
            node_cleanup.main(words)
        assert stop.value.code == 1
        assert (node / "server.pem").exists()
    else:
        assert node_cleanup.main(words) == 0
        assert not (node / "server.pem").exists()


def test_nothing_is_removed_while_daemons_run(node: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopping(monkeypatch, exit_code=1)
    before = files(node)
    assert node_cleanup.main(["--yes-do-it"]) == 1
    assert files(node) == before
