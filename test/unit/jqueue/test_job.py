"""Status, transitions, recovery and file format of jobs."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ganeti import constants as c
from ganeti import errors
from ganeti.jqueue import codec, transitions
from ganeti.jqueue.job import FINAL, Job, OpRecord, compute_status
from ganeti.jqueue.recovery import recover
from ganeti.jqueue.submission import make_job
from ganeti.opcodes import OpInstanceReinstall, OpTestDelay
from ganeti.types import Private, Secret

NOW = (1_700_000_000, 5)
STATUSES = st.lists(st.sampled_from(c.JOB_STATUS_ALL), min_size=1, max_size=6)


def job_with(*statuses: str) -> Job:
    record = OpRecord(input=codec.make_input(OpTestDelay(duration=1.0)))
    ops = tuple(OpRecord(input=record.input, status=status) for status in statuses)
    return Job(id=7, ops=ops)


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["success", "success"], "success"),
        (["success", "queued"], "queued"),
        (["success", "running", "queued"], "running"),
        (["waiting", "queued"], "waiting"),
        (["success", "canceling", "canceling"], "canceling"),
        (["success", "error", "error"], "error"),
        (["success", "canceled", "canceled"], "canceled"),
        (["running", "error"], "error"),
    ],
)
def test_status_of_a_job(statuses: list[str], expected: str) -> None:
    assert compute_status(statuses) == expected


@given(STATUSES)
def test_recovered_jobs_wait_in_the_queue_or_are_final(statuses: list[str]) -> None:
    recovered = recover(job_with(*statuses), NOW)
    assert recovered.status in FINAL | {"queued"}
    assert (recovered.end_timestamp is not None) == recovered.is_final
    assert recover(recovered, NOW) is recovered
    for before, after in zip(statuses, recovered.ops, strict=True):
        if before in FINAL:
            assert after.status == before
    if recovered.is_final:
        assert all(record.is_final for record in recovered.ops)


@given(STATUSES)
def test_canceling_grants_only_what_did_not_start(statuses: list[str]) -> None:
    job = job_with(*statuses)
    verdict = transitions.request_cancel(job, NOW)
    assert verdict.granted == (job.status in ("queued", "waiting"))
    if not verdict.granted:
        assert verdict.job is job
    for before, after in zip(job.ops, verdict.job.ops, strict=True):
        assert not before.is_final or (before.status, before.result) == (after.status, after.result)


@given(STATUSES)
def test_files_give_the_same_job_back(statuses: list[str]) -> None:
    job = job_with(*statuses)
    job = transitions.append_log(job, 0, "message", ["a", {"b": [1]}], NOW)
    loaded = codec.decode_job(codec.encode_job(job))
    if job.is_final:
        # What will not run any more is shown, and that is all.
        job = replace(job, ops=tuple(replace(op, input=replace(op.input, op=None)) for op in job.ops))
    assert loaded == job


def test_file_format() -> None:
    job = make_job(4711, [OpTestDelay(duration=5.0)], ())
    document = json.loads(codec.encode_job(job))
    assert document.keys() == {
        "id", "received_timestamp", "start_timestamp", "end_timestamp", "livelock", "process_id", "ops"
    }  # fmt: skip
    (op,) = document["ops"]
    assert op.keys() == {
        "input", "status", "result", "priority", "log", "start_timestamp", "exec_timestamp", "end_timestamp"
    }  # fmt: skip
    assert op["input"]["duration"] == 5.0
    assert document["livelock"] is None


def test_missing_and_unknown_keys_are_tolerated() -> None:
    text = b'{"id": 3, "x": 1, "livelock": "l", "process_id": 9, "ops": [{"input": {"OP_ID": "OP_TEST_DELAY",'
    text += b' "duration": 1}, "status": "waiting", "y": 2}]}'
    job = codec.decode_job(text)
    assert (job.livelock, job.process_id, job.ops[0].priority, job.ops[0].log) == ("l", 9, 0, ())
    assert job.ops[0].input.op == OpTestDelay(duration=1.0)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"id": 1, "ops": []}', b'{"id": 1, "ops": [{"input": 1}, 2]}'])
def test_broken_files_are_reported(text: bytes) -> None:
    with pytest.raises(errors.JobFileCorrupted):
        codec.decode_job(text)


@pytest.mark.parametrize(
    ("raw", "summary"),
    [
        (b'{"OP_ID": "OP_FUTURE", "a": 1}', "FUTURE"),
        (b'{"a": 1}', "INVALID_OP"),
        (b'{"OP_ID": "OP_TEST_DELAY", "duration": "x"}', None),
    ],
)
def test_opcodes_nobody_knows_are_kept(raw: bytes, summary: str | None) -> None:
    record = codec.load_input(raw)
    assert record.op is None
    assert record.stored == raw
    assert summary is None or record.summary == summary


def confidential_job() -> Job:
    op = OpInstanceReinstall(
        instance_name="web1",
        osparams_private={"key": Private("private-value")},
        osparams_secret={"password": Secret("secret-value")},
    )
    return make_job(1, [op, op], ())


def test_private_values_live_in_the_file_until_the_job_ends_and_secrets_never() -> None:
    job = confidential_job()
    text = codec.encode_job(job)
    assert b"private-value" in text
    assert b"secret-value" not in text
    job = transitions.succeed(job, 0, True, NOW)
    assert b"private-value" in codec.encode_job(job)
    job = transitions.succeed(job, 1, True, NOW)
    text = codec.encode_job(job)
    assert b"-value" not in text
    assert "-value" not in repr(job)


def test_job_that_ended_without_a_last_write_is_completed_at_start() -> None:
    document = json.loads(codec.encode_job(confidential_job()))
    for number, op in enumerate(document["ops"]):
        op |= {"status": "success", "end_timestamp": [100 + number, 5]}
    job = recover(codec.decode_job(json.dumps(document).encode()), NOW)
    assert job.end_timestamp == (101, 5)
    assert b"private-value" not in codec.encode_job(job)


def test_clients_never_see_confidential_values() -> None:
    shown = codec.public_input(confidential_job().ops[0].input)
    assert shown["osparams_private"] is None
    assert shown["osparams_secret"] is None
    assert shown["instance_name"] == "web1"


def test_secrets_are_missed_after_a_restart() -> None:
    job = codec.decode_job(codec.encode_job(confidential_job()))
    assert job.ops[0].input.lacks_secrets


def test_priority_is_the_most_urgent_of_what_is_left() -> None:
    job = transitions.raise_priority(job_with("success", "queued", "queued"), 2, -5)
    job = transitions.raise_priority(job, 0, -10)
    assert job.priority == -5
    assert job_with("success").priority == 0


@pytest.mark.parametrize(
    ("statuses", "message"),
    [
        (["success"], "Job 7 is finished"),
        (["canceling"], "Job 7 is cancelling"),
        (["success", "running"], "Job 7 had no pending opcodes"),
    ],
)
def test_refused_priority_changes(statuses: list[str], message: str) -> None:
    assert transitions.change_priority(job_with(*statuses), 10)[1:] == (False, message)


def test_first_start_time_is_kept_over_attempts() -> None:
    job = transitions.mark_waiting(job_with("queued"), 0, NOW)
    again = transitions.mark_waiting(recover(job, NOW), 0, (NOW[0] + 9, 0))
    assert again.ops[0].start_timestamp == NOW
    assert again.start_timestamp == NOW


def test_canceled_opcode_is_not_taken_up() -> None:
    job = transitions.cancel_now(job_with("queued"), NOW)
    assert transitions.mark_waiting(job, 0, NOW) is job


def test_reason_trail_tells_job_and_opcode() -> None:
    reason: list[Any] = [["gnt:user", "maintenance", 1]]
    job = make_job(12, [OpTestDelay(duration=0.0), OpTestDelay(duration=0.0, reason=reason)], ())
    trail = codec.public_input(job.ops[1].input)["reason"]
    assert trail[0] == reason[0]
    assert trail[1][:2] == ["gnt:opcode:test_delay", "job=12;index=1"]


def test_whatever_an_operation_gives_can_be_stored() -> None:
    recursive: list[Any] = []
    recursive.append(recursive)
    odd = {"text": "a\udcff", ("x", 1): {3}, "big": 2**70, "object": NOW, "secret": Private("p"), "deep": recursive}
    job = transitions.append_log(job_with("running"), 0, "message", [odd], NOW)
    job = transitions.succeed(job, 0, odd, NOW)
    loaded = codec.decode_job(codec.encode_job(job))
    assert loaded.ops[0].result["text"] == "a?"
    assert loaded.ops[0].result["big"] == str(2**70)
    assert loaded.ops[0].result["secret"] == "<redacted>"
