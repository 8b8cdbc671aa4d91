"""Measure the configuration store with 1,000 nodes and 20,000 instances, in one process; prints JSON."""

import gc
import json
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Final

import msgspec

from ganeti import constants as c
from ganeti.config.distribute import Distributor
from ganeti.config.generate import generate_config, instance_uuid
from ganeti.config.index import Index, build_index
from ganeti.config.opening import open_store, write_initial
from ganeti.config.ssconf_values import SsconfValues, Values
from ganeti.config.store import ConfigStore
from ganeti.objects import ConfigData, Instance

_NODES: Final = 1000
_INSTANCES: Final = 20000
_ROUNDS: Final = 20


class _CountingSender:
    """Takes what nodes are sent and answers at once: what is measured is our own work."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self.sent = 0

    def _count(self) -> None:
        with self._mutex:
            self.sent += 1

    def send_config(self, node_uuid: str, content: bytes, serial_no: int, *, spares_newer: bool) -> str | None:
        """Count it."""
        self._count()
        return None

    def send_ssconf(self, node_uuid: str, values: Values) -> str | None:
        """Count it."""
        self._count()
        return None


def _milliseconds(start: float) -> float:
    return (time.perf_counter() - start) * 1000


def _spread(values: list[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "max": max(values)}


def _other_state(instance: Instance) -> Instance:
    state = c.ADMINST_DOWN if instance.admin_state == c.ADMINST_UP else c.ADMINST_UP
    return msgspec.structs.replace(instance, admin_state=state)


def _changes(store: ConfigStore) -> dict[str, dict[str, float]]:
    """Return the milliseconds until changes of one instance are visible and durable."""
    visible, durable = [], []
    for number in range(_ROUNDS):
        start = time.perf_counter()
        store.modify(Instance, instance_uuid(number * 7), _other_state)
        visible.append(_milliseconds(start))
        store.wait_durable()
        durable.append(_milliseconds(start))
    return {"visible_ms": _spread(visible), "durable_ms": _spread(durable)}


def _renamed(config: ConfigData) -> ConfigData:
    """Return the configuration with another name for one instance, which the list for the nodes shows."""
    instance = config.instances[instance_uuid(0)]
    other = msgspec.structs.replace(instance, name="another.example.com")
    return msgspec.structs.replace(config, instances={**config.instances, instance.uuid: other})


def _computed(config: ConfigData, index: Index) -> dict[str, float]:
    """Return the milliseconds that computing the ssconf values takes: all, after a renaming, after other changes."""
    values = SsconfValues()
    renamed = _renamed(config)
    renamed_index = build_index(renamed)
    figures = {}
    for name, version, its_index in (
        ("everything", config, index),
        ("instance renamed", renamed, renamed_index),
        ("no name changed", renamed, renamed_index),
    ):
        start = time.perf_counter()
        values.compute(version, its_index)
        figures[name] = _milliseconds(start)
    return figures


def measure() -> dict[str, Any]:
    """Return the figures."""
    with tempfile.TemporaryDirectory(prefix="gbench-") as directory:
        path = str(Path(directory, "config.data"))
        write_initial(generate_config(nodes=_NODES, instances=_INSTANCES), path)
        sender = _CountingSender()
        start = time.perf_counter()
        store = open_store(path, accept_foreign=True, distribution=Distributor(sender))
        load_s = time.perf_counter() - start
        # As the master daemon does once it has started.
        gc.freeze()
        try:
            start = time.perf_counter()
            store.flush()
            distributed_s = time.perf_counter() - start
            everywhere = sender.sent
            figures = _changes(store)
            computed = _computed(*store.snapshot_with_index())
        finally:
            store.close()
        return {
            "nodes": _NODES,
            "instances": _INSTANCES,
            "file_mib": Path(path).stat().st_size / 2**20,
            "load_s": load_s,
            "first_distribution_s": distributed_s,
            "first_distribution_calls": everywhere,
            **figures,
            "ssconf_ms": computed,
        }


if __name__ == "__main__":
    json.dump(measure(), sys.stdout, indent=2)
