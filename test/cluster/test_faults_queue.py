"""The job queue under kill -9, on a full or read-only file system, and with a candidate that hangs.

No job that a client was told of is lost, none runs twice, and `gnt-job info` says what became of each.
"""

import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ganeti import constants as c
from ganeti.utils.process import run_cmd
from test.cluster.killable_master import JobState, KillableMaster, Luxi, MasterGone
from test.cluster.virtual import VirtualCluster, virtual_cluster, wait_for

MOMENTS = 50
SEED = 20_240_501
#: Within this time after the first submission the daemon dies; enough for some dozens of jobs.
LONGEST_LIFE_S = 0.25
#: What jobs that a kill met say.
EXPLANATIONS = ("Unclean master daemon shutdown", "Dependency job")


def no_op(duration_s: float = 1e-6, **parameters: Any) -> dict[str, Any]:
    """Return an opcode that needs nothing but the queue."""
    return {"OP_ID": "OP_TEST_DELAY", "duration": duration_s, "on_master": False, "no_locks": True, **parameters}


@pytest.fixture(scope="module")
def master() -> Iterator[KillableMaster]:
    """The master daemon of a cluster of one node; the queue is a file system of its own that tests fill up."""
    with virtual_cluster(nodes=1) as cluster:
        cluster.init("--enabled-hypervisors=fake", "--enabled-disk-templates=diskless")
        cluster.kill_daemon("ganeti-masterd")
        made = KillableMaster(cluster)
        with small_file_system(queue_of(made)):
            made.start()
            try:
                yield made
            finally:
                made.stop()


@contextlib.contextmanager
def small_file_system(directory: Path) -> Iterator[None]:
    """Put a file system of some megabytes in the place of a directory; its files are copied."""
    files = {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}
    mounted("mount", "-t", "tmpfs", "-o", "size=96m,mode=0750", "queue", str(directory))
    try:
        for name, content in files.items():
            (directory / name).write_bytes(content)
        (directory / "archive").mkdir()
        yield
    finally:
        mounted("umount", "--lazy", str(directory))


def mounted(*argv: str) -> None:
    """Run a command about file systems."""
    result = run_cmd(argv, timeout_s=30)
    assert not result.failed, result.output


def queue_of(master: KillableMaster) -> Path:
    """Return the queue directory."""
    return master.cluster.root() / "var/lib/ganeti/queue"


class Load:
    """Jobs that a client submits as fast as it can; each has a duration of its own, by which its runs are counted."""

    def __init__(self, master: KillableMaster) -> None:
        self._master = master
        self._submitted = 0
        self.durations: dict[int, float] = {}
        self.final: dict[int, JobState] = {}

    def submit_until_death(self) -> list[int]:
        """Submit pairs of jobs, one of which waits for the other; return the ids that the client was told."""
        luxi, told = self._master.luxi, list[int]()
        with contextlib.suppress(MasterGone):
            while True:
                durations = [1e-6 * (self._submitted + number) for number in range(1, 7)]
                self._submitted += len(durations)
                depends = [{}, {"depends": [[-1, [c.JOB_STATUS_SUCCESS]]]}] * 3
                ids = luxi.submit(*(no_op(length, **more) for length, more in zip(durations, depends, strict=True)))
                self.durations.update(zip(ids, durations, strict=True))
                told.extend(ids)
                self.final.update({state.id: state for state in luxi.jobs(told).values() if state.is_final})
        return told

    def check(self, states: dict[int, JobState]) -> None:
        """Check that jobs have ended as they should, each with the end that a client saw before."""
        runs = Counter(Path(f"{self._master.orders}.runs").read_text().split())
        for job_id, state in states.items():
            count = runs[repr(self.durations[job_id])]
            assert count <= 1, f"job {job_id} ran {count} times"
            assert self.final.get(job_id, state) == state, "a final job changed"
            if state.status == c.JOB_STATUS_SUCCESS:
                assert count == 1, f"job {job_id} succeeded without running"
            else:
                assert state.status == c.JOB_STATUS_ERROR, state
                assert any(text in str(state.results) for text in EXPLANATIONS), state


def test_kill_under_load(master: KillableMaster) -> None:
    load, moments = Load(master), random.Random(SEED)
    for number in range(MOMENTS):
        timer = threading.Timer(moments.uniform(0.0, LONGEST_LIFE_S), master.kill)
        timer.start()
        told = load.submit_until_death()
        timer.join()
        master.start()
        states = master.luxi.wait(told)
        assert states.keys() == set(told)
        load.check(states)
        load.final.update(states)
        if number % 10 == 9:
            # The queue refuses more than 5,000 jobs; those in the archive must not come back either.
            master.luxi.call(c.LUXI_REQ_AUTO_ARCHIVE_JOBS, -1, 60)
    ids = sorted(load.durations)
    load.check(master.luxi.jobs(ids))
    assert len(ids) > MOMENTS
    met = [job_id for job_id in ids if load.final[job_id].status == c.JOB_STATUS_ERROR]
    print(f"{len(ids)} jobs were acknowledged, {len(met)} were met by a kill")
    check_told(master, met[:100])


def check_told(master: KillableMaster, ids: list[int]) -> None:
    """Check that `gnt-job info` explains the end of failed jobs."""
    for block in master.cluster.run("gnt-job", "info", *map(str, ids)).stdout.split("- Job ID: ")[1:]:
        assert "Status: error" in block
        assert any(text in block for text in EXPLANATIONS), block


def fill(directory: Path) -> Callable[[], None]:
    """Leave no byte free; returns what undoes it."""
    ballast = directory / "ballast"
    with open(ballast, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    return ballast.unlink


def forbid_writing(directory: Path) -> Callable[[], None]:
    """Make the directory read-only; returns what undoes it."""
    # The file system itself cannot be: the daemon has its lock file open.
    mounted("mount", "--bind", str(directory), str(directory))
    mounted("mount", "-o", "remount,bind,ro", str(directory))
    return lambda: mounted("umount", "--lazy", str(directory))


@pytest.mark.parametrize("fault", [fill, forbid_writing])
def test_queue_that_cannot_be_written(master: KillableMaster, fault: Callable[[Path], Callable[[], None]]) -> None:
    luxi = master.luxi
    (running,) = luxi.submit(no_op(1.0))
    wait_for(lambda: luxi.jobs([running])[running].status == c.JOB_STATUS_RUNNING, "the job to run")
    undo = fault(queue_of(master))
    try:
        ((accepted, message),) = luxi.call(c.LUXI_REQ_SUBMIT_MANY_JOBS, [[no_op()]])
        assert not accepted
        assert "Cannot write job queue file" in message
        # It did end, and the administrator has to learn about the disk by other means than a job that hangs.
        assert luxi.wait([running])[running].status == c.JOB_STATUS_SUCCESS
    finally:
        undo()
    (later,) = luxi.submit(no_op())
    assert luxi.wait([later])[later].status == c.JOB_STATUS_SUCCESS
    file = queue_of(master) / f"job-{running}"
    wait_for(lambda: b'"status":"success"' in file.read_bytes(), "the end of the job to be written after all")
    master.kill()
    master.start()
    assert {state.status for state in luxi.jobs([running, later]).values()} == {c.JOB_STATUS_SUCCESS}


def test_candidate_that_hangs(cluster: VirtualCluster) -> None:
    luxi = Luxi(cluster.root() / "var/run/ganeti/socket/ganeti-master")
    noded = cluster.daemon_pid("ganeti-noded", node=1)
    os.kill(noded, signal.SIGSTOP)
    try:
        took = []
        for _ in range(20):
            start = time.monotonic()
            (job_id,) = luxi.submit(no_op())
            assert luxi.wait([job_id])[job_id].status == c.JOB_STATUS_SUCCESS
            took.append(time.monotonic() - start)
        ids = luxi.submit(*(no_op() for _ in range(100)))
        assert {state.status for state in luxi.wait(ids).values()} == {c.JOB_STATUS_SUCCESS}
    finally:
        os.kill(noded, signal.SIGCONT)
    assert sorted(took)[len(took) // 2] < 1.0, took
    copies = [cluster.root(node) / f"var/lib/ganeti/queue/job-{ids[-1]}" for node in (0, 1)]
    wait_for(
        lambda: copies[1].exists() and copies[0].read_bytes() == copies[1].read_bytes(),
        "the candidate to get what it missed",
        timeout_s=90,
    )
