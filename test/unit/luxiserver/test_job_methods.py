"""Job methods as a client sees them, over a socket and a real queue."""

import threading
from typing import Any

import pytest

from ganeti import errors
from ganeti.jqueue.execution import OpcodeContext
from ganeti.jqueue.queue import JobQueue
from ganeti.luxi.client import Client
from ganeti.luxi.errors import RequestError
from ganeti.opcodes import OpCode

from ..jqueue.conftest import DEADLINE_S, FakeRunner

DELAY = {"OP_ID": "OP_TEST_DELAY", "duration": 0}


def poll_to_the_end(client: Client, job_id: int) -> tuple[list[Any], list[Any]]:
    """Follow a job as command line clients do; return the last values and all log entries."""
    info: list[Any] | None = None
    serial = None
    log: list[Any] = []
    while True:
        change = client.wait_for_job_change(job_id, ["status"], info, serial, 20)
        assert not isinstance(change, str)
        info = change.info
        log += change.log_entries
        if change.log_entries:
            serial = change.log_entries[-1][0]
        elif info[0] in ("success", "error", "canceled", "canceling"):
            return info, log


class Stoppable:
    """Behaviour of opcodes that run until they are told to end."""

    def __init__(self, runner: FakeRunner) -> None:
        self.started = threading.Event()
        self.go_on = threading.Event()
        runner.behaviour = self.run

    def run(self, op: OpCode, context: OpcodeContext, timeout_s: float | None) -> str:
        self.started.set()
        self.go_on.wait(DEADLINE_S)
        context.feedback("message", "nearly done")
        return "done"


@pytest.fixture
def stoppable(runner: FakeRunner) -> Stoppable:
    return Stoppable(runner)


def test_submit_and_follow(client: Client, runner: FakeRunner) -> None:
    def talk(op: OpCode, context: OpcodeContext, timeout_s: float | None) -> dict[str, int]:
        for number in range(50):
            context.feedback("message", f"line {number}")
        return {"answer": 42}

    runner.behaviour = talk
    job_id = client.submit_job([DELAY])
    info, log = poll_to_the_end(client, job_id)
    assert info == ["success"]
    assert [entry[3] for entry in log] == [f"line {number}" for number in range(50)]
    rows = client.query_jobs([job_id], ["id", "status", "opstatus", "opresult", "summary", "archived"])
    assert rows == [[job_id, "success", ["success"], [{"answer": 42}], ["TEST_DELAY(0 ns)"], False]]


def test_first_question_is_answered_at_once(client: Client, stoppable: Stoppable) -> None:
    job_id = client.submit_job([DELAY])
    change = client.wait_for_job_change(job_id, ["id"], None, None, 20)
    assert not isinstance(change, str)
    assert change.info == [job_id]
    stoppable.go_on.set()


def test_unchanged_job_gives_nochange(client: Client, stoppable: Stoppable) -> None:
    job_id = client.submit_job([DELAY])
    assert stoppable.started.wait(DEADLINE_S)
    assert client.wait_for_job_change(job_id, ["status"], ["running"], None, 0.1) == "nochange"
    stoppable.go_on.set()


def test_new_log_entries_wake_the_client(client: Client, stoppable: Stoppable) -> None:
    job_id = client.submit_job([DELAY])
    assert stoppable.started.wait(DEADLINE_S)
    threading.Timer(0.05, stoppable.go_on.set).start()
    change = client.wait_for_job_change(job_id, ["id"], [job_id], 0, 20)
    assert not isinstance(change, str)
    assert [(entry[0], entry[2], entry[3]) for entry in change.log_entries] == [(1, "message", "nearly done")]


def test_known_log_entries_are_not_repeated(client: Client, stoppable: Stoppable) -> None:
    stoppable.go_on.set()
    job_id = client.submit_job([DELAY])
    poll_to_the_end(client, job_id)
    change = client.wait_for_job_change(job_id, ["status"], ["success"], 1, 20)
    assert not isinstance(change, str)
    assert change == (["success"], [])


def test_final_job_is_answered_at_once_even_if_archived(client: Client) -> None:
    job_id = client.submit_job([DELAY])
    poll_to_the_end(client, job_id)
    assert client.archive_job(job_id) is True
    assert client.archive_job(job_id) is False
    change = client.wait_for_job_change(job_id, ["status"], ["success"], None, 20)
    assert not isinstance(change, str)
    assert change.info == ["success"]


def test_unknown_job_is_lost(client: Client) -> None:
    assert client.call("WaitForJobChange", [4711, ["status"], None, None, 20]) is None
    with pytest.raises(errors.JobLost):
        client.wait_for_job_change(4711, ["status"], None, None, 20)
    assert client.query_jobs([4711], ["status", "id"]) == [[None, 4711]]
    assert client.cancel_job(4711) == (False, "Job 4711 not found")
    assert client.archive_job(4711) is False


def test_unknown_fields_are_refused(client: Client) -> None:
    with pytest.raises(errors.OpPrereqError, match="Unknown output fields selected: x, y"):
        client.query_jobs(None, ["id", "x", "y"])
    with pytest.raises(errors.OpPrereqError):
        client.wait_for_job_change(1, ["x"], None, None, 1)


@pytest.mark.parametrize(
    "op",
    [
        {"OP_ID": "OP_NOTHING"},
        {"OP_ID": "OP_BACKUP_REMOVE", "instance_name": "x"},
        {"OP_ID": "OP_TEST_DELAY"},
        {"OP_ID": "OP_TEST_DELAY", "duration": "x"},
        {"OP_ID": "OP_TEST_DELAY", "duration": 0, "unknown": 1},
        {"OP_ID": "OP_TEST_DELAY", "duration": 0, "priority": 1},
        {"duration": 0},
        17,
    ],
)
def test_wrong_opcode_refuses_the_whole_request(client: Client, queue: JobQueue, op: Any) -> None:
    with pytest.raises(RequestError, match="Failed to parse request: "):
        client.submit_many_jobs([[DELAY], [op]])
    assert queue.serial == 0
    assert client.submit_many_jobs([[DELAY]]) == [(True, 1)]


def test_refusals_of_the_queue_reach_the_client(client: Client) -> None:
    with pytest.raises(errors.GenericError, match="A job needs at least one opcode"):
        client.submit_job([])
    with pytest.raises(errors.GenericError, match="relative job ID -1"):
        client.submit_job([{**DELAY, "depends": [[-1, []]]}])
    client.set_drain_flag(True)
    with pytest.raises(errors.JobQueueDrainError, match="Job queue is drained"):
        client.submit_job([DELAY])
    assert client.submit_job_to_drained_queue([DELAY]) > 0


def test_cancel_of_a_running_job_is_refused(client: Client, stoppable: Stoppable) -> None:
    job_id = client.submit_job([DELAY])
    assert stoppable.started.wait(DEADLINE_S)
    assert client.cancel_job(job_id) == (False, f"Job {job_id} is no longer waiting in the queue")
    stoppable.go_on.set()


def test_job_ids_may_be_text(client: Client) -> None:
    job_id = client.submit_job([DELAY])
    poll_to_the_end(client, job_id)
    assert client.call("QueryJobs", [[str(job_id)], ["id"]]) == [[job_id]]
    assert client.auto_archive_jobs(-1, 10) == (1, 0)
