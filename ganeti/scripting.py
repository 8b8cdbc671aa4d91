"""Parts of this program under the names that programs of other projects know from older releases.

They watch the directory of job files and ask for the instances that a job was about. The modules that had these names
find them here (``ganeti.utils.old_names``), so that nothing else has to carry them. New programs use ``ganeti.luxi``
and a JSON parser (``doc/luxi.rst``). Nothing of this program uses this module.
"""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, Self

from ganeti import constants as c
from ganeti import serializer
from ganeti.luxi import Client
from ganeti.ssconf import SsconfReader
from ganeti.utils.files import read_text

#: A job file may be longer than other files that are read as a whole.
_MAX_FILE_BYTES = 1 << 30


class QueuedOpCode:
    """One opcode of a job file; parameters are attributes of ``input``."""

    def __init__(self, state: Mapping[str, Any]) -> None:
        self._state = dict(state)
        values = state["input"]
        self.input = SimpleNamespace(**values if isinstance(values, dict) else {"OP_ID": "INVALID_OP"})
        self.status: str = state["status"]
        self.result: Any = state.get("result")
        self.priority: int = state.get("priority", c.OP_PRIO_DEFAULT)
        #: Entries ``[serial, [seconds, microseconds], type, payload]``.
        self.log: list[list[Any]] = state.get("log") or []
        self.start_timestamp: Any = state.get("start_timestamp")
        self.exec_timestamp: Any = state.get("exec_timestamp")
        self.end_timestamp: Any = state.get("end_timestamp")

    def Serialize(self) -> dict[str, Any]:
        """Return what the job file says about this opcode."""
        return dict(self._state)


class QueuedJob:
    """A job as its file tells of it."""

    def __init__(self, state: Mapping[str, Any], *, is_archived: bool = False) -> None:
        self._state = dict(state)
        self.id: int = state["id"]
        self.ops = [QueuedOpCode(op) for op in state["ops"]]
        self.received_timestamp: Any = state.get("received_timestamp")
        self.start_timestamp: Any = state.get("start_timestamp")
        self.end_timestamp: Any = state.get("end_timestamp")
        self.archived = is_archived

    @classmethod
    def Restore(cls, queue: object, state: Mapping[str, Any], writable: bool, archived: bool) -> Self:
        """Return the job of a decoded job file; there is no *queue*, and it is never *writable*.

        Raises KeyError or TypeError for what is no job file.
        """
        del queue, writable
        return cls(state, is_archived=archived)

    def Serialize(self) -> dict[str, Any]:
        """Return what the job file says."""
        return dict(self._state)

    def CalcStatus(self) -> str:
        """Return the status of the job, computed from those of its opcodes."""
        # Not at the top: the queue's own code is needed by few of those who get here.
        from ganeti.jqueue.job import compute_status

        return compute_status(op.status for op in self.ops)


class QueryClient(Client):
    """The client with the names of the requests as methods, as far as programs that watch jobs ask."""

    def QueryInstances(self, names: Sequence[str], fields: Sequence[str], use_locking: bool = False) -> Any:
        """Return plain values of the named or all instances."""
        return self.call(c.LUXI_REQ_QUERY_INSTANCES, [names, fields, use_locking])

    def QueryNodes(self, names: Sequence[str], fields: Sequence[str], use_locking: bool = False) -> Any:
        """Return plain values of the named or all nodes."""
        return self.call(c.LUXI_REQ_QUERY_NODES, [names, fields, use_locking])

    def QueryJobs(self, job_ids: Sequence[int] | None, fields: Sequence[str]) -> Any:
        """Return plain values of the given or all live jobs."""
        return self.call(c.LUXI_REQ_QUERY_JOBS, [job_ids, fields])

    def QueryClusterInfo(self) -> Any:
        """Return the description of the cluster."""
        return self.call(c.LUXI_REQ_QUERY_CLUSTER_INFO, [])

    def QueryConfigValues(self, fields: Sequence[str]) -> Any:
        """Return single values of the configuration."""
        return self.call(c.LUXI_REQ_QUERY_CONFIG_VALUES, [fields])

    def QueryTags(self, kind: str, name: str) -> Any:
        """Return the tags of one object."""
        return self.call(c.LUXI_REQ_QUERY_TAGS, [kind, name])


class SimpleStore(SsconfReader):
    """The facts about the cluster that every node knows."""

    def GetClusterName(self) -> str:
        """Return the name of the cluster."""
        return self.cluster_name()

    def GetMasterNode(self) -> str:
        """Return the name of the master node."""
        return self.master_node()

    def GetNodeList(self) -> list[str]:
        """Return the names of all nodes."""
        return self.node_list()


load_json = serializer.loads


def get_client(query: bool = False) -> QueryClient:
    """Return a client of the master daemon; *query* makes no difference."""
    del query
    return QueryClient()


def read_file(path: str) -> str:
    """Return the content of a text file. Raises OSError."""
    return read_text(path, limit=_MAX_FILE_BYTES)


def dump_json(value: Any) -> str:
    """Return *value* as JSON text."""
    return serializer.dumps(value).decode("utf-8")
