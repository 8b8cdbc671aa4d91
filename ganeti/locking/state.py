"""Who holds and who waits for which locks: a state machine without threads, clocks or I/O.

Locks are names at a level. They need no registration: a lock exists while somebody holds or wants it. ``ALL_SET`` asks
for the set lock of the level, so it costs the same however many names there are; everyone who locks single names also
holds an *intention* on the set lock (see ``modes``), which is what conflicts with an owner of the set.

A request is granted as a whole or waits and holds nothing of its level. Requests have a total order (priority,
arrival); each waits for incompatible owners and for incompatible requests before it. Nobody waits for anything of a
lower level than what it holds, so waits never form a circle and the first request always gets its turn. One relaxation,
which only ever shortens waits: on each lock a shared request may use the place of the first waiting shared request of
its own priority ("joins the group").
"""

import bisect
import enum
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from ganeti import constants as c
from ganeti.errors import ProgrammerError
from ganeti.locking.modes import INCOMPATIBLE, Mode


class AllSet(enum.Enum):
    """Type of ALL_SET."""

    ALL_SET = "all"


#: Everything at a level, now and until released.
ALL_SET: Final = AllSet.ALL_SET

#: Names of locks at one level, or all of them.
Names: TypeAlias = Collection[str] | Literal[AllSet.ALL_SET]

#: A place in the order of requests: priority (low numbers first), then arrival.
Rank: TypeAlias = tuple[int, int]


@dataclass(frozen=True)
class Owned:
    """What an owner holds at a level: the set lock (``whole``), or single names, each with whether it is shared."""

    whole: bool = False
    whole_shared: bool = False
    names: Mapping[str, bool] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.whole or bool(self.names)


@dataclass(frozen=True)
class LockRequest:
    """What an owner asks for at one level.

    ``add`` are names that are taken exclusively even if the rest is shared. With ``minimum`` the request is
    opportunistic: it is content with whatever is free, if that are at least so many names, and never makes others wait.
    """

    owner: str
    level: int
    names: Names
    shared: bool
    priority: int = c.OP_PRIO_DEFAULT
    add: Collection[str] = ()
    minimum: int | None = None

    def wants(self) -> dict[str, Mode]:
        """Return the modes by name, the set lock included.

        Raises ProgrammerError for requests that make no sense.
        """
        mode = Mode.of(self.shared)
        if self.names is ALL_SET:
            if self.minimum is not None or (self.add and self.shared):
                raise ProgrammerError("The whole set cannot be combined with single or opportunistic locks")
            return {c.LOCKSET_NAME: mode}
        if self.minimum is not None and self.add:
            raise ProgrammerError("New locks cannot be taken opportunistically")
        wants = dict.fromkeys(sorted(self.names), mode) | dict.fromkeys(sorted(self.add), Mode.EXCLUSIVE)
        return _with_intention(wants)


@dataclass(frozen=True)
class LockInfo:
    """One lock for the monitor.

    ``mode`` is "shared", "exclusive" or None, ``pending`` holds (mode, owners) in the order of the queue.
    """

    name: str
    mode: str | None
    owners: tuple[str, ...]
    pending: tuple[tuple[str, tuple[str, ...]], ...]


def _with_intention(modes: Mapping[str, Mode]) -> dict[str, Mode]:
    """Add the intention on the set lock that single names need."""
    if not modes:
        return {}
    exclusive = Mode.EXCLUSIVE in modes.values()
    return {c.LOCKSET_NAME: Mode.INTENT_EXCLUSIVE if exclusive else Mode.INTENT_SHARED, **modes}


@dataclass(eq=False)
class _Pending:
    """A request that waits; ``joined`` has better places than ``rank`` on single locks."""

    request: LockRequest
    wants: dict[str, Mode]
    rank: Rank
    joined: dict[str, Rank] = field(default_factory=dict)

    def place(self, name: str) -> Rank:
        return min(self.rank, self.joined.get(name, self.rank))


def _rank(pending: _Pending) -> Rank:
    return pending.rank


class _Lock:
    """One lock: owners, and waiting requests by rank; modes are counted so that the usual check is cheap."""

    __slots__ = ("held", "owners", "pending", "wanted")

    def __init__(self) -> None:
        self.owners: dict[str, Mode] = {}
        self.pending: list[_Pending] = []
        self.held = [0] * len(Mode)
        self.wanted = [0] * len(Mode)

    def add_owner(self, owner: str, mode: Mode) -> None:
        self.owners[owner] = mode
        self.held[mode] += 1

    def remove_owner(self, owner: str) -> Mode:
        mode = self.owners.pop(owner)
        self.held[mode] -= 1
        return mode

    def add_pending(self, pending: _Pending, name: str) -> None:
        mode = pending.wants[name]
        if mode is Mode.SHARED and self.wanted[Mode.SHARED]:
            same = (other for other in self.pending if other.rank[0] == pending.rank[0])
            group = next((other for other in same if other.wants[name] is Mode.SHARED), None)
            if group is not None and group.place(name) < pending.rank:
                pending.joined[name] = group.place(name)
        bisect.insort(self.pending, pending, key=_rank)
        self.wanted[mode] += 1

    def remove_pending(self, pending: _Pending, name: str) -> None:
        del self.pending[bisect.bisect_left(self.pending, pending.rank, key=_rank)]
        self.wanted[pending.wants[name]] -= 1

    def blocks(self, mode: Mode, place: Rank, name: str) -> bool:
        """Tell whether a request in *mode* at *place* must wait here (it is no owner itself)."""
        excluded = INCOMPATIBLE[mode]
        if any(self.held[other] for other in excluded):
            return True
        if not any(self.wanted[other] for other in excluded):
            return False
        before = self.pending[: bisect.bisect_left(self.pending, place, key=_rank)]
        return any(other.wants[name] in excluded for other in before)


class LockTable:
    """All locks. Methods that may free others' way return the owners whose requests were granted by it.

    An owner has at most one waiting request. Costs grow with the names asked for and with who waits for the same locks.
    """

    def __init__(self) -> None:
        """Start without any locks."""
        self._locks: dict[tuple[int, str], _Lock] = {}
        self._held: dict[str, dict[int, dict[str, Mode]]] = {}
        self._waiting: dict[str, _Pending] = {}
        self._opportunists: list[_Pending] = []
        self._arrivals = 0

    # questions

    def owned(self, owner: str, level: int) -> Owned:
        """Return what *owner* holds at *level*."""
        held = dict(self._held.get(owner, {}).get(level, {}))
        whole = held.pop(c.LOCKSET_NAME, None)
        if whole in (Mode.SHARED, Mode.EXCLUSIVE):
            return Owned(whole=True, whole_shared=whole is Mode.SHARED)
        return Owned(names={name: mode is Mode.SHARED for name, mode in held.items()})

    def levels(self, owner: str) -> list[int]:
        """Return the levels at which *owner* holds anything, lowest first."""
        return sorted(self._held.get(owner, ()))

    def is_waiting(self, owner: str) -> bool:
        """Tell whether *owner* has a request that is not granted yet."""
        return owner in self._waiting

    def snapshot(self) -> list[LockInfo]:
        """Return every lock that is held or wanted, in no particular order."""
        hoping: dict[tuple[int, str], list[_Pending]] = {}
        for pending in sorted(self._opportunists, key=_rank):
            for name in pending.wants:
                hoping.setdefault((pending.request.level, name), []).append(pending)
        infos = [
            self._info(level, name, lock, hoping.pop((level, name), ())) for (level, name), lock in self._locks.items()
        ]
        infos += [self._info(level, name, _Lock(), those) for (level, name), those in hoping.items()]
        return [info for info in infos if info.owners or info.pending]

    def _info(self, level: int, name: str, lock: _Lock, hoping: Iterable[_Pending]) -> LockInfo:
        """Describe a lock; opportunistic requests come last, because nobody waits for them."""
        owners = {owner: mode for owner, mode in lock.owners.items() if mode.text}
        waiting = [(pending.wants[name], pending) for pending in (*lock.pending, *hoping)]
        return LockInfo(
            name=f"{c.LEVEL_NAMES[level]}/{name}",
            mode=max(owners.values()).text if owners else None,
            owners=tuple(owners),
            pending=tuple((mode.text, (other.request.owner,)) for mode, other in waiting if mode.text),
        )

    # changes

    def request(self, request: LockRequest) -> bool:
        """Ask for locks; return True if they are granted at once, else the request waits.

        Raises ProgrammerError when the rules of the order of locks are broken.
        """
        self._check_order(request)
        self._arrivals += 1
        pending = _Pending(request, request.wants(), (request.priority, self._arrivals))
        self._waiting[request.owner] = pending
        if request.minimum is not None:
            if self._grant_opportunist(pending):
                return True
            self._opportunists.append(pending)
            return False
        for name in pending.wants:
            self._lock(request.level, name).add_pending(pending, name)
        return bool(self._settle([pending]))

    def withdraw(self, owner: str) -> list[str]:
        """Forget the waiting request of *owner*, if any."""
        pending = self._waiting.pop(owner, None)
        if pending is None:
            return []
        if pending in self._opportunists:
            self._opportunists.remove(pending)
            return []
        return self._settle(self._unqueue(pending)) + self._retry_opportunists(pending.request.level)

    def release(self, owner: str, level: int) -> list[str]:
        """Give back everything that *owner* holds at *level*."""
        return self._reduce(owner, level, {})

    def keep(self, owner: str, level: int, names: Collection[str]) -> list[str]:
        """Give back everything at *level* except for *names*; a set lock becomes single locks of the same mode.

        Names that the owner does not hold are ignored unless it holds the set.
        """
        held = self._held.get(owner, {}).get(level, {})
        whole = held.get(c.LOCKSET_NAME)
        if whole in (Mode.SHARED, Mode.EXCLUSIVE):
            kept: dict[str, Mode] = dict.fromkeys(sorted(names), whole)
        else:
            kept = {name: held[name] for name in sorted(names) if name in held and name != c.LOCKSET_NAME}
        return self._reduce(owner, level, _with_intention(kept))

    def downgrade(self, owner: str, level: int) -> list[str]:
        """Turn all locks at *level* into shared ones; waiting shared requests get in before exclusive ones."""
        held = self._held.get(owner, {}).get(level, {})
        weaker = {Mode.EXCLUSIVE: Mode.SHARED, Mode.INTENT_EXCLUSIVE: Mode.INTENT_SHARED}
        for name, mode in held.items():
            if mode is Mode.EXCLUSIVE:
                self._prefer_shared(self._locks[level, name], name)
        return self._reduce(owner, level, {name: weaker.get(mode, mode) for name, mode in held.items()})

    def change_priority(self, owner: str, priority: int) -> list[str]:
        """Let the waiting request of *owner*, if any, wait with another priority."""
        pending = self._waiting.get(owner)
        if pending is None or pending.rank[0] == priority:
            return []
        level = pending.request.level
        queued = pending not in self._opportunists
        affected = self._unqueue(pending) if queued else []
        pending.rank = (priority, pending.rank[1])
        pending.joined = {}
        if queued:
            for name in pending.wants:
                self._lock(level, name).add_pending(pending, name)
            affected.append(pending)
        return self._settle(affected) + self._retry_opportunists(level)

    # inside

    def _check_order(self, request: LockRequest) -> None:
        owner, level = request.owner, request.level
        if owner in self._waiting:
            raise ProgrammerError(f"{owner} waits for locks already")
        held = self._held.get(owner, {})
        if level != c.LEVEL_CLUSTER and c.LEVEL_CLUSTER not in held:
            raise ProgrammerError(f"{owner} must hold the cluster lock before any other")
        if any(other >= level for other in held):
            raise ProgrammerError(f"{owner} holds locks at level {max(held)} and asks for level {level}")

    def _lock(self, level: int, name: str) -> _Lock:
        return self._locks.setdefault((level, name), _Lock())

    def _drop_if_unused(self, level: int, name: str) -> None:
        lock = self._locks[level, name]
        if not lock.owners and not lock.pending:
            del self._locks[level, name]

    def _unqueue(self, pending: _Pending) -> list[_Pending]:
        """Take a request out of all queues; return the requests that it may have held up."""
        held_up: list[_Pending] = []
        level = pending.request.level
        for name, mode in pending.wants.items():
            lock = self._locks[level, name]
            lock.remove_pending(pending, name)
            held_up.extend(_conflicting(lock, name, mode))
            self._drop_if_unused(level, name)
        return held_up

    def _grantable(self, pending: _Pending) -> bool:
        level = pending.request.level
        return not any(
            self._locks[level, name].blocks(mode, pending.place(name), name) for name, mode in pending.wants.items()
        )

    def _settle(self, candidates: Iterable[_Pending]) -> list[str]:
        """Grant what can be granted among *candidates*, in their order; return the owners.

        One pass is enough: whether a request can be granted depends on owners and on requests before it only.
        """
        granted = []
        unique = {id(pending): pending for pending in candidates}
        for pending in sorted(unique.values(), key=_rank):
            if self._grantable(pending):
                level = pending.request.level
                for name in pending.wants:
                    self._locks[level, name].remove_pending(pending, name)
                self._grant(pending, pending.wants)
                granted.append(pending.request.owner)
        return granted

    def _grant(self, pending: _Pending, wants: Mapping[str, Mode]) -> None:
        owner, level = pending.request.owner, pending.request.level
        del self._waiting[owner]
        if not wants:
            return
        self._held.setdefault(owner, {})[level] = dict(wants)
        for name, mode in wants.items():
            self._lock(level, name).add_owner(owner, mode)

    def _grant_opportunist(self, pending: _Pending) -> bool:
        """Give an opportunistic request what is free right now, if that is enough."""
        level = pending.request.level

        def free(name: str, mode: Mode) -> bool:
            lock = self._locks.get((level, name))
            return lock is None or not lock.blocks(mode, pending.rank, name)

        names = dict(pending.wants)
        intention = names.pop(c.LOCKSET_NAME, Mode.INTENT_SHARED)
        if not free(c.LOCKSET_NAME, intention):
            return False
        got = {name: mode for name, mode in names.items() if free(name, mode)}
        if len(got) < (pending.request.minimum or 0):
            return False
        self._grant(pending, _with_intention(got))
        return True

    def _reduce(self, owner: str, level: int, kept: dict[str, Mode]) -> list[str]:
        """Replace what *owner* holds at *level* by something weaker."""
        held = self._held.get(owner, {}).get(level)
        if held is None:
            return []
        candidates: list[_Pending] = []
        for name in kept.keys() - held.keys():
            self._lock(level, name).add_owner(owner, kept[name])
        for name, mode in held.items():
            new_mode = kept.get(name)
            if new_mode is mode:
                continue
            lock = self._locks[level, name]
            lock.remove_owner(owner)
            if new_mode is not None:
                lock.add_owner(owner, new_mode)
            candidates.extend(_conflicting(lock, name, mode))
            self._drop_if_unused(level, name)
        self._record(owner, level, kept)
        return self._settle(candidates) + self._retry_opportunists(level)

    def _record(self, owner: str, level: int, kept: dict[str, Mode]) -> None:
        levels = self._held[owner]
        if kept:
            levels[level] = kept
            return
        del levels[level]
        if not levels:
            del self._held[owner]

    def _retry_opportunists(self, level: int) -> list[str]:
        waiting = sorted((p for p in self._opportunists if p.request.level == level), key=_rank)
        granted = [pending for pending in waiting if self._grant_opportunist(pending)]
        if granted:
            self._opportunists = [pending for pending in self._opportunists if pending not in granted]
        return [pending.request.owner for pending in granted]

    @staticmethod
    def _prefer_shared(lock: _Lock, name: str) -> None:
        """Move waiting shared requests of the most urgent priority to the front of their lock."""
        if not lock.pending:
            return
        priority = lock.pending[0].rank[0]
        for pending in lock.pending:
            if pending.rank[0] == priority and pending.wants[name] in (Mode.SHARED, Mode.INTENT_SHARED):
                pending.joined[name] = (priority, 0)


def _conflicting(lock: _Lock, name: str, mode: Mode) -> list[_Pending]:
    """Return the waiting requests that *mode* keeps waiting."""
    excluded = INCOMPATIBLE[mode]
    if not any(lock.wanted[other] for other in excluded):
        return []
    return [pending for pending in lock.pending if pending.wants[name] in excluded]
