"""LUXI methods that ask about everything but jobs, and the pause of the watcher."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

from ganeti import constants as c
from ganeti import errors
from ganeti.jqueue.queue import JobQueue
from ganeti.luxiserver.job_methods import pause_end
from ganeti.luxiserver.table import RequestRefusedError, Where, method
from ganeti.objects import ConfigData
from ganeti.qlang.list_filter import check_form
from ganeti.query import live
from ganeti.query.cluster_info import cluster_info, config_values, tags_of
from ganeti.query.engine import QueryEngine
from ganeti.query.view import View
from ganeti.rpc import procedures
from ganeti.serializer import JsonPieces

if TYPE_CHECKING:
    from ganeti.rpc.client import RpcClient

_TAG_KINDS: Final = (c.TAG_CLUSTER, c.TAG_NODEGROUP, c.TAG_NODE, c.TAG_INSTANCE, c.TAG_NETWORK)


class Snapshots(Protocol):
    """Where the configuration comes from."""

    def snapshot(self) -> ConfigData:
        """Return the newest configuration."""


class QueryMethods:
    """Methods that answer from the configuration, the nodes and the lock manager."""

    def __init__(self, config: Snapshots, rpc: "RpcClient", engine: QueryEngine, queue: JobQueue) -> None:
        self._config = config
        self._rpc = rpc
        self._engine = engine
        self._queue = queue

    @method(c.LUXI_REQ_QUERY, Where.LONG)
    def query(self, what: str, fields: list[str], qfilter: list[Any] | None) -> JsonPieces:
        """Query a resource."""
        try:
            if qfilter is not None:
                check_form(qfilter)
        except ValueError as err:
            raise RequestRefusedError(str(err)) from None
        return self._engine.ask(what, fields, qfilter).encoded()

    @method(c.LUXI_REQ_QUERY_FIELDS, Where.SHORT)
    def query_fields(self, what: str, fields: list[str] | None) -> dict[str, Any]:
        """Describe the fields of a resource."""
        return self._engine.query_fields(what, fields or None)

    @method(c.LUXI_REQ_QUERY_INSTANCES, Where.LONG)
    def query_instances(self, names: list[str], fields: list[str], use_locking: bool) -> list[list[Any]]:
        """Return plain values of the named or all instances."""
        return self._classic(c.QR_INSTANCE, "name", names, fields, use_locking=use_locking)

    @method(c.LUXI_REQ_QUERY_NODES, Where.LONG)
    def query_nodes(self, names: list[str], fields: list[str], use_locking: bool) -> list[list[Any]]:
        """Return plain values of the named or all nodes."""
        return self._classic(c.QR_NODE, "name", names, fields, use_locking=use_locking)

    @method(c.LUXI_REQ_QUERY_GROUPS, Where.SHORT)
    def query_groups(self, names: list[str], fields: list[str], use_locking: bool) -> list[list[Any]]:
        """Return plain values of the named or all groups."""
        return self._classic(c.QR_GROUP, "name", names, fields, use_locking=use_locking)

    @method(c.LUXI_REQ_QUERY_NETWORKS, Where.SHORT)
    def query_networks(self, names: list[str], fields: list[str], use_locking: bool) -> list[list[Any]]:
        """Return plain values of the named or all networks."""
        return self._classic(c.QR_NETWORK, "name", names, fields, use_locking=use_locking)

    @method(c.LUXI_REQ_QUERY_EXPORTS, Where.LONG)
    def query_exports(self, nodes: list[str], use_locking: bool) -> list[list[Any]]:
        """Return pairs of node and export."""
        return self._classic(c.QR_EXPORT, "node", nodes, ["node", "export"], use_locking=use_locking)

    @method(c.LUXI_REQ_QUERY_FILTERS, Where.SHORT)
    def query_filters(self, uuids: list[str] | None, fields: list[str]) -> list[list[Any]]:
        """Return plain values of the given or all filter rules."""
        return self._classic(c.QR_FILTER, "uuid", uuids or [], fields, use_locking=False)

    def _classic(
        self, what: str, name_field: str, names: Sequence[str], fields: list[str], *, use_locking: bool
    ) -> list[list[Any]]:
        if use_locking:
            raise errors.OpPrereqError("Sync queries are not allowed", c.ECODE_INVAL)
        qfilter = ["|", *(["==", name_field, name] for name in names)] if names else None
        answer = self._engine.ask(what, fields, qfilter)
        unknown = [field.name for field in answer.fields if field.kind == c.QFT_UNKNOWN]
        if unknown:
            raise errors.OpPrereqError(f"Unknown output fields selected: {', '.join(unknown)}", c.ECODE_INVAL)
        return [[value for _, value in row] for row in answer.rows()]

    @method(c.LUXI_REQ_QUERY_CLUSTER_INFO, Where.SHORT)
    def query_cluster_info(self) -> dict[str, Any]:
        """Describe the cluster."""
        return cluster_info(self._config.snapshot())

    @method(c.LUXI_REQ_QUERY_CONFIG_VALUES, Where.LONG)
    def query_config_values(self, fields: list[str]) -> list[Any]:
        """Return single values, null for unknown ones."""
        config = self._config.snapshot()
        return config_values(
            config,
            fields,
            is_drained=self._queue.is_drained(),
            watcher_pause=lambda: live.gather_watcher_pause(self._rpc, View(config)),
        )

    @method(c.LUXI_REQ_QUERY_TAGS, Where.SHORT)
    def query_tags(self, kind: str, name: str | None) -> list[str]:
        """Return the tags of an object."""
        if kind not in _TAG_KINDS:
            raise RequestRefusedError(f"unknown kind of tags {kind!r}")
        tags = tags_of(self._config.snapshot(), kind, name or "")
        if tags is None:
            raise errors.OpPrereqError(f"{kind.capitalize()} '{name}' not found", c.ECODE_NOENT)
        return tags

    @method(c.LUXI_REQ_SET_WATCHER_PAUSE, Where.LONG, changes_state=True)
    def set_watcher_pause(self, until: Any) -> float | None:
        """Keep the watcher quiet until a time, or end that."""
        end = pause_end(until)
        nodes = self._config.snapshot().nodes
        results = self._rpc.call(nodes, procedures.set_watcher_pause, end)
        failed = sorted(nodes[uuid].name for uuid, result in results.items() if result.fail_msg and not result.offline)
        if failed:
            raise errors.OpExecError(
                f"Watcher pause was set where possible, but failed on the following node(s): {', '.join(failed)}"
            )
        return end
