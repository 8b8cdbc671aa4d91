"""Copies of the queue on candidates."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ganeti.jqueue.replication import Breaker, Replicator
from ganeti.jqueue.storage import QueueStorage

from .conftest import DEADLINE_S, FakeCandidates, wait_until


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[QueueStorage]:
    made = QueueStorage(str(tmp_path / "queue"))
    made.open()
    yield made
    made.close()


@pytest.fixture
def replicator(storage: QueueStorage, candidates: FakeCandidates) -> Iterator[Replicator]:
    made = Replicator(candidates, storage, linger_s=0.01)
    yield made
    made.close()


def test_changes_reach_all_candidates(replicator: Replicator, candidates: FakeCandidates) -> None:
    replicator.set_nodes(["a", "b"], are_in_sync=True)
    replicator.put({"job-1": b"one", "serial": b"1\n"})
    assert replicator.wait_idle(DEADLINE_S)
    assert candidates.files == {node: {"job-1": b"one", "serial": b"1\n"} for node in ("a", "b")}


def test_only_the_newest_content_is_sent(storage: QueueStorage, candidates: FakeCandidates) -> None:
    replicator = Replicator(candidates, storage, linger_s=0.2)
    replicator.set_nodes(["a"], are_in_sync=True)
    for number in range(100):
        replicator.put({"job-1": b"%d" % number})
    assert replicator.wait_idle(DEADLINE_S)
    replicator.close()
    assert candidates.files["a"]["job-1"] == b"99"
    assert candidates.updates < 10


def test_new_candidate_gets_the_whole_live_queue(
    replicator: Replicator, storage: QueueStorage, candidates: FakeCandidates
) -> None:
    storage.write({"job-1": b"one", "job-2": b"two", "serial": b"2\n"}, strict=True)
    storage.archive([1])
    storage.set_drained(True)
    candidates.files["a"] = {"job-77": b"old"}
    replicator.set_nodes(["a"])
    assert replicator.wait_idle(DEADLINE_S)
    assert candidates.files["a"] == {"job-2": b"two", "serial": b"2\n"}
    assert candidates.drained == {"a": True}


def test_archived_jobs_move_with_their_last_content(replicator: Replicator, candidates: FakeCandidates) -> None:
    replicator.set_nodes(["a"], are_in_sync=True)
    replicator.put({"job-12345": b"final"})
    replicator.put_archived([12345])
    assert replicator.wait_idle(DEADLINE_S)
    assert candidates.files["a"] == {"archive/1/job-12345": b"final"}


def test_failing_candidate_does_not_disturb_the_others(
    replicator: Replicator, candidates: FakeCandidates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ganeti.jqueue.replication._FIRST_PAUSE_S", 0.05)
    candidates.failing = {"a"}
    replicator.set_nodes(["a", "b"], are_in_sync=True)
    replicator.put({"job-1": b"one"})
    wait_until(lambda: candidates.files.get("b") == {"job-1": b"one"})
    replicator.put({"job-1": b"two"})
    candidates.failing = set()
    wait_until(lambda: candidates.files.get("a") == {"job-1": b"two"})


def test_removed_candidate_gets_nothing_more(replicator: Replicator, candidates: FakeCandidates) -> None:
    replicator.set_nodes(["a"], are_in_sync=True)
    replicator.remove_node("a")
    replicator.put({"job-1": b"one"})
    assert replicator.nodes == frozenset()
    assert candidates.files == {}


def test_breaker_waits_longer_each_time_and_forgets_on_success() -> None:
    breaker = Breaker()
    assert not breaker.is_open
    pauses = []
    for _ in range(7):
        breaker.failed(100.0)
        pauses.append(breaker.remaining_s(100.0))
    assert pauses == [2, 4, 8, 16, 32, 60, 60]
    breaker.succeeded()
    assert breaker.remaining_s(100.0) == 0


def test_files_travel_together(replicator: Replicator, storage: QueueStorage, candidates: FakeCandidates) -> None:
    contents = {f"job-{number}": b"x" * 100 for number in range(1, 1001)}
    storage.write(contents, strict=True)
    replicator.set_nodes(["a"])
    assert replicator.wait_idle(DEADLINE_S)
    assert candidates.files["a"].keys() == contents.keys() | {"serial"}
    assert candidates.updates < 10
