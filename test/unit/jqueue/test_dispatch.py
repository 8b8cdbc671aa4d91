"""What becomes of jobs that a worker gives back because they must wait for another job."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ganeti.jqueue import submission, transitions
from ganeti.jqueue.commit import GroupCommit
from ganeti.jqueue.dispatch import Dispatcher
from ganeti.jqueue.job import timestamp_now
from ganeti.jqueue.storage import QueueStorage
from ganeti.jqueue.table import JobTable
from ganeti.jqueue.watch import Watchers
from ganeti.jqueue.workers import Next, Outcome
from ganeti.objects import FilterRule
from ganeti.opcodes import OpTestDelay

from .conftest import DEADLINE_S, wait_until

#: The job that the others wait for; it never ends.
BLOCKER = 1
JOB = 2


class BlockedExecutor:
    """Finds for each job but the first, when it is told to go on, that it must wait for that one."""

    def __init__(self, table: JobTable) -> None:
        self._table = table
        self.started, self.go_on, self.end = threading.Event(), threading.Event(), threading.Event()

    def activate(self, job_id: int) -> Outcome:
        if job_id == BLOCKER:
            self.end.wait(DEADLINE_S)
            return Outcome(Next.LEFT)
        self._table.update(job_id, lambda job: transitions.mark_waiting(job, 0, timestamp_now()))
        self.started.set()
        self.go_on.wait(DEADLINE_S)
        return Outcome(Next.BLOCKED, BLOCKER)

    def wake(self, job_id: int) -> None:
        """Too late: the worker has looked already."""


class World:
    """A dispatcher with two jobs, of which the second one is with a worker that is about to give it back."""

    def __init__(self, directory: Path) -> None:
        storage = QueueStorage(str(directory))
        storage.open()
        self.storage = storage
        self.commit = GroupCommit(storage, lambda contents: None)
        self.commit.start()
        self.table = JobTable(self.commit, Watchers())
        self.dispatcher = Dispatcher(self.table, 10)
        self.executor = BlockedExecutor(self.table)
        self.dispatcher.start(self.executor)  # type: ignore[arg-type]
        for job_id in (BLOCKER, JOB):
            self.table.insert(submission.make_job(job_id, [OpTestDelay(duration=1.0)], ()))
            self.dispatcher.add(self.table.newest(job_id))
        assert self.executor.started.wait(DEADLINE_S)

    def status(self) -> str:
        return self.table.newest(JOB).status

    def close(self) -> None:
        self.executor.go_on.set()
        self.executor.end.set()
        self.dispatcher.stop()
        self.dispatcher.close(5.0)
        self.commit.close()
        self.storage.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "queue")
    yield made
    made.close()


def rule(action: str) -> FilterRule:
    return FilterRule(uuid="a", watermark=0, priority=0, predicates=(("jobid", ["=", "id", JOB]),), action=action)


def test_it_waits_and_is_shown_to_wait(world: World) -> None:
    world.executor.go_on.set()
    wait_until(lambda: world.dispatcher.waiting_for_jobs() == {BLOCKER: [JOB]})
    assert world.status() == "waiting"


def test_a_cancel_that_no_worker_saw_is_not_lost(world: World) -> None:
    world.table.update(JOB, lambda job: transitions.request_cancel(job, timestamp_now()).job)
    world.dispatcher.wake(JOB)
    world.executor.go_on.set()
    wait_until(lambda: world.status() == "canceled")
    wait_until(lambda: world.dispatcher.waiting_for_jobs() == {})


def test_a_rule_that_rejects_it_cancels_it_before(world: World) -> None:
    world.dispatcher.set_rules([rule("REJECT")])
    assert world.status() == "waiting", "a worker has it"
    world.executor.go_on.set()
    wait_until(lambda: world.status() == "canceled")


def test_a_rule_that_rejects_it_cancels_it_afterwards(world: World) -> None:
    world.executor.go_on.set()
    wait_until(lambda: world.dispatcher.waiting_for_jobs() == {BLOCKER: [JOB]})
    world.dispatcher.set_rules([rule("REJECT")])
    wait_until(lambda: world.status() == "canceled")


def test_a_rule_that_pauses_it_is_not_forgotten(world: World) -> None:
    world.dispatcher.set_rules([rule("PAUSE")])
    world.executor.started.clear()
    world.executor.go_on.set()
    wait_until(lambda: world.dispatcher.waiting_for_jobs() == {BLOCKER: [JOB]})
    world.executor.end.set()
    wait_until(lambda: world.dispatcher.waiting_for_jobs() == {})
    assert not world.executor.started.wait(0.2)
    world.dispatcher.set_rules([])
    assert world.executor.started.wait(DEADLINE_S)
