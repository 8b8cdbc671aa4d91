"""Process 1 of a node of the lab: makes a machine of its own out of new namespaces, then reaps orphans.

Started by ``nodes.py`` with ``unshare``, as a script. Arguments: directory of the node, addresses of its two network
cards. Nothing here needs the program under test.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

#: (name, major, minor). There is no kvm: where the machine has it, it may not work.
_DEVICES: Final = (
    ("null", 1, 3),
    ("zero", 1, 5),
    ("full", 1, 7),
    ("random", 1, 8),
    ("urandom", 1, 9),
    ("tty", 5, 0),
    ("fuse", 10, 229),
    ("net/tun", 10, 200),
)
_LINKS: Final = (
    ("ptmx", "pts/ptmx"),
    ("fd", "/proc/self/fd"),
    ("stdin", "fd/0"),
    ("stdout", "fd/1"),
    ("stderr", "fd/2"),
)
_SYSRQ: Final = "proc/sysrq-trigger"
_CARD_DEADLINE_S: Final = 30.0


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)


def _mount(kind: str, target: str, options: str = "") -> None:
    _run("mount", "-t", kind, *(["-o", options] if options else []), kind, target)


def _mount_root(directory: str) -> None:
    """Mount the node's files: this machine's, and over them what the node changed."""
    # 'index=off' and 'xino=off' allow several mounts with the same lower directory.
    layers = f"lowerdir=/,upperdir={directory}/upper,workdir={directory}/work"
    _mount("overlay", f"{directory}/merged", f"{layers},index=off,xino=off,metacopy=off")
    os.chdir(f"{directory}/merged")


def _mount_kernel_files() -> None:
    _mount("proc", "proc")
    # A sysfs shows the network cards of the namespace it was mounted in.
    _mount("sysfs", "sys")
    _mount("tmpfs", "run", "mode=755")
    _mount("tmpfs", "tmp", "mode=1777")
    if os.path.exists(_SYSRQ):
        # The kernel is that of the machine: "power-cycle this node" must not reset it.
        Path("run/sysrq-trigger").touch()
        _run("mount", "--bind", "run/sysrq-trigger", _SYSRQ)


def _make_devices() -> None:
    _mount("tmpfs", "dev", "mode=755")
    for directory in ("net", "pts", "shm"):
        os.mkdir(f"dev/{directory}")
    for name, major, minor in _DEVICES:
        os.mknod(f"dev/{name}", 0o020666, os.makedev(major, minor))
        os.chmod(f"dev/{name}", 0o666)
    for name, target in _LINKS:
        os.symlink(target, f"dev/{name}")
    _mount("devpts", "dev/pts", "newinstance,ptmxmode=0666,mode=620")
    _mount("tmpfs", "dev/shm")


def _change_root() -> None:
    for directory in ("run/lock", "run/sshd", "run/old"):
        os.mkdir(directory)
    _run("pivot_root", ".", "run/old")
    os.chdir("/")
    _run("umount", "--lazy", "/run/old")
    os.rmdir("/run/old")


def _set_up_network(primary_ip: str, secondary_ip: str) -> None:
    """Give the node its addresses; the primary one is on a bridge, where instances' cards go, too."""
    deadline = time.monotonic() + _CARD_DEADLINE_S
    while not all(os.path.exists(f"/sys/class/net/eth{card}") for card in (0, 1)):
        if time.monotonic() > deadline:
            raise SystemExit("the network cards of this node did not appear")
        time.sleep(0.01)
    # Else a bridge takes the lowest address of its ports, which come and go with instances.
    mac = Path("/sys/class/net/eth0/address").read_text(encoding="ascii").strip()
    for line in (
        "link set lo up",
        f"link add br0 address {mac} type bridge",
        "link set eth0 master br0 up",
        f"addr add {primary_ip}/24 dev br0",
        "link set br0 up",
        f"addr add {secondary_ip}/24 dev eth1",
        "link set eth1 up",
    ):
        _run("ip", *line.split())


def _reap() -> None:
    """Wait for orphans until SIGTERM; the kernel ends everything in the namespace when this process ends."""
    signals = {signal.SIGCHLD, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    while True:
        try:
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
        except ChildProcessError:
            pass
        if signal.sigwait(signals) == signal.SIGTERM:
            return


def main(directory: str, primary_ip: str, secondary_ip: str) -> None:
    """Set up the node, start its SSH daemon, tell that it is ready."""
    _mount_root(directory)
    _mount_kernel_files()
    _make_devices()
    _change_root()
    _run("hostname", Path("/etc/hostname").read_text(encoding="utf-8").strip())
    _set_up_network(primary_ip, secondary_ip)
    _run("service", "ssh", "start")
    Path("/run/ready").touch()
    _reap()


if __name__ == "__main__":
    main(*sys.argv[1:])
