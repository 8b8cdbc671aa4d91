"""A user at a terminal: runs a program that asks, and answers its questions."""

import contextlib
import os
import pty
import select
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_TIMEOUT_S: Final = 60.0


@dataclass(frozen=True)
class Session:
    """What was on the screen, and how the program ended."""

    output: str
    exit_code: int


def talk(argv: Sequence[str], dialogue: Sequence[tuple[str, str]]) -> Session:
    """Run a program on a terminal of its own; *dialogue* has (part of a question, answer) in the expected order.

    Fails the test if a question does not come.
    """
    own, its = pty.openpty()
    process = subprocess.Popen(
        ["setsid", "--ctty", "--wait", *argv], stdin=its, stdout=its, stderr=its, start_new_session=True
    )
    os.close(its)
    try:
        return _Dialogue(own, process).hold(dialogue)
    finally:
        os.close(own)
        # Its terminal is gone, which ends what still runs; setsid waits for it.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10.0)
        if process.poll() is None:
            process.kill()
            process.wait()


class _Dialogue:
    def __init__(self, terminal: int, process: "subprocess.Popen[bytes]") -> None:
        self._terminal = terminal
        self._process = process
        self._deadline = time.monotonic() + _TIMEOUT_S
        self._output = ""

    def hold(self, dialogue: Sequence[tuple[str, str]]) -> Session:
        """Answer each question once it is asked, then read to the end."""
        seen = 0
        for question, answer in dialogue:
            while question not in self._output[seen:]:
                if not self._read():
                    raise AssertionError(f"'{question}' was not asked: {self._output}")
            seen = len(self._output)
            os.write(self._terminal, f"{answer}\n".encode())
        while self._read():
            pass
        return Session(self._output, self._process.wait(timeout=_TIMEOUT_S))

    def _read(self) -> bool:
        """Read what is there; false at the end."""
        ready, _, _ = select.select([self._terminal], [], [], max(0.0, self._deadline - time.monotonic()))
        if not ready:
            raise AssertionError(f"The program goes on for more than {_TIMEOUT_S:.0f} s: {self._output}")
        try:
            data = os.read(self._terminal, 65536)
        except OSError:
            # The program closed its side.
            return False
        self._output += data.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(data)
