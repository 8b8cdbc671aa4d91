"""What the demo shows: steps with the time since the start, the commands, their output."""

import shlex
import sys
import time
from collections.abc import Sequence
from typing import Final

from ganeti.tools.common import ToolError
from ganeti.utils.process import run_cmd

#: No single command of the demo takes longer, even on a busy machine under software emulation.
_COMMAND_TIMEOUT_S: Final = 600.0


class Screen:
    """Prints to standard output; knows when the demo began."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._is_bold = sys.stdout.isatty()

    def elapsed_s(self) -> float:
        """Return seconds since the demo began."""
        return time.monotonic() - self._start

    def _line(self, text: str, *, bold: bool = False) -> None:
        stamp = f"[{self.elapsed_s():6.1f} s] "
        text = f"\x1b[1m{text}\x1b[0m" if bold and self._is_bold else text
        print(f"{stamp}{text}", flush=True)

    def step(self, text: str) -> None:
        """Announce a part of the demo."""
        self._line(text, bold=True)

    def note(self, text: str) -> None:
        """Tell about progress inside of a step."""
        self._line(f"  {text}")

    def text(self, text: str) -> None:
        """Print text as it is."""
        print(text, flush=True)

    def run(self, argv: Sequence[str], *, node: Sequence[str] = ()) -> None:
        """Show a command, run it (after the prefix *node*) with its output on the screen.

        Raises ToolError if it fails.
        """
        self._line(f"  $ {shlex.join(argv)}")
        result = run_cmd([*node, *argv], timeout_s=_COMMAND_TIMEOUT_S, output_file=sys.stdout.buffer)
        if result.failed:
            raise ToolError(f"{shlex.join(argv)}: {result.fail_reason}")


def quiet(argv: Sequence[str], *, timeout_s: float = _COMMAND_TIMEOUT_S) -> str:
    """Run a command and return its standard output.

    Raises ToolError with everything it printed if it fails.
    """
    result = run_cmd(argv, timeout_s=timeout_s)
    if result.failed:
        raise ToolError(f"{shlex.join(argv)}: {result.fail_reason}\n{result.output.strip()}")
    return result.stdout
