"""The queue from submission to archive, with real files and threads."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from ganeti import errors
from ganeti.jqueue.execution import LocksNotObtained, OpcodeContext
from ganeti.jqueue.queue import JobQueue
from ganeti.jqueue.storage import QueueStorage
from ganeti.objects import FilterRule
from ganeti.opcodes import OpCode, OpTestDelay, OpTestOsParams
from ganeti.types import Secret

from .conftest import DEADLINE_S, FakeCandidates, FakeRunner, LockedRunner, wait_until


def delay(**params: Any) -> OpTestDelay:
    return OpTestDelay(duration=0.0, **params)


def submit(queue: JobQueue, *ops: OpCode) -> int:
    return queue.submit(ops or [delay()]).result(DEADLINE_S)


def wait_for_status(queue: JobQueue, job_id: int, *statuses: str) -> None:
    def reached() -> bool:
        job = queue.get(job_id)
        return job is not None and job.status in statuses

    wait_until(reached)


def stored(queue_dir: Path, job_id: int) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((queue_dir / f"job-{job_id}").read_text())
    return value


def test_accepted_job_is_on_disk_with_its_id(queue: JobQueue, queue_dir: Path) -> None:
    job_id = submit(queue)
    assert job_id == 1
    assert (queue_dir / "serial").read_text() == "1\n"
    document = stored(queue_dir, 1)
    assert document["id"] == 1
    assert document["ops"][0]["input"]["OP_ID"] == "OP_TEST_DELAY"
    assert document["ops"][0]["input"]["reason"][-1][:2] == ["gnt:opcode:test_delay", "job=1;index=0"]
    assert (queue_dir / "job-1").stat().st_mode & 0o777 == 0o640


def test_visible_success_is_on_disk(queue: JobQueue, queue_dir: Path) -> None:
    job_id = submit(queue, delay(), delay())
    wait_for_status(queue, job_id, "success")
    document = stored(queue_dir, job_id)
    assert [op["status"] for op in document["ops"]] == ["success", "success"]
    assert document["end_timestamp"]
    assert document["ops"][0]["exec_timestamp"]


def test_running_is_on_disk_before_the_opcode_starts(queue: JobQueue, runner: FakeRunner, queue_dir: Path) -> None:
    seen = []
    runner.behaviour = lambda op, context, timeout_s: seen.append(stored(queue_dir, context.job_id)["ops"][0]["status"])
    wait_for_status(queue, submit(queue), "success")
    assert seen == ["running"]


def test_failure_ends_all_later_opcodes(queue: JobQueue, runner: FakeRunner) -> None:
    def fail(op: OpCode, context: OpcodeContext, timeout_s: float | None) -> None:
        raise errors.OpPrereqError("no such thing", "unknown_entity")

    runner.behaviour = fail
    job_id = submit(queue, delay(), delay())
    wait_for_status(queue, job_id, "error")
    job = queue.get(job_id)
    assert job is not None
    assert job.ops[0].result == ["OpPrereqError", ["no such thing", "unknown_entity"]]
    assert job.ops[1].result == ["OpExecError", ["Preceding opcode failed"]]


def test_feedback_gets_serials_over_all_opcodes(queue: JobQueue, runner: FakeRunner) -> None:
    def talk(op: OpCode, context: OpcodeContext, timeout_s: float | None) -> None:
        context.feedback("message", "hello")
        context.feedback("message-list", ["a", "b"])

    runner.behaviour = talk
    job_id = submit(queue, delay(), delay())
    wait_for_status(queue, job_id, "success")
    job = queue.get(job_id)
    assert job is not None
    assert [(entry.serial, entry.kind, entry.payload) for entry in job.log_since(2)] == [
        (3, "message", "b"),
        (4, "message", "hello"),
        (5, "message", "a"),
        (6, "message", "b"),
    ]


def test_relative_dependencies_order_jobs_of_one_request(queue: JobQueue, runner: FakeRunner) -> None:
    order: list[int] = []
    runner.behaviour = lambda op, context, timeout_s: order.append(context.job_id)
    jobs = [[delay()], [delay(depends=[(-1, ["success"])])], [delay(depends=[(-2, []), (-1, [])])]]
    outcomes = queue.submit_many(jobs).result(DEADLINE_S)
    assert outcomes == [(True, 1), (True, 2), (True, 3)]
    wait_for_status(queue, 3, "success")
    assert order == [1, 2, 3]
    job = queue.get(3)
    assert job is not None
    assert b'"depends":[[1,[]],[2,[]]]' in job.ops[0].input.stored


def test_bad_job_of_a_request_does_not_affect_the_others(queue: JobQueue) -> None:
    outcomes = queue.submit_many([[delay()], [], [delay(depends=[(-3, [])])], [delay()]]).result(DEADLINE_S)
    assert outcomes[0] == (True, 1)
    assert outcomes[1] == (False, "A job needs at least one opcode")
    assert outcomes[2] == (False, "Unable to resolve relative job ID -3; opcodes TEST_DELAY(0 ns)")
    assert outcomes[3] == (True, 4)


@pytest.mark.parametrize(
    ("wanted", "status", "result"),
    [
        (["success"], "error", "Dependency job 1 finished with status 'error', not one of 'success' as required"),
        ([], "success", None),
        (["error"], "success", None),
    ],
)
def test_dependency_on_failed_job(
    queue: JobQueue, runner: FakeRunner, wanted: list[Any], status: str, result: str | None
) -> None:
    def fail_first(op: OpCode, context: OpcodeContext, timeout_s: float | None) -> None:
        if context.job_id == 1:
            raise errors.OpExecError("broken")

    runner.behaviour = fail_first
    queue.submit_many([[delay()], [delay(depends=[(-1, wanted)])]]).result(DEADLINE_S)
    wait_for_status(queue, 2, status)
    job = queue.get(2)
    assert job is not None
    assert job.ops[0].result == (["OpExecError", [result]] if result else None)


def test_unknown_and_own_dependencies_are_errors(queue: JobQueue) -> None:
    submit(queue, delay(depends=[(1, [])]))
    submit(queue, delay(depends=[(77, [])]))
    for job_id, text in ((1, "Job can't depend on itself"), (2, "Dependency error: Job 77 not found")):
        wait_for_status(queue, job_id, "error")
        job = queue.get(job_id)
        assert job is not None
        assert job.ops[0].result == ["OpExecError", [text]]


def test_drained_queue_refuses_jobs(queue: JobQueue, queue_dir: Path) -> None:
    queue.set_drain_flag(True)
    assert (queue_dir / "drain").stat().st_mode & 0o777 == 0o644
    with pytest.raises(errors.JobQueueDrainError):
        queue.submit([delay()])
    assert queue.submit([delay()], ignore_drain_flag=True).result(DEADLINE_S) == 1
    queue.set_drain_flag(False)
    assert submit(queue) == 2


def test_full_queue_refuses_jobs_until_some_are_archived(queue: JobQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganeti.constants.JOB_QUEUE_SIZE_HARD_LIMIT", 3)
    first = submit(queue)
    wait_for_status(queue, first, "success")
    outcomes = queue.submit_many([[delay()]] * 3).result(DEADLINE_S)
    assert [accepted for accepted, _ in outcomes] == [True, True, False]
    assert str(outcomes[2][1]).startswith("Job queue is full, archive old jobs first; opcodes TEST_DELAY")
    with pytest.raises(errors.JobQueueFull):
        queue.submit([delay()])
    wait_until(lambda: queue.archive(first))
    assert submit(queue) == 5, "the id of a job that was refused is lost"


class TestWithLocks:
    """Jobs that wait for their locks."""

    @pytest.fixture
    def runner(self) -> FakeRunner:
        return LockedRunner()

    def test_waiting_job_can_be_canceled(self, queue: JobQueue) -> None:
        job_id = submit(queue, delay(), delay())
        wait_for_status(queue, job_id, "waiting")
        assert queue.cancel(job_id).result(DEADLINE_S) == (True, "Job 1 will be canceled")
        wait_for_status(queue, job_id, "canceled")
        job = queue.get(job_id)
        assert job is not None
        assert [record.result for record in job.ops] == ["Job canceled by request"] * 2
        assert queue.cancel(job_id).result(DEADLINE_S) == (False, "Job 1 is no longer waiting in the queue")

    def test_waiting_jobs_leave_room_for_others(self, queue: JobQueue) -> None:
        queue.set_max_running_jobs(1)
        first, second = submit(queue), submit(queue)
        wait_for_status(queue, first, "waiting")
        wait_for_status(queue, second, "waiting")

    def test_shutdown_puts_waiting_jobs_back(self, queue: JobQueue, queue_dir: Path) -> None:
        job_id = submit(queue)
        wait_for_status(queue, job_id, "waiting")
        queue.stop_accepting()
        wait_until(lambda: not queue.has_running_jobs())
        assert stored(queue_dir, job_id)["ops"][0]["status"] == "queued"
        with pytest.raises(errors.JobQueueError, match="shutting down"):
            queue.submit([delay()])


def test_killed_job_fails(queue: JobQueue, runner: FakeRunner) -> None:
    started = threading.Event()

    def work(op: OpCode, context: OpcodeContext, timeout_s: float | None) -> None:
        started.set()
        wait_until(lambda: context.check() is not None)

    runner.behaviour = work
    job_id = submit(queue)
    assert started.wait(DEADLINE_S)
    assert queue.cancel(job_id).result(DEADLINE_S)[0] is False
    assert queue.cancel(job_id, kill=True).result(DEADLINE_S)[0] is True
    wait_for_status(queue, job_id, "error")
    job = queue.get(job_id)
    assert job is not None
    assert job.ops[0].result == ["OpExecError", ["Job killed by request"]]


def test_job_without_locks_tries_again(queue: JobQueue, runner: FakeRunner) -> None:
    attempts: list[float | None] = []

    def work(op: OpCode, context: OpcodeContext, timeout_s: float | None) -> str:
        attempts.append(timeout_s)
        if len(attempts) < 3:
            raise LocksNotObtained
        return "done"

    runner.behaviour = work
    job_id = submit(queue)
    wait_for_status(queue, job_id, "success")
    assert len(attempts) == 3
    assert all(timeout is not None and timeout > 4 for timeout in attempts)


def test_priority_change_reorders_the_queue(queue: JobQueue, runner: FakeRunner) -> None:
    go = threading.Event()
    order: list[int] = []

    def work(op: OpCode, context: OpcodeContext, timeout_s: float | None) -> None:
        order.append(context.job_id)
        go.wait(DEADLINE_S)

    runner.behaviour = work
    queue.set_max_running_jobs(1)
    for _ in range(4):
        submit(queue)
    wait_until(lambda: order == [1])
    assert queue.change_priority(4, -10).result(DEADLINE_S) == (
        True,
        "Priorities of pending opcodes for job 4 have been changed to -10",
    )
    assert queue.change_priority(1, -10).result(DEADLINE_S) == (False, "Job 1 had no pending opcodes")
    assert queue.change_priority(99, -10).result(DEADLINE_S) == (False, "Job 99 not found")
    with pytest.raises(errors.GenericError, match="Invalid priority 3, allowed are -10, 0, 10"):
        queue.change_priority(2, 3)
    go.set()
    wait_for_status(queue, 3, "success")
    assert order == [1, 4, 2, 3]


def test_filter_rules_hold_and_reject_jobs(queue: JobQueue) -> None:
    held = FilterRule(uuid="a", watermark=0, priority=0, predicates=(("jobid", ["<", "id", 3]),), action="PAUSE")
    rejected = FilterRule(uuid="b", watermark=0, priority=1, predicates=(("jobid", [">", "id", 3]),), action="REJECT")
    queue.set_filter_rules([rejected, held])
    for _ in range(4):
        submit(queue)
    wait_for_status(queue, 3, "success")
    wait_for_status(queue, 4, "canceled")
    paused = queue.get(1)
    assert paused is not None
    assert paused.status == "queued"
    queue.set_filter_rules([])
    wait_for_status(queue, 1, "success")
    wait_for_status(queue, 2, "success")


def test_archive_moves_only_final_jobs(queue: JobQueue, runner: FakeRunner, queue_dir: Path) -> None:
    go = threading.Event()
    runner.behaviour = lambda op, context, timeout_s: go.wait(DEADLINE_S)
    job_id = submit(queue)
    wait_for_status(queue, job_id, "running")
    assert queue.archive(job_id) is False
    go.set()
    wait_for_status(queue, job_id, "success")
    wait_until(lambda: queue.archive(job_id))
    assert (queue_dir / "archive" / "0" / "job-1").exists()
    assert queue.get(job_id) is None
    found = queue.find_job(job_id)
    assert found is not None
    assert (found[0].status, found[1]) == ("success", True)
    assert [job.id for job in queue.archived_jobs()] == [1]
    assert queue.final_status(job_id) == "success"


def test_auto_archive_of_everything(queue: JobQueue) -> None:
    for _ in range(25):
        submit(queue)
    for job_id in range(1, 26):
        wait_for_status(queue, job_id, "success")
    assert queue.auto_archive(3600, 10) == (0, 0)
    assert queue.auto_archive(-1, 0) == (0, 25)
    assert queue.auto_archive(-1, 10) == (25, 0)
    assert queue.live_jobs() == []


def test_secrets_never_reach_the_disk(queue: JobQueue, queue_dir: Path, runner: FakeRunner) -> None:
    seen: list[str] = []

    def work(op: OpCode, context: OpcodeContext, timeout_s: float | None) -> None:
        assert isinstance(op, OpTestOsParams)
        assert op.osparams_secret is not None
        seen.extend(value.get() for value in op.osparams_secret.values())

    runner.behaviour = work
    job_id = submit(queue, OpTestOsParams(osparams_secret={"password": Secret("hunter2")}))
    assert "hunter2" not in (queue_dir / "job-1").read_text()
    wait_for_status(queue, job_id, "success")
    assert seen == ["hunter2"]
    assert stored(queue_dir, job_id)["ops"][0]["input"]["osparams_secret"] is None
    job = queue.get(job_id)
    assert job is not None
    assert job.ops[0].input.op is None


def restarted(queue_dir: Path, runner: FakeRunner) -> JobQueue:
    queue = JobQueue(QueueStorage(str(queue_dir)), FakeCandidates())
    queue.open()
    queue.start(runner)
    return queue


def test_restart_continues_queued_jobs_and_ends_running_ones(queue_dir: Path, runner: FakeRunner) -> None:
    queue = restarted(queue_dir, runner)
    for _ in range(4):
        submit(queue)
    for job_id in range(1, 5):
        wait_for_status(queue, job_id, "success")
    queue.close()
    for job_id, status in ((1, "queued"), (2, "waiting"), (3, "running")):
        document = stored(queue_dir, job_id)
        document["ops"][0] |= {"status": status, "result": None, "end_timestamp": None}
        document["end_timestamp"] = None
        (queue_dir / f"job-{job_id}").write_text(json.dumps(document))
    (queue_dir / "job-4").write_text("{")
    (queue_dir / "job-9.new").write_text("{")
    queue = restarted(queue_dir, runner)
    try:
        wait_for_status(queue, 1, "success")
        wait_for_status(queue, 2, "success")
        job = queue.get(3)
        assert job is not None
        assert job.ops[0].result == ["OpExecError", ["Unclean master daemon shutdown"]]
        assert stored(queue_dir, 3)["ops"][0]["status"] == "error"
        assert queue.get(4) is None
        assert (queue_dir / "archive" / "0" / "job-4").exists()
        assert submit(queue) == 5
    finally:
        queue.close()


def test_job_with_unknown_opcode_is_listed_and_fails(queue_dir: Path, runner: FakeRunner) -> None:
    restarted(queue_dir, runner).close()
    document = {"id": 7, "ops": [{"input": {"OP_ID": "OP_FROM_THE_FUTURE", "x": 1}, "status": "queued"}]}
    (queue_dir / "job-7").write_text(json.dumps(document))
    queue = restarted(queue_dir, runner)
    try:
        wait_for_status(queue, 7, "error")
        job = queue.get(7)
        assert job is not None
        assert job.ops[0].input.summary == "FROM_THE_FUTURE"
        assert job.ops[0].result == ["OpCodeUnknown", ["Unknown opcode OP_FROM_THE_FUTURE"]]
        assert stored(queue_dir, 7)["ops"][0]["input"] == {"OP_ID": "OP_FROM_THE_FUTURE", "x": 1}
        assert submit(queue) == 8
    finally:
        queue.close()


def test_queue_of_another_version_is_refused(queue_dir: Path, runner: FakeRunner) -> None:
    restarted(queue_dir, runner).close()
    (queue_dir / "version").write_text("2\n")
    with pytest.raises(errors.JobQueueError, match="Found job queue version 2, expected 1"):
        QueueStorage(str(queue_dir)).open()


def test_listeners_hear_of_every_visible_change(queue: JobQueue, runner: FakeRunner) -> None:
    go = threading.Event()
    runner.behaviour = lambda op, context, timeout_s: go.wait(DEADLINE_S)
    job_id = submit(queue)
    changed = threading.Event()
    unsubscribe = queue.subscribe(job_id, changed.set)
    go.set()
    assert changed.wait(DEADLINE_S)
    wait_for_status(queue, job_id, "success")
    unsubscribe()


def test_full_disk_refuses_the_submission(queue: JobQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: QueueStorage, contents: dict[str, bytes], *, strict: bool = False) -> dict[str, OSError]:
        return dict.fromkeys(contents, OSError(28, "No space left on device"))

    with monkeypatch.context() as patch:
        patch.setattr(QueueStorage, "write", full)
        with pytest.raises(errors.JobQueueError, match="No space left on device"):
            submit(queue)
        assert queue.live_jobs() == []
    wait_for_status(queue, submit(queue), "success")
