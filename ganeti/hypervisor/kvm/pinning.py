"""Binding guests to CPUs of the node."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ganeti import constants as c
from ganeti import errors
from ganeti.hvparams import parse_multi_cpu_mask
from ganeti.hypervisor.kvm.qmp import QmpClient


def cpu_sets(mask: str, host_cpus: int) -> list[frozenset[int]]:
    """CPUs allowed to each virtual CPU; one entry stands for the whole guest, none for no pinning."""
    masks = parse_multi_cpu_mask(mask)
    if all(entry == c.CPU_PINNING_OFF for entry in masks):
        return []
    everything = frozenset(range(host_cpus))
    return [everything if entry == c.CPU_PINNING_OFF else frozenset(entry) for entry in masks]


def pin_guest(pid: int, mask: str, qmp: QmpClient, host_cpus: int) -> None:
    """Bind the threads of a QEMU process according to hypervisor parameter `cpu_mask`.

    Raises:
      HypervisorError: the mask names CPUs that the node does not have.
    """
    sets = cpu_sets(mask, host_cpus)
    if not sets:
        return
    try:
        if len(sets) == 1:
            _pin_all_threads(pid, sets[0])
        else:
            _pin_vcpus(sets, qmp)
    except (OSError, ValueError) as err:
        raise errors.HypervisorError(f"Cannot bind the instance to CPUs '{mask}' of this node: {err}") from err


def _pin_all_threads(pid: int, cpus: frozenset[int]) -> None:
    # Affinity belongs to a thread, and the threads of virtual CPUs exist already.
    for task in (Path("/proc") / str(pid) / "task").iterdir():
        os.sched_setaffinity(int(task.name), cpus)


def _pin_vcpus(sets: Sequence[frozenset[int]], qmp: QmpClient) -> None:
    threads = {int(cpu["cpu-index"]): int(cpu["thread-id"]) for cpu in qmp.execute("query-cpus-fast")}
    for index, cpus in enumerate(sets):
        if index in threads:
            os.sched_setaffinity(threads[index], cpus)
