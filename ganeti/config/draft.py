"""A change of the configuration while it is being made.

A draft shows the configuration with what was changed so far. It knows the rules of serial numbers and time stamps and
nothing about locks, files or reservations; whoever commits it makes it visible.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec

from ganeti import errors
from ganeti.config.changes import SECTIONS, Change, ConfigItem, Step, describe
from ganeti.objects import Cluster, ConfigData, Disk, FilterRule, Instance, Network, Node, NodeGroup

if TYPE_CHECKING:
    from ganeti.config.index import Index

ItemT = TypeVar("ItemT", bound=ConfigItem)
#: Objects that live in a dictionary of ConfigData.
KeyedT = TypeVar("KeyedT", Node, NodeGroup, Instance, Disk, Network, FilterRule)



class Draft:
    """Changes on top of one snapshot."""

    def __init__(self, base: ConfigData, index: "Index", now: float) -> None:
        """Start without changes; *now* becomes the time stamp of everything that changes."""
        self.base = base
        #: Index of the base; it does not know the draft's changes.
        self.index = index
        self.now = now
        self._cluster = base.cluster
        self._changed: dict[str, dict[str, ConfigItem | None]] = {}
        self._touches_cluster = False
        self._cluster_bumped = False

    # reading

    @property
    def cluster(self) -> Cluster:
        """The cluster as of now."""
        return self._cluster

    def find(self, kind: type[KeyedT], uuid: str) -> KeyedT | None:
        """Return the object of a class with this UUID, None if there is none."""
        section = SECTIONS[kind]
        changed = self._changed.get(section, {})
        found = changed[uuid] if uuid in changed else getattr(self.base, section).get(uuid)
        return found if isinstance(found, kind) else None

    def get(self, kind: type[KeyedT], uuid: str) -> KeyedT:
        """Return the object of a class with this UUID.

        Raises ConfigurationError if there is none.
        """
        found = self.find(kind, uuid)
        if found is None:
            raise errors.ConfigurationError(f"The configuration has no {kind.__name__} with UUID {uuid}")
        return found

    def touches(self, kind: type[ConfigItem]) -> bool:
        """Tell whether any object of a class was changed."""
        return bool(self._changed.get(SECTIONS.get(kind, "")))

    # changing

    def add(self, item: KeyedT) -> KeyedT:
        """Add an object that does not exist yet, with serial number 1, and return it.

        Raises ConfigurationError if its UUID is taken in its section.
        """
        if self.find(type(item), item.uuid) is not None:
            raise errors.ConfigurationError(f"{describe(item)} exists already (UUID {item.uuid})")
        if not isinstance(item, FilterRule):
            item = msgspec.structs.replace(item, serial_no=1, ctime=self.now, mtime=self.now)
        self._put(item)
        if not isinstance(item, (Disk, FilterRule)):
            self.touch_cluster()
        return item

    def update(self, item: ItemT) -> ItemT:
        """Replace the stored version of an object, and return it with the new serial number.

        Raises ConfigurationError if it does not exist or has another serial number than the stored version.
        """
        if isinstance(item, Cluster):
            return cast(ItemT, self._update_cluster(item))
        stored = self._stored(item)
        if not isinstance(item, FilterRule):
            self._check_serial(stored.serial_no, item.serial_no, describe(item))
            item = msgspec.structs.replace(item, serial_no=item.serial_no + 1, mtime=self.now)
        self._put(item)
        # A change of a node counts as one of the cluster too; other objects only when they come, go or are renamed.
        if isinstance(item, Node) or (isinstance(item, Instance) and stored.name != item.name):
            self.touch_cluster()
        return item

    def _stored(self, item: Any) -> Any:
        return self.get(type(item), item.uuid)

    def remove(self, kind: type[KeyedT], uuid: str) -> KeyedT:
        """Remove an object and return it.

        Raises ConfigurationError if it does not exist.
        """
        stored = self.get(kind, uuid)
        self._changed.setdefault(SECTIONS[kind], {})[uuid] = None
        if kind is not FilterRule:
            self.touch_cluster()
        return stored

    def replace_cluster(self, **changes: object) -> Cluster:
        """Change fields of the cluster on top of whatever it is now, and return it."""
        return self._update_cluster(msgspec.structs.replace(self._cluster, **changes))

    def touch_cluster(self) -> None:
        """Let the cluster's serial number grow with this change, by one however many reasons there are."""
        self._touches_cluster = True

    def _update_cluster(self, cluster: Cluster) -> Cluster:
        self._check_serial(self._cluster.serial_no, cluster.serial_no, "Cluster")
        self._cluster = msgspec.structs.replace(cluster, serial_no=cluster.serial_no + 1, mtime=self.now)
        self._cluster_bumped = True
        return self._cluster

    @staticmethod
    def _check_serial(stored: int, given: int, name: str) -> None:
        if stored != given:
            raise errors.ConfigurationError(
                f"{name} was changed by someone else in the meantime (serial number {stored}, expected {given}); retry"
            )

    def _put(self, item: ConfigItem) -> None:
        self._changed.setdefault(SECTIONS[type(item)], {})[getattr(item, "uuid")] = item  # noqa: B009

    # finishing

    def finish(self) -> Step:
        """Return the change; ``after`` is ``before`` if there is none.

        Sections without changes are shared with the base.
        """
        if self._touches_cluster and not self._cluster_bumped:
            self._update_cluster(self._cluster)
        changes: list[Change] = []
        fields: dict[str, object] = {}
        if self._cluster is not self.base.cluster:
            changes.append(Change(self.base.cluster, self._cluster))
            fields["cluster"] = self._cluster
        for section, items in self._changed.items():
            stored: Mapping[str, ConfigItem] = getattr(self.base, section)
            changes.extend(Change(stored.get(uuid), item) for uuid, item in items.items())
            fields[section] = _merged(stored, items)
        if not fields:
            return Step(self.base, self.base, ())
        after = msgspec.structs.replace(self.base, **fields, serial_no=self.base.serial_no + 1, mtime=self.now)
        return Step(self.base, after, tuple(changes))


def _merged(stored: Mapping[str, ConfigItem], changed: Mapping[str, ConfigItem | None]) -> dict[str, ConfigItem]:
    result = {**stored}
    for uuid, item in changed.items():
        if item is None:
            result.pop(uuid, None)
        else:
            result[uuid] = item
    return result
