"""The node daemon as a process of a virtual node."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ganeti.rpc import procedures
from ganeti.rpc.client import RpcClient
from ganeti.rpc.identity import NodeIdentity
from ganeti.rpc.resolvers import StaticResolver
from ganeti.rpc.transport import NodeTransport
from test.unit import node_server as support

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the node daemon runs as root")

PORT = 18110
NAME = "node1.example.com"


def _wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen in time"
        time.sleep(0.02)


class VirtualNode:
    """A virtual node with its own loopback address, so that tests of several people do not meet."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.address = f"127.{random.randint(1, 250)}.{random.randint(0, 250)}.{random.randint(1, 250)}"
        for path in ("var/lib/ganeti/queue", "var/run/ganeti", "var/log/ganeti", "var/lock", "etc/ganeti"):
            (root / path).mkdir(parents=True)
        self.data = root / "var/lib/ganeti"
        self.pid_file = root / "var/run/ganeti/ganeti-noded.pid"
        self.log = root / "var/log/ganeti/node-daemon.log"
        self.env = {
            **os.environ,
            "GANETI_ROOTDIR": str(root),
            "GANETI_HOSTNAME": NAME,
            "PYTHONPATH": os.pathsep.join(sys.path),
        }

    def run_daemon(self, *options: str) -> "subprocess.CompletedProcess[str]":
        argv = [sys.executable, "-c", "import sys; from ganeti.server.noded import main; sys.exit(main())", *options]
        return subprocess.run(argv, env=self.env, capture_output=True, text=True, timeout=30, check=False)

    def start(self) -> "subprocess.CompletedProcess[str]":
        return self.run_daemon("--no-mlock", "-b", self.address, "-p", str(PORT))

    @property
    def pid(self) -> int:
        return int(self.pid_file.read_text())

    def stop(self) -> None:
        if self.pid_file.exists():
            os.kill(self.pid, signal.SIGTERM)
            _wait_until(lambda: not self.pid_file.exists(), "the end of the daemon")


@pytest.fixture
def node(tmp_path: Path) -> Iterator[VirtualNode]:
    virtual = VirtualNode(tmp_path / NAME)
    yield virtual
    virtual.stop()


@pytest.fixture
def rpc(node: VirtualNode) -> Iterator[RpcClient]:
    certificates = support.make_certificates(node.data)
    support.allow(node.data, certificates.digest)
    identity = NodeIdentity(str(certificates.client_pem), str(certificates.server_pem))
    client = RpcClient(StaticResolver({NAME: node.address}), NodeTransport(identity, port=PORT))
    yield client
    client.close()


def test_life_of_the_daemon(node: VirtualNode, rpc: RpcClient) -> None:
    started = node.start()
    assert (started.returncode, started.stderr) == (0, "")
    # It answers as soon as the program that started it has ended.
    assert rpc.call_one(NAME, procedures.version).fail_msg is None

    second = node.start()
    assert second.returncode == 1
    assert f"PID {node.pid}" in second.stderr

    node.log.rename(node.log.with_suffix(".log.1"))
    os.kill(node.pid, signal.SIGHUP)
    _wait_until(lambda: node.log.exists() and "opened anew" in node.log.read_text(), "opening the log anew")
    assert rpc.call_one(NAME, procedures.version).fail_msg is None

    os.kill(node.pid, signal.SIGTERM)
    _wait_until(lambda: not node.pid_file.exists(), "the end of the daemon")
    assert (rpc.call_one(NAME, procedures.version).fail_msg or "").startswith("Error 7: ")


def test_programs_that_calls_run_inherit_nothing_odd(node: VirtualNode, rpc: RpcClient) -> None:
    directory = node.root / "etc/ganeti/hooks/node-add-pre.d"
    directory.mkdir(parents=True)
    hook = directory / "show"
    hook.write_text(
        "#!/bin/sh\numask; pwd\n"
        "grep -E '^Sig(Blk|Ign)' /proc/$$/status | tr -s '\\t\\n' ' '; echo\n"
        "ls /proc/$$/fd | wc -l\n"
    )
    hook.chmod(0o755)
    assert node.start().returncode == 0
    answer = rpc.call_one(NAME, procedures.hooks_runner, "node-add", "pre", {"PATH": "/bin:/usr/bin"})
    ((_, _, output),) = answer.payload
    umask, cwd, signals, descriptors = (line.strip() for line in output.splitlines())
    assert (umask, cwd) == ("0077", "/")
    blocked, ignored = (int(word, 16) for word in signals.split()[1::2])
    assert blocked == 0
    # Python ignores SIGPIPE and SIGXFSZ itself and resets them for programs; nothing else may be ignored but what this
    # test inherited from whatever started it.
    assert not ignored & ~(1 << (signal.SIGPIPE - 1) | 1 << (signal.SIGXFSZ - 1) | _ignored_here())
    # Three standard ones, the script that the shell reads, and the directory that ls reads.
    assert int(descriptors) <= 5


def _ignored_here() -> int:
    """Return the mask of signals that this process ignores."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1], 16) for line in status if line.startswith("SigIgn:"))


def test_start_fails_with_a_reason(node: VirtualNode) -> None:
    missing = node.start()
    assert missing.returncode == 1
    assert "server.pem was not found" in missing.stderr
    support.make_certificates(node.data)
    unusable = node.run_daemon("--no-mlock", "-b", "192.0.2.77", "-p", str(PORT))
    assert unusable.returncode == 1
    assert "Cannot listen on 192.0.2.77" in unusable.stderr
    assert not node.pid_file.exists()
    nonsense = node.run_daemon("nonsense")
    assert nonsense.returncode == 1
    assert "usage: " in nonsense.stderr


@pytest.mark.parametrize("options", [["-p", "0"], ["--max-clients", "0"], ["-i", "no-such-interface"], ["--syslog=x"]])
def test_wrong_options(node: VirtualNode, options: list[str]) -> None:
    result = node.run_daemon(*options)
    assert result.returncode == 1
    assert result.stderr


def test_killed_daemon_starts_again(node: VirtualNode, rpc: RpcClient) -> None:
    assert node.start().returncode == 0
    assert rpc.call_one(NAME, procedures.version).fail_msg is None
    os.kill(node.pid, signal.SIGKILL)
    _wait_until(lambda: node.start().returncode == 0, "the new start")
    assert rpc.call_one(NAME, procedures.version).fail_msg is None
