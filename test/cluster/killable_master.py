"""A master daemon that tests start, kill and start again, and a LUXI connection that does not try again by itself."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from ganeti import constants as c
from ganeti.luxi import wire
from ganeti.luxi.errors import ProtocolError
from ganeti.luxi.transport import Connection
from test.cluster.killing_masterd import VARIABLE
from test.cluster.virtual import VirtualCluster, wait_for

_ROOT: Final = Path(__file__).resolve().parents[2]
_POLL_S: Final = 0.01


class MasterGone(Exception):
    """The master daemon ended before it answered."""


class JobState(NamedTuple):
    """What a client can know of a job."""

    id: int
    status: str
    results: list[Any]

    @property
    def is_final(self) -> bool:
        """True if the job has ended."""
        return self.status in c.JOBS_FINALIZED


class Luxi:
    """Calls over the LUXI socket of a virtual node."""

    def __init__(self, path: Path, *, poll_s: float = _POLL_S) -> None:
        """Look every *poll_s* seconds whether jobs have ended."""
        self._path = path
        self._poll_s = poll_s
        self._connection: Connection | None = None

    def call(self, method: str, *args: Any) -> Any:
        """Return the result of a method.

        Raises MasterGone, and AssertionError if the daemon reports an error.
        """
        try:
            if self._connection is None:
                sock = socket.socket(socket.AF_UNIX)
                sock.connect(str(self._path))
                self._connection = Connection(sock, 60.0)
            payload = self._connection.exchange(wire.encode_request(wire.Request(method, list(args))))
        except (OSError, ProtocolError) as err:
            self.close()
            raise MasterGone(str(err)) from err
        response = wire.decode_response(payload)
        assert response.success, response.result
        return response.result

    def submit(self, *jobs: dict[str, Any]) -> list[int]:
        """Submit jobs of one opcode each; all have to be accepted."""
        outcomes = self.call(c.LUXI_REQ_SUBMIT_MANY_JOBS, [[op] for op in jobs])
        assert all(accepted for accepted, _ in outcomes), outcomes
        return [job_id for _, job_id in outcomes]

    def jobs(self, ids: Sequence[int] | None = None) -> dict[int, JobState]:
        """Return jobs by id, all live ones if none are named."""
        rows = self.call(c.LUXI_REQ_QUERY_JOBS, ids if ids is None else list(ids), ["id", "status", "opresult"])
        return {job_id: JobState(job_id, status, results) for job_id, status, results in rows}

    def wait(self, ids: Sequence[int] | None = None, *, timeout_s: float = 60.0) -> dict[int, JobState]:
        """Return jobs when all of them have ended."""
        deadline = time.monotonic() + timeout_s
        while True:
            states = self.jobs(ids)
            if all(state.is_final for state in states.values()):
                return states
            assert time.monotonic() < deadline, f"jobs do not end: {states}"
            time.sleep(self._poll_s)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class KillableMaster:
    """The master daemon of a virtual cluster's first node, in the foreground."""

    def __init__(self, cluster: VirtualCluster) -> None:
        self.cluster = cluster
        self._process: subprocess.Popen[bytes] | None = None
        self.orders = Path(cluster.layout.directory) / "kill-orders"
        self.luxi = Luxi(cluster.root() / "var/run/ganeti/socket/ganeti-master")

    def start(self) -> None:
        """Start it and wait until it answers."""
        launcher = [sys.executable, "-m", "test.cluster.killing_masterd", "--foreground"]
        with open(f"{self.orders}.output", "ab") as output:
            self._process = subprocess.Popen(
                [f"{self.cluster.root()}/cmd", *launcher],
                env={**os.environ, "PYTHONPATH": str(_ROOT), VARIABLE: str(self.orders)},
                stdout=output,
                stderr=output,
            )
        wait_for(self._answers, "the master daemon")

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"the master daemon ended with {self._process.returncode}:\n{self.output_tail()}")
        with contextlib.suppress(MasterGone):
            self.luxi.jobs([])
            return True
        return False

    def order_death(self, label: str, kind: str, number: int, moment: str) -> None:
        """Let it die at the *number*-th replacement from now on.

        *kind* is config or queue (the files of jobs and the serial file), *moment* before or after.
        """
        temporary = self.orders.with_suffix(".new")
        temporary.write_text(f"{label} {kind} {number} {moment}\n")
        temporary.rename(self.orders)

    def cancel_death(self) -> None:
        """Let it live."""
        self.orders.unlink(missing_ok=True)

    def kill(self) -> None:
        """Kill it now."""
        assert self._process is not None
        self._process.kill()
        self.wait_dead()

    def wait_dead(self) -> None:
        """Wait until it is dead, which has to be by the signal."""
        assert self._process is not None
        self.luxi.close()
        code = self._process.wait(timeout=30)
        assert code == -signal.SIGKILL, f"ended with {code}:\n{self.output_tail()}"

    def stop(self) -> None:
        """End it the gentle way, if it runs."""
        self.luxi.close()
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=60)

    def output_tail(self) -> str:
        """Return the last lines it printed."""
        return "\n".join(Path(f"{self.orders}.output").read_text(errors="replace").splitlines()[-30:])
