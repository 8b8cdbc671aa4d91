"""PID files, detaching, signals."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ganeti import errors
from ganeti.utils.daemon import PidFile, SignalQueue


def test_pid_file_has_one_owner(tmp_path: Path) -> None:
    path = tmp_path / "x.pid"
    path.write_text("12345 and a rest of an old file\n" * 3)
    first, second = PidFile(str(path)), PidFile(str(path))
    first.acquire()
    assert path.read_text() == f"{os.getpid()}\n"
    with pytest.raises(errors.LockError, match=f"PID {os.getpid()} "):
        second.acquire()
    first.release()
    assert not path.exists()
    second.acquire()
    second.release()
    second.release()


def test_signals_arrive_in_order() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    try:
        signals = SignalQueue([signal.SIGUSR1])
        assert signals.wait(0.01) is None
        os.kill(os.getpid(), signal.SIGUSR1)
        signals.put(signal.SIGHUP)
        assert [signals.wait(5), signals.wait(5)] == [signal.SIGUSR1, signal.SIGHUP]
    finally:
        signal.signal(signal.SIGUSR1, before)


_PROGRAM = """
import os, sys
from ganeti.utils import daemon
ready = daemon.detach()
with open(sys.argv[1], "w") as facts:
    mask = os.umask(0)
    print(os.getcwd(), oct(mask), os.getsid(0) != os.getpid(), os.readlink("/proc/self/fd/0"), file=facts)
{end}
os._exit(0)
"""


def _run(end: str, facts: Path) -> "subprocess.CompletedProcess[str]":
    code = _PROGRAM.format(end=end)
    argv = [sys.executable, "-c", code, str(facts)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False, env=env)


def test_parent_ends_well_when_the_daemon_is_ready(tmp_path: Path) -> None:
    result = _run("ready.ready()", tmp_path / "facts")
    assert (result.returncode, result.stderr) == (0, "")
    assert (tmp_path / "facts").read_text().split() == ["/", "0o77", "True", "/dev/null"]


def test_parent_prints_why_the_daemon_failed(tmp_path: Path) -> None:
    result = _run("ready.failed('cannot bind')", tmp_path / "facts")
    assert (result.returncode, result.stderr) == (1, "cannot bind\n")


def test_large_blocks_go_back_to_the_system_whatever_was_allocated_after_them() -> None:
    script = """
from ganeti.utils.daemon import return_freed_memory

def rss_mib():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024

return_freed_memory()
before = rss_mib()
# From the first such block that is freed on, glibc would keep them.
block = bytearray(30 << 20)
del block
block = bytearray(20 << 20)
after_it = [bytearray(100_000) for _ in range(5)]
del block
print(rss_mib() - before)
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert float(result.stdout) < 10
