"""Notice that files were changed or replaced: told by the kernel where that works, by looking otherwise.

The directory is watched, not the file: a file that is replaced by a rename is another one each time.
"""

import logging
import os
import threading
from collections.abc import Collection
from typing import Any, Final, NamedTuple

_LOG = logging.getLogger(__name__)

#: Seconds between two looks where nothing tells us.
_LOOK_INTERVAL_S: Final = 0.5


class FileVersion(NamedTuple):
    """What tells one version of a file from another."""

    device: int
    inode: int
    mtime_ns: int
    size: int


def file_version(path: str) -> FileVersion | None:
    """Return which version of a file is there, None if there is no readable one."""
    try:
        stat = os.stat(path)
    except OSError:
        return None
    return FileVersion(stat.st_dev, stat.st_ino, stat.st_mtime_ns, stat.st_size)


class _Kernel:
    """Events of one directory from inotify."""

    def __init__(self, directory: str, names: Collection[str]) -> None:
        """Raises ImportError or OSError if that does not work here."""
        import warnings

        with warnings.catch_warnings():
            # It imports a module of the standard library that is on its way out.
            warnings.simplefilter("ignore", DeprecationWarning)
            import pyinotify

        self._names = frozenset(names)
        self._seen = False
        manager = pyinotify.WatchManager()
        self._notifier: Any = pyinotify.Notifier(manager, self._note)
        mask = pyinotify.IN_CLOSE_WRITE | pyinotify.IN_MOVED_TO | pyinotify.IN_MOVED_FROM | pyinotify.IN_DELETE
        if next(iter(manager.add_watch(directory, mask).values()), -1) < 0:
            self._notifier.stop()
            raise OSError(f"Cannot watch {directory}")

    def _note(self, event: Any) -> None:
        # An overflow of the kernel's queue has no name: anything may have happened.
        if not event.name or event.name in self._names:
            self._seen = True

    def wait(self, timeout_s: float) -> bool:
        """Return whether there was an event within the time; others than ours end the wait early."""
        self._seen = False
        if self._notifier.check_events(int(timeout_s * 1000)):
            self._notifier.read_events()
            self._notifier.process_events()
        return self._seen

    def close(self) -> None:
        self._notifier.stop()


class FileWatch:
    """Watches some files of one directory; for one thread."""

    def __init__(self, paths: Collection[str]) -> None:
        """Watch *paths*, which need not exist, in a directory that does."""
        directories = {os.path.dirname(path) for path in paths}
        if len(directories) != 1:
            raise ValueError("Files of one directory can be watched together")
        self._paths = tuple(paths)
        self._versions = self._current()
        self._never = threading.Event()
        self._kernel: _Kernel | None = None
        try:
            self._kernel = _Kernel(directories.pop(), [os.path.basename(path) for path in paths])
        except (ImportError, OSError) as err:
            _LOG.warning("Looking for changed files every %g s: %s", _LOOK_INTERVAL_S, err)

    def _current(self) -> list[FileVersion | None]:
        return [file_version(path) for path in self._paths]

    def wait(self, timeout_s: float) -> bool:
        """Return whether any of the files may have changed, at the latest after *timeout_s*, maybe earlier."""
        if self._kernel is not None:
            return self._kernel.wait(timeout_s)
        self._never.wait(min(timeout_s, _LOOK_INTERVAL_S))
        before, self._versions = self._versions, self._current()
        return before != self._versions

    def close(self) -> None:
        """Stop watching."""
        if self._kernel is not None:
            self._kernel.close()
            self._kernel = None
