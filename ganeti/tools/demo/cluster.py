"""The demo itself: a virtual cluster, an instance, a live migration; only by the public command lines."""

import os
import shutil
from dataclasses import dataclass
from typing import Final

from ganeti import buildcfg
from ganeti.tools import vcluster_layout as vl
from ganeti.tools.common import ToolError
from ganeti.tools.demo import cleanup
from ganeti.tools.demo.console import open_console
from ganeti.tools.demo.screen import Screen, quiet
from ganeti.utils.net import own_addresses
from ganeti.utils.process import run_cmd

#: Ranges that belong to nobody: for documentation (RFC 5737), then for benchmarks inside of one machine (RFC 2544).
_PREFIXES: Final = ("198.51.100", "203.0.113", "192.0.2", *(f"198.19.{number}" for number in range(256)))
_NODE_COUNT: Final = 3
_MEMORY: Final = "128M"
_DISK_SIZE: Final = "32M"

_BOOT_TIMEOUT_S: Final = 240.0
_COUNTER_TIMEOUT_S: Final = 60.0
_COUNTER: Final = r"tick (\d+)\r?\n"
#: A count that a guest which was restarted meanwhile cannot have reached.
_HIGH_COUNT: Final = r"tick (1\d)\r?\n"

#: A machine without virtualisation in hardware must do; no display, since nobody looks at it. Nothing but the machine's
#: memory limits the migration.
_KVM_PARAMETERS: Final = (
    "kvm:kvm_flag=disabled,kernel_path=,boot_order=disk,serial_console=true,vnc_bind_address=,migration_bandwidth=1024"
)


@dataclass(frozen=True)
class Demo:
    """Where and how the demo runs."""

    layout: vl.Layout
    hypervisor: str
    screen: Screen

    @property
    def nodes(self) -> tuple[str, ...]:
        """The names of the nodes, the master first."""
        return tuple(host.name for host in self.layout.node_hosts)

    @property
    def instance(self) -> str:
        """The name of the instance."""
        return self.layout.instance_hosts[0].name

    @property
    def master(self) -> list[str]:
        """The prefix of commands that run on the master."""
        return [f"{self.layout.node_root(self.layout.node_hosts[0])}/cmd"]

    def run(self, *argv: str) -> None:
        """Run a command on the master and show it."""
        self.screen.run(argv, node=self.master)


def _free_prefix() -> str:
    """Return an address range that this machine neither has nor routes."""
    routes = run_cmd(["ip", "route", "show", "table", "all"], timeout_s=30.0).stdout
    used = " ".join(own_addresses()) + " " + routes
    for prefix in _PREFIXES:
        if f"{prefix}." not in used:
            return prefix
    raise ToolError("This machine uses all address ranges for documentation and benchmarks")


def choose_hypervisor(screen: Screen) -> str:
    """Return kvm, or fake with the reason on the screen."""
    if shutil.which("qemu-system-x86_64") is None:
        screen.note("QEMU is not installed: using the fake hypervisor, which runs no real virtual machine")
        return "fake"
    return "kvm"


def _prepare_guest(demo: Demo) -> None:
    """Build the disk image that the OS definition installs."""
    demo.screen.step("Building the guest's disk image (cached after the first time)")
    demo.screen.run([f"{buildcfg.SHAREDIR}/os/busybox/prepare"])


def _start_cluster(demo: Demo) -> None:
    screen, layout = demo.screen, demo.layout
    screen.step(f"Preparing {layout.nodes} virtual nodes in {layout.directory}")
    os.makedirs(layout.directory, mode=0o755, exist_ok=True)
    options = ["-c", str(layout.nodes), "-i", str(layout.instances), "-p", layout.prefix, "-n", layout.netdev]
    domain = ["-D", layout.domain] if layout.domain else []
    screen.run([f"{buildcfg.TOOLSDIR}/vcluster-setup", *options, *domain, layout.directory])
    screen.step("Creating the cluster")
    demo.run(
        *("gnt-cluster", "init", "--no-etc-hosts", "--no-ssh-init", "--master-netdev=lo"),
        f"--enabled-hypervisors={demo.hypervisor}",
        *(("-H", _KVM_PARAMETERS) if demo.hypervisor == "kvm" else ()),
        "--enabled-disk-templates=sharedfile,file,diskless",
        "--ipolicy-bounds-specs="
        "min:cpu-count=1,disk-count=0,disk-size=1,memory-size=1,nic-count=0,spindle-use=1/"
        "max:cpu-count=8,disk-count=16,disk-size=1048576,memory-size=32768,nic-count=8,spindle-use=12",
        layout.cluster.name,
    )
    screen.step("Adding two nodes")
    for node in demo.nodes[1:]:
        demo.run("gnt-node", "add", node)


def _create_instance(demo: Demo) -> None:
    demo.screen.step("Creating an instance on shared file storage")
    # No guest runs on the fake hypervisor, so there is nothing to install.
    is_real = demo.hypervisor == "kvm"
    demo.run(
        *("gnt-instance", "add", "-t", "sharedfile", "--disk", f"0:size={_DISK_SIZE}", "-n", demo.nodes[0]),
        *("-o", "busybox+default", "-B", f"memory={_MEMORY},vcpus=1", "--no-nics"),
        *(() if is_real else ("--no-install",)),
        demo.instance,
    )
    if not is_real:
        demo.run("gnt-instance", "startup", demo.instance)


def _read_counter(demo: Demo, *, wait_for_login: bool) -> int:
    """Return the number that the guest counts to on its console."""
    with open_console([*demo.master, "gnt-instance", "console", demo.instance]) as console:
        if wait_for_login:
            found = console.wait_for(r"(\S+ login:)", timeout_s=_BOOT_TIMEOUT_S, report=demo.screen.note)
            demo.screen.note(f"the guest's console says: {found[1]}")
        pattern = _HIGH_COUNT if wait_for_login else _COUNTER
        found = console.wait_for(pattern, timeout_s=_COUNTER_TIMEOUT_S, report=demo.screen.note)
        return int(found[1])


def _primary_node(demo: Demo) -> str:
    return quiet([*demo.master, "gnt-instance", "list", "--no-headers", "-o", "pnode", demo.instance]).strip()


def _migrate(demo: Demo) -> None:
    """Move the running instance; with a real guest show that it goes on counting."""
    before = 0
    if demo.hypervisor == "kvm":
        demo.screen.step("Waiting for the guest's login prompt and its counter")
        before = _read_counter(demo, wait_for_login=True)
        demo.screen.note(f"the guest has counted to {before}")
    demo.screen.step(f"Migrating the running instance from {_primary_node(demo)} to {demo.nodes[1]}")
    demo.run("gnt-instance", "migrate", "-f", "-n", demo.nodes[1], demo.instance)
    if _primary_node(demo) != demo.nodes[1]:
        raise ToolError(f"{demo.instance} is on {_primary_node(demo)}, not on {demo.nodes[1]}")
    if demo.hypervisor == "kvm":
        after = _read_counter(demo, wait_for_login=False)
        if after <= before:
            raise ToolError(f"The guest's counter went from {before} to {after}: it was restarted")
        demo.screen.step(f"Counter before the migration: {before}, after it: {after}. The guest went on running.")


def _show(demo: Demo) -> None:
    demo.screen.step("The cluster")
    for argv in (
        ("gnt-cluster", "info"),
        ("gnt-node", "list"),
        ("gnt-instance", "list"),
        ("gnt-job", "list"),
    ):
        demo.run(*argv)


def run(directory: str, screen: Screen, *, hypervisor: str, domain: str = "") -> None:
    """Run the whole demo in *directory*, which it clears of an earlier one; *domain* is appended to all names.

    Raises ToolError.
    """
    cleanup.stop(directory, screen)
    layout = vl.Layout(directory, _NODE_COUNT, _NODE_COUNT, _free_prefix(), "lo", domain)
    demo = Demo(layout, hypervisor, screen)
    if hypervisor == "kvm":
        _prepare_guest(demo)
    _start_cluster(demo)
    _create_instance(demo)
    _migrate(demo)
    _show(demo)
