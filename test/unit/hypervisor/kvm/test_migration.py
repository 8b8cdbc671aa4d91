"""Decisions about QEMU's answers during a migration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

from ganeti.errors import HypervisorError
from ganeti.hvparams import ParamView
from ganeti.hypervisor.kvm import migration
from ganeti.hypervisor.kvm.qmp import QmpClient
from ganeti.hypervisor.kvm.version import QemuVersion
from test.unit.hypervisor.guests import QEMU_7, make_instance


class ScriptedQmp:
    """Answers commands from lists; the last answer stays."""

    version = QEMU_7

    def __init__(self, **answers: list[Any]) -> None:
        self._answers = {name.replace("_", "-"): list(items) for name, items in answers.items()}
        self.sent: list[str] = []

    def execute(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """Give the next answer."""
        self.sent.append(command)
        answers = self._answers.get(command, [{}])
        return answers.pop(0) if len(answers) > 1 else answers[0]


def as_client(fake: ScriptedQmp) -> QmpClient:
    return cast(QmpClient, fake)


def view(**params: Any) -> ParamView:
    return ParamView(make_instance(hvparams=params).hvparams)


@pytest.mark.parametrize(
    ("qemu", "ours"),
    [
        ("setup", "active"),
        ("active", "active"),
        ("device", "active"),
        ("pre-switchover", "active"),
        ("wait-unplug", "active"),
        ("cancelling", "active"),
        ("postcopy-active", "postcopy-active"),
        ("postcopy-recover", "postcopy-active"),
        ("completed", "completed"),
        ("failed", "failed"),
        ("cancelled", "cancelled"),
        ("something-new", "failed"),
        (None, "failed"),
    ],
)
def test_status(qemu: str | None, ours: str) -> None:
    answer = {"status": qemu, "ram": {"total": 1, "transferred": 1}} if qemu else {}
    assert migration.describe_status(answer).status == ours


def test_arrival_of_a_guest_is_no_transfer_from_here() -> None:
    assert migration.describe_status({"status": "completed"}).status == "failed"
    qmp = ScriptedQmp(
        query_kvm=[{"enabled": False}], query_migrate=[{"status": "completed"}], query_status=[{"status": "paused"}]
    )
    migration.resume_after_failure(as_client(qmp), view(), live=False)
    assert "cont" in qmp.sent


def test_status_carries_progress() -> None:
    status = migration.describe_status({"status": "active", "ram": {"transferred": 5, "total": 9}})
    assert (status.transferred_ram, status.total_ram) == (5, 9)


@pytest.mark.parametrize(
    ("caps", "syncs", "due"), [("postcopy-ram", 2, True), ("postcopy-ram", 1, False), ("", 5, False)]
)
def test_post_copy_starts_after_two_rounds(caps: str, syncs: int, due: bool) -> None:
    qmp = ScriptedQmp(query_migrate=[{"status": "active", "ram": {"dirty-sync-count": syncs}}])
    status = migration.query_status(as_client(qmp), view(migration_caps=caps))
    assert ("migrate-start-postcopy" in qmp.sent) is due
    assert (status.postcopy_status == "postcopy-active") is due


@pytest.mark.parametrize("status", ["completed", "postcopy-active"])
def test_source_is_never_resumed_after_hand_over(status: str) -> None:
    qmp = ScriptedQmp(query_migrate=[{"status": status, "ram": {}}], query_status=[{"status": "postmigrate"}])
    with pytest.raises(HypervisorError, match="handed over"):
        migration.resume_after_failure(as_client(qmp), view(), live=True)
    assert "cont" not in qmp.sent


def test_transfer_under_way_is_cancelled_before_the_source_goes_on() -> None:
    qmp = ScriptedQmp(
        query_migrate=[{"status": "active"}, {"status": "cancelling"}, {"status": "cancelled"}],
        query_status=[{"status": "paused"}],
    )
    migration.resume_after_failure(as_client(qmp), view(), live=False)
    assert qmp.sent.count("migrate_cancel") == 1
    assert qmp.sent.index("migrate_cancel") < qmp.sent.index("cont")


@pytest.mark.parametrize(
    ("enabled", "live", "version", "stopped"),
    [
        (True, True, QEMU_7, False),
        (False, True, QEMU_7, True),
        (False, True, QemuVersion(10, 0), False),
        (True, False, QemuVersion(10, 0), True),
    ],
)
def test_emulated_guest_of_an_old_qemu_stands_still_during_the_transfer(
    enabled: bool, live: bool, version: QemuVersion, stopped: bool
) -> None:
    qmp = ScriptedQmp(query_kvm=[{"enabled": enabled, "present": True}])
    qmp.version = version
    migration.send(as_client(qmp), view(), "192.0.2.2", live=live)
    assert ("stop" in qmp.sent) is stopped
    assert qmp.sent[-1] == "migrate"


def test_guest_stopped_for_its_safety_goes_on_after_a_failed_migration() -> None:
    qmp = ScriptedQmp(
        query_kvm=[{"enabled": False}], query_migrate=[{"status": "failed"}], query_status=[{"status": "paused"}]
    )
    migration.resume_after_failure(as_client(qmp), view(), live=True)
    assert "cont" in qmp.sent


def test_guest_paused_by_an_admin_stays_paused_after_a_failed_live_migration() -> None:
    qmp = ScriptedQmp(
        query_kvm=[{"enabled": True}], query_migrate=[{"status": "failed"}], query_status=[{"status": "paused"}]
    )
    migration.resume_after_failure(as_client(qmp), view(), live=True)
    assert "cont" not in qmp.sent


@pytest.mark.parametrize(
    ("state", "meant", "resumed"), [("paused", False, True), ("paused", True, False), ("running", False, False)]
)
def test_arrived_guest_runs_unless_it_was_paused(state: str, meant: bool, resumed: bool) -> None:
    qmp = ScriptedQmp(query_status=[{"status": "inmigrate"}, {"status": state}])
    migration.complete_arrival(as_client(qmp), view(), meant_to_be_paused=meant)
    assert ("cont" in qmp.sent) is resumed


def test_unknown_capabilities_are_left_out() -> None:
    qmp = ScriptedQmp(query_migrate_capabilities=[[{"capability": "xbzrle"}]])
    migration.set_capabilities(as_client(qmp), ["compress"], True)
    assert qmp.sent == ["query-migrate-capabilities"]


@pytest.mark.parametrize(
    ("address", "uri"), [("192.0.2.1", "tcp:192.0.2.1:8102"), ("2001:db8::1", "tcp:[2001:db8::1]:8102")]
)
def test_uri(address: str, uri: str) -> None:
    assert migration.uri_of(address, 8102) == uri
