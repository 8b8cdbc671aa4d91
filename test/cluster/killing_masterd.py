"""ganeti-masterd that kills itself just before or after a chosen replacement of the configuration or a job file.

The orders are in the file that GANETI_TEST_KILL names: one line ``<label> config|queue <number> before|after``. With
every new line the count starts over, so that one daemon can be told again and again. Without the file it is an ordinary
master daemon. Every counted replacement is noted in the same file with ``.log`` behind its name, and the duration of
every test delay that begins with ``.runs`` behind it.
"""

import os
import re
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

VARIABLE = "GANETI_TEST_KILL"

_FILES = {"config": re.compile(r".*/config\.data"), "queue": re.compile(r".*/queue/(serial|job-\d+)")}


class _Executioner:
    """Counts replacements and ends the process at the one that was ordered."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._mutex = threading.Lock()
        self._line = ""
        self._count = 0

    def wrap(self, function: Callable[..., None]) -> Callable[..., None]:
        """Return *function* (rename or replace) with the killing around it."""

        def replaced(source: Any, target: Any, **options: Any) -> None:
            # Held over the replacement: "just after" must not mean after what another thread did meanwhile.
            with self._mutex:
                moment = self._moment(os.fspath(target))
                if moment == "before":
                    _die()
                function(source, target, **options)
                if moment == "after":
                    _die()

        return replaced

    def _moment(self, target: str) -> str:
        """Count a replacement; returns when to die: before it, after it, or not at all (empty)."""
        try:
            with open(self.path, encoding="ascii") as file:
                line = file.read().strip()
        except FileNotFoundError:
            return ""
        if line != self._line:
            self._line, self._count = line, 0
        label, kind, number, moment = line.split()
        if not _FILES[kind].fullmatch(target):
            return ""
        self._count += 1
        with open(f"{self.path}.log", "a", encoding="ascii") as log:
            log.write(f"{label} {self._count} {os.path.basename(target)}\n")
        return moment if self._count == int(number) else ""


def _note_runs(path: str) -> None:
    """Let test delays note that they begin, in a file that a kill cannot take anything from."""
    from ganeti.cmdlib.test import LUTestDelay

    execute = LUTestDelay.exec

    def noted(self: LUTestDelay, feedback: Any) -> None:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(fd, f"{self.op.duration!r}\n".encode("ascii"))
        os.close(fd)
        execute(self, feedback)

    setattr(LUTestDelay, "exec", noted)  # noqa: B010


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> int:
    """Run the master daemon with the arguments of this program."""
    from ganeti.server import masterd

    executioner = _Executioner(os.environ[VARIABLE])
    for name in ("rename", "replace"):
        setattr(os, name, executioner.wrap(getattr(os, name)))
    _note_runs(f"{executioner.path}.runs")
    return masterd.main()


if __name__ == "__main__":
    sys.exit(main())
