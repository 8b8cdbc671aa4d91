"""Log files of daemons and programs: line formats, syslog, reopening after rotation, and a console when disks fail."""

import contextlib
import logging
import logging.handlers
import os
import sys
import threading
import time
from collections.abc import Iterator
from typing import Final, TextIO

from ganeti import constants as c
from ganeti.utils.files import open_in_shared_directory

_FILE_MODE: Final = 0o600
_CONSOLE: Final = "/dev/console"
#: How often a handler looks whether its file was moved or removed without anybody telling us.
_CHECK_INTERVAL_S: Final = 60.0

_installed: list["ReopenableHandler"] = []


class GanetiFormatter(logging.Formatter):
    """``2025-01-31 10:11:12,345: ganeti-noded pid=4711/Worker3 INFO text``, times in the local zone."""

    def __init__(self, program: str, *, with_threads: bool, with_location: bool) -> None:
        thread = "/%(threadName)s" if with_threads else ""
        location = " %(module)s:%(lineno)s" if with_location else ""
        # A percent sign in a program's name must not become a format.
        name = program.replace("%", "%%")
        super().__init__(f"%(asctime)s: {name} pid=%(process)d{thread}{location} %(levelname)s %(message)s")


class ReopenableHandler(logging.Handler):
    """Appends to a file that can be opened anew, and never fails because of it.

    When writing fails (a full or dead disk) lines go to the console instead, if *console_fallback* is set.
    """

    def __init__(self, path: str, *, console_fallback: bool = False) -> None:
        """Open *path*. Raises OSError."""
        super().__init__()
        self.path = path
        self._console_fallback = console_fallback
        self._next_check = time.monotonic() + _CHECK_INTERVAL_S
        self._must_reopen = False
        self._stream = self._open()

    def _open(self) -> TextIO:
        fd = open_in_shared_directory(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _FILE_MODE)
        return open(fd, "a", encoding="utf-8", errors="backslashreplace", buffering=1)

    @property
    def stream(self) -> TextIO:
        """The file as it is open now."""
        return self._stream

    def request_reopen(self) -> None:
        """Open the file anew before the next line; safe to call from a signal handler."""
        self._must_reopen = True

    def reopen(self) -> None:
        """Open the file anew; the old one stays in use if that fails."""
        with self._lock_or_nothing():
            self._must_reopen = False
            with contextlib.suppress(OSError):
                stream, self._stream = self._stream, self._open()
                stream.close()

    def _lock_or_nothing(self) -> "contextlib.AbstractContextManager[object]":
        return self.lock if self.lock is not None else contextlib.nullcontext()

    def _was_moved(self) -> bool:
        """Tell whether the file is not where it was, looking once a minute only."""
        now = time.monotonic()
        if now < self._next_check:
            return False
        self._next_check = now + _CHECK_INTERVAL_S
        try:
            there, ours = os.stat(self.path), os.fstat(self._stream.fileno())
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino)

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        if self._must_reopen or self._was_moved():
            self.reopen()
        try:
            line = self.format(record)
        except Exception:
            self.handleError(record)
            return
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            self._write_to_console(line)

    def _write_to_console(self, line: str) -> None:
        if not self._console_fallback:
            return
        # There is nothing left to tell a failure to.
        with contextlib.suppress(OSError), open(_CONSOLE, "w", encoding="utf-8") as console:
            console.write(f"Cannot log to {self.path}: {line}\n")

    def close(self) -> None:
        """Close the file."""
        with self._lock_or_nothing(), contextlib.suppress(OSError, ValueError):
            self._stream.close()
        super().close()


class _SyslogHandler(logging.handlers.SysLogHandler):
    """Loses lines while syslog does not run: there is nobody to tell, and a program works without its log."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (named by the base class)
        """Do nothing."""


def syslog_handler(program: str) -> logging.Handler:
    """Return what sends lines to syslog."""
    handler = _SyslogHandler(
        address=c.SYSLOG_SOCKET, facility=logging.handlers.SysLogHandler.LOG_DAEMON
    )
    handler.setFormatter(logging.Formatter(f"{program}[%(process)d]: (%(threadName)s) %(levelname)s %(message)s"))
    # Debug lines may hold secrets, and syslog often leaves the machine.
    handler.setLevel(logging.INFO)
    return handler


def setup_logging(
    path: str | None,
    program: str,
    *,
    debug: bool = False,
    stderr: bool = False,
    syslog: str = c.SYSLOG_NO,
    with_threads: bool = False,
    console_fallback: bool = False,
) -> None:
    """Send the log of this process to a file, and to the standard error output or syslog if asked to.

    Replaces what was set up before. With *stderr* critical messages, with *debug* all of them, go to the standard
    error output too. *syslog* is ``no``, ``yes`` or ``only`` (no file then).

    Raises OSError if the file cannot be opened and nothing else would get the messages.
    """
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    _installed.clear()
    root.setLevel(logging.DEBUG if debug else logging.INFO)
    formatter = GanetiFormatter(program, with_threads=with_threads, with_location=debug)
    if stderr:
        to_stderr = logging.StreamHandler(sys.stderr)
        to_stderr.setFormatter(formatter)
        to_stderr.setLevel(logging.NOTSET if debug else logging.CRITICAL)
        root.addHandler(to_stderr)
    if syslog in (c.SYSLOG_YES, c.SYSLOG_ONLY):
        root.addHandler(syslog_handler(program))
    if path is None or syslog == c.SYSLOG_ONLY:
        return
    try:
        to_file = ReopenableHandler(path, console_fallback=console_fallback)
    except OSError:
        if not stderr and syslog != c.SYSLOG_YES:
            raise
        logging.getLogger(__name__).exception("Cannot open the log file %s, going on without it", path)
        return
    to_file.setFormatter(formatter)
    root.addHandler(to_file)
    _installed.append(to_file)


def request_reopen() -> None:
    """Make all log files be opened anew before their next line; safe to call from a signal handler."""
    for handler in _installed:
        handler.request_reopen()


def reopen_logs(*, redirect_output: bool = False) -> None:
    """Open all log files anew; with *redirect_output* the standard outputs too, if they go to the log file."""
    for handler in _installed:
        handler.reopen()
        if redirect_output:
            redirect_standard_output(handler.stream.fileno())


def redirect_standard_output(fd: int) -> None:
    """Let standard output and standard error go where *fd* goes."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os.dup2(fd, 1)
    os.dup2(fd, 2)


def log_stream_fd() -> int | None:
    """Return the descriptor of the log file, None if there is none."""
    return _installed[0].stream.fileno() if _installed else None


@contextlib.contextmanager
def thread_name(name: str) -> Iterator[None]:
    """Name the current thread for the lines it logs meanwhile."""
    thread = threading.current_thread()
    previous, thread.name = thread.name, name
    try:
        yield
    finally:
        thread.name = previous
