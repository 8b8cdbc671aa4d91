"""Log files of daemons."""

import logging
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ganeti.utils import log


@pytest.fixture(autouse=True)
def keep_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    for handler in handlers:
        root.removeHandler(handler)
    yield
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(level)


def test_line_of_a_daemon_with_threads(tmp_path: Path) -> None:
    path = tmp_path / "node-daemon.log"
    log.setup_logging(str(path), "ganeti-noded", with_threads=True)
    with log.thread_name("Jq3/Job4712/I_STARTUP"):
        logging.info("hello %s", "world")
    logging.debug("not shown")
    time, _, rest = path.read_text().partition(": ")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}", time)
    assert rest == f"ganeti-noded pid={os.getpid()}/Jq3/Job4712/I_STARTUP INFO hello world\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert threading.current_thread().name != "Jq3/Job4712/I_STARTUP"


def test_debug_lines_tell_the_place(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    log.setup_logging(str(path), "prog", debug=True)
    logging.debug("shown")
    assert re.search(r" pid=\d+ test_log:\d+ DEBUG shown$", path.read_text(), re.MULTILINE)


def test_rotated_file_is_left_behind_when_asked_to(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    log.setup_logging(str(path), "prog")
    logging.info("one")
    path.rename(tmp_path / "x.log.1")
    logging.info("two")
    log.request_reopen()
    logging.info("three")
    assert "three" in path.read_text()
    assert "two" in (tmp_path / "x.log.1").read_text()
    assert "three" not in (tmp_path / "x.log.1").read_text()


def test_missed_rotation_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.log"
    monkeypatch.setattr(log, "_CHECK_INTERVAL_S", 0.0)
    log.setup_logging(str(path), "prog")
    path.rename(tmp_path / "x.log.1")
    logging.info("lost?")
    assert "lost?" in path.read_text()


def test_full_disk_sends_lines_to_the_console_and_hurts_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    console = tmp_path / "console"
    monkeypatch.setattr(log, "_CONSOLE", str(console))
    log.setup_logging("/dev/full", "prog", console_fallback=True)
    logging.error("the disk is full")
    assert "the disk is full" in console.read_text()


def test_unwritable_log_file_is_fatal_only_without_another_way(tmp_path: Path) -> None:
    path = str(tmp_path / "missing" / "x.log")
    with pytest.raises(OSError, match="No such file"):
        log.setup_logging(path, "prog")
    log.setup_logging(path, "prog", stderr=True)


def test_percent_sign_in_a_program_name(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    log.setup_logging(str(path), "gnt-x 100%s")
    logging.info("hello")
    assert ": gnt-x 100%s pid=" in path.read_text()
