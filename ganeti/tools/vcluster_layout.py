"""A virtual cluster on disk: names, addresses and the text of the files that vcluster-setup writes. No effects."""

import os
import re
import shlex
from dataclasses import dataclass
from typing import Final

import msgspec

from ganeti import buildcfg
from ganeti import constants as c
from ganeti.tools.common import ToolError

MAX_NODES: Final = 90
MAX_INSTANCES: Final = 155
_FIRST_NODE: Final = 10
_FIRST_INSTANCE: Final = 100

#: The file in the cluster's directory that remembers how it was set up.
SETTINGS_FILE: Final = "vcluster.json"

# sockaddr_un has 108 bytes, one of them for the end of the text.
_MAX_SOCKET_PATH: Final = 107
_LONGEST_SOCKET: Final = "var/run/ganeti/kvm-hypervisor/ctrl/{instance}.monitor"


class Layout(msgspec.Struct, frozen=True):
    """One virtual cluster."""

    directory: str
    nodes: int = 5
    instances: int = 10
    #: First three numbers of all addresses.
    prefix: str = "192.0.2"
    netdev: str = "eth0"
    #: Appended to all names after a dot, so that several clusters fit into one /etc/hosts.
    domain: str = ""
    #: Program that starts and stops the daemons of a node, instead of daemon-util.
    initscript: str = ""
    manage_hosts: bool = True
    manage_net: bool = True

    def name(self, short: str) -> str:
        """Return a host's full name."""
        return f"{short}.{self.domain}" if self.domain else short

    @property
    def cluster(self) -> "Host":
        """The cluster name and its address."""
        return Host(self.name("cluster"), f"{self.prefix}.1")

    @property
    def node_hosts(self) -> tuple["Host", ...]:
        """All nodes, the first master first."""
        return tuple(
            Host(self.name(f"node{i + 1}"), f"{self.prefix}.{_FIRST_NODE + i}") for i in range(self.nodes)
        )

    @property
    def instance_hosts(self) -> tuple["Host", ...]:
        """Names that instances can be given."""
        return tuple(
            Host(self.name(f"instance{i + 1}"), f"{self.prefix}.{_FIRST_INSTANCE + i}") for i in range(self.instances)
        )

    def node_root(self, node: "Host") -> str:
        """Return the root directory of a node."""
        return f"{self.directory}/{node.name}"


@dataclass(frozen=True)
class Host:
    """A name and its address."""

    name: str
    address: str


def validate(layout: Layout) -> None:
    """Raise ToolError if *layout* cannot work."""
    if not 1 <= layout.nodes <= MAX_NODES:
        raise ToolError(f"The number of nodes must be between 1 and {MAX_NODES}, not {layout.nodes}")
    if not 0 <= layout.instances <= MAX_INSTANCES:
        raise ToolError(f"The number of instances must be between 0 and {MAX_INSTANCES}, not {layout.instances}")
    parts = layout.prefix.split(".")
    if len(parts) != 3 or not all(part.isdecimal() and int(part) <= 255 for part in parts):
        raise ToolError(f"The address prefix must be three numbers like 192.0.2, not {layout.prefix!r}")
    if layout.domain and not re.fullmatch(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?", layout.domain):
        raise ToolError(f"Not a domain name: {layout.domain!r}")
    if re.search(r"\s", layout.directory):
        raise ToolError("The directory's path must not contain blanks: it goes into argument lists of daemons")
    longest = max((host.name for host in layout.instance_hosts), key=len, default="instance1")
    socket_path = f"{layout.node_root(layout.node_hosts[-1])}/{_LONGEST_SOCKET.format(instance=longest)}"
    if len(os.fsencode(socket_path)) > _MAX_SOCKET_PATH:
        raise ToolError(f"The directory's path is too long: {socket_path} cannot be a socket")


def hosts_text(layout: Layout) -> str:
    """Return the lines for /etc/hosts."""
    hosts = (layout.cluster, *layout.node_hosts, *layout.instance_hosts)
    return "".join(f"{host.address}\t{host.name}\n" for host in hosts)


def _exports(layout: Layout, node: Host) -> str:
    root = shlex.quote(layout.node_root(node))
    return f"export GANETI_ROOTDIR={root}\nexport GANETI_HOSTNAME={node.name}\n"


def defaults_text(layout: Layout, node: Host) -> str:
    """Return a node's ``etc/default/ganeti``."""
    bind = f"-b {node.address}"
    return (
        "# Arguments of this virtual node's daemons: each listens on the node's own address.\n"
        f"{_exports(layout, node)}"
        f'NODED_ARGS="{bind} --no-mlock"\n'
        f'CONFD_ARGS="{bind}"\n'
        f'RAPI_ARGS="{bind}"\n'
        f'MOND_ARGS="{bind}"\n'
    )


def _program_directories(layout: Layout, node: Host) -> tuple[str, ...]:
    """Return where the programs of *node* are: every node may use another one of the installed versions."""
    if not buildcfg.IS_INSTALLED:
        return tuple(dict.fromkeys((buildcfg.SBINDIR, buildcfg.TOOLSDIR)))
    link = f"{layout.node_root(node)}{buildcfg.SYSCONFDIR}/ganeti/lib"
    return (f"{link}/sbin", link, f"{link}/tools")


def env_text(layout: Layout, node: Host) -> str:
    """Return what makes a shell work as *node*."""
    path = ":".join(_program_directories(layout, node))
    return (
        f"# Makes a shell that reads it (with `.`) a shell on {node.name} of the virtual cluster.\n"
        f"{_exports(layout, node)}"
        f'case ":$PATH:" in\n  *:{path}:*) ;;\n  *) export PATH="{path}:$PATH" ;;\nesac\n'
    )


def cmd_text(layout: Layout, node: Host) -> str:
    """Return the wrapper that runs a command on *node*."""
    return (
        "#!/bin/sh\n"
        f"# Runs a command on {node.name}: cmd COMMAND [argument...]\n"
        f". {shlex.quote(layout.node_root(node) + '/env')}\n"
        'exec "$@"\n'
    )


def file_storage_paths_text(layout: Layout) -> str:
    """Return the list of directories that may hold disks of instances, the same for all nodes.

    A cluster has one path for its file storage, which on a real node means that node's own disk, or a file system that
    all nodes mount. Here it is below the root of the node that created the cluster, so all nodes must accept that.
    """
    roots = (layout.node_root(node) for node in layout.node_hosts)
    return "".join(f"{root}/srv/ganeti/{kind}\n" for root in roots for kind in ("file-storage", "shared-file-storage"))


def _loop(layout: Layout, body: str, *, reverse: bool = False) -> str:
    """Return a shell loop over the nodes; *body* uses ``$cmd`` and ``$node``."""
    names = [node.name for node in layout.node_hosts]
    if reverse:
        names.reverse()
    indented = "".join(f"  {line}\n" for line in body.splitlines())
    cmd = f"{shlex.quote(layout.directory)}/$node/cmd"
    return f"for node in {' '.join(names)}; do\n  cmd={cmd}\n{indented}done\n"


def script_texts(layout: Layout) -> dict[str, str]:
    """Return the scripts for the whole cluster by name."""
    here = shlex.quote(layout.directory)
    # Found by the wrapper: a node of an installed version has its own way to it.
    util = "daemon-util" if buildcfg.IS_INSTALLED else shlex.quote(f"{buildcfg.PKGLIBDIR}/daemon-util")
    setup = shlex.quote(f"{buildcfg.TOOLSDIR}/vcluster-setup")
    control = shlex.quote(layout.initscript) if layout.initscript else ""
    start = f"{control} start" if control else f"{util} start-all"
    stop = f"{control} stop" if control else f"{util} stop-all"
    check = f'"$cmd" {util} check-config 2>/dev/null'
    # The first master asks the node daemons of all nodes for their votes, and waits for those that do not answer.
    # A site's own program is not asked: it may know nothing of single daemons.
    noded_loop = "" if control else _loop(layout, f'if {check}; then "$cmd" {util} start {c.NODED} || status=1; fi')
    start_loop = noded_loop + _loop(
        layout,
        f"if {check}; then\n"
        '  echo "Starting the daemons of $node"\n'
        f'  "$cmd" {start} || status=1\n'
        "else\n"
        '  echo "$node belongs to no cluster yet"\n'
        "fi",
    )
    stop_loop = _loop(layout, f'echo "Stopping the daemons of $node"\n"$cmd" {stop} || status=1', reverse=True)
    status_loop = _loop(
        layout,
        f'for daemon in $("$cmd" {util} list-start-daemons); do\n'
        f'  if "$cmd" {util} check "$daemon"; then state=running; else state=stopped; fi\n'
        '  echo "$node $daemon $state"\n'
        "done",
    )
    head = "#!/bin/sh\n# {}\nstatus=0\n"
    return {
        "start-all": head.format("Gives the nodes their addresses and names and starts their daemons.")
        + f"{setup} --attach {here} || exit 1\n{start_loop}exit $status\n",
        "stop-all": head.format("Stops the daemons of all nodes and takes back addresses and names.")
        + f"{stop_loop}{setup} --detach {here} || status=1\nexit $status\n",
        "restart-all": "#!/bin/sh\n# Stops and starts the daemons of all nodes.\n"
        + f"{here}/stop-all && exec {here}/start-all\n",
        "status-all": head.format("Tells which daemons run.") + status_loop,
    }
