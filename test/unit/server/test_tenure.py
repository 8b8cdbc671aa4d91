"""What the master daemon does with its tenure: whom it tells what, and what it waits for."""

from pathlib import Path
from typing import Any

import pytest

from ganeti import constants as c
from ganeti import pathutils
from ganeti.mastership import mark
from ganeti.mastership.tenure import TELLING_TIMEOUT_S, TENURE_S
from ganeti.rpc.result import RpcResult
from ganeti.server.config_transport import RpcConfigSender
from ganeti.server.election import may_act


class Tenure:
    """A tenure whose state tests set."""

    reason: str | None = None
    supporters: frozenset[str] = frozenset({"u2"})
    is_fresh = True

    def problem(self) -> str | None:
        return self.reason

    def supports(self, uuid: str) -> bool:
        return uuid in self.supporters

    def may_correct(self) -> bool:
        return self.is_fresh


class Calls:
    """Remembers calls to nodes."""

    def __init__(self) -> None:
        self.made: list[tuple[str, str, Any]] = []
        self.limits_s: list[float] = []
        #: Answers by name of the procedure.
        self.answers: dict[str, Any] = {}

    def with_limit(self, limit_s: float) -> "Calls":
        self.limits_s.append(limit_s)
        return self

    def call_one(self, node: str, proc: Any, *args: Any) -> RpcResult[Any]:
        self.made.append((node, proc.name, args[0] if args else None))
        return RpcResult(node, proc.name, None, self.answers.get(proc.name))


VALUES = {c.SS_MASTER_NODE: "n1", c.SS_CLUSTER_NAME: "x"}


def test_only_nodes_that_do_not_know_the_master_are_told() -> None:
    calls = Calls()
    sender = RpcConfigSender(calls, Tenure())  # type: ignore[arg-type]
    assert sender.send_ssconf("u2", VALUES) is None
    assert sender.send_ssconf("u3", VALUES) is None
    assert calls.made == [
        ("u2", "write_ssconf_files", {c.SS_CLUSTER_NAME: "x"}),
        ("u3", "write_ssconf_files", VALUES),
    ]
    # It must not be under way any more when another node becomes the master.
    assert calls.limits_s == [TELLING_TIMEOUT_S]


def test_no_vote_is_changed_in_the_last_seconds_of_a_tenure() -> None:
    calls, tenure = Calls(), Tenure()
    tenure.is_fresh = False
    sender = RpcConfigSender(calls, tenure)  # type: ignore[arg-type]
    assert sender.send_ssconf("u2", VALUES) is None
    assert "agree" in str(sender.send_ssconf("u3", VALUES))
    assert calls.made == [("u2", "write_ssconf_files", {c.SS_CLUSTER_NAME: "x"})]


def test_nothing_is_sent_without_the_right_to_act() -> None:
    calls, tenure = Calls(), Tenure()
    tenure.reason = "too few nodes"
    sender = RpcConfigSender(calls, tenure)  # type: ignore[arg-type]
    assert sender.send_ssconf("u2", VALUES) == "too few nodes"
    assert sender.send_config("u2", b"{}", 1, spares_newer=True) == "too few nodes"
    assert calls.made == []


@pytest.mark.parametrize(("serial", "is_sent"), [(None, True), (7, True), (8, False)])
def test_a_newer_configuration_is_spared_on_request(serial: int | None, is_sent: bool) -> None:
    calls = Calls()
    calls.answers["config_serial"] = serial
    sender = RpcConfigSender(calls, Tenure())  # type: ignore[arg-type]
    problem = sender.send_config("u2", b"{}", 7, spares_newer=True)
    assert (problem is None) == is_sent
    assert ("upload_file" in [name for _, name, _ in calls.made]) == is_sent
    assert sender.send_config("u2", b"{}", 7, spares_newer=False) is None


@pytest.fixture
def marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pathutils, "DATA_DIR", str(tmp_path))
    mark.set_mark("old.example.com")


@pytest.mark.parametrize(("is_voting", "pauses"), [(True, [TENURE_S]), (False, [])])
def test_an_old_master_that_did_not_confirm_is_waited_for_once(
    marked: None, is_voting: bool, pauses: list[float]
) -> None:
    waited: list[float] = []
    for _ in range(2):
        assert may_act(lambda: True, is_voting=is_voting, pause=waited.append)
    assert waited == pauses


def test_votes_may_have_changed_while_the_old_master_was_waited_for(marked: None) -> None:
    votes = iter([True, False])
    assert not may_act(lambda: next(votes), is_voting=True, pause=lambda _: None)
    assert mark.is_set()


def test_who_is_not_elected_does_not_wait(marked: None) -> None:
    assert not may_act(lambda: False, is_voting=True, pause=lambda _: pytest.fail("waited"))


def test_a_newer_configuration_of_a_former_master_is_not_spared() -> None:
    calls = Calls()
    calls.answers["config_serial"] = 9
    sender = RpcConfigSender(calls, Tenure())  # type: ignore[arg-type]
    # It was cut off, named another master, and has just been told.
    assert sender.send_ssconf("u3", VALUES) is None
    assert sender.send_config("u3", b"{}", 7, spares_newer=True) is None
    assert "newer" in str(sender.send_config("u2", b"{}", 7, spares_newer=True))
