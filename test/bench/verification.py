"""Measure making, verifying and taking over a cluster: with three virtual nodes, and with 100 simulated ones."""

import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from ganeti import constants as c
from ganeti.objects.base import decode_as, encode_clear
from ganeti.objects.config import ConfigData
from ganeti.objects.instance import Instance
from ganeti.objects.node import Node
from ganeti.utils import x509
from ganeti.utils.files import write_atomic
from test.bench.memory import peak_rss_mib, rss_mib
from test.bench.populate import with_instances
from test.bench.simulated_nodes import ADDRESS_PREFIX, READY
from test.cluster.virtual import VirtualCluster, virtual_cluster, wait_for

_TREE = Path(__file__).resolve().parent.parent.parent
_SIMULATED_NODES: Final = 100
_SIMULATED_INSTANCES: Final = 2000
_REAL_INSTANCES: Final = 20
_ROUNDS: Final = 5
_POOL_SIZE: Final = 10


def _timed(cluster: VirtualCluster, *argv: str, node: int = 0) -> float:
    """Return how many seconds a command takes on a node."""
    start = time.perf_counter()
    cluster.run(*argv, node=node)
    return time.perf_counter() - start


def _spread(values: list[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "max": max(values)}


def _init_s(cluster: VirtualCluster) -> float:
    start = time.perf_counter()
    cluster.init()
    return time.perf_counter() - start


def _add_instances(cluster: VirtualCluster, count: int) -> None:
    """Add running instances with one small disk each, spread over all nodes."""
    options = ("-s", "1M", "-o", "busybox+default", "--no-install", "--no-nics", "-H", "fake", "--no-wait-for-sync")
    for number in range(count):
        node = cluster.nodes[number % len(cluster.nodes)]
        name = f"verified{number}.{cluster.layout.domain}"
        cluster.run("gnt-instance", "add", "-t", "sharedfile", "-n", node, *options, name)
    cluster.run("gnt-instance", "startup", "--force-multiple", "--all")


def _failover_s(cluster: VirtualCluster) -> list[float]:
    """Return the seconds of taking the role of the master to another node, and back."""
    return [_timed(cluster, "gnt-cluster", "master-failover", node=node) for node in (1, 0)]


def measure_real() -> dict[str, Any]:
    """Return seconds with three virtual nodes, whose daemons are those of real ones."""
    with virtual_cluster() as cluster:
        init_s = _init_s(cluster)
        start = time.perf_counter()
        cluster.add_nodes()
        add_s = (time.perf_counter() - start) / (len(cluster.nodes) - 1)
        empty = _spread([_timed(cluster, "gnt-cluster", "verify") for _ in range(_ROUNDS)])
        _add_instances(cluster, _REAL_INSTANCES)
        full = _spread([_timed(cluster, "gnt-cluster", "verify") for _ in range(_ROUNDS)])
        return {
            "init_s": init_s,
            "add_node_s": add_s,
            "verify_s, no instances": empty,
            f"verify_s, {_REAL_INSTANCES} instances": full,
            "master_failover_s": _failover_s(cluster),
        }


def _simulated_node(model: Node, number: int, prefix: str, domain: str) -> Node:
    address = f"{ADDRESS_PREFIX}{prefix.split('.', 1)[1]}.{number + 1}"
    return msgspec.structs.replace(
        model,
        uuid=f"00000000-0000-4000-8000-{number:012x}",
        name=f"simulated{number:03d}.{domain}",
        primary_ip=address,
        secondary_ip=address,
        master_candidate=number < _POOL_SIZE - 1,
    )


def with_simulated_nodes(config: ConfigData, cluster: VirtualCluster, count: int, instances: int) -> ConfigData:
    """Return *config* with so many nodes more, and running instances on them."""
    master = config.nodes[config.cluster.master_node]
    new = [_simulated_node(master, i, cluster.layout.prefix, cluster.layout.domain) for i in range(count)]
    candidates = [node for node in new if node.master_candidate]
    certs = {node.uuid: x509.format_digest(bytes(19) + bytes([i])) for i, node in enumerate(candidates)}
    changed = msgspec.structs.replace(
        config.cluster,
        candidate_pool_size=_POOL_SIZE,
        candidate_certs={**config.cluster.candidate_certs, **certs},
        # The machine of the benchmark need not have a bridge.
        nicparams={c.PP_DEFAULT: {**config.cluster.nicparams[c.PP_DEFAULT], c.NIC_MODE: c.NIC_MODE_OVS}},
    )
    only_new = msgspec.structs.replace(config, cluster=changed, nodes={node.uuid: node for node in new})
    filled = with_instances(only_new, instances, domain=cluster.layout.domain)
    running: dict[str, Instance] = {
        uuid: msgspec.structs.replace(instance, admin_state=c.ADMINST_UP, disks_active=True)
        for uuid, instance in filled.instances.items()
    }
    return msgspec.structs.replace(filled, nodes={master.uuid: master, **filled.nodes}, instances=running)


@contextlib.contextmanager
def _simulation(cluster: VirtualCluster) -> Iterator[None]:
    """Run the simulated node daemons."""
    program = ("env", f"PYTHONPATH={_TREE}", sys.executable, "-m", "test.bench.simulated_nodes")
    with subprocess.Popen([f"{cluster.root()}/cmd", *program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        words = process.stdout.readline().split()
        if words[:1] != [READY]:
            raise AssertionError("The simulated nodes do not start")
        try:
            yield
        finally:
            os.kill(int(words[1]), signal.SIGTERM)


def measure_simulated() -> dict[str, Any]:
    """Return seconds and memory of verifying many simulated nodes."""
    with virtual_cluster(nodes=1) as cluster:
        cluster.init()
        cluster.daemon_util("stop", c.MASTERD)
        path = f"{cluster.root()}/var/lib/ganeti/config.data"
        stat = os.stat(path)
        config = decode_as(Path(path).read_bytes(), ConfigData)
        filled = with_simulated_nodes(config, cluster, _SIMULATED_NODES, _SIMULATED_INSTANCES)
        write_atomic(path, encode_clear(filled), mode=stat.st_mode & 0o7777, uid=stat.st_uid, gid=stat.st_gid)
        with _simulation(cluster):
            cluster.daemon_util("start", c.MASTERD)
            wait_for(lambda: not cluster.run("gnt-cluster", "master-ping", check=False).failed, "masterd", timeout_s=60)
            masterd = cluster.daemon_pid(c.MASTERD)
            before = rss_mib(masterd)
            took = [_timed(cluster, "gnt-cluster", "verify") for _ in range(_ROUNDS)]
            figures = {
                "nodes": _SIMULATED_NODES,
                "instances": _SIMULATED_INSTANCES,
                "first_verify_s": took[0],
                "verify_s": _spread(took[1:]),
                "masterd_mib": {"before": before, "after": rss_mib(masterd), "peak": peak_rss_mib(masterd)},
            }
            cluster.daemon_util("stop", c.MASTERD)
        return figures


def measure() -> dict[str, Any]:
    """Return all figures."""
    return {"3 nodes": measure_real(), f"{_SIMULATED_NODES} simulated nodes": measure_simulated()}


if __name__ == "__main__":
    json.dump(measure(), sys.stdout, indent=2)
