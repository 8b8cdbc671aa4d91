"""The queue directory: its files, their names and modes, reading and writing. Which file when is decided elsewhere."""

import contextlib
import fcntl
import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.jqueue import codec
from ganeti.jqueue.job import Job
from ganeti.utils import files

_LOG = logging.getLogger(__name__)

SERIAL: Final = "serial"
_VERSION: Final = "version"
_LOCK: Final = "lock"
_DRAIN: Final = "drain"
_ARCHIVE: Final = "archive"
_JOB_FILE: Final = re.compile(r"job-(\d+)")
_DIRECTORY_MODE: Final = 0o750
_DRAIN_MODE: Final = 0o644
#: Not matched by _JOB_FILE, so that a leftover of a crash is no job.
_TEMPORARY_SUFFIX: Final = ".new"


def job_file(job_id: int) -> str:
    """Return the name of a job's file."""
    return f"job-{job_id}"


def archived_file(job_id: int) -> str:
    """Return the name of an archived job's file, relative to the queue directory."""
    return f"{_ARCHIVE}/{job_id // c.JSTORE_JOBS_PER_ARCHIVE_DIRECTORY}/{job_file(job_id)}"


class QueueStorage:
    """The files of the job queue. Methods do what they say, at once; they may be called by several threads."""

    def __init__(self, directory: str = pathutils.QUEUE_DIR, *, gid: int = -1) -> None:
        self.directory = directory
        self._gid = gid
        self._lock_fd: int | None = None

    def path(self, name: str) -> str:
        """Return the path of a file of the queue."""
        return f"{self.directory}/{name}"

    # start and end

    def open(self) -> None:
        """Take the lock file (waiting for it) and create what a new queue lacks.

        Raises JobQueueError if the queue is of another version.
        """
        for directory in (self.directory, self.path(_ARCHIVE)):
            self._make_directory(directory)
        fd = os.open(self.path(_LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, c.JOB_QUEUE_FILES_PERMS)
        try:
            # Without polling: noded holds it for one small file at a time.
            fcntl.flock(fd, fcntl.LOCK_EX)
            os.fchmod(fd, c.JOB_QUEUE_FILES_PERMS)
            if self._gid != -1:
                os.fchown(fd, -1, self._gid)
            self._remove_leftovers()
            self._initialise()
        except BaseException:
            os.close(fd)
            raise
        self._lock_fd = fd

    def close(self) -> None:
        """Give the lock file back."""
        if self._lock_fd is not None:
            os.close(self._lock_fd)
            self._lock_fd = None

    def _make_directory(self, path: str) -> None:
        try:
            os.mkdir(path, _DIRECTORY_MODE)
        except FileExistsError:
            return
        # Daemons run with a umask that takes the group's rights away.
        os.chmod(path, _DIRECTORY_MODE)
        if self._gid != -1:
            os.chown(path, -1, self._gid)
        files.fsync_dir(os.path.dirname(path))

    def _remove_leftovers(self) -> None:
        """Remove half-written files that a crash has left."""
        for name in os.listdir(self.directory):
            if name.endswith(_TEMPORARY_SUFFIX):
                files.remove_if_exists(self.path(name))

    def _initialise(self) -> None:
        found = files.read_text(self.path(_VERSION), default="").strip()
        if not found:
            self.write({_VERSION: f"{c.JOB_QUEUE_VERSION}\n".encode()}, strict=True)
        elif found != str(c.JOB_QUEUE_VERSION):
            raise errors.JobQueueError(f"Found job queue version {found}, expected {c.JOB_QUEUE_VERSION}")
        if not files.read_text(self.path(SERIAL), default="").strip():
            # An id of the archive must not be given out again: the new job would replace the old one there.
            used = max([*self.job_ids(), *self.archived_job_ids()], default=0)
            self.write({SERIAL: serial_content(used)}, strict=True)

    # reading

    def read_serial(self) -> int:
        """Return the last job id used.

        Raises JobQueueError if the file is not a number.
        """
        text = files.read_text(self.path(SERIAL)).strip()
        if not text.isascii() or not text.isdigit():
            raise errors.JobQueueError(f"The file {self.path(SERIAL)} does not hold a job id: {text[:40]!r}")
        return int(text)

    def job_ids(self) -> list[int]:
        """Return the ids of all jobs that are not archived, in ascending order."""
        matches = (_JOB_FILE.fullmatch(name) for name in os.listdir(self.directory))
        return sorted(int(match[1]) for match in matches if match)

    def archived_job_ids(self) -> list[int]:
        """Return the ids of all archived jobs in ascending order; directories may vanish meanwhile."""
        found: set[int] = set()
        with contextlib.suppress(FileNotFoundError):
            for name in os.listdir(self.path(_ARCHIVE)):
                with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                    matches = (_JOB_FILE.fullmatch(item) for item in os.listdir(self.path(f"{_ARCHIVE}/{name}")))
                    found.update(int(match[1]) for match in matches if match)
        return sorted(found)

    def load(self, job_id: int) -> Job:
        """Return a job that is not archived.

        Raises OSError or JobFileCorrupted.
        """
        return self._load(job_file(job_id), job_id)

    def load_archived(self, job_id: int) -> Job | None:
        """Return an archived job, None if there is none that can be read."""
        try:
            return self._load(archived_file(job_id), job_id)
        except FileNotFoundError:
            return None
        except (OSError, errors.JobFileCorrupted) as err:
            _LOG.warning("Cannot read archived job %d: %s", job_id, err)
            return None

    def _load(self, name: str, job_id: int) -> Job:
        with open(self.path(name), "rb") as handle:
            job = codec.decode_job(handle.read())
        if job.id != job_id:
            raise errors.JobFileCorrupted(f"The file {name} holds job {job.id}")
        return job

    # writing

    def write(
        self, contents: Mapping[str, bytes], *, strict: bool = False, mode: int = c.JOB_QUEUE_FILES_PERMS
    ) -> dict[str, OSError]:
        """Replace files, all of them with one synchronisation of the directory, renaming in the given order.

        Returns the files that could not be written, with the reason; with *strict* raises it. Everything not
        returned is on disk.
        """
        failed: dict[str, OSError] = {}
        written: list[tuple[str, int]] = []
        for name, data in contents.items():
            try:
                written.append((name, self._write_temporary(name, data, mode)))
            except OSError as err:
                failed[name] = err
        for name, fd in written:
            try:
                self._put_in_place(name, fd)
            except OSError as err:
                failed[name] = err
        try:
            files.fsync_dir(self.directory)
        except OSError as err:
            failed = {**dict.fromkeys(contents, err), **failed}
        if strict and failed:
            raise next(iter(failed.values()))
        return failed

    def _write_temporary(self, name: str, data: bytes, mode: int) -> int:
        """Return the open descriptor of a new file with the right content, mode and owner."""
        path = self.path(name) + _TEMPORARY_SUFFIX
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(fd, view) :]
            os.fchmod(fd, mode)
            if self._gid != -1:
                os.fchown(fd, -1, self._gid)
        except BaseException:
            os.close(fd)
            with contextlib.suppress(OSError):
                os.unlink(path)
            raise
        return fd

    def _put_in_place(self, name: str, fd: int) -> None:
        """Bring a new file to the disk and give it its name."""
        try:
            os.fsync(fd)
        finally:
            # Before it has its name: programs that watch the directory would hear of the closing as another change.
            os.close(fd)
        os.rename(self.path(name) + _TEMPORARY_SUFFIX, self.path(name))

    def archive(self, job_ids: Iterable[int]) -> list[int]:
        """Move jobs to the archive; return those that were moved, which is durable then."""
        moved: list[int] = []
        directories: set[str] = set()
        for job_id in job_ids:
            target = self.path(archived_file(job_id))
            try:
                self._make_directory(os.path.dirname(target))
                os.rename(self.path(job_file(job_id)), target)
            except OSError as err:
                _LOG.error("Cannot archive job %d: %s", job_id, err)
                continue
            moved.append(job_id)
            directories.add(os.path.dirname(target))
        if moved:
            for directory in (*directories, self.directory):
                files.fsync_dir(directory)
        return moved

    def remove_job(self, job_id: int) -> None:
        """Remove the file of a job that was not accepted after all."""
        if files.remove_if_exists(self.path(job_file(job_id))):
            files.fsync_dir(self.directory)

    # drain flag

    @property
    def is_drained(self) -> bool:
        """True if the drain flag is set."""
        return os.path.exists(self.path(_DRAIN))

    def set_drained(self, is_drained: bool) -> None:
        """Set or remove the drain flag."""
        if is_drained:
            self.write({_DRAIN: b""}, strict=True, mode=_DRAIN_MODE)
        elif files.remove_if_exists(self.path(_DRAIN)):
            files.fsync_dir(self.directory)

    def iter_live_files(self) -> Iterator[tuple[str, bytes]]:
        """Yield name and content of every file that a new candidate gets; files may vanish meanwhile."""
        for name in (*(job_file(job_id) for job_id in self.job_ids()), SERIAL):
            with contextlib.suppress(FileNotFoundError), open(self.path(name), "rb") as handle:
                yield name, handle.read()


def serial_content(serial: int) -> bytes:
    """Return the content of the serial file."""
    return f"{serial}\n".encode("ascii")
