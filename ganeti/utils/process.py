"""Run external programs: no shell, a time limit, a process group of their own."""

import contextlib
import logging
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from ganeti import errors

_log = logging.getLogger(__name__)

#: Seconds a program gets between SIGTERM and SIGKILL once its time is over.
_TERM_GRACE_S = 3.0


@dataclass(frozen=True)
class CmdResult:
    """What a program left behind.

    ``exit_code`` is None if a signal ended it; ``timed_out`` says that we ended it.
    """

    argv: tuple[str, ...]
    exit_code: int | None
    signal: int | None
    stdout: str
    stderr: str
    timed_out: bool = False

    @property
    def failed(self) -> bool:
        """Whether the program did not end with exit code 0."""
        return self.exit_code != 0

    @property
    def output(self) -> str:
        """Standard output followed by standard error."""
        return self.stdout + self.stderr

    @property
    def fail_reason(self) -> str:
        """Why it failed, for people; empty on success."""
        if self.timed_out:
            return "timeout expired, program was stopped"
        if self.signal is not None:
            return f"terminated by signal {self.signal}"
        return f"exited with exit code {self.exit_code}" if self.failed else ""


def _stop_group(process: "subprocess.Popen[bytes]") -> None:
    """End a program and everything it started."""
    for signum in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signum)
        try:
            process.wait(timeout=_TERM_GRACE_S)
        except subprocess.TimeoutExpired:
            continue
        if signum == signal.SIGTERM:
            # Children of the program may have ignored SIGTERM.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        return


def build_env(env: Mapping[str, str] | None, *, reset: bool) -> dict[str, str]:
    """Return the environment of a program: ours (or nothing, if *reset*), the C locale, then *env*."""
    result = {} if reset else dict(os.environ)
    if not reset:
        result["LC_ALL"] = "C"
    result.update(env or {})
    return result


def run_cmd(
    argv: Sequence[str],
    *,
    timeout_s: float,
    env: Mapping[str, str] | None = None,
    reset_env: bool = False,
    cwd: str = "/",
    input: bytes | None = None,
    output_file: IO[bytes] | None = None,
    pass_fds: Sequence[int] = (),
) -> CmdResult:
    """Run a program and wait for its end.

    The program gets its own session and process group, so that a time-out ends its children too. *input* is written
    to its standard input (else /dev/null). With *output_file* both outputs go there and the result holds no text.

    Raises OpExecError if the program cannot be started. Never raises for a failing program: look at the result.
    """
    _log.debug("Running %s", argv[0])
    sink: int | IO[bytes] = output_file if output_file is not None else subprocess.PIPE
    try:
        process = subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL if input is None else subprocess.PIPE,
            stdout=sink,
            stderr=subprocess.STDOUT if output_file is not None else subprocess.PIPE,
            env=build_env(env, reset=reset_env),
            cwd=cwd,
            start_new_session=True,
            pass_fds=tuple(pass_fds),
        )
    except OSError as err:
        raise errors.OpExecError(f"Cannot run {argv[0]}: {err.strerror or err}") from err
    timed_out = False
    stdout: bytes | None = b""
    stderr: bytes | None = b""
    try:
        stdout, stderr = process.communicate(input=input, timeout=timeout_s)
    except subprocess.TimeoutExpired:
        timed_out = True
        _stop_group(process)
        # A daemonised grandchild may keep the pipes open: take what is there and go on.
        with contextlib.suppress(subprocess.TimeoutExpired):
            stdout, stderr = process.communicate(timeout=_TERM_GRACE_S)
    except BaseException:
        _stop_group(process)
        raise
    finally:
        for stream in (process.stdout, process.stderr, process.stdin):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
    code = process.returncode
    return CmdResult(
        argv=tuple(argv),
        exit_code=code if code is not None and code >= 0 else None,
        signal=-code if code is not None and code < 0 else None,
        stdout=(stdout or b"").decode("utf-8", "replace"),
        stderr=(stderr or b"").decode("utf-8", "replace"),
        timed_out=timed_out,
    )


def is_alive(pid: int) -> bool:
    """Tell whether a process *pid* exists and is no zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            state = stat.read().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state not in ("Z", "X")
