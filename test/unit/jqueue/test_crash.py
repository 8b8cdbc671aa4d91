"""What survives kill -9: every accepted job, once."""

import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from ganeti.jqueue.queue import JobQueue
from ganeti.jqueue.storage import QueueStorage

from .conftest import DEADLINE_S, FakeCandidates, FakeRunner, wait_until

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("seed", range(6))
def test_killed_master_loses_no_accepted_job_and_runs_none_twice(tmp_path: Path, seed: int) -> None:
    queue_dir, ran_file = tmp_path / "queue", tmp_path / "ran"
    accepted = run_and_kill(queue_dir, ran_file, random.Random(seed).uniform(0.01, 0.25))
    before = ids_in(ran_file)
    runner = FakeRunner()
    ran_after: list[int] = []
    runner.behaviour = lambda op, context, timeout_s: ran_after.append(context.job_id)
    queue = JobQueue(QueueStorage(str(queue_dir)), FakeCandidates())
    queue.open()
    queue.start(runner)
    try:
        jobs = {job.id for job in queue.live_jobs()}
        assert set(accepted) <= jobs
        wait_until(lambda: all(job.is_final for job in queue.live_jobs()))
        counts = Counter([*before, *ran_after])
        assert max(counts.values(), default=0) <= 1
        succeeded = {job.id for job in queue.live_jobs() if job.status == "success"}
        assert succeeded <= set(counts)
        # What neither ran nor will run must say so.
        assert {job.id for job in queue.live_jobs() if job.status == "error"} == jobs - succeeded
        assert queue.submit_many([[]]).result(DEADLINE_S)[0][0] is False
        assert queue.serial > max(jobs, default=0)
    finally:
        queue.close()


def run_and_kill(queue_dir: Path, ran_file: Path, after_s: float) -> list[int]:
    """Let another process work until some time after its first accepted job; return the jobs it said it accepted."""
    command = [sys.executable, "-m", "test.unit.jqueue.crash_child", str(queue_dir), str(ran_file)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        first = child.stdout.readline()
        threading.Event().wait(after_s)
        child.send_signal(signal.SIGKILL)
        lines = [first, *child.stdout.read().splitlines(keepends=True)]
    return [int(line) for line in lines if line.endswith("\n")]


def ids_in(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()] if path.exists() else []
