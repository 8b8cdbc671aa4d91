"""What every daemon does around its work: detaching, the PID file, signals, its memory."""

import contextlib
import ctypes
import logging
import os
import queue
import signal
import sys
from collections.abc import Iterable
from types import FrameType
from typing import Final, NoReturn

from ganeti import errors
from ganeti.utils import log
from ganeti.utils.files import acquire_flock, open_in_shared_directory

_LOG = logging.getLogger(__name__)

_UMASK: Final = 0o077
_PID_FILE_MODE: Final = 0o600
#: Most that a parent prints of what went wrong in the daemon.
_MAX_MESSAGE: Final = 100 * 1024
_STANDARD_FDS: Final = 3

_MCL_CURRENT: Final = 1
_MCL_FUTURE: Final = 2
_MCL_ONFAULT: Final = 4

# Parameters of mallopt(3) in glibc.
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
_MALLOC_ARENAS: Final = 2
#: Blocks from this size on go back to the system when they are freed.
_MALLOC_MAPPED_SIZE: Final = 512 << 10


class PidFile:
    """The file with a daemon's process id, locked for as long as it runs."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._fd: int | None = None

    def acquire(self) -> None:
        """Take the lock and write the process id.

        Raises LockError, with the other's process id, if another process has it; OSError.
        """
        fd = open_in_shared_directory(self._path, os.O_RDWR | os.O_CREAT, _PID_FILE_MODE)
        try:
            acquire_flock(fd, self._path, timeout_s=0)
        except errors.LockError:
            other = os.read(fd, 64).decode("ascii", "replace").partition("\n")[0]
            os.close(fd)
            raise errors.LockError(f"Another process with PID {other or '(unknown)'} holds {self._path}") from None
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode("ascii"), 0)
        self._fd = fd

    def release(self) -> None:
        """Remove the file and give up the lock; does nothing if it is not held."""
        if self._fd is None:
            return
        # Removed while still locked, so that nobody can have taken it over.
        with contextlib.suppress(OSError):
            os.unlink(self._path)
        os.close(self._fd)
        self._fd = None


class ReadyPipe:
    """How a detached daemon tells the process that started it whether it runs."""

    def __init__(self, fd: int | None) -> None:
        """*fd* is None in a daemon that did not detach."""
        self._fd = fd

    def ready(self) -> None:
        """Let the first process end successfully."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def failed(self, message: str) -> None:
        """Let the first process print *message* and end with an error."""
        if self._fd is None:
            print(message, file=sys.stderr)
            return
        with contextlib.suppress(OSError):
            os.write(self._fd, message.encode("utf-8", "replace")[:_MAX_MESSAGE])
        self.ready()


def close_inherited_fds(keep: Iterable[int] = ()) -> None:
    """Close all descriptors but the standard ones and those in *keep*."""
    kept = frozenset(keep)
    for fd in [int(name) for name in os.listdir("/proc/self/fd")]:
        if fd >= _STANDARD_FDS and fd not in kept:
            # The descriptor of the directory listing itself is gone by now.
            with contextlib.suppress(OSError):
                os.close(fd)


def detach() -> ReadyPipe:
    """Continue as a daemon: another process, session leader's child, without terminal, in ``/``, umask 077.

    The process that called this waits until the daemon says that it is ready or failed, and ends with exit code 0 or
    1; only the daemon returns. Standard output and error stay open until the log files are (``redirect_output``).
    """
    reader, writer = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    if pid := os.fork():
        os.close(writer)
        os.waitpid(pid, 0)
        _end_when_ready(reader)
    os.close(reader)
    os.setsid()
    if os.fork():
        os._exit(0)
    os.chdir("/")
    os.umask(_UMASK)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.close(null)
    return ReadyPipe(writer)


def _end_when_ready(reader: int) -> NoReturn:
    """Wait for the daemon's word, print what went wrong, and end."""
    message = b""
    while len(message) < _MAX_MESSAGE and (chunk := os.read(reader, 4096)):
        message += chunk
    if message:
        sys.stderr.write(message.decode("utf-8", "replace").rstrip("\n") + "\n")
        sys.stderr.flush()
    os._exit(1 if message else 0)


def redirect_output() -> None:
    """Let standard output and error go to the log file, or nowhere if there is none."""
    fd = log.log_stream_fd()
    if fd is not None:
        log.redirect_standard_output(fd)
        return
    null = os.open(os.devnull, os.O_RDWR)
    log.redirect_standard_output(null)
    os.close(null)


class SignalQueue:
    """Turns signals into a queue that the main thread waits on, so that reactions to them may take locks.

    Must be made in the main thread. Handlers are not inherited by programs that are run.
    """

    def __init__(self, signals: Iterable[signal.Signals]) -> None:
        # SimpleQueue.put is the one that may interrupt itself.
        self._queue: queue.SimpleQueue[signal.Signals] = queue.SimpleQueue()
        for signum in signals:
            signal.signal(signum, self._note)

    def _note(self, signum: int, _frame: FrameType | None) -> None:
        self._queue.put(signal.Signals(signum))

    def put(self, signum: signal.Signals) -> None:
        """Act as if this process had got a signal; for any thread."""
        self._queue.put(signum)

    def wait(self, timeout_s: float | None = None) -> signal.Signals | None:
        """Return the next signal, None after *timeout_s* seconds."""
        try:
            return self._queue.get(timeout=timeout_s)
        except queue.Empty:
            return None


def lock_memory() -> bool:
    """Keep this process in memory, so that it can act when the node swaps or its disks die; tells whether that worked.

    Pages are locked when first used: locking everything at once would also fill the never used part of each thread's
    stack. Programs that are run do not inherit it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    for flags in (_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT, _MCL_CURRENT | _MCL_FUTURE):
        if libc.mlockall(flags) == 0:
            return True
    _LOG.warning("Cannot lock the memory of this process: %s", os.strerror(ctypes.get_errno()))
    return False


def return_freed_memory() -> None:
    """Keep what threads free from staying with this process; does nothing where the C library is not glibc.

    By default glibc gives each of many threads an arena of its own, and keeps large blocks in them once one of that
    size was freed: copies of a large configuration then hold their memory long after they are gone.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, _MALLOC_ARENAS)
        mallopt(_M_MMAP_THRESHOLD, _MALLOC_MAPPED_SIZE)
