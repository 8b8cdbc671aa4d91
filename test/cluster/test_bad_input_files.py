"""Files of the master daemon that are damaged, stale or cannot be written, and a second daemon."""

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ganeti import constants as c
from ganeti.utils.process import CmdResult, run_cmd
from test.cluster.killable_master import Luxi, MasterGone
from test.cluster.virtual import VirtualCluster, virtual_cluster, wait_for

DELAY = {"OP_ID": "OP_TEST_DELAY", "duration": 0.001, "on_master": True}


@pytest.fixture(scope="module")
def single() -> Iterator[VirtualCluster]:
    """A cluster of one node; its master daemon runs before and after each test."""
    with virtual_cluster(nodes=1) as cluster:
        cluster.init("--enabled-hypervisors=fake", "--enabled-disk-templates=diskless")
        yield cluster


def start(cluster: VirtualCluster) -> CmdResult:
    """Try to start the master daemon."""
    return cluster.run("ganeti-masterd", check=False, timeout_s=30)


def luxi_of(cluster: VirtualCluster) -> Luxi:
    """Return a new connection to the master daemon."""
    return Luxi(cluster.root() / "var/run/ganeti/socket/ganeti-master")


def answers(cluster: VirtualCluster) -> bool:
    """Tell whether a master daemon runs."""
    with contextlib.suppress(MasterGone):
        luxi_of(cluster).jobs([])
        return True
    return False


@contextlib.contextmanager
def stopped(cluster: VirtualCluster, *preserved: Path) -> Iterator[None]:
    """Let the master daemon be dead, as after a crash; afterwards it runs, with the files that it had before."""
    cluster.kill_daemon("ganeti-masterd")
    saved = {path: path.read_bytes() for path in preserved}
    try:
        yield
    finally:
        for path, content in saved.items():
            path.write_bytes(content)
        if not answers(cluster):
            result = start(cluster)
            assert not result.failed, result.output


def data(cluster: VirtualCluster) -> Path:
    """Return the directory of configuration and queue."""
    return cluster.root() / "var/lib/ganeti"


# configuration


def damage(config: dict[str, Any], how: str) -> dict[str, Any]:
    """Return the configuration with one inconsistency."""
    if how == "master":
        config["cluster"]["master_node"] = "nowhere"
    elif how == "group":
        next(iter(config["nodes"].values()))["group"] = "nowhere"
    elif how == "field":
        config["surprise"] = 1
    elif how == "type":
        config["cluster"]["candidate_pool_size"] = "many"
    elif how == "version":
        config["version"] = 2160000
    elif how == "other master":
        next(iter(config["nodes"].values()))["name"] = "another.node"
    return config


def check_refused(cluster: VirtualCluster, path: Path, content: bytes, text: str) -> None:
    """Check that the daemon does not start with this content of its configuration, says why, and leaves it alone."""
    path.write_bytes(content)
    result = start(cluster)
    assert result.exit_code == 1, content[:100]
    assert text in result.stderr
    assert result.stderr.count("\n") == 1, "one line for the administrator"
    assert path.read_bytes() == content


def test_corrupt_configuration_is_refused_and_left_alone(single: VirtualCluster) -> None:
    path = data(single) / "config.data"
    with stopped(single, path):
        truncated = path.read_bytes()[:-1000]
        for content in (b"", b"{", b"[]", b"null", b"\0" * 5000, b'{"version": 3010000}', truncated):
            check_refused(single, path, content, str(path))


def test_inconsistent_configuration_is_refused_and_left_alone(single: VirtualCluster) -> None:
    path = data(single) / "config.data"
    with stopped(single, path):
        good = path.read_bytes()
        for how, text in (
            ("master", "'nowhere'"),
            ("group", "group nowhere"),
            ("field", "surprise"),
            ("type", "candidate_pool_size"),
            ("version", "2.16.0"),
            ("other master", "another.node"),
        ):
            check_refused(single, path, json.dumps(damage(json.loads(good), how)).encode(), text)


def test_configuration_that_is_not_there_is_not_made_up(single: VirtualCluster) -> None:
    path = data(single) / "config.data"
    with stopped(single, path):
        path.unlink()
        result = start(single)
        assert result.exit_code == 1
        assert str(path) in result.stderr
        assert not path.exists()


def test_foreign_configuration_is_never_overwritten(single: VirtualCluster) -> None:
    path = data(single) / "config.data"
    original = path.read_bytes()
    changed = original + b"\n"
    replacement = path.with_suffix(".other")
    replacement.write_bytes(changed)
    replacement.rename(path)
    try:
        result = single.run("gnt-cluster", "add-tags", "of-a-dead-master", check=False)
        assert result.exit_code == 2
        assert "modified by someone else" in result.stderr
        assert path.read_bytes() == changed
    finally:
        with stopped(single):
            path.write_bytes(original)
    assert "of-a-dead-master" not in single.lines("gnt-cluster", "list-tags")


# job queue


def job_file(cluster: VirtualCluster, number: int, **changes: Any) -> bytes:
    """Return a job file like the newest one, with another id and other values of its opcode."""
    luxi = luxi_of(cluster)
    (job_id,) = luxi.submit(DELAY)
    luxi.wait([job_id])
    luxi.close()
    job = json.loads((data(cluster) / f"queue/job-{job_id}").read_bytes())
    job["id"] = number
    job["ops"][0].update(changes)
    return json.dumps(job).encode()


def test_damaged_job_files_are_put_aside(single: VirtualCluster) -> None:
    queue = data(single) / "queue"
    good = job_file(single, 5001)
    broken = {5002: b"garbage", 5003: good[:100], 5004: good, 5005: b"", 5006: job_file(single, 5006, status="odd")}
    with stopped(single):
        (queue / "job-5001").write_bytes(good)
        for number, content in broken.items():
            (queue / f"job-{number}").write_bytes(content)
        assert not start(single).failed
    states = luxi_of(single).jobs()
    assert states[5001].status == c.JOB_STATUS_SUCCESS
    assert not set(broken) & set(states)
    for number, content in broken.items():
        assert (queue / f"archive/0/job-{number}").read_bytes() == content
    # Their numbers are not given out again.
    assert luxi_of(single).submit(DELAY) == [5007]


@pytest.mark.parametrize("op_id", ["OP_OF_ANOTHER_VERSION", "OP_BACKUP_REMOVE"])
def test_stale_job_that_nobody_can_run_fails(single: VirtualCluster, op_id: str) -> None:
    number = luxi_of(single).submit(DELAY)[0] + 100
    content = job_file(
        single, number, status="queued", input={"OP_ID": op_id, "instance_name": "x"}, end_timestamp=None
    )
    with stopped(single):
        (data(single) / f"queue/job-{number}").write_bytes(content)
        assert not start(single).failed
    state = luxi_of(single).wait([number])[number]
    assert state.status == c.JOB_STATUS_ERROR
    assert op_id in str(state.results)


@pytest.mark.parametrize(("name", "content"), [("serial", "many\n"), ("version", "17\n")])
def test_queue_that_is_not_understood_is_refused(single: VirtualCluster, name: str, content: str) -> None:
    path = data(single) / "queue" / name
    with stopped(single, path):
        path.write_text(content)
        result = start(single)
        assert result.exit_code == 1
        assert repr(content.strip()) in result.stderr or content.strip() in result.stderr
        assert path.read_text() == content


# processes


def test_second_master_daemon_is_refused(single: VirtualCluster) -> None:
    pid_file = single.root() / "var/run/ganeti/ganeti-masterd.pid"
    before = pid_file.read_text()
    for options in ((), ("--foreground",), ("--no-voting", "--yes-do-it")):
        result = single.run("ganeti-masterd", *options, check=False, timeout_s=30)
        assert result.exit_code == 1
        assert before.strip() in result.stderr
    assert pid_file.read_text() == before
    assert answers(single)


@pytest.mark.parametrize("content", ["", "1\n", "999999999\n", "no number\n", "-1\n"])
def test_stale_pid_file_does_not_prevent_the_start(single: VirtualCluster, content: str) -> None:
    with stopped(single):
        (single.root() / "var/run/ganeti/ganeti-masterd.pid").write_text(content)
        result = start(single)
        assert not result.failed, result.output
    assert os.path.exists(f"/proc/{single.daemon_pid('ganeti-masterd')}")


# full disk


@contextlib.contextmanager
def small_data_directory(cluster: VirtualCluster) -> Iterator[Path]:
    """Move configuration and queue to a small file system while the daemon is stopped; afterwards back."""
    path, aside = data(cluster), data(cluster).with_name("aside")
    with stopped(cluster):
        path.rename(aside)
        path.mkdir(mode=0o755)
        assert not run_cmd(["mount", "-t", "tmpfs", "-o", "size=4m,mode=755", "small", str(path)], timeout_s=10).failed
        run_cmd(["cp", "-a", f"{aside}/.", str(path)], timeout_s=10)
        assert not start(cluster).failed
    try:
        yield path
    finally:
        with stopped(cluster):
            run_cmd(["cp", "-a", f"{path}/.", str(aside)], timeout_s=10)
            assert not run_cmd(["umount", str(path)], timeout_s=10).failed
            path.rmdir()
            aside.rename(path)


def test_nothing_is_acknowledged_while_the_disk_is_full(single: VirtualCluster) -> None:
    with small_data_directory(single) as path:
        single.run("gnt-cluster", "add-tags", "before")
        ballast = path / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(b"\0" * 4096)
        result = single.run("gnt-cluster", "add-tags", "while-full", check=False)
        assert result.exit_code == 1
        assert "No space left on device" in result.stderr
        jobs = luxi_of(single).jobs()
        ballast.unlink()
        # It recovers by itself.
        wait_for(lambda: not single.run("gnt-cluster", "add-tags", "after", check=False).failed, "room for jobs")
    tags = single.lines("gnt-cluster", "list-tags")
    assert "before" in tags and "after" in tags
    left = luxi_of(single).jobs()
    assert all(left[job_id].status == state.status for job_id, state in jobs.items())


def test_change_that_could_not_be_written_is_reported_and_written_later(single: VirtualCluster) -> None:
    path = data(single) / "config.data"
    # The configuration cannot be replaced, but job files can.
    run_cmd(["chattr", "+i", str(path)], timeout_s=10)
    try:
        result = single.run("gnt-cluster", "add-tags", "unwritten", check=False)
    finally:
        run_cmd(["chattr", "-i", str(path)], timeout_s=10)
    assert result.exit_code == 2
    assert "config.data" in result.stderr
    wait_for(lambda: b"unwritten" in path.read_bytes(), "the second attempt to write the configuration")
