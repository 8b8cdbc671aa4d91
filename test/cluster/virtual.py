"""A virtual cluster with real daemons for tests, driven through the command line."""

import contextlib
import fcntl
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ganeti import buildcfg
from ganeti.tools import vcluster_layout as vl
from ganeti.utils.process import CmdResult, run_cmd

_ROOT: Final = Path(__file__).resolve().parents[2]
#: No command of a test may take longer, even when both cores are busy.
COMMAND_TIMEOUT_S: Final = 240.0

#: A range that is set aside for benchmarks inside of one machine (RFC 2544): 256 test clusters at the same time.
_RANGE: Final = "198.18"

IPOLICY: Final = (
    "--ipolicy-bounds-specs="
    "min:cpu-count=1,disk-count=0,disk-size=1,memory-size=1,nic-count=0,spindle-use=1/"
    "max:cpu-count=8,disk-count=16,disk-size=1048576,memory-size=32768,nic-count=8,spindle-use=12"
)


#: Guests that boot from their disk, emulated; nothing but the machine limits their migration.
KVM: Final = "kvm:kvm_flag=disabled,kernel_path=,serial_console=true,vnc_bind_address=,migration_bandwidth=1024"


def wait_for(condition: Callable[[], bool], what: str, *, timeout_s: float = 30.0) -> None:
    """Wait until *condition* holds; fail the test naming *what* when the time is over."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() >= deadline:
            raise AssertionError(f"Waited {timeout_s:.0f} s in vain for: {what}")
        time.sleep(0.05)


@contextlib.contextmanager
def _own_prefix() -> Iterator[tuple[int, str]]:
    """Reserve an address prefix that no other test run on this machine has."""
    for number in range(256):
        fd = os.open(f"/run/lock/ganeti-test-{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            continue
        try:
            yield number, f"{_RANGE}.{number}"
        finally:
            os.close(fd)
        return
    raise RuntimeError("All address ranges for tests are taken")


@dataclass(frozen=True)
class VirtualCluster:
    """Virtual nodes of one test; nodes are counted from 0, the first master is node 0."""

    layout: vl.Layout

    @property
    def name(self) -> str:
        """The cluster's name."""
        return self.layout.cluster.name

    @property
    def nodes(self) -> tuple[str, ...]:
        """The names of the nodes."""
        return tuple(node.name for node in self.layout.node_hosts)

    @property
    def instances(self) -> tuple[str, ...]:
        """Names that instances can be given."""
        return tuple(host.name for host in self.layout.instance_hosts)

    def root(self, node: int = 0) -> Path:
        """Return a node's root directory."""
        return Path(self.layout.node_root(self.layout.node_hosts[node]))

    def argv(self, node: int, *words: str) -> list[str]:
        """Return the command line that runs a program on a node."""
        return [f"{self.root(node)}/cmd", *words]

    def run(
        self, *argv: str, node: int = 0, check: bool = True, timeout_s: float = COMMAND_TIMEOUT_S
    ) -> CmdResult:
        """Run a program on a node; fail the test if it fails, unless *check* is false."""
        result = run_cmd(self.argv(node, *argv), timeout_s=timeout_s)
        if check and result.failed:
            raise AssertionError(f"{' '.join(argv)}: {result.fail_reason}\n{result.output}\n{self.log_tails()}")
        return result

    def lines(self, *argv: str, node: int = 0) -> list[str]:
        """Return the lines that a program prints on a node."""
        return self.run(*argv, node=node).stdout.splitlines()

    def daemon_util(self, *words: str, node: int = 0, check: bool = True) -> CmdResult:
        """Run daemon-util on a node."""
        return self.run(f"{buildcfg.PKGLIBDIR}/daemon-util", *words, node=node, check=check)

    def daemon_pid(self, daemon: str, node: int = 0) -> int:
        """Return the process id of a running daemon."""
        return int((self.root(node) / "var/run/ganeti" / f"{daemon}.pid").read_text().split()[0])

    def kill_daemon(self, daemon: str, node: int = 0) -> None:
        """Kill a daemon as a crash would and wait until it is gone."""
        pid = self.daemon_pid(daemon, node)
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not _is_alive(pid), f"end of {daemon}")

    def log_tails(self) -> str:
        """Return the last lines of all logs, for the report of a failed test."""
        parts = []
        for number, name in enumerate(self.nodes):
            for log in sorted((self.root(number) / "var/log/ganeti").glob("*-daemon.log")):
                tail = log.read_text(errors="replace").splitlines()[-30:]
                parts.append(f"--- {name} {log.name}\n" + "\n".join(tail))
        return "\n".join(parts)

    def init(self, *options: str) -> None:
        """Create the cluster on node 0 with kvm and fake, sharedfile, file and diskless."""
        self.run(
            *("gnt-cluster", "init", "--no-etc-hosts", "--no-ssh-init", "--master-netdev=lo"),
            *("--enabled-hypervisors=fake,kvm", "--enabled-disk-templates=sharedfile,file,diskless"),
            *("-H", KVM, IPOLICY, *options, self.name),
        )

    def add_nodes(self) -> None:
        """Add all other nodes."""
        for name in self.nodes[1:]:
            self.run("gnt-node", "add", name)

    def emulators(self) -> list[int]:
        """Return the process ids of running emulators of this cluster."""
        marker = os.fsencode(f"{self.layout.directory}/")
        found = []
        for path in Path(self.layout.directory).glob("*/var/run/ganeti/kvm-hypervisor/pid/*"):
            try:
                pid = int(path.read_text().split()[0])
                if marker in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.append(pid)
            except (OSError, ValueError, IndexError):
                continue
        return found

    def stop(self) -> None:
        """Stop everything, also after a failed test."""
        pids = self.emulators()
        run_cmd([f"{self.layout.directory}/stop-all"], timeout_s=COMMAND_TIMEOUT_S)
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state != "Z"


def _create_apart(layout: vl.Layout) -> None:
    """Make the nodes in a process of its own.

    Their scripts could not be run while a process that another thread starts just now still has them open for writing.
    """
    options = ("-c", str(layout.nodes), "-i", str(layout.instances), "-p", layout.prefix, "-n", layout.netdev)
    tool = str(_ROOT / "tools/vcluster-setup")
    result = run_cmd([tool, *options, "-D", layout.domain, layout.directory], timeout_s=COMMAND_TIMEOUT_S)
    assert not result.failed, result.output


@contextlib.contextmanager
def virtual_cluster(
    *, nodes: int = 3, instances: int = 8, create: Callable[[vl.Layout], None] = _create_apart
) -> Iterator[VirtualCluster]:
    """Give virtual nodes that belong to no cluster yet; stop and remove them afterwards.

    *create* makes what is on disk. The nodes' directory is kept (and named) if the block fails and GANETI_TEST_KEEP is
    set.
    """
    with _own_prefix() as (number, prefix):
        directory = tempfile.mkdtemp(prefix=f"gvc{number}-")
        # The tempfile directory is for its owner alone; daemons of other users must get through.
        os.chmod(directory, 0o755)
        cluster = VirtualCluster(vl.Layout(directory, nodes, instances, prefix, "lo", f"t{number}.test"))
        failed = True
        try:
            create(cluster.layout)
            yield cluster
            failed = False
        finally:
            cluster.stop()
            if failed and os.environ.get("GANETI_TEST_KEEP"):
                print(f"Kept: {directory}")
            else:
                shutil.rmtree(directory, ignore_errors=True)


def running_cluster(cluster: VirtualCluster, options: Sequence[str] = ()) -> VirtualCluster:
    """Make a cluster of all virtual nodes."""
    cluster.init(*options)
    cluster.add_nodes()
    return cluster
