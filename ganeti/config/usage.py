"""Which object uses which unique thing: MACs, LVs, ports, minors, secrets, addresses, UUIDs.

The tables are kept up to date by every change and are owned by the store: use them under its mutex only. Each key
remembers all its users, so that duplicates (which an old file may hold) are seen and survive the removal of one user.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final, NamedTuple

from ganeti import constants as c
from ganeti.config.changes import ConfigItem, Step
from ganeti.objects import Cluster, ConfigData, Disk, Instance, Node, Params
from ganeti.objects.fill import fill
from ganeti.types import Private

UUIDS: Final = "UUID"
MACS: Final = "MAC address"
LVS: Final = "logical volume"
PORTS: Final = "TCP/UDP port"
SECRETS: Final = "DRBD secret"
MINORS: Final = "DRBD minor"
NIC_IPS: Final = "NIC address"
HOST_IPS: Final = "host address"
DISK_OWNERS: Final = "disk attachment"
TABLES: Final = (UUIDS, MACS, LVS, PORTS, SECRETS, MINORS, NIC_IPS, HOST_IPS, DISK_OWNERS)

#: User of ports that wait to be used again.
PORT_POOL: Final = "pool of returned ports"

#: Position of fields in the logical id of a DRBD disk.
_PORT: Final = 2
_SECRET: Final = 5


class Claim(NamedTuple):
    """*user* uses *key*, which is a text, a number or a tuple, of a *table*."""

    table: str
    key: object
    user: str


def secret_text(value: object) -> str:
    """Return a DRBD secret in clear."""
    return str(value.get()) if isinstance(value, Private) else str(value)


def _disk_claims(disk: Disk) -> Iterator[Claim]:
    user = f"disk {disk.uuid}"
    yield Claim(UUIDS, disk.uuid, user)
    if disk.dev_type == c.DT_PLAIN and len(disk.logical_id) == 2:
        yield Claim(LVS, f"{disk.logical_id[0]}/{disk.logical_id[1]}", user)
    elif disk.dev_type == c.DT_DRBD8 and len(disk.logical_id) > _SECRET:
        first, second, port, first_minor, second_minor, secret = disk.logical_id[: _SECRET + 1]
        # A disk being created has neither port nor secret yet.
        if port is not None:
            yield Claim(PORTS, port, user)
        if secret:
            yield Claim(SECRETS, secret_text(secret), user)
        yield Claim(MINORS, (first, first_minor), user)
        yield Claim(MINORS, (second, second_minor), user)
    for child in disk.children:
        yield from _disk_claims(child)


def _instance_claims(instance: Instance, nic_defaults: Params) -> Iterator[Claim]:
    user = f"instance {instance.name or instance.uuid}"
    yield Claim(UUIDS, instance.uuid, user)
    if instance.network_port is not None:
        yield Claim(PORTS, instance.network_port, user)
    for disk in instance.disks:
        yield Claim(DISK_OWNERS, disk, user)
    for position, nic in enumerate(instance.nics):
        nic_user = f"{user}, NIC {position}"
        yield Claim(UUIDS, nic.uuid, nic_user)
        yield Claim(MACS, nic.mac, nic_user)
        if nic.ip:
            params = fill(nic_defaults, nic.nicparams)
            key = (params.get(c.NIC_MODE), params.get(c.NIC_LINK), nic.ip, nic.network)
            yield Claim(NIC_IPS, key, nic_user)


def _node_claims(node: Node) -> Iterator[Claim]:
    user = f"node {node.name}"
    yield Claim(UUIDS, node.uuid, user)
    for address in {node.primary_ip, node.secondary_ip}:
        yield Claim(HOST_IPS, address, user)


def claims_of(item: ConfigItem, nic_defaults: Params) -> Iterator[Claim]:
    """Yield everything that an object uses; *nic_defaults* are the cluster's NIC parameters."""
    if isinstance(item, Disk):
        yield from _disk_claims(item)
    elif isinstance(item, Instance):
        yield from _instance_claims(item, nic_defaults)
    elif isinstance(item, Node):
        yield from _node_claims(item)
    elif isinstance(item, Cluster):
        yield Claim(UUIDS, item.uuid, "cluster")
        yield Claim(HOST_IPS, item.master_ip, "cluster")
        for port in item.tcpudp_port_pool:
            yield Claim(PORTS, port, PORT_POOL)
    else:
        yield Claim(UUIDS, item.uuid, f"{type(item).__name__} {item.uuid}")


def nic_defaults_of(config: ConfigData) -> Params:
    """Return the cluster's NIC parameters."""
    return config.cluster.nicparams.get(c.PP_DEFAULT, {})


class Usage:
    """The tables: key -> its users."""

    def __init__(self, config: ConfigData) -> None:
        """Collect what *config* uses."""
        self._tables: dict[str, dict[object, list[str]]] = {}
        self._minors: dict[str, dict[int, int]] = {}
        self._rebuild(config)

    def _rebuild(self, config: ConfigData) -> None:
        self._tables = {table: {} for table in TABLES}
        self._minors = defaultdict(dict)
        defaults = nic_defaults_of(config)
        sections = (config.nodes, config.nodegroups, config.instances, config.disks, config.networks, config.filters)
        items: Iterator[ConfigItem] = (item for section in sections for item in section.values())
        for item in (config.cluster, *items):
            for claim in claims_of(item, defaults):
                self._add(claim)

    def _add(self, claim: Claim) -> None:
        self._tables[claim.table].setdefault(claim.key, []).append(claim.user)
        if claim.table == MINORS and isinstance(claim.key, tuple):
            node, minor = claim.key
            self._minors[node][minor] = self._minors[node].get(minor, 0) + 1

    def _remove(self, claim: Claim) -> None:
        users = self._tables[claim.table][claim.key]
        users.remove(claim.user)
        if not users:
            del self._tables[claim.table][claim.key]
        if claim.table == MINORS and isinstance(claim.key, tuple):
            node, minor = claim.key
            self._minors[node][minor] -= 1
            if not self._minors[node][minor]:
                del self._minors[node][minor]

    def apply(self, step: Step) -> None:
        """Follow a change."""
        before, after = nic_defaults_of(step.before), nic_defaults_of(step.after)
        if before != after:
            # The addresses' keys depend on the defaults; this happens once in the life of a cluster.
            self._rebuild(step.after)
            return
        for old, _ in step.changes:
            for claim in claims_of(old, before) if old is not None else ():
                self._remove(claim)
        for _, new in step.changes:
            for claim in claims_of(new, after) if new is not None else ():
                self._add(claim)

    def users(self, table: str, key: object) -> tuple[str, ...]:
        """Return who uses a key."""
        return tuple(self._tables[table].get(key, ()))

    def is_used(self, table: str, key: object) -> bool:
        """Tell whether anything uses a key."""
        return key in self._tables[table]

    def keys(self, table: str) -> Iterator[object]:
        """Yield the used keys of a table."""
        yield from self._tables[table]

    def duplicates(self, table: str) -> Iterator[tuple[object, tuple[str, ...]]]:
        """Yield the keys of a table that have several users."""
        for key, users in self._tables[table].items():
            if len(users) > 1:
                yield key, tuple(users)

    def minors_of(self, node_uuid: str) -> frozenset[int]:
        """Return the DRBD minors in use on a node."""
        return frozenset(self._minors.get(node_uuid, ()))

    def highest_port(self) -> int | None:
        """Return the highest port that anything uses."""
        return max((port for port in self._tables[PORTS] if isinstance(port, int)), default=None)
