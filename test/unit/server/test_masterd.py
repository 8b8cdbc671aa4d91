"""Who may start the master daemon, and what exit codes say."""

from pathlib import Path

import pytest

from ganeti import constants as c
from ganeti.server import masterd
from ganeti.server.launch import StartError
from ganeti.ssconf import SsconfReader
from ganeti.utils import net


def reader(directory: Path, master: str | None) -> SsconfReader:
    if master is not None:
        (directory / "ssconf_master_node").write_text(f"{master}\n")
    return SsconfReader(str(directory))


def test_master_may_start(tmp_path: Path) -> None:
    masterd.check_role(reader(tmp_path, net.own_hostname()))


def test_other_nodes_end_with_not_master(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"that is other\.example\.com") as caught:
        masterd.check_role(reader(tmp_path, "other.example.com"))
    assert caught.value.exit_code == c.EXIT_NOTMASTER == 11


def test_machine_outside_of_a_cluster_ends_with_setup_error(tmp_path: Path) -> None:
    with pytest.raises(StartError) as caught:
        masterd.check_role(reader(tmp_path, None))
    assert caught.value.exit_code == c.EXIT_NODESETUP_ERROR == 12


class Terminal:
    def __init__(self, is_terminal: bool) -> None:
        self.isatty = lambda: is_terminal


def test_skipping_the_vote_needs_somebody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(False))
    with pytest.raises(StartError) as caught:
        masterd.confirm_no_voting()
    assert caught.value.exit_code == c.EXIT_FAILURE


@pytest.mark.parametrize(("answer", "may_start"), [("YES", True), ("yes", False), ("", False)])
def test_skipping_the_vote_needs_a_clear_yes(monkeypatch: pytest.MonkeyPatch, answer: str, may_start: bool) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(True))
    monkeypatch.setattr("builtins.input", lambda prompt: answer)
    if may_start:
        masterd.confirm_no_voting()
        return
    with pytest.raises(StartError) as caught:
        masterd.confirm_no_voting()
    assert caught.value.exit_code == c.EXIT_CONFIRMATION
