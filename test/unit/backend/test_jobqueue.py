"""The copy of the job queue on a node."""

import grp
import os
import pwd
import stat
from pathlib import Path

import pytest

from ganeti import buildcfg, pathutils
from ganeti.backend import jobqueue
from ganeti.backend.base import RPCFail
from ganeti.rpc.uploads import compress
from ganeti.utils.files import flock


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "queue"
    (directory / "archive").mkdir(parents=True)
    for name, path in {
        "QUEUE_DIR": directory,
        "JOB_QUEUE_ARCHIVE_DIR": directory / "archive",
        "JOB_QUEUE_LOCK_FILE": directory / "lock",
        "JOB_QUEUE_DRAIN_FILE": directory / "drain",
        "JOB_QUEUE_SERIAL_FILE": directory / "serial",
        "JOB_QUEUE_VERSION_FILE": directory / "version",
    }.items():
        monkeypatch.setattr(pathutils, name, str(path))
    monkeypatch.setattr(jobqueue, "CLEANABLE", {str(directory), str(directory / "archive")})
    monkeypatch.setattr(jobqueue, "_LOCK_TIMEOUT_S", 0.1)
    return directory


def test_file_is_written_for_the_daemons_group(queue: Path) -> None:
    jobqueue.jobqueue_update(f"{queue}/job-5", compress("content"))
    assert (queue / "job-5").read_text() == "content"
    assert stat.S_IMODE((queue / "job-5").stat().st_mode) == 0o640
    assert stat.S_IMODE((queue / "lock").stat().st_mode) == 0o640


@pytest.mark.skipif(os.geteuid() != 0, reason="gives files away")
def test_lock_belongs_to_the_master_daemon_that_may_run_here(queue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (queue / "lock").touch(mode=0o600)
    monkeypatch.setattr(buildcfg, "USERS", {"masterd": "daemon"})
    monkeypatch.setattr(buildcfg, "GROUPS", {"daemons": "bin"})
    jobqueue.jobqueue_set_drain_flag(True)
    found = {name: (queue / name).stat() for name in ("lock", "drain")}
    assert {(pwd.getpwuid(item.st_uid).pw_name, grp.getgrgid(item.st_gid).gr_name) for item in found.values()} == {
        ("daemon", "bin")
    }
    assert [stat.S_IMODE(found[name].st_mode) for name in ("lock", "drain")] == [0o640, 0o644]


@pytest.mark.parametrize("name", ["/etc/passwd", "{queue}/../job-1", "{queue}", "{queue}-other/job-1", "job-1"])
def test_paths_outside_of_the_queue_are_refused(queue: Path, name: str) -> None:
    with pytest.raises(RPCFail, match="does not belong to the queue directory"):
        jobqueue.jobqueue_update(name.format(queue=queue), compress("x"))


def test_rename_makes_directories(queue: Path) -> None:
    (queue / "job-5").write_text("x")
    assert jobqueue.jobqueue_rename([(f"{queue}/job-5", f"{queue}/archive/0/job-5")]) == [None]
    assert (queue / "archive/0/job-5").read_text() == "x"
    assert stat.S_IMODE((queue / "archive/0").stat().st_mode) == 0o750
    with pytest.raises(RPCFail, match="Cannot rename"):
        jobqueue.jobqueue_rename([(f"{queue}/job-5", f"{queue}/archive/0/job-5")])


def test_purge_keeps_the_lock_links_and_directories(queue: Path) -> None:
    for name in ("lock", "job-1", "serial", "archive/job-2"):
        (queue / name).write_text("x")
    (queue / "link").symlink_to("lock")
    jobqueue.jobqueue_purge()
    assert sorted(path.name for path in queue.rglob("*")) == ["archive", "link", "lock"]


def test_drain_flag(queue: Path) -> None:
    jobqueue.jobqueue_set_drain_flag(True)
    assert (queue / "drain").exists()
    jobqueue.jobqueue_set_drain_flag(False)
    jobqueue.jobqueue_set_drain_flag(False)
    assert not (queue / "drain").exists()


def test_calls_fail_where_the_master_daemon_holds_the_queue(queue: Path) -> None:
    with flock(str(queue / "lock")), pytest.raises(RPCFail, match="Cannot lock the job queue"):
        jobqueue.jobqueue_update(f"{queue}/job-5", compress("x"))


def test_new_queue_is_initialised_once(queue: Path) -> None:
    jobqueue.initialise()
    assert ((queue / "version").read_text(), (queue / "serial").read_text()) == ("1\n", "0\n")
    (queue / "serial").write_text("17\n")
    jobqueue.initialise()
    assert (queue / "serial").read_text() == "17\n"


def test_other_directories_are_never_cleaned(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("x")
    with pytest.raises(RPCFail, match="not in allowed clean targets"):
        jobqueue.clean_directory(str(tmp_path))
    assert (tmp_path / "precious").exists()


def test_files_before_one_that_cannot_be_written_stay(queue: Path) -> None:
    (queue / "job-6").mkdir()
    files = [(f"{queue}/job-{number}", compress(str(number))) for number in (5, 6, 7)]
    with pytest.raises(RPCFail, match=r"Cannot write .*job-6"):
        jobqueue.jobqueue_update_many(files)
    assert (queue / "job-5").read_text() == "5"
    assert not (queue / "job-7").exists()
