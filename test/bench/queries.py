"""Measure queries through LUXI; runs on the master (in its environment) and prints JSON."""

import gc
import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any, Final

from ganeti import constants as c
from ganeti import pathutils
from ganeti.luxi import Client

#: Fields for which nodes are asked.
_LIVE: Final = ("console", "oper_ram", "oper_state", "oper_vcpus", "status")


def _median_s(rounds: int, work: Callable[[], Any]) -> float:
    took = []
    for _ in range(rounds):
        start = time.perf_counter()
        result = work()
        took.append(time.perf_counter() - start)
        # A script that asks once does not pay for what the rounds before have left.
        del result
        gc.collect()
    return statistics.median(took)


def _query(client: Client, fields: list[str], qfilter: list[Any] | None = None) -> Callable[[], Any]:
    return lambda: client.query(c.QR_INSTANCE, fields, qfilter)


def master_memory_mib() -> dict[str, float]:
    """Return the memory of the master daemon, now and at most since it started."""
    with open(pathutils.daemon_pid_file(c.MASTERD), encoding="ascii") as file:
        pid = int(file.read().split()[0])
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        values = dict(line.split(":", 1) for line in file)
    return {name: int(values[key].split()[0]) / 1024 for name, key in (("now", "VmRSS"), ("peak", "VmHWM"))}


def measure() -> dict[str, Any]:
    """Return seconds per query, and memory before and after the largest of them."""
    with Client() as client:
        everything = [field.name for field in client.query_fields(c.QR_INSTANCE)]
        config_only = [name for name in everything if name not in _LIVE]
        list_fields = ["name", "hypervisor", "os", "pnode", "status", "oper_ram"]
        memory = {"before": master_memory_mib()}
        figures: dict[str, Any] = {
            "3 fields": _median_s(9, _query(client, ["name", "pnode", "be/maxmem"])),
            "fields of gnt-instance list": _median_s(9, _query(client, list_fields)),
            "regex filter": _median_s(9, _query(client, ["name"], ["=~", "name", r"7\d\."])),
            f"all {len(config_only)} fields of the configuration": _median_s(3, _query(client, config_only)),
            f"all {len(everything)} fields": _median_s(3, _query(client, everything)),
        }
        memory["after"] = master_memory_mib()
        return {"instances": len(client.query_instances([], ["name"])), "query_s": figures, "masterd_mib": memory}


if __name__ == "__main__":
    json.dump(measure(), sys.stdout)
