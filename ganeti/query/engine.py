"""Answer queries: choose items, filter, gather live data once, filter again, compute the fields."""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

from ganeti import constants as c
from ganeti import errors
from ganeti.jqueue.job import Job
from ganeti.locking import LockManager
from ganeti.objects import ConfigData, FilterRule, Instance, Node
from ganeti.objects.lookup import NamedT
from ganeti.query import live
from ganeti.query.answer import QueryAnswer
from ganeti.query.cluster_fields import CLUSTER, ClusterItem
from ganeti.query.fields import NODATA, OFFLINE, Field, Resource
from ganeti.query.filters import Filter, compile_filter, names_only
from ganeti.query.instance_fields import INSTANCES, InstanceItem
from ganeti.query.job_fields import ARCHIVED, FILTERS, JOBS, LOCK_NAME, LOCKS, JobItem
from ganeti.query.lock_rows import lock_rows, with_free_locks
from ganeti.query.names import find_by_name
from ganeti.query.network_fields import NETWORKS, NetworkItem
from ganeti.query.node_fields import GROUPS, NODES, GroupItem, NodeItem
from ganeti.query.os_fields import OSES, merge_diagnoses
from ganeti.query.providers import merge_providers
from ganeti.query.storage_fields import EXPORTS, EXTSTORAGES, ExportItem, ProviderItem
from ganeti.query.view import View
from ganeti.rpc.sharing import SharedCalls

if TYPE_CHECKING:
    from ganeti.rpc.client import RpcClient

Item = TypeVar("Item")

RESOURCES: Final[dict[str, Resource[Any]]] = {
    resource.name: resource
    for resource in (
        INSTANCES,
        NODES,
        GROUPS,
        NETWORKS,
        EXPORTS,
        EXTSTORAGES,
        JOBS,
        LOCKS,
        FILTERS,
        OSES,
        CLUSTER,
    )
}


class SnapshotSource(Protocol):
    """Where the configuration comes from."""

    def snapshot(self) -> ConfigData:
        """Return the current configuration."""


class JobSource(Protocol):
    """Where jobs come from."""

    def live_jobs(self) -> Iterable[Job]:
        """Return all jobs that are not archived, by ascending id."""

    def find_job(self, job_id: int) -> tuple[Job, bool] | None:
        """Return (job, whether it is archived), None if there is no such job."""

    def archived_jobs(self) -> Iterable[Job]:
        """Return all archived jobs, by ascending id."""

    def waiting_for_jobs(self) -> Mapping[int, Sequence[int]]:
        """Return the jobs that others wait for, each with those that do."""

    def is_drained(self) -> bool:
        """Tell whether the queue accepts no jobs."""


class _Selection(Generic[Item]):
    """The fields and the filter of one query on one resource."""

    def __init__(
        self, resource: Resource[Item], names: Sequence[str], qfilter: Any, *, finds_by_name: bool = True
    ) -> None:
        """*finds_by_name*: items are looked up if the filter only names them; else it is always evaluated."""
        self.resource = resource
        self.fields: list[Field[Item]] = resource.select(names)
        self.filter: Filter[Item] | None = compile_filter(qfilter, resource.fields) if qfilter is not None else None
        has_names = finds_by_name and qfilter is not None and resource.name_field is not None
        self.wanted = names_only(qfilter, str(resource.name_field)) if has_names else None

    @property
    def needs(self) -> frozenset[str]:
        """Live data that any field or the filter looks at."""
        return frozenset[str]().union(*(field.needs for field in (*self.fields, *self._filter_fields)))

    @property
    def _filter_fields(self) -> tuple[Field[Item], ...]:
        return self.filter.fields if self.filter else ()

    def mentions(self, name: str) -> bool:
        """Tell whether a field is asked for or filtered on."""
        return any(field.name == name for field in (*self.fields, *self._filter_fields))

    def filters_only_on(self, name: str) -> bool:
        """Tell whether there is a filter that looks at this field and no other."""
        return {field.name for field in self._filter_fields} == {name}

    def candidates(self, items: Iterable[Item]) -> list[Item]:
        """Return the items that can match as far as is known without live data."""
        if self.filter is None or self.wanted is not None:
            return list(items)
        return [item for item in items if self.filter.may_match(item)]

    def answer(self, items: Iterable[Item]) -> QueryAnswer:
        """Return the answer for items that have all data."""
        if self.filter is not None and self.wanted is None:
            items = (item for item in items if self.filter.matches(item))
        return QueryAnswer(self.fields, list(items))


class QueryEngine:
    """Answers ``Query`` and ``QueryFields`` for every resource, without locks and without a job."""

    def __init__(
        self,
        config: SnapshotSource,
        rpc: "RpcClient",
        locks: LockManager,
        jobs: JobSource,
        calls: SharedCalls | None = None,
    ) -> None:
        """*calls* are those that queries share, by default made with *rpc*."""
        self._config = config
        self._rpc = rpc
        self._calls = calls or SharedCalls(rpc)
        self._locks = locks
        self._jobs = jobs
        self._view = View(config.snapshot())
        self._view_lock = threading.Lock()
        self._handlers: dict[str, Callable[[Sequence[str], Any], QueryAnswer]] = {
            c.QR_INSTANCE: self._instances,
            c.QR_NODE: self._nodes,
            c.QR_GROUP: self._groups,
            c.QR_NETWORK: self._networks,
            c.QR_EXPORT: self._exports,
            c.QR_EXTSTORAGE: self._extstorages,
            c.QR_JOB: self._job_rows,
            c.QR_LOCK: self._lock_rows,
            c.QR_FILTER: self._filter_rules,
            c.QR_OS: self._oses,
            c.QR_CLUSTER: self._cluster,
        }

    def query(self, what: str, fields: Sequence[str], qfilter: Any = None) -> dict[str, Any]:
        """Return ``{"fields": [definition, ...], "data": [[(status, value), ...], ...]}``; raises as *ask* does."""
        return self.ask(what, fields, qfilter).plain()

    def ask(self, what: str, fields: Sequence[str], qfilter: Any = None) -> QueryAnswer:
        """Return the answer to a query, whose values are computed when it is encoded.

        Raises OpPrereqError for an unknown resource or a name that does not exist, ParameterError for a wrong filter.
        """
        handler = self._handlers.get(what)
        if handler is None:
            raise errors.OpPrereqError(f"Resource type '{what}' unknown", c.ECODE_INVAL)
        return handler(fields, qfilter)

    def query_fields(self, what: str, fields: Sequence[str] | None = None) -> dict[str, Any]:
        """Return ``{"fields": [definition, ...]}`` of the named fields, or of all in natural order.

        Raises OpPrereqError for an unknown resource.
        """
        resource = RESOURCES.get(what)
        if resource is None:
            raise errors.OpPrereqError(f"Resource type '{what}' unknown", c.ECODE_INVAL)
        return {"fields": resource.describe(fields)}

    def _current_view(self) -> View:
        """Return the look-ups over the current snapshot, made anew only if it changed."""
        config = self._config.snapshot()
        with self._view_lock:
            if self._view.config is not config:
                self._view = View.after(self._view, config)
            return self._view

    def _instances(self, names: Sequence[str], qfilter: Any) -> QueryAnswer:
        view = self._current_view()
        selection: _Selection[InstanceItem] = _Selection(INSTANCES, names, qfilter)
        chosen = _choose(view, view.config.instances, selection.wanted, "Instance")
        candidates = selection.candidates(InstanceItem(view, instance) for instance in chosen)
        if not selection.needs:
            return selection.answer(candidates)
        instances: list[Instance] = [item.instance for item in candidates]
        found = live.gather_instances(self._calls, view, instances)
        if "console" in selection.needs:
            live.add_consoles(self._rpc, view, list(found.values()))
        return selection.answer(found[instance.uuid] for instance in instances)

    def _nodes(self, names: Sequence[str], qfilter: Any) -> QueryAnswer:
        view = self._current_view()
        selection: _Selection[NodeItem] = _Selection(NODES, names, qfilter)
        chosen = _choose(view, view.config.nodes, selection.wanted, "Node")
        candidates = selection.candidates(NodeItem(view, node) for node in chosen)
        if not selection.needs:
            return selection.answer(candidates)
        nodes: list[Node] = [item.node for item in candidates]
        found = live.gather_nodes(
            self._calls, view, nodes, hypervisor="hypervisor" in selection.needs, storage="storage" in selection.needs
        )
        return selection.answer(NodeItem(view, node, found.get(node.uuid)) for node in nodes)

    def _groups(self, names: Sequence[str], qfilter: Any) -> QueryAnswer:
        view = self._current_view()
        selection: _Selection[GroupItem] = _Selection(GROUPS, names, qfilter)
        chosen = _choose(view, view.config.nodegroups, selection.wanted, "Group")
        return selection.answer(GroupItem(view, group) for group in chosen)

    def _networks(self, names: Sequence[str], qfilter: Any) -> QueryAnswer:
        view = self._current_view()
        selection: _Selection[NetworkItem] = _Selection(NETWORKS, names, qfilter)
        chosen = _choose(view, view.config.networks, selection.wanted, "Network")
        return selection.answer(NetworkItem(view, network) for network in chosen)

    def _exports(self, names: Sequence[str], qfilter: Any) -> QueryAnswer:
        view = self._current_view()
        selection: _Selection[ExportItem] = _Selection(EXPORTS, names, qfilter)
        chosen = _choose(view, view.config.nodes, selection.wanted, "Node")
        asked = [item.node for item in selection.candidates(ExportItem(node, NODATA) for node in chosen)]
        found = live.gather_exports(self._rpc, asked)
        items: list[ExportItem] = []
        for node in asked:
            exports = found.get(node.uuid)
            if exports is None:
                items.append(ExportItem(node, OFFLINE if node.offline else NODATA))
            else:
                items.extend(ExportItem(node, name) for name in exports)
        return selection.answer(items)

    def _extstorages(self, names: Sequence[str], qfilter: Any) -> QueryAnswer:
        view = self._current_view()
        items = merge_providers(view.config, live.gather_providers(self._rpc, view))
        selection: _Selection[ProviderItem] = _Selection(EXTSTORAGES, names, qfilter, finds_by_name=False)
        return selection.answer(items)

    def _job_rows(self, names: Sequence[str], qfilter: Any) -> QueryAnswer:
        selection: _Selection[JobItem] = _Selection(JOBS, names, qfilter)
        if selection.wanted is not None:
            return selection.answer(self._job_item(job_id) for job_id in dict.fromkeys(map(_job_id, selection.wanted)))
        items = [JobItem(job.id, job) for job in self._jobs.live_jobs()]
        if selection.mentions(ARCHIVED):
            items += [JobItem(job.id, job, is_archived=True) for job in self._jobs.archived_jobs()]
            items.sort(key=lambda item: item.id)
        return selection.answer(items)

    def _job_item(self, job_id: int) -> JobItem:
        found = self._jobs.find_job(job_id)
        return JobItem(job_id, None) if found is None else JobItem(job_id, found[0], found[1])

    def _lock_rows(self, names: Sequence[str], qfilter: Any) -> QueryAnswer:
        selection = _Selection(LOCKS, names, qfilter, finds_by_name=False)
        config = self._config.snapshot()
        rows = lock_rows(self._locks.snapshot(), self._rpc.in_flight(), self._jobs.waiting_for_jobs(), config)
        if selection.filters_only_on(LOCK_NAME):
            # Who asks for locks by their names wants to know of them even if nobody uses them.
            rows = with_free_locks(rows, config)
        return selection.answer(rows)

    def _filter_rules(self, names: Sequence[str], qfilter: Any) -> QueryAnswer:
        rules = self._config.snapshot().filters
        selection: _Selection[FilterRule] = _Selection(FILTERS, names, qfilter)
        wanted: Collection[Any] = sorted(rules) if selection.wanted is None else selection.wanted
        return selection.answer(rules[uuid] for uuid in wanted if uuid in rules)

    def _oses(self, names: Sequence[str], qfilter: Any) -> QueryAnswer:
        view = self._current_view()
        items = merge_diagnoses(live.gather_oses(self._rpc, view), view.cluster)
        return _Selection(OSES, names, qfilter, finds_by_name=False).answer(items)

    def _cluster(self, names: Sequence[str], qfilter: Any) -> QueryAnswer:
        view = self._current_view()
        selection: _Selection[ClusterItem] = _Selection(CLUSTER, names, qfilter)
        pause = live.gather_watcher_pause(self._rpc, view) if "watcher_pause" in selection.needs else None
        return selection.answer([ClusterItem(view, self._jobs.is_drained(), pause)])


def _job_id(value: str | int) -> int:
    if isinstance(value, str) and not (value.isascii() and value.isdigit()):
        raise errors.OpPrereqError(f"Invalid job ID '{value}'", c.ECODE_INVAL)
    return int(value)


def _choose(view: View, objects: Mapping[str, NamedT], wanted: Sequence[str | int] | None, what: str) -> list[NamedT]:
    """Return all objects in natural order of names, or the wanted ones in the order asked for.

    Raises OpPrereqError (unknown_entity) for a name that does not exist.
    """
    if wanted is None:
        return view.in_order(objects)
    found = (find_by_name(view, objects, str(name), what) for name in wanted)
    return list({obj.uuid: obj for obj in found}.values())
