"""Nodes that are machines of their own to the program: namespaces with their own files, network, processes and sshd.

Each node has its own mount, network, uts, pid and ipc namespace and a copy-on-write view of this machine's files: own
/etc, /var, /root, /run. Cables go to a switch, which is a network namespace that nothing connects to the machine. The
program is really installed in the nodes (``make install``), with its usual paths and without the environment of
virtual clusters. Kernel, clock and what is installed on this machine are shared; there are no block devices.

::

    with Installation() as image, Lab(image, nodes=3) as lab:
        node1, node2, node3 = lab.nodes
        lab.run(node1, "gnt-cluster", "init", ..., CLUSTER)
        lab.off(node2)      # pulls the power cord; lab.on(node2) boots it again with the files that it had
        lab.cut(node3)      # pulls its network cables; lab.plug(node3) puts them back

Processes end with the test run, whatever ends it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import psutil

from ganeti.utils.process import CmdResult, run_cmd
from test.cluster.virtual import wait_for

ROOT: Final = Path(__file__).resolve().parents[2]

#: No command of a test may take longer.
COMMAND_TIMEOUT_S: Final = 120.0
_BOOT_TIMEOUT_S: Final = 60.0
_INSTALL_TIMEOUT_S: Final = 300.0

#: Ranges that are reserved for documentation (RFC 5737); they exist only inside of the lab's namespaces.
PRIMARY_NET: Final = "198.51.100"
SECONDARY_NET: Final = "203.0.113"
DOMAIN: Final = "lab.example"
CLUSTER: Final = f"cluster.{DOMAIN}"
CLUSTER_IP: Final = f"{PRIMARY_NET}.100"
#: A second name for a cluster, to rename it.
OTHER_CLUSTER: Final = f"other.{DOMAIN}"
OTHER_CLUSTER_IP: Final = f"{PRIMARY_NET}.101"

#: Directories of which nodes see nothing that the machine has there.
_OWN_DIRECTORIES: Final = (
    *("root/.ssh", "etc/ganeti", "var/lib/ganeti", "var/log/ganeti"),
    *("srv/ganeti", "opt/ganeti", "usr/local/lib/ganeti"),
)
_SSHD_CONFIG: Final = "PermitRootLogin yes\nPasswordAuthentication yes\nUseDNS no\nLogLevel VERBOSE\n"
_MEMORY: Final = "/dev/shm"
#: Bytes; a node writes some 20 MiB.
_MEMORY_NEEDED: Final = 2**30
_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def _checked(*argv: str, timeout_s: float = 60.0) -> CmdResult:
    result = run_cmd(argv, timeout_s=timeout_s)
    if result.failed:
        raise AssertionError(f"{' '.join(argv)}: {result.fail_reason}\n{result.output}")
    return result


def _fast_directory() -> str | None:
    """Return where files of nodes are in memory: what they write through to the disk would disturb time limits."""
    try:
        found = os.statvfs(_MEMORY)
    except OSError:
        return None
    return _MEMORY if os.path.ismount(_MEMORY) and found.f_bavail * found.f_frsize > _MEMORY_NEEDED else None


class Installation:
    """The program as ``make install`` puts it into a directory that stands for /; nodes get copies of it."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        """*variables* of make are given beside those for the usual directories."""
        self._variables = dict(variables or {})
        self.directory = Path()

    def __enter__(self) -> Self:
        self.directory = Path(tempfile.mkdtemp(prefix="ganeti-lab-image-"))
        variables = {
            "DESTDIR": str(self.directory),
            "PREFIX": "/usr",
            "SYSCONFDIR": "/etc",
            "LOCALSTATEDIR": "/var",
            "PYTHON": f"{ROOT}/.venv/bin/python",
            **self._variables,
        }
        words = [f"{name}={value}" for name, value in variables.items()]
        _checked("make", "--silent", "-C", str(ROOT), "install", *words, timeout_s=_INSTALL_TIMEOUT_S)
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)


@dataclass
class Node:
    """A node; *number* counts from 1."""

    number: int
    directory: Path
    _outer: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    #: Process 1 of the node, seen from outside; 0 while it is off.
    pid: int = 0

    @property
    def name(self) -> str:
        """The full host name."""
        return f"node{self.number}.{DOMAIN}"

    @property
    def primary_ip(self) -> str:
        """The address on the bridge br0."""
        return f"{PRIMARY_NET}.{self.number}"

    @property
    def secondary_ip(self) -> str:
        """The address on the card eth1."""
        return f"{SECONDARY_NET}.{self.number}"

    def path(self, path: str) -> Path:
        """Return where an absolute *path* of the running node is found from outside."""
        return Path(f"/proc/{self.pid}/root{path}")

    def read(self, path: str) -> str:
        """Return the content of a file of the running node."""
        return self.path(path).read_text(encoding="utf-8")


class Lab:
    """A switch and nodes that hang on it, all of them on."""

    def __init__(self, image: Installation, *, nodes: int = 3) -> None:
        self._image = image
        self._count = nodes
        self._switch: subprocess.Popen[bytes] | None = None
        self._directory = Path()
        self.nodes: tuple[Node, ...] = ()

    def __enter__(self) -> Self:
        self._directory = Path(tempfile.mkdtemp(prefix="ganeti-lab-", dir=_fast_directory()))
        try:
            self._start_switch()
            self.nodes = tuple(Node(number, self._directory / f"node{number}") for number in range(1, self._count + 1))
            for node in self.nodes:
                self._prepare(node)
                self._boot(node)
            for node in self.nodes:
                self._wait_until_ready(node)
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self._remove()

    def _remove(self) -> None:
        for node in self.nodes:
            self._kill(node)
        for node in self.nodes:
            self.off(node)
        if self._switch is not None:
            self._switch.kill()
            self._switch.wait()
        if os.environ.get("GANETI_TEST_KEEP"):
            print(f"Kept: {self._directory}")
        else:
            shutil.rmtree(self._directory, ignore_errors=True)

    # the switch

    def _start_switch(self) -> None:
        self._switch = _spawn(["unshare", "--net", "sleep", "infinity"])
        own = os.readlink("/proc/self/ns/net")
        path = f"/proc/{self._switch_pid}/ns/net"
        wait_for(lambda: os.readlink(path) != own, "the switch", timeout_s=_BOOT_TIMEOUT_S)
        self.at_switch("ip", "link", "set", "lo", "up")
        for card, net in enumerate((PRIMARY_NET, SECONDARY_NET)):
            self.at_switch("ip", "link", "add", f"br{card}", "type", "bridge")
            self.at_switch("ip", "addr", "add", f"{net}.254/24", "dev", f"br{card}")
            self.at_switch("ip", "link", "set", f"br{card}", "up")

    @property
    def _switch_pid(self) -> int:
        assert self._switch is not None
        return self._switch.pid

    def at_switch(self, *argv: str) -> CmdResult:
        """Run a program beside the nodes: it sees this machine's files and the lab's networks."""
        return _checked("nsenter", f"--net=/proc/{self._switch_pid}/ns/net", "--", *argv)

    def cut(self, node: Node) -> None:
        """Pull the network cables of a node."""
        self._set_cables(node, "down")

    def plug(self, node: Node) -> None:
        """Put the network cables of a node back."""
        self._set_cables(node, "up")

    def _set_cables(self, node: Node, state: str) -> None:
        for card in (0, 1):
            self.at_switch("ip", "link", "set", f"v{node.number}.{card}", state)

    # the power of nodes

    def _prepare(self, node: Node) -> None:
        """Write what the files of a node have before it is switched on for the first time."""
        for name in ("upper", "work", "merged"):
            (node.directory / name).mkdir(parents=True)
        upper = node.directory / "upper"
        _checked("cp", "-a", f"{self._image.directory}/.", str(upper))
        for name in ("etc/ssh/sshd_config.d", *_OWN_DIRECTORIES):
            (upper / name).mkdir(parents=True, exist_ok=True)
        for name in _OWN_DIRECTORIES:
            os.setxattr(upper / name, "trusted.overlay.opaque", b"y")
        # Modes of directories that both have are taken from here. Interpreters may lie in root's home directory, which
        # daemons of other users must get through.
        upper.chmod(0o755)
        (upper / "root").chmod(0o711)
        (upper / "root/.ssh").chmod(0o700)
        _write(upper / "etc/hostname", f"{node.name.partition('.')[0]}\n")
        _write(upper / "etc/resolv.conf", "nameserver 127.0.0.1\n")
        _write(upper / "etc/hosts", self.hosts_text())
        _write(upper / "etc/ssh/sshd_config.d/lab.conf", _SSHD_CONFIG)
        _checked("ssh-keygen", "-q", "-A", "-f", str(upper))

    def hosts_text(self, nodes: Iterable[Node] | None = None) -> str:
        """Return an /etc/hosts that knows the clusters and the given nodes, else all."""
        lines = ["127.0.0.1\tlocalhost", f"{CLUSTER_IP}\t{CLUSTER}", f"{OTHER_CLUSTER_IP}\t{OTHER_CLUSTER}"]
        known = self.nodes if nodes is None else nodes
        lines += [f"{node.primary_ip}\t{node.name} {node.name.partition('.')[0]}" for node in known]
        return "".join(f"{line}\n" for line in lines)

    def _boot(self, node: Node) -> None:
        with open(node.directory / "console.log", "ab") as log:
            words = ["--net", "--mount", "--uts", "--pid", "--ipc", "--fork", "--kill-child"]
            init = [sys.executable, str(ROOT / "test/lab/node_init.py"), str(node.directory)]
            node._outer = _spawn(["unshare", *words, *init, node.primary_ip, node.secondary_ip], log=log.fileno())
        outer = psutil.Process(node._outer.pid)
        wait_for(lambda: bool(outer.children()), f"process 1 of {node.name}", timeout_s=_BOOT_TIMEOUT_S)
        node.pid = outer.children()[0].pid
        for card in (0, 1):
            cable = f"v{node.number}.{card}"
            # The same after each boot: neighbours remember it.
            mac = f"02:00:00:00:{card:02x}:{node.number:02x}"
            peer = ("peer", "name", f"eth{card}", "address", mac, "netns", str(node.pid))
            self.at_switch("ip", "link", "add", cable, "type", "veth", *peer)
            self.at_switch("ip", "link", "set", cable, "master", f"br{card}", "up")

    def _wait_until_ready(self, node: Node) -> None:
        def is_ready() -> bool:
            if not psutil.pid_exists(node.pid):
                raise AssertionError(f"{node.name} did not start: {(node.directory / 'console.log').read_text()}")
            return node.path("/run/ready").exists()

        wait_for(is_ready, f"{node.name} to be ready", timeout_s=_BOOT_TIMEOUT_S)

    def on(self, node: Node) -> None:
        """Switch a node on, with the files that it had, and wait until it can be reached."""
        self._boot(node)
        self._wait_until_ready(node)

    def off(self, node: Node) -> None:
        """Pull the power cord of a node."""
        self._kill(node)
        if node._outer is not None:
            node._outer.wait()
            wait_for(lambda: not psutil.pid_exists(node.pid), f"end of {node.name}", timeout_s=_BOOT_TIMEOUT_S)
        node._outer, node.pid = None, 0

    @staticmethod
    def _kill(node: Node) -> None:
        """Kill the process that takes process 1 with it, and the kernel everything else in the pid namespace."""
        if node._outer is not None:
            node._outer.kill()

    # using nodes

    def argv(self, node: Node, *words: str) -> list[str]:
        """Return the command line that runs a program on a node as if root had logged in there."""
        assert node.pid, f"{node.name} is off"
        environment = (f"PATH={_PATH}", "HOME=/root", "USER=root", "LOGNAME=root", "SHELL=/bin/sh", "TERM=dumb")
        enter = ("nsenter", f"--target={node.pid}", "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd")
        return [*enter, "--", "env", "--ignore-environment", *environment, *words]

    def run(
        self,
        node: Node,
        *words: str,
        check: bool = True,
        timeout_s: float = COMMAND_TIMEOUT_S,
        stdin: str = "",
    ) -> CmdResult:
        """Run a program on a node; fail the test if it fails, unless *check* is false."""
        result = run_cmd(self.argv(node, *words), timeout_s=timeout_s, input=stdin.encode())
        if check and result.failed:
            raise AssertionError(f"{node.name}: {' '.join(words)}: {result.fail_reason}\n{result.output}")
        return result

    def lines(self, node: Node, *words: str) -> list[str]:
        """Return the lines that a program prints on a node."""
        return self.run(node, *words).stdout.splitlines()

    def set_password(self, node: Node, password: str) -> None:
        """Let root log in to a node by a password."""
        self.run(node, "chpasswd", stdin=f"root:{password}\n")


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)


def _spawn(argv: list[str], log: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """Start a process that ends with this one."""
    return subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", *argv],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )

