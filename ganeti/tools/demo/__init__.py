"""demo: build a virtual cluster on this machine and live-migrate an instance on it (``make demo``)."""

import argparse
import os
from collections.abc import Sequence

from ganeti.tools.common import ToolError, run_tool
from ganeti.tools.demo import cleanup, cluster, unprivileged
from ganeti.tools.demo.screen import Screen


def default_directory() -> str:
    """Return where the demo lives unless told otherwise; short, because sockets have short paths."""
    # Not below /home, where the program refuses to keep disks.
    return "/var/lib/ganeti-demo" if os.getuid() == 0 else f"/var/tmp/ganeti-demo-{os.getuid()}"


def _run(directory: str, screen: Screen, domain: str) -> int:
    if os.getuid() != 0:
        return unprivileged.run(directory, screen)
    is_fake = unprivileged.is_inside()
    hypervisor = "fake" if is_fake else cluster.choose_hypervisor(screen)
    try:
        cluster.run(directory, screen, hypervisor=hypervisor, domain=domain)
    except (ToolError, OSError):
        screen.step(f"The demo failed; logs are in {directory}/node1*/var/log/ganeti. `make demo-stop` cleans up.")
        raise
    screen.step("Done")
    elsewhere = "" if directory == default_directory() or is_fake else f" DEMO_DIR={directory}"
    screen.text(
        f"\nThe cluster is running. To use it:   . {unprivileged.environment_file(directory)}\n"
        "Then, for example:                   gnt-instance list\n"
        f"To stop and remove it:               make demo-stop{elsewhere}"
    )
    return 0


def _stop(directory: str, screen: Screen) -> int:
    stopped = unprivileged.stop(directory, screen) if os.getuid() != 0 else cleanup.stop(directory, screen)
    screen.text("Stopped and removed." if stopped else f"There is no demo cluster in {directory}.")
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("action", choices=("run", "stop"))
    parser.add_argument("directory", nargs="?", metavar="DIR", help="where the cluster lives")
    parser.add_argument("-D", "--domain", default="", help="appended to all names, for a second one (only as root)")
    options = parser.parse_intermixed_args(argv)
    directory = os.path.abspath(options.directory or default_directory())

    def action() -> int:
        screen = Screen()
        return _run(directory, screen, options.domain) if options.action == "run" else _stop(directory, screen)

    return run_tool("demo", action)
