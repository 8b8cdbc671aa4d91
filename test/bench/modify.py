"""Measure jobs that change the configuration at the same time; runs on the master and prints JSON."""

import json
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from ganeti.luxi.client import Client
from test.bench.jobs import wait_for_end

_AT_A_TIME = 8
_ROUNDS = 6


def _modify_s(name: str, memory_mib: int) -> float:
    """Return how long the change of one instance takes from submission to success."""
    op = {"OP_ID": "OP_INSTANCE_SET_PARAMS", "instance_name": name, "beparams": {"maxmem": memory_mib}}
    with Client() as client:
        start = time.perf_counter()
        assert wait_for_end(client, client.submit_job([op])) == "success"
        return time.perf_counter() - start


def concurrent_modifications(names: list[str]) -> dict[str, float]:
    """Change the instances again and again, all at the same time."""
    took: list[float] = []
    with ThreadPoolExecutor(len(names)) as pool:
        for number in range(_ROUNDS):
            took.extend(pool.map(_modify_s, names, [300 + number] * len(names)))
    return {"at a time": len(names), "median_s": statistics.median(took), "max_s": max(took)}


def main() -> None:
    """Print the figures."""
    with Client() as client:
        names = [str(row[0]) for row in client.query_instances([], ["name"])][:_AT_A_TIME]
    json.dump(concurrent_modifications(names), sys.stdout)


if __name__ == "__main__":
    main()
