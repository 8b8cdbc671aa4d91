"""gnt-cluster master-failover that tells the name of each of its steps and waits for a line before it takes it."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from ganeti.bootstrap import failover
from ganeti.client import gnt_cluster
from test.cluster.virtual import COMMAND_TIMEOUT_S, VirtualCluster

#: The methods of a failover that others can see, in their order.
STEPS: Final = (
    "_check_votes",
    "_stop_old_master",
    "_wait_for_newest_copy",
    "_take_role",
    "_tell_others",
    "_send_config",
    "_wait_for_address_gone",
    "_wait_for_end_of_tenure",
    "_start_daemons",
    "_wait_for_address",
)
_ROOT: Final = Path(__file__).resolve().parents[2]


class SteppingFailover:
    """The command on a node, which waits before each of its steps."""

    def __init__(self, cluster: VirtualCluster, node: int) -> None:
        self._process = subprocess.Popen(
            cluster.argv(node, sys.executable, "-m", "test.cluster.stepping_failover"),
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
        )
        self._background: threading.Thread | None = None
        self.output: list[str] = []
        self.step: str | None = None
        self._read()

    def advance(self) -> None:
        """Let it take the step that it waits for; ``step`` is then the next one, None at the end."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._read()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("STEP "):
                self.step = line.split()[1]
                return
            self.output.append(line.rstrip())
        self.step = None
        self._process.wait(timeout=COMMAND_TIMEOUT_S)

    def finish_in_background(self) -> None:
        """Let it take all other steps; returns at once."""
        self._background = threading.Thread(target=self._finish, daemon=True)
        self._background.start()

    def finish(self) -> None:
        """Let it take all other steps, and wait until it has."""
        if self._background is None:
            self.finish_in_background()
        assert self._background is not None
        self._background.join(COMMAND_TIMEOUT_S)
        assert self.has_ended, "the failover does not end"

    def _finish(self) -> None:
        while self.step is not None:
            self.advance()

    @property
    def has_ended(self) -> bool:
        """Whether the command has ended."""
        return self._process.returncode is not None

    @property
    def exit_code(self) -> int | None:
        """The exit code of the command, None while it runs."""
        return self._process.returncode

    def end(self) -> None:
        """Kill it if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if self._background is not None:
            self._background.join()
        self._process.stdin.close()
        self._process.stdout.close()


def _stepping(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def step(*args: Any, **kwargs: Any) -> Any:
        print(f"STEP {name}", flush=True)
        sys.stdin.readline()
        return function(*args, **kwargs)

    return step


def main() -> int:
    """Run the command."""
    for name in STEPS:
        setattr(failover._Failover, name, _stepping(name, getattr(failover._Failover, name)))
    return gnt_cluster.main(["master-failover"])


if __name__ == "__main__":
    sys.exit(main())
