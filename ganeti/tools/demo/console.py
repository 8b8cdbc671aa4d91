"""Read a guest's serial console through ``gnt-instance console``, as a person at a terminal does."""

import contextlib
import os
import pty
import re
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from ganeti.tools.common import ToolError

#: Seconds between two reports to somebody who waits.
_REPORT_EVERY_S: Final = 5.0
_KEPT_BYTES: Final = 65536


class Console:
    """An open console session."""

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self._text = ""

    def type(self, text: str) -> None:
        """Send keys to the guest."""
        os.write(self._terminal, text.encode())

    def wait_for(self, pattern: str, *, timeout_s: float, report: Callable[[str], None]) -> "re.Match[str]":
        """Read until *pattern* appears; what was read up to its end is forgotten then.

        *report* gets a line every few seconds. Raises ToolError when the time is over or the session ends.
        """
        deadline = time.monotonic() + timeout_s
        next_report = time.monotonic() + _REPORT_EVERY_S
        while (found := re.search(pattern, self._text)) is None:
            now = time.monotonic()
            if now >= deadline:
                raise ToolError(f"No {pattern!r} on the console in {timeout_s:.0f} s; last: {self._text[-300:]!r}")
            if now >= next_report:
                report(f"waiting for the guest, console says: {self._last_line()}")
                next_report = now + _REPORT_EVERY_S
            self._read(min(deadline, next_report) - now)
        self._text = self._text[found.end() :]
        return found

    def _last_line(self) -> str:
        lines = [line.strip() for line in self._text.splitlines() if line.strip()]
        return repr(lines[-1]) if lines else "nothing yet"

    def _read(self, timeout_s: float) -> None:
        ready, _, _ = select.select([self._terminal], [], [], max(timeout_s, 0))
        if not ready:
            return
        try:
            data = os.read(self._terminal, 4096)
        except OSError:
            # A terminal whose other side was closed answers with EIO.
            data = b""
        if not data:
            raise ToolError(f"The console session ended: {self._text.strip()[-300:] or 'no output'}")
        self._text = (self._text + data.decode("utf-8", "replace"))[-_KEPT_BYTES:]


@contextlib.contextmanager
def open_console(argv: Sequence[str]) -> Iterator[Console]:
    """Run the console command *argv* on a terminal of its own and end it afterwards."""
    terminal, other_side = pty.openpty()
    # Not run_cmd: the program is talked to while it runs, and its end is ours to decide.
    process = subprocess.Popen(
        list(argv), stdin=other_side, stdout=other_side, stderr=other_side, start_new_session=True
    )
    os.close(other_side)
    try:
        yield Console(terminal)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        os.close(terminal)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
