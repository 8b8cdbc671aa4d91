"""LUXI methods that change filter rules."""

import re
import time
import uuid as uuidlib
from collections.abc import Callable
from typing import Any, Final, Protocol, TypeVar

from ganeti import constants as c
from ganeti import errors
from ganeti.config.draft import Draft
from ganeti.jqueue.filters import check_rule
from ganeti.jqueue.queue import JobQueue
from ganeti.luxiserver.table import Where, method
from ganeti.objects import ConfigData, FilterRule

T = TypeVar("T")

_UUID: Final = re.compile(r"[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}")


class FilterStore(Protocol):
    """The configuration as far as rules need it."""

    def snapshot(self) -> ConfigData:
        """Return the newest configuration."""

    def transact(self, change: Callable[[Draft], T]) -> T:
        """Apply a change."""

    def wait_durable(self) -> None:
        """Wait until everything that was changed is on disk."""


class FilterMethods:
    """Adds, replaces and removes rules; the queue hears of it through the configuration."""

    def __init__(self, config: FilterStore, queue: JobQueue) -> None:
        self._config = config
        self._queue = queue

    @method(c.LUXI_REQ_REPLACE_FILTER, Where.SHORT, changes_state=True)
    def replace_filter(
        self, uuid: str | None, priority: int, predicates: list[Any], action: Any, reason: list[Any]
    ) -> str:
        """Create a rule, or replace the one with this UUID (creating it if missing)."""
        if uuid is not None and not _UUID.fullmatch(uuid):
            raise errors.GenericError(f"Filter rule UUID {uuid!r} is not a UUID")
        check_rule(priority, predicates, action)
        name = uuid or str(uuidlib.uuid4())

        def change(draft: Draft) -> None:
            rule = FilterRule(
                uuid=name,
                # Read inside of the transaction: no job accepted before the rule exists may count as later.
                watermark=self._queue.serial,
                priority=priority,
                predicates=tuple((item[0], item[1]) for item in predicates),
                action=action if isinstance(action, str) else (action[0], action[1]),
                reason_trail=(*reason, ["luxid", "", time.time_ns()]),
            )
            if draft.find(FilterRule, name) is None:
                draft.add(rule)
            else:
                draft.update(rule)

        self._config.transact(change)
        self._config.wait_durable()
        return name

    @method(c.LUXI_REQ_DELETE_FILTER, Where.SHORT, changes_state=True)
    def delete_filter(self, uuid: str) -> None:
        """Remove a rule."""
        if uuid not in self._config.snapshot().filters:
            raise errors.GenericError(f"Filter rule with UUID {uuid} does not exist")
        self._config.transact(lambda draft: draft.remove(FilterRule, uuid))
        self._config.wait_durable()
