"""``make bench``: start a virtual cluster, measure it empty and with 5,000 instances, print the figures as JSON."""

import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from ganeti import constants as c
from ganeti.utils.process import run_cmd
from test.bench import configuration, verification
from test.bench.memory import rss_mib
from test.bench.populate import populate
from test.cluster.virtual import VirtualCluster, running_cluster, virtual_cluster

_TREE = Path(__file__).resolve().parent.parent.parent
_INSTANCES = 5000
#: Besides the master.
_CANDIDATES = 7
#: No module measures for longer, the soak of 50,000 jobs included.
_LONGEST_S = 3600.0
#: The daemons whose memory grows with the configuration.
_DAEMONS = (c.MASTERD, c.CONFD)


def _say(text: str) -> None:
    # Standard output is for the figures alone.
    print(text, file=sys.stderr, flush=True)


def _timed(cluster: VirtualCluster, *argv: str) -> float:
    """Return how many seconds a command takes on the master."""
    start = time.perf_counter()
    cluster.run(*argv)
    return time.perf_counter() - start


def _command_times(cluster: VirtualCluster, rounds: int) -> dict[str, float]:
    """Return the median seconds of commands that people type often."""
    commands = {
        "gnt-instance list": ("gnt-instance", "list"),
        "gnt-instance list -o name": ("gnt-instance", "list", "-o", "name"),
        "gnt-job list": ("gnt-job", "list"),
        "gnt-cluster getmaster": ("gnt-cluster", "getmaster"),
        "gnt-instance --help": ("gnt-instance", "--help"),
    }
    return {name: statistics.median(_timed(cluster, *argv) for _ in range(rounds)) for name, argv in commands.items()}


def _add_times(cluster: VirtualCluster, rounds: int) -> dict[str, float]:
    """Return the seconds of adding a diskless instance on the fake hypervisor."""
    took = []
    for number in range(rounds):
        name = f"bench{number}.{cluster.layout.domain}"
        argv = ("gnt-instance", "add", "-t", "diskless", "-n", cluster.nodes[0], "-o", "busybox+default")
        options = ("--no-install", "--no-nics", "-H", "fake", "--no-name-check", "--no-ip-check", "--no-start")
        took.append(_timed(cluster, *argv, *options, name))
    for number in range(rounds):
        cluster.run("gnt-instance", "remove", "-f", f"bench{number}.{cluster.layout.domain}")
    return {"median_s": statistics.median(took), "max_s": max(took)}


def _on_master(cluster: VirtualCluster, module: str, *options: str) -> dict[str, Any]:
    """Return the figures that a module of this package prints on the master."""
    command = ("env", f"PYTHONPATH={_TREE}", sys.executable, "-m", f"test.bench.{module}", *options)
    result = cluster.run(*command, timeout_s=_LONGEST_S)
    figures: dict[str, Any] = json.loads(result.stdout)
    return figures


def _list_offline_s(cluster: VirtualCluster, rounds: int) -> float:
    """Return the median seconds of ``gnt-instance list`` with all nodes but the master marked offline."""
    others = cluster.nodes[1:]
    for name in others:
        cluster.run("gnt-node", "modify", "--offline=yes", name)
    median = statistics.median(_timed(cluster, "gnt-instance", "list") for _ in range(rounds))
    for name in others:
        cluster.run("gnt-node", "modify", "--force", "--offline=no", name)
    return median


def _memory_mib(cluster: VirtualCluster) -> dict[str, float]:
    return {daemon: rss_mib(cluster.daemon_pid(daemon)) for daemon in _DAEMONS}


def _changes() -> dict[str, Any]:
    """Measure changes with many candidates, of which each gets a copy of the large configuration."""
    with virtual_cluster(nodes=1 + _CANDIDATES) as nodes:
        cluster = running_cluster(nodes)
        populate(cluster, _INSTANCES)
        size = (cluster.root() / "var/lib/ganeti/config.data").stat().st_size
        return {"candidates": _CANDIDATES, "file_mib": size / (1 << 20), **_on_master(cluster, "modify")}


def _measure(cluster: VirtualCluster) -> dict[str, Any]:
    return {
        **_on_master(cluster, "jobs"),
        "memory_mib": _memory_mib(cluster),
        "queries": _on_master(cluster, "queries"),
        "connections_ms": _on_master(cluster, "connections"),
        "gnt-instance list, other nodes offline": _list_offline_s(cluster, 10),
        "confd_queries_per_s": _on_master(cluster, "confd"),
        "commands_s": _command_times(cluster, 10),
        "add": _add_times(cluster, 8),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m test.bench", description=__doc__)
    parser.add_argument(
        "--soak", type=int, default=5000, metavar="JOBS", help="jobs of the soak (default: %(default)s)"
    )
    options = parser.parse_args()
    # As on an installed system: compiled modules are used.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    run_cmd([sys.executable, "-m", "compileall", "-q", f"{_TREE}/ganeti"], timeout_s=120)
    figures: dict[str, Any] = {"cpus": os.cpu_count(), "load": os.getloadavg()[0]}
    with virtual_cluster() as nodes:
        _say("Starting a cluster")
        cluster = running_cluster(nodes)
        _say("Measuring it empty")
        figures["empty"] = _measure(cluster)
        _say(f"Filling it with {_INSTANCES} instances")
        populate(cluster, _INSTANCES)
        _say("Measuring it full")
        figures[f"{_INSTANCES} instances"] = _measure(cluster)
        _say(f"Running {options.soak} jobs")
        figures["soak"] = _on_master(cluster, "soak", f"--jobs={options.soak}")
        figures["locks"] = _on_master(cluster, "locks")
        figures["memory_mib after all of it"] = _memory_mib(cluster)
    _say(f"Changing {_INSTANCES} instances that {_CANDIDATES} candidates have copies of")
    figures["changes at the same time"] = _changes()
    _say("Measuring large configurations")
    figures["configuration"] = configuration.measure()
    _say("Measuring verification, with simulated nodes too")
    figures["cluster"] = verification.measure()
    json.dump(figures, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
