"""The rows of the lock monitor: locks, and what else jobs wait for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from ganeti import constants as c
from ganeti.locking import LockInfo
from ganeti.objects import ConfigData
from ganeti.objects.lookup import lock_names
from ganeti.rpc.in_flight import CallInFlight
from ganeti.utils.text import nice_sort_key

#: What waiting for the end of a job is called, where locks have their mode.
_JOB: Final = "job"


def lock_rows(
    locks: Iterable[LockInfo], calls: Iterable[CallInFlight], job_waits: Mapping[int, Sequence[int]], config: ConfigData
) -> list[LockInfo]:
    """Return what is held or waited for, by name.

    *locks* are those in use, *calls* those to nodes that were not answered yet, *job_waits* the jobs that others wait
    for. Calls and jobs look like locks with names of their own: ``rpc/<node>/<procedure>`` and ``job/<id>``.
    """
    rows = [_in_order(info) for info in locks]
    rows += _call_rows(calls, config)
    rows += [
        LockInfo(f"job/{job_id}", None, (), ((_JOB, tuple(map(str, waiting))),))
        for job_id, waiting in job_waits.items()
    ]
    return sorted(rows, key=lambda info: nice_sort_key(info.name))


def with_free_locks(rows: Sequence[LockInfo], config: ConfigData) -> list[LockInfo]:
    """Return *rows* and a row for each lock that is neither held nor wanted, by name."""
    used = {info.name for info in rows}
    free = [LockInfo(name, None, (), ()) for name in _all_names(config) if name not in used]
    return sorted([*rows, *free], key=lambda info: nice_sort_key(info.name))


def _in_order(info: LockInfo) -> LockInfo:
    return LockInfo(info.name, info.mode, tuple(sorted(info.owners, key=nice_sort_key)), info.pending)


def _call_rows(calls: Iterable[CallInFlight], config: ConfigData) -> list[LockInfo]:
    owners: dict[str, set[str]] = {}
    for call in calls:
        node = config.nodes.get(call.node)
        owners.setdefault(f"rpc/{node.name if node else call.node}/{call.procedure}", set()).add(call.owner)
    return [LockInfo(name, None, tuple(sorted(who, key=nice_sort_key)), ()) for name, who in owners.items()]


def _all_names(config: ConfigData) -> Iterator[str]:
    for level in c.LEVELS:
        for name in lock_names(config, level):
            yield f"{c.LEVEL_NAMES[level]}/{name}"
        if level != c.LEVEL_CLUSTER:
            yield f"{c.LEVEL_NAMES[level]}/{c.LOCKSET_NAME}"
