"""Resources that running jobs have set aside: MACs, LVs, DRBD secrets and minors, addresses, UUIDs.

Everything lives in memory and belongs to an owner (the job id); it is dropped when the job ends. What the configuration
itself uses is looked up in its usage tables. All methods may be called from any thread.
"""

import secrets
import uuid as uuid_module
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ganeti import constants as c
from ganeti.config import ippool, usage
from ganeti.config.draft import Draft
from ganeti.errors import AddressPoolError, ConfigurationError, ReservationError
from ganeti.objects import Disk, Network

if TYPE_CHECKING:
    import threading

    from ganeti.config.usage import Usage
    from ganeti.objects import ConfigData

_ATTEMPTS: Final = 64


@dataclass
class _IpEntry:
    """An address that a job takes (or gives back, with ``takes`` false) when its instance is written."""

    owner: str
    network: str
    ip: str
    takes: bool
    is_committed: bool = False


@dataclass(frozen=True)
class _Minor:
    node: str
    minor: int
    disk: str
    owner: str


class Reservations:
    """The reservations of all jobs."""

    def __init__(
        self, mutex: "threading.RLock", snapshot: "Callable[[], ConfigData]", current_usage: "Callable[[], Usage]"
    ) -> None:
        """Work under the store's *mutex*, beside what *snapshot* and *current_usage* tell of its configuration."""
        self._mutex = mutex
        self._snapshot = snapshot
        self._usage = current_usage
        #: (table, key) -> owner
        self._owners: dict[tuple[str, object], str] = {}
        self._ips: list[_IpEntry] = []
        self._minors: list[_Minor] = []

    # one key, one owner

    def _reserve(self, table: str, key: object, owner: str) -> None:
        users = self._usage().users(table, key)
        if users:
            raise ReservationError(f"{table} {key} is in use by {users[0]}")
        holder = self._owners.setdefault((table, key), owner)
        if holder != owner:
            raise ReservationError(f"{table} {key} is reserved by job {holder}")

    def _generate(self, table: str, make: Callable[[], str], owner: str) -> str:
        for _ in range(_ATTEMPTS):
            key = make()
            if (table, key) not in self._owners and not self._usage().is_used(table, key):
                self._owners[table, key] = owner
                return key
        raise ReservationError(f"No free {table} was found in {_ATTEMPTS} attempts")

    def generate_uuid(self, owner: str) -> str:
        """Return a fresh UUID; raises ReservationError."""
        with self._mutex:
            return self._generate(usage.UUIDS, lambda: str(uuid_module.uuid4()), owner)

    def generate_mac(self, owner: str, network_uuid: str | None = None) -> str:
        """Return a free MAC with the prefix of the network, if it has one, else of the cluster.

        Raises ReservationError.
        """
        with self._mutex:
            config = self._snapshot()
            network = config.networks.get(network_uuid) if network_uuid else None
            prefix = (network.mac_prefix if network else None) or config.cluster.mac_prefix
            return self._generate(usage.MACS, lambda: f"{prefix}:{secrets.token_bytes(3).hex(':')}", owner)

    def reserve_mac(self, mac: str, owner: str) -> None:
        """Set a given MAC aside.

        Raises ReservationError if any NIC has it or another job (or this one, before) reserved it.
        """
        with self._mutex:
            mac = mac.lower()
            if self._owners.get((usage.MACS, mac)) is not None:
                raise ReservationError(f"MAC address {mac} is reserved already")
            self._reserve(usage.MACS, mac, owner)

    def generate_drbd_secret(self, owner: str) -> str:
        """Return a fresh shared secret for a DRBD pair; raises ReservationError."""
        with self._mutex:
            return self._generate(usage.SECRETS, lambda: secrets.token_hex(c.DRBD_SECRET_LENGTH), owner)

    def reserve_lv(self, name: str, owner: str) -> None:
        """Set a logical volume (``vg/lv``) aside; raises ReservationError."""
        with self._mutex:
            self._reserve(usage.LVS, name, owner)

    def reserve_uuid(self, uuid: str, owner: str) -> None:
        """Set a given UUID aside; raises ReservationError."""
        with self._mutex:
            self._reserve(usage.UUIDS, uuid, owner)

    # addresses of networks

    def _network(self, network_uuid: str) -> Network:
        network = self._snapshot().networks.get(network_uuid)
        if network is None:
            raise ConfigurationError(f"The configuration has no network with UUID {network_uuid}")
        return network

    def _entries(self, network_uuid: str) -> list[_IpEntry]:
        return [entry for entry in self._ips if entry.network == network_uuid]

    def reserve_ip(self, network_uuid: str, ip: str, owner: str, *, check_external: bool = True) -> None:
        """Set a given address aside; an address that the same job gives back may be taken again.

        Raises ReservationError if it is taken (with *check_external* also for another use than instances), and
        AddressPoolError if it is outside of the network.
        """
        with self._mutex:
            network = self._network(network_uuid)
            if check_external and ippool.is_external(network, ip):
                raise ReservationError(f"{ip} is externally reserved in network {network.name}")
            same = [entry for entry in self._entries(network_uuid) if entry.ip == ip]
            own_release = [entry for entry in same if entry.owner == owner and not entry.takes]
            if own_release and not own_release[-1].is_committed:
                # Given back and taken again: nothing changes.
                self._ips.remove(own_release[-1])
                return
            if ippool.is_used(network, ip):
                raise ReservationError(f"{ip} is in use in network {network.name}")
            if any(not entry.is_committed for entry in same):
                raise ReservationError(f"{ip} is reserved in network {network.name}")
            self._ips.append(_IpEntry(owner, network_uuid, ip, takes=True))

    def generate_ip(self, network_uuid: str, owner: str) -> str:
        """Return and set aside the lowest free address of a network; raises ReservationError if it is full."""
        with self._mutex:
            network = self._network(network_uuid)
            try:
                ip = ippool.lowest_free(network, {entry.ip for entry in self._entries(network_uuid)})
            except AddressPoolError as err:
                raise ReservationError(str(err)) from None
            self._ips.append(_IpEntry(owner, network_uuid, ip, takes=True))
            return ip

    def release_ip(self, network_uuid: str, ip: str, owner: str) -> None:
        """Give an address back when the job writes its instance; nobody else gets it before."""
        with self._mutex:
            own = [entry for entry in self._entries(network_uuid) if entry.ip == ip and entry.owner == owner]
            if own and own[-1].takes and not own[-1].is_committed:
                self._ips.remove(own[-1])
                return
            self._ips.append(_IpEntry(owner, network_uuid, ip, takes=False))

    def apply_ips(self, draft: Draft, owner: str) -> Callable[[], None]:
        """Put what a job takes and gives back into the networks of a draft (store only, under its mutex).

        Returns what to call once the draft is committed. Raises AddressPoolError.
        """
        pending = [entry for entry in self._ips if entry.owner == owner and not entry.is_committed]
        for entry in pending:
            network = draft.get(Network, entry.network)
            draft.update(ippool.with_bit(network, entry.ip, used=entry.takes))

        def committed() -> None:
            for entry in pending:
                entry.is_committed = True

        return committed

    # DRBD minors

    def allocate_minors(self, node_uuids: Sequence[str], disk_uuid: str, owner: str) -> list[int]:
        """Return the lowest free DRBD minor of each node, in their order, set aside for a disk.

        Raises ReservationError if a node is given twice.
        """
        if len(set(node_uuids)) != len(node_uuids):
            raise ReservationError("A DRBD disk needs different nodes")
        with self._mutex:
            return [self._allocate_minor(node, disk_uuid, owner) for node in node_uuids]

    def _allocate_minor(self, node_uuid: str, disk_uuid: str, owner: str) -> int:
        used = self._usage().minors_of(node_uuid) | {item.minor for item in self._minors if item.node == node_uuid}
        minor = next(number for number in range(len(used) + 1) if number not in used)
        self._minors.append(_Minor(node_uuid, minor, disk_uuid, owner))
        return minor

    def release_minors(self, disk_uuid: str) -> None:
        """Give the minors back that are set aside for a disk."""
        with self._mutex:
            self._minors = [item for item in self._minors if item.disk != disk_uuid]

    # end of jobs, commits

    def disks_written(self, disks: Sequence[Disk]) -> None:
        """Drop the minors of disks that the configuration has now (store only, under its mutex)."""
        written = {disk.uuid for disk in disks}
        if self._minors and written:
            self._minors = [item for item in self._minors if item.disk not in written]

    def release_owner(self, owner: str) -> None:
        """Drop everything that a job set aside; call it when the job ends, however it ends."""
        with self._mutex:
            self._owners = {key: holder for key, holder in self._owners.items() if holder != owner}
            self._ips = [entry for entry in self._ips if entry.owner != owner]
            self._minors = [item for item in self._minors if item.owner != owner]

    def is_empty(self) -> bool:
        """Tell whether nothing is set aside."""
        with self._mutex:
            return not (self._owners or self._ips or self._minors)
