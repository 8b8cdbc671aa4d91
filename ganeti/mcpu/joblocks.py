"""The locks of one job as its logical unit sees them: what is held, and giving parts of it back."""

from collections.abc import Collection

from ganeti import constants as c
from ganeti.config import ConfigStore
from ganeti.locking import LockManager
from ganeti.objects.lookup import lock_names


def existing_names(store: ConfigStore, level: int) -> Collection[str]:
    """Return the names of all locks at *level*: what ALL_SET stands for right now."""
    if level == c.LEVEL_INSTANCE:
        # The same names as below, without going through all instances.
        return store.index().instances.keys()
    return lock_names(store.snapshot(), level)


class JobLocks:
    """Locks of one owner; never takes any, that is the processor's part."""

    def __init__(self, manager: LockManager, owner: str, store: ConfigStore) -> None:
        """Show the locks of *owner*; *store* tells what a whole level consists of."""
        self._manager = manager
        self._owner = owner
        self._store = store

    def owned(self, level: int) -> frozenset[str]:
        """Return the names held at *level*; for a whole level everything the configuration holds there now."""
        held = self._manager.owned(self._owner, level)
        return frozenset(existing_names(self._store, level)) if held.whole else frozenset(held.names)

    def release(self, level: int, names: Collection[str] | None = None) -> None:
        """Give back *names*, or everything at *level*."""
        if names is None:
            self._manager.release(self._owner, level)
        else:
            self.keep(level, self.owned(level) - frozenset(names))

    def keep(self, level: int, names: Collection[str]) -> None:
        """Give back everything at *level* except for *names*."""
        self._manager.keep(self._owner, level, self.owned(level) & frozenset(names))

    def downgrade(self, level: int) -> None:
        """Turn everything held at *level* into shared locks."""
        self._manager.downgrade(self._owner, level)
