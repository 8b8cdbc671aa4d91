"""Nodes, node groups and networks."""

import msgspec

from ganeti import constants as c
from ganeti.objects.base import Params, TaggedObject, written


class Node(TaggedObject, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A machine of the cluster; at most one of ``master_candidate``, ``drained`` and ``offline`` is set."""

    name: str
    primary_ip: str
    secondary_ip: str
    group: str
    master_candidate: bool = written(lambda: False)
    drained: bool = written(lambda: False)
    offline: bool = written(lambda: False)
    master_capable: bool = written(lambda: True)
    vm_capable: bool = written(lambda: True)
    powered: bool = written(lambda: True)
    ndparams: Params = written(dict)
    hv_state_static: Params = msgspec.field(default_factory=dict)
    disk_state_static: Params = msgspec.field(default_factory=dict)

    def role(self, master_uuid: str) -> str:
        """Return the role letter: M master, C candidate, D drained, O offline, R regular."""
        if self.uuid == master_uuid:
            return c.NR_MASTER
        if self.master_candidate:
            return c.NR_MCANDIDATE
        if self.drained:
            return c.NR_DRAINED
        return c.NR_OFFLINE if self.offline else c.NR_REGULAR


class NodeGroup(TaggedObject, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Nodes that share parameters and between which instances may move."""

    name: str
    alloc_policy: str = written(lambda: c.ALLOC_POLICY_PREFERRED)
    ndparams: Params = written(dict)
    diskparams: dict[str, Params] = written(dict)
    ipolicy: Params = written(dict)
    networks: dict[str, Params] = written(dict)
    hv_state_static: Params = msgspec.field(default_factory=dict)
    disk_state_static: Params = msgspec.field(default_factory=dict)


class Network(TaggedObject, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """An IP network with its pools; the bitmaps are strings of 0 and 1, index 0 is the network's address."""

    name: str
    network: str
    gateway: str | None = None
    network6: str | None = None
    gateway6: str | None = None
    mac_prefix: str | None = None
    reservations: str = written(str)
    ext_reservations: str = written(str)
