"""What the job queue is told when the configuration changes."""

from collections.abc import Iterable
from typing import Any, cast

import msgspec
import pytest

from ganeti.config import ConfigStore
from ganeti.jqueue.queue import JobQueue
from ganeti.luxiserver.filter_methods import FilterMethods
from ganeti.objects import FilterRule
from ganeti.server.follow import QueueSettings, apply_changes, candidates_of

from ..factories import make_config, node_uuid
from ..jqueue.conftest import wait_until

UUID = "70000000-0000-4000-8000-000000000001"


class FakeQueue:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: dict[str, Any] = {}
        self.serial = 12

    def set_max_running_jobs(self, maximum: int) -> None:
        self.told["max"] = maximum

    def set_filter_rules(self, rules: Iterable[FilterRule]) -> None:
        self.told["rules"] = list(rules)

    def set_candidates(self, node_uuids: Iterable[str]) -> None:
        self.told["nodes"] = set(node_uuids)


@pytest.fixture
def queue() -> FakeQueue:
    return FakeQueue()


def test_master_keeps_no_copy_for_itself() -> None:
    assert candidates_of(make_config(nodes=3)) == {node_uuid(2), node_uuid(3)}


def test_only_what_changed_is_told(queue: FakeQueue) -> None:
    store = ConfigStore(make_config(nodes=3))
    before = store.snapshot()
    store.modify_cluster(lambda cluster: msgspec.structs.replace(cluster, max_running_jobs=7))
    apply_changes(cast(JobQueue, queue), before, store.snapshot())
    assert queue.told == {"max": 7}


def test_demoted_candidate_is_dropped(queue: FakeQueue) -> None:
    store = ConfigStore(make_config(nodes=3))
    before = store.snapshot()
    store.update(msgspec.structs.replace(before.nodes[node_uuid(2)], master_candidate=False))
    apply_changes(cast(JobQueue, queue), before, store.snapshot())
    assert queue.told == {"nodes": {node_uuid(3)}}


def test_rules_reach_the_queue(queue: FakeQueue) -> None:
    store = ConfigStore(make_config())
    settings = QueueSettings(cast(JobQueue, queue))
    settings.start(store.snapshot())
    methods = FilterMethods(store, cast(JobQueue, queue))
    assert methods.replace_filter(UUID, 3, [["jobid", [">", "id", "watermark"]]], ["RATE_LIMIT", 2], []) == UUID
    settings.observe(store.snapshot())
    wait_until(lambda: "rules" in queue.told)
    (rule,) = queue.told["rules"]
    assert (rule.watermark, rule.priority, rule.action) == (12, 3, ("RATE_LIMIT", 2))
    assert rule.reason_trail[-1][:2] == ["luxid", ""]
    methods.replace_filter(UUID, 4, [], "PAUSE", [])
    assert store.snapshot().filters[UUID].action == "PAUSE"
    methods.delete_filter(UUID)
    assert not store.snapshot().filters
    settings.close()
