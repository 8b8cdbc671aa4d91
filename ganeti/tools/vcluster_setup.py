"""vcluster-setup: make the directories, addresses and helper scripts of a virtual cluster on this machine."""

import argparse
import os
from collections.abc import Sequence

import msgspec

from ganeti import buildcfg, pathutils
from ganeti.tools import hosts_block
from ganeti.tools import vcluster_layout as vl
from ganeti.tools.common import ToolError, run_tool
from ganeti.utils.files import read_text, write_atomic
from ganeti.utils.net import own_addresses
from ganeti.utils.process import run_cmd


def _tag(layout: vl.Layout) -> str:
    """Return the name of our block in /etc/hosts."""
    return layout.directory


def _ip(*arguments: str) -> tuple[bool, str]:
    result = run_cmd(["ip", *arguments], timeout_s=30.0)
    return not result.failed, result.output.strip()


def _keep_inside(layout: vl.Layout, verb: str) -> tuple[bool, str]:
    """Add or delete the route that keeps packets to the cluster's own address on this machine while no node has it.

    Else they would go out by the default route, where a proxy may answer for any address: the cluster would seem to
    exist already. Other addresses of the prefix stay alone, this machine may need them.
    """
    return _ip("route", verb, "unreachable", f"{layout.cluster.address}/32")


def attach(layout: vl.Layout) -> None:
    """Give this machine the addresses of the nodes, and /etc/hosts all names; harmless if done already."""
    if layout.manage_net:
        if layout.netdev == "lo":
            ok, output = _keep_inside(layout, "add")
            if not ok and "exists" not in output:
                raise ToolError(f"Cannot add a route for {layout.cluster.address}: {output}")
        present = own_addresses()
        for node in layout.node_hosts:
            if node.address in present:
                continue
            ok, output = _ip("address", "add", f"{node.address}/32", "dev", layout.netdev)
            if not ok:
                raise ToolError(f"Cannot add {node.address} to {layout.netdev}: {output}")
    if layout.manage_hosts:
        hosts_block.put(pathutils.ETC_HOSTS, _tag(layout), vl.hosts_text(layout))


def detach(layout: vl.Layout) -> None:
    """Undo ``attach``; addresses that the machine has with another prefix length are not ours and stay."""
    if layout.manage_hosts:
        hosts_block.remove(pathutils.ETC_HOSTS, _tag(layout))
    if layout.manage_net:
        present = own_addresses()
        # The cluster address stays behind when the master was killed.
        for host in (layout.cluster, *layout.node_hosts):
            if host.address in present:
                _ip("address", "del", f"{host.address}/32", "dev", layout.netdev)
        if layout.netdev == "lo":
            _keep_inside(layout, "del")


def _write(path: str, text: str, *, mode: int = 0o644) -> None:
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    write_atomic(path, text, mode=mode, fsync=False)


def _make_node(layout: vl.Layout, node: vl.Host) -> None:
    """Create one node's tree."""
    root = layout.node_root(node)
    os.makedirs(root, mode=0o755, exist_ok=True)
    _write(f"{root}/env", vl.env_text(layout, node))
    _write(f"{root}/cmd", vl.cmd_text(layout, node), mode=0o755)
    _write(f"{root}{buildcfg.SYSCONFDIR}/default/ganeti", vl.defaults_text(layout, node))
    _write(f"{root}{buildcfg.SYSCONFDIR}/ganeti/file-storage-paths", vl.file_storage_paths_text(layout))
    program = pathutils.USE_VERSION if buildcfg.IS_INSTALLED else pathutils.ENSURE_DIRS
    result = run_cmd([f"{root}/cmd", program], timeout_s=60.0)
    if result.failed:
        raise ToolError(f"{program} for {node.name}: {result.fail_reason}\n{result.output.strip()}")


def create(layout: vl.Layout) -> None:
    """Make everything of a virtual cluster; what is there already stays.

    Raises ToolError.
    """
    vl.validate(layout)
    if not os.path.isdir(layout.directory):
        raise ToolError(f"Directory {layout.directory} does not exist")
    if os.getuid() != 0:
        raise ToolError("this must run as root")
    os.umask(0o022)
    for node in layout.node_hosts:
        _make_node(layout, node)
    for name, text in vl.script_texts(layout).items():
        _write(f"{layout.directory}/{name}", text, mode=0o755)
    _write(f"{layout.directory}/env", vl.env_text(layout, layout.node_hosts[0]))
    _write(f"{layout.directory}/{vl.SETTINGS_FILE}", msgspec.json.encode(layout).decode() + "\n")
    attach(layout)


def load(directory: str) -> vl.Layout:
    """Return the layout of an existing virtual cluster.

    Raises ToolError.
    """
    path = f"{directory}/{vl.SETTINGS_FILE}"
    try:
        return msgspec.json.decode(read_text(path), type=vl.Layout)
    except (OSError, msgspec.DecodeError) as err:
        raise ToolError(f"{directory} is not a virtual cluster: {err}") from err


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="vcluster-setup", description=__doc__)
    default = vl.Layout(directory="")
    parser.add_argument("-c", dest="nodes", type=int, default=default.nodes, help="number of nodes (%(default)s)")
    parser.add_argument(
        "-i", dest="instances", type=int, default=default.instances, help="number of instance names (%(default)s)"
    )
    parser.add_argument("-p", dest="prefix", default=default.prefix, help="address prefix (%(default)s)")
    parser.add_argument("-n", dest="netdev", default=default.netdev, help="device for addresses (%(default)s)")
    parser.add_argument("-D", "--domain", default="", help="appended to all names (default: none)")
    parser.add_argument("-I", dest="initscript", default="", help="script that starts and stops a node's daemons")
    parser.add_argument("-E", dest="manage_hosts", action="store_false", help="leave /etc/hosts alone")
    parser.add_argument("-N", dest="manage_net", action="store_false", help="add no addresses")
    existing = parser.add_mutually_exclusive_group()
    existing.add_argument("--attach", action="store_true", help="only addresses and names of an existing cluster")
    existing.add_argument("--detach", action="store_true", help="only take back addresses and names")
    parser.add_argument("directory", metavar="DIR", help="existing directory for the cluster")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    options = build_parser().parse_args(argv)
    directory = os.path.abspath(options.directory)

    def action() -> int:
        if options.attach:
            attach(load(directory))
        elif options.detach:
            detach(load(directory))
        else:
            create(
                vl.Layout(
                    directory,
                    options.nodes,
                    options.instances,
                    options.prefix,
                    options.netdev,
                    options.domain,
                    options.initscript,
                    options.manage_hosts,
                    options.manage_net,
                )
            )
        return 0

    return run_tool("vcluster-setup", action)
