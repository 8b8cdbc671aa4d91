"""What a hypervisor reports about guests and their host: values that cross the wire from node to master."""

from __future__ import annotations

import enum
from typing import Any

import msgspec


class GuestState(enum.IntEnum):
    """State of a guest as its hypervisor sees it."""

    RUNNING = 0
    #: The guest powered itself off and the hypervisor remembers it.
    SHUTDOWN = 1


class GuestInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One guest known to a hypervisor.

    Attributes:
      name: instance name.
      hypervisor_id: whatever identifies the guest to its hypervisor (process id, domain id, container name).
      memory_mib: memory currently assigned.
      vcpus: number of virtual CPUs.
      state: running, or shut down by its user.
      cpu_time_s: CPU seconds consumed so far; 0 where the hypervisor cannot tell.
    """

    name: str
    hypervisor_id: int | str
    memory_mib: int
    vcpus: int
    state: GuestState = GuestState.RUNNING
    cpu_time_s: float = 0.0

    def to_wire(self) -> dict[str, Any]:
        """The dictionary of RPC `instance_info` and `all_instances_info`."""
        return {"memory": self.memory_mib, "vcpus": self.vcpus, "state": int(self.state), "time": self.cpu_time_s}


class HostInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Resources of a node as one hypervisor sees them; field names are those of RPC `node_info`.

    Memory in MiB. `hv_version` is a list of version numbers, `memory_hv` only Xen reports.
    """

    memory_total: int
    memory_free: int
    memory_dom0: int
    cpu_total: int
    cpu_dom0: int
    cpu_nodes: int
    cpu_sockets: int
    hv_version: list[int] | None = None
    memory_hv: int | None = None
