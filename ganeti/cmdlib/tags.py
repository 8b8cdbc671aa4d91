"""Tags of the cluster, nodes, groups, instances and networks."""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cmdlib import names
from ganeti.cmdlib.base import Feedback, LogicalUnit, lu_for
from ganeti.objects import ConfigData

_VALID_TAG: Final = re.compile(r"^[\w.+*/:@-]+$")

#: Lock level of each kind that is locked; the cluster's tags need no lock but the shared one that every job holds.
_LEVELS: Final = {
    c.TAG_INSTANCE: c.LEVEL_INSTANCE,
    c.TAG_NODEGROUP: c.LEVEL_NODEGROUP,
    c.TAG_NODE: c.LEVEL_NODE,
    c.TAG_NETWORK: c.LEVEL_NETWORK,
}


def find_tagged(config: ConfigData, kind: str, name: str | None) -> Any:
    """Return the object whose tags are meant.

    Raises OpPrereqError: wrong_input for a missing name, unknown_entity.
    """
    if kind == c.TAG_CLUSTER:
        return config.cluster
    if not name:
        raise errors.OpPrereqError(f"Tags of a {kind} need its name", c.ECODE_INVAL)
    find: dict[str, Callable[[ConfigData, str], Any]] = {
        c.TAG_INSTANCE: names.find_instance,
        c.TAG_NODE: names.find_node,
        c.TAG_NODEGROUP: names.find_group,
        c.TAG_NETWORK: names.find_network,
    }
    return find[kind](config, name)


def check_tags(tags: Iterable[str]) -> None:
    """Check that every tag is acceptable. Raises OpPrereqError (wrong_input)."""
    for tag in tags:
        if not tag or len(tag) > c.MAX_TAG_LEN:
            raise errors.OpPrereqError(f"Tag {tag!r} must have 1 to {c.MAX_TAG_LEN} characters", c.ECODE_INVAL)
        if not _VALID_TAG.match(tag):
            raise errors.OpPrereqError(
                f"Tag {tag!r} contains invalid characters; letters, digits and .+*/:@-_ may be used", c.ECODE_INVAL
            )


class _TagsUnit(LogicalUnit[Any]):
    """Locks the object whose tags are meant."""

    REQ_BGL = False

    def expand_names(self) -> None:
        """Lock the object, unless it is the cluster or the caller wants no locks."""
        self.needed_locks = {}
        found = find_tagged(self.snapshot(), self.op.kind, self.op.name)
        level = _LEVELS.get(self.op.kind)
        if level is not None and self.wants_lock:
            self.needed_locks[level] = [found.name if level == c.LEVEL_INSTANCE else found.uuid]
            self.share_locks[level] = self.is_shared

    @property
    def wants_lock(self) -> bool:
        """Whether the object is locked at all."""
        return True

    @property
    def is_shared(self) -> bool:
        """Whether others may read at the same time."""
        return False

    @property
    def target(self) -> Any:
        """The object as it is now."""
        return find_tagged(self.snapshot(), self.op.kind, self.op.name)


@lu_for(opcodes.OpTagsGet)
class LUTagsGet(_TagsUnit):
    """Return the tags of an object."""

    @property
    def wants_lock(self) -> bool:
        """Only if the caller asks for it."""
        return bool(self.op.use_locking)

    @property
    def is_shared(self) -> bool:
        """Reading does not exclude reading."""
        return True

    def exec(self, feedback: Feedback) -> list[str]:
        """Return them sorted."""
        return sorted(self.target.tags)


@lu_for(opcodes.OpTagsSearch)
class LUTagsSearch(LogicalUnit[opcodes.OpTagsSearch]):
    """Search the tags of all objects."""

    REQ_BGL = False

    def expand_names(self) -> None:
        """One snapshot is enough."""
        self.needed_locks = {}

    def check_prereq(self) -> None:
        """Check the expression."""
        try:
            self.pattern = re.compile(self.op.pattern)
        except re.error as err:
            raise errors.OpPrereqError(f"Invalid search pattern '{self.op.pattern}': {err}", c.ECODE_INVAL) from None

    def exec(self, feedback: Feedback) -> list[tuple[str, str]]:
        """Return (path of the object, tag) of each match."""
        config = self.snapshot()
        found: list[tuple[str, Any]] = [("/cluster", config.cluster)]
        found += [(f"/instances/{obj.name}", obj) for obj in config.instances.values()]
        found += [(f"/nodes/{obj.name}", obj) for obj in config.nodes.values()]
        found += [(f"/nodegroup/{obj.name}", obj) for obj in config.nodegroups.values()]
        found += [(f"/network/{obj.name}", obj) for obj in config.networks.values()]
        return [(path, tag) for path, obj in found for tag in obj.tags if self.pattern.search(tag)]


@lu_for(opcodes.OpTagsSet)
class LUTagsSet(_TagsUnit):
    """Add tags to an object; those that it has already do no harm."""

    def check_prereq(self) -> None:
        """Check the tags."""
        if not self.op.tags:
            raise errors.OpPrereqError("No tags given", c.ECODE_INVAL)
        check_tags(self.op.tags)

    def exec(self, feedback: Feedback) -> None:
        """Store the tags."""
        target = self.target
        tags = set(target.tags) | set(self.op.tags)
        if len(tags) > c.MAX_TAGS_PER_OBJ:
            raise errors.OpExecError(f"An object can have no more than {c.MAX_TAGS_PER_OBJ} tags")
        self.cfg.update(msgspec.structs.replace(target, tags=tuple(sorted(tags))))


@lu_for(opcodes.OpTagsDel)
class LUTagsDel(_TagsUnit):
    """Remove tags from an object."""

    def check_prereq(self) -> None:
        """Check that the object has all of the tags."""
        check_tags(self.op.tags)
        missing = sorted(set(self.op.tags) - set(self.target.tags))
        if missing:
            raise errors.OpPrereqError(f"Tag(s) not found: {', '.join(map(repr, missing))}", c.ECODE_NOENT)

    def exec(self, feedback: Feedback) -> None:
        """Store what is left."""
        target = self.target
        self.cfg.update(msgspec.structs.replace(target, tags=tuple(sorted(set(target.tags) - set(self.op.tags)))))
