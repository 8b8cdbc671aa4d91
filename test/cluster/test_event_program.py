"""Programs of others that follow jobs by their files."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from ganeti.luxi import Client
from test.cluster.virtual import VirtualCluster

PROGRAM = Path(__file__).parent / "event_program.py"
DEADLINE_S = 30.0


class Events:
    """What the program tells, line by line."""

    def __init__(self, stream: IO[str]) -> None:
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=lambda: [self._lines.put(line) for line in stream], daemon=True).start()

    def until(self, job_id: int, *statuses: str) -> list[dict[str, Any]]:
        """Return what is told of a job, up to a status of its last opcode."""
        found: list[dict[str, Any]] = []
        deadline = time.monotonic() + DEADLINE_S
        while True:
            event = self.next(max(0.1, deadline - time.monotonic()))
            if event.get("job") == job_id:
                found.append(event)
                if event["status"] in statuses:
                    return found

    def next(self, timeout_s: float = DEADLINE_S) -> dict[str, Any]:
        """Return the next line."""
        value: dict[str, Any] = json.loads(self._lines.get(timeout=timeout_s))
        return value


@pytest.fixture
def events(cluster: VirtualCluster) -> Iterator[Events]:
    process = subprocess.Popen(
        [f"{cluster.root()}/cmd", sys.executable, str(PROGRAM)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(PROGRAM.parents[2])},
    )
    assert process.stdout is not None
    try:
        told = Events(process.stdout)
        assert told.next() == {"ready": True}
        yield told
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def client(cluster: VirtualCluster) -> Iterator[Client]:
    with Client(str(cluster.root() / "var/run/ganeti/socket/ganeti-query")) as connection:
        yield connection


def test_every_change_of_a_job_is_one_event(cluster: VirtualCluster, client: Client, events: Events) -> None:
    job_id = client.submit_job([{"OP_ID": "OP_TEST_DELAY", "duration": 0.3, "on_master": False, "repeat": 1}])
    told = events.until(job_id, "success", "error")
    assert {event["how"] for event in told} == {"moved"}, "files come into being by a rename only"
    assert {(event["cluster"], event["operation"]) for event in told} == {(cluster.name, "OP_TEST_DELAY")}
    statuses = [event["status"] for event in told]
    assert statuses[0] == "queued" and statuses[-1] == "success" and "running" in statuses
    order = ["queued", "waiting", "running", "success"]
    assert statuses == sorted(statuses, key=order.index)
    assert all(event["time"] for event in told)
    assert told[-1]["logmsg"] == " - INFO: Test delay iteration 0/0"
    assert {"input", "status", "result", "log"} < set(told[-1]["keys"])
    # Two changes, or one if the disk was slow, before the end; no file is written without need.
    assert len(told) <= 6, statuses


def test_many_jobs_at_a_time_have_an_event_each(client: Client, events: Events) -> None:
    op = {"OP_ID": "OP_TEST_DELAY", "duration": 0.01, "on_master": False}
    ids = [int(outcome.job_id_or_message) for outcome in client.submit_many_jobs([[op]] * 20)]
    ends: set[int] = set()
    while ends != set(ids):
        event = events.next()
        if event.get("job") in ids and event["status"] == "success":
            ends.add(event["job"])


def test_the_instance_of_a_job_can_be_asked_for(cluster: VirtualCluster, client: Client, events: Events) -> None:
    name = cluster.instances[0]
    create = {
        "OP_ID": "OP_INSTANCE_CREATE",
        "instance_name": name,
        "mode": "create",
        "disk_template": "diskless",
        "disks": [],
        "nics": [{"mode": "routed", "link": "lo", "ip": "192.0.2.77"}],
        "hypervisor": "fake",
        "no_install": True,
        "os_type": "busybox+default",
        "pnode": cluster.nodes[1],
        "start": False,
    }
    told = events.until(client.submit_job([create]), "success", "error")
    assert told[-1]["status"] == "success", told[-1]["result"]
    (mac,) = told[-1]["nics"]
    assert [[[mac]]] == client.query_instances([name], ["nic.macs"])
    removed = events.until(
        client.submit_job([{"OP_ID": "OP_INSTANCE_REMOVE", "instance_name": name, "shutdown_timeout": 1}]), "success"
    )
    assert removed[-1]["nics"] is None
