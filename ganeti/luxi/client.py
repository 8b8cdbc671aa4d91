"""Client of the master daemon: one typed method per LUXI method."""

import time
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any, Final, Literal, NamedTuple, Self

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.luxi import transport, wire
from ganeti.luxi.errors import ConnectionClosedError, OutcomeUnknownError, RequestError

#: An opcode in the form that goes over the wire.
WireOpcode = dict[str, Any]
#: A filter in list form.
QueryFilter = list[Any]

_RESEND_ATTEMPTS: Final = 15
_RESEND_DELAY_STEP_S: Final = 5.0

#: Methods that change something: sent once more only if the server cannot have seen them.
_CHANGING: Final = frozenset(
    {
        c.LUXI_REQ_SUBMIT_JOB,
        c.LUXI_REQ_SUBMIT_JOB_TO_DRAINED_QUEUE,
        c.LUXI_REQ_SUBMIT_MANY_JOBS,
        c.LUXI_REQ_CANCEL_JOB,
        c.LUXI_REQ_CHANGE_JOB_PRIORITY,
        c.LUXI_REQ_ARCHIVE_JOB,
        c.LUXI_REQ_AUTO_ARCHIVE_JOBS,
        c.LUXI_REQ_REPLACE_FILTER,
        c.LUXI_REQ_DELETE_FILTER,
        c.LUXI_REQ_SET_DRAIN_FLAG,
        c.LUXI_REQ_SET_WATCHER_PAUSE,
        c.LUXI_REQ_PICKUP_JOB,
    }
)


class FieldDefinition(NamedTuple):
    """Description of one column of a query answer."""

    name: str
    title: str
    kind: str
    doc: str


class QueryAnswer(NamedTuple):
    """Answer to a query: column definitions and, per row, one ``[status, value]`` for each of them."""

    fields: list[FieldDefinition]
    rows: list[list[tuple[int, Any]]]


class SubmitResult(NamedTuple):
    """What became of one job of a batch: its id, or why it was refused."""

    accepted: bool
    job_id_or_message: int | str


class JobChange(NamedTuple):
    """News about a job: values of the asked fields, and log entries ``[serial, [s, µs], type, message]``."""

    info: list[Any]
    log_entries: list[list[Any]]


def _this_node_may_be_master() -> bool:
    """True unless the files of this machine say that the master is another node, or that there is no cluster."""
    from ganeti.luxi import role

    return role.is_this_node_master()


def _never() -> bool:
    """Do not wait."""
    return False


def _field_definitions(fields: Iterable[dict[str, str]]) -> list[FieldDefinition]:
    return [FieldDefinition(item["name"], item["title"], item["kind"], item["doc"]) for item in fields]


class Client:
    """A connection to the master daemon that is opened when needed and opened again when lost.

    Errors that the master daemon reports are raised as their own classes, everything else as a subclass of
    ganeti.luxi.errors.ProtocolError. Not to be used by several threads at a time.
    """

    def __init__(
        self,
        address: str | None = None,
        *,
        connect_timeout_s: float = c.LUXI_DEF_CTMO,
        io_timeout_s: float = c.LUXI_DEF_RWTO,
        waits_for_daemon: bool = True,
    ) -> None:
        """Unless it *waits_for_daemon*, connecting fails at once if nobody listens at *address*."""
        self._address = address or pathutils.QUERY_SOCKET
        self._connect_timeout_s = connect_timeout_s
        self._io_timeout_s = io_timeout_s
        self._may_wait = _this_node_may_be_master if waits_for_daemon else _never
        self._connection: transport.Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the next call opens a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def call(self, method: str, args: Sequence[Any]) -> Any:
        """Ask for *method* and return its result.

        A request whose connection breaks is sent again, but one that changes something only if it cannot have
        arrived: submitting a job twice is worse than failing. Raises what the server reports, OutcomeUnknownError if
        a change may or may not have been done, or another ProtocolError.
        """
        message = wire.encode_request(wire.Request(method, list(args)))
        for attempt in range(_RESEND_ATTEMPTS):
            try:
                payload = self._exchange(message)
            except ConnectionClosedError as err:
                was_seen = not isinstance(err, transport.RequestNotSentError)
                if was_seen and method in _CHANGING:
                    raise OutcomeUnknownError(
                        f"{err}; {method} may or may not have been carried out, check with 'gnt-job list'"
                    ) from err
                if attempt + 1 == _RESEND_ATTEMPTS:
                    raise
                time.sleep(attempt * _RESEND_DELAY_STEP_S)
            else:
                return self._result_of(payload)
        raise AssertionError("the loop above returns or raises")

    def _exchange(self, message: bytes) -> bytes:
        if self._connection is None:
            sock = transport.connect(self._address, timeout_s=self._connect_timeout_s, may_wait=self._may_wait)
            self._connection = transport.Connection(sock, self._io_timeout_s)
        try:
            return self._connection.exchange(message)
        except BaseException:
            # Also for an interrupted call: its answer may still come and must not be taken for that of the next one.
            self.close()
            raise

    @staticmethod
    def _result_of(payload: bytes) -> Any:
        response = wire.decode_response(payload)
        if response.success:
            return response.result
        exc = errors.maybe_decode_exception(response.result)
        raise exc if exc is not None else RequestError(response.result)

    # Jobs

    def submit_job(self, ops: Sequence[WireOpcode]) -> int:
        """Submit one job and return its id."""
        return int(self.call(c.LUXI_REQ_SUBMIT_JOB, [ops]))

    def submit_job_to_drained_queue(self, ops: Sequence[WireOpcode]) -> int:
        """Submit one job even if the queue is drained."""
        return int(self.call(c.LUXI_REQ_SUBMIT_JOB_TO_DRAINED_QUEUE, [ops]))

    def submit_many_jobs(self, jobs: Sequence[Sequence[WireOpcode]]) -> list[SubmitResult]:
        """Submit several jobs at once; one outcome per job, in order."""
        return [SubmitResult(bool(ok), what) for ok, what in self.call(c.LUXI_REQ_SUBMIT_MANY_JOBS, [jobs])]

    def wait_for_job_change(
        self,
        job_id: int,
        fields: Sequence[str],
        prev_info: list[Any] | None,
        prev_log_serial: int | None,
        timeout_s: float = c.DEFAULT_WFJC_TIMEOUT,
    ) -> JobChange | Literal["nochange"]:
        """Wait until the job differs from what is already known, at most *timeout_s* (capped by the protocol).

        Raises JobLost if there is no such job.
        """
        timeout_s = min(timeout_s, c.LUXI_WFJC_TIMEOUT)
        answer = self.call(c.LUXI_REQ_WAIT_FOR_JOB_CHANGE, [job_id, fields, prev_info, prev_log_serial, timeout_s])
        if answer is None:
            raise errors.JobLost(f"Job with id {job_id} lost")
        if answer == "nochange":
            return "nochange"
        info, entries = answer
        return JobChange(info, entries)

    def cancel_job(self, job_id: int, *, kill: bool = False) -> tuple[bool, str]:
        """Ask for the end of a job; return whether that is granted, and the explanation."""
        args: list[Any] = [job_id, True] if kill else [job_id]
        success, message = self.call(c.LUXI_REQ_CANCEL_JOB, args)
        return bool(success), str(message)

    def change_job_priority(self, job_id: int, priority: int) -> tuple[bool, str]:
        """Change the priority of the opcodes of a job that did not start; return success and explanation."""
        success, message = self.call(c.LUXI_REQ_CHANGE_JOB_PRIORITY, [job_id, priority])
        return bool(success), str(message)

    def archive_job(self, job_id: int) -> bool:
        """Move one finished job to the archive."""
        return bool(self.call(c.LUXI_REQ_ARCHIVE_JOB, [job_id]))

    def auto_archive_jobs(self, age_s: int, timeout_s: int) -> tuple[int, int]:
        """Archive jobs finished at least *age_s* ago (-1: all); return how many were, and how many are unchecked."""
        archived, left = self.call(c.LUXI_REQ_AUTO_ARCHIVE_JOBS, [age_s, timeout_s])
        return int(archived), int(left)

    def query_jobs(self, job_ids: Sequence[int] | None, fields: Sequence[str]) -> list[list[Any]]:
        """Return one list of plain values per job."""
        rows: list[list[Any]] = self.call(c.LUXI_REQ_QUERY_JOBS, [job_ids, fields])
        return rows

    # Queries

    def query(self, what: str, fields: Sequence[str], qfilter: QueryFilter | None = None) -> QueryAnswer:
        """Query the resource *what*."""
        answer = self.call(c.LUXI_REQ_QUERY, [what, fields, qfilter])
        return QueryAnswer(_field_definitions(answer["fields"]), answer["data"])

    def query_fields(self, what: str, fields: Sequence[str] | None = None) -> list[FieldDefinition]:
        """Describe the given or all fields of the resource *what*."""
        answer = self.call(c.LUXI_REQ_QUERY_FIELDS, [what, fields])
        return _field_definitions(answer["fields"])

    def query_instances(self, names: Sequence[str], fields: Sequence[str]) -> list[list[Any]]:
        """Return plain values of the named or all instances."""
        return self._classic_query(c.LUXI_REQ_QUERY_INSTANCES, names, fields)

    def query_nodes(self, names: Sequence[str], fields: Sequence[str]) -> list[list[Any]]:
        """Return plain values of the named or all nodes."""
        return self._classic_query(c.LUXI_REQ_QUERY_NODES, names, fields)

    def query_groups(self, names: Sequence[str], fields: Sequence[str]) -> list[list[Any]]:
        """Return plain values of the named or all node groups."""
        return self._classic_query(c.LUXI_REQ_QUERY_GROUPS, names, fields)

    def query_networks(self, names: Sequence[str], fields: Sequence[str]) -> list[list[Any]]:
        """Return plain values of the named or all networks."""
        return self._classic_query(c.LUXI_REQ_QUERY_NETWORKS, names, fields)

    def _classic_query(self, method: str, names: Sequence[str], fields: Sequence[str]) -> list[list[Any]]:
        rows: list[list[Any]] = self.call(method, [names, fields, False])
        return rows

    def query_exports(self, nodes: Sequence[str]) -> list[list[Any]]:
        """Return pairs of node and export name; None stands for a node that did not answer."""
        rows: list[list[Any]] = self.call(c.LUXI_REQ_QUERY_EXPORTS, [nodes, False])
        return rows

    def query_filters(self, uuids: Sequence[str] | None, fields: Sequence[str]) -> list[list[Any]]:
        """Return plain values of the given or all filter rules."""
        rows: list[list[Any]] = self.call(c.LUXI_REQ_QUERY_FILTERS, [uuids, fields])
        return rows

    def query_cluster_info(self) -> dict[str, Any]:
        """Return the description of the cluster."""
        info: dict[str, Any] = self.call(c.LUXI_REQ_QUERY_CLUSTER_INFO, [])
        return info

    def query_config_values(self, fields: Sequence[str]) -> list[Any]:
        """Return single values of the configuration, None for unknown ones."""
        values: list[Any] = self.call(c.LUXI_REQ_QUERY_CONFIG_VALUES, [fields])
        return values

    def query_tags(self, kind: str, name: str) -> list[str]:
        """Return the tags of one object; the name is not looked at for the cluster."""
        tags: list[str] = self.call(c.LUXI_REQ_QUERY_TAGS, [kind, name])
        return tags

    # Filters and switches

    def replace_filter(
        self, uuid: str | None, priority: int, predicates: list[Any], action: Any, reason: list[Any]
    ) -> str:
        """Create or replace a filter rule and return its UUID."""
        return str(self.call(c.LUXI_REQ_REPLACE_FILTER, [uuid, priority, predicates, action, reason]))

    def delete_filter(self, uuid: str) -> None:
        """Remove a filter rule."""
        self.call(c.LUXI_REQ_DELETE_FILTER, [uuid])

    def set_drain_flag(self, is_drained: bool) -> None:
        """Make the queue refuse or accept jobs."""
        self.call(c.LUXI_REQ_SET_DRAIN_FLAG, [is_drained])

    def set_watcher_pause(self, until: float | None) -> Any:
        """Keep the watcher quiet until that time (seconds since the epoch), or end the pause."""
        return self.call(c.LUXI_REQ_SET_WATCHER_PAUSE, [until])
