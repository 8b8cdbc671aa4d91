"""The files of the queue directory: as they are found at start, and as others see them change."""

import warnings
from pathlib import Path

import pytest

from ganeti.jqueue.storage import QueueStorage, archived_file


@pytest.mark.parametrize("remains", [None, ""])
def test_lost_serial_file_gives_out_no_id_of_a_live_or_archived_job(tmp_path: Path, remains: str | None) -> None:
    storage = QueueStorage(str(tmp_path))
    storage.open()
    storage.close()
    archived = tmp_path / archived_file(20017)
    archived.parent.mkdir()
    archived.touch()
    (tmp_path / "job-12").touch()
    (tmp_path / "serial").unlink()
    if remains is not None:
        (tmp_path / "serial").write_text(remains)
    storage.open()
    assert storage.read_serial() == 20017
    storage.close()


def test_half_written_files_are_removed_at_start(tmp_path: Path) -> None:
    (tmp_path / "job-12.new").write_text("half")
    (tmp_path / "job-12").write_text("whole")
    storage = QueueStorage(str(tmp_path))
    storage.open()
    storage.close()
    assert not (tmp_path / "job-12.new").exists()
    assert (tmp_path / "job-12").read_text() == "whole"


def test_watchers_of_the_directory_see_one_event_for_each_file(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        # It imports a module of the standard library that is on its way out.
        warnings.simplefilter("ignore", DeprecationWarning)
        import pyinotify
    storage = QueueStorage(str(tmp_path / "queue"))
    storage.open()
    manager = pyinotify.WatchManager()
    events: list[tuple[str, str]] = []
    notifier = pyinotify.Notifier(manager, lambda event: events.append((event.maskname, event.name)), timeout=100)
    manager.add_watch(storage.directory, pyinotify.IN_CLOSE_WRITE | pyinotify.IN_MOVED_TO)
    storage.write({"job-1": b"{}", "job-2": b"{}"}, strict=True)
    while notifier.check_events():
        notifier.read_events()
        notifier.process_events()
    notifier.stop()
    assert [event for event in events if event[1].startswith("job-") and event[1][-1].isdigit()] == [
        ("IN_MOVED_TO", "job-1"),
        ("IN_MOVED_TO", "job-2"),
    ]
    storage.close()
